"""Demo accounts, and believable tickets and reports, made by calling the services: routing, guard and events are real.

Filled once, into an empty portal on loopback (Config refuses demo mode anywhere else). No person, no real number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.accounts import service as accounts
from portal.accounts.actor import COMMAND_LINE, Actor, Desk, Role
from portal.core.config import Config
from portal.core.db import transaction
from portal.criteria.decide import decide
from portal.criteria.severity import Severity, snow_severity
from portal.knowledge import service as knowledge
from portal.knowledge.access import current_snapshot
from portal.knowledge.snapshot import Snapshot
from portal.tickets import service as tickets
from portal.tickets.ticket import Basis, Origin, Reference, ReportDraft, TicketDraft, Via


@dataclass(frozen=True, slots=True)
class Account:
    email: str
    what: str
    desk: Desk
    roles: tuple[tuple[Role, str], ...]
    privacy: bool = False


ACCOUNTS = (
    Account("agent@example.org", "Tier 1 agent, HRC help desk", Desk.HRC, ((Role.AGENT, ""),)),
    Account("esd@example.org", "Tier 1 agent, Enterprise Service Desk", Desk.ESD, ((Role.AGENT, ""),)),
    Account("tier2@example.org", "Tier 2 agent", Desk.TIER2, ((Role.AGENT, ""),)),
    Account(
        "analyst@example.org",
        "Tier 3 analyst, cleared for privacy",
        Desk.NONE,
        ((Role.ANALYST, ""),),
        privacy=True,
    ),
    Account(
        "editor@example.org", "Messaging team: articles and tickets", Desk.NONE, ((Role.EDITOR, "messaging"),)
    ),
    Account(
        "rx@example.org", "Medications team: articles and tickets", Desk.NONE, ((Role.EDITOR, "medications"),)
    ),
    Account("lead@example.org", "Desk lead, HRC help desk", Desk.HRC, ((Role.DESK_LEAD, "hrc"),)),
    Account("admin@example.org", "Administrator", Desk.NONE, ((Role.ADMIN, ""),)),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One demo ticket: `answers` are judged by the real criteria, whose rule gives severity and reason."""

    hours_ago: float
    who: str
    tool: str
    criteria: str
    answers: dict[str, str]
    title: str
    summary: str
    reference: tuple[str, str]
    sub_area: str | None = None
    audience: str = "veteran"
    platform: str = "web"
    facility: str | None = None
    code: str | None = None
    alert: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    not_known: tuple[str, ...] = ()


CASES = (
    Case(
        2.2, "agent@example.org", "secure-messaging", "sm-when-to-escalate",
        {"urgent": "no", "audience": "veteran", "several": "no", "platform": "web", "shows": "error", "action": "reply",
         "repeats": "yes"},
        "SM - Reply fails: SM98 (web, station 668)",
        "A reply to a care team at an Oracle Health facility fails each time with SM98. Other teams work.",
        ("hrc", "4100231"), facility="668", code="SM98", alert="We can't send your message right now",
        facts=(("occurred_at", "During the call"), ("device", "Windows"), ("browser", "Edge 131"), ("other_teams", "Yes")),
        not_known=("care_team",),
    ),
    Case(
        5.5, "tier2@example.org", "secure-messaging", "sm-when-to-escalate",
        {"urgent": "no", "audience": "veteran", "several": "no", "platform": "web", "shows": "missing", "followed": "yes",
         "facility_confirms": "yes"},
        "SM - Care team missing although assigned (web, station 541)",
        "The facility says the team is assigned and not blocked. After saving the contact list it is still not in the list.",
        ("hrc", "4100187"),
        facts=(("occurred_at", "Yesterday afternoon"), ("care_team", "Primary care, blue team"), ("other_teams", "Yes")),
    ),
    Case(
        27.0, "agent@example.org", "medications", "rx-when-to-escalate",
        {"urgent": "no", "several": "no", "about": "list", "repeats": "yes"},
        "RX - List does not load: RX99 (iPhone)",
        "The list of medications does not load in the app after an update and a new sign-in. VA.gov shows the same.",
        ("hrc", "4099870"), platform="ios", code="RX99",
        facts=(("app_version", "2.41.0"), ("works_on_web", "No")), not_known=("os_version",),
    ),
    Case(
        29.5, "agent@example.org", "medical-records", "mr-viewing-when-to-escalate",
        {"several": "no", "about": "error", "followed": "yes"},
        "MR - Labs cannot be opened (web)",
        "Labs and tests show an alert on every try, other record types open. Signed out and in, two browsers.",
        ("hrc", "4099512"), alert="We can't access your labs and tests records right now",
        facts=(("record_type", "Labs and tests"), ("other_types_load", "Yes")),
    ),
    Case(
        51.0, "esd@example.org", "landing-page-account", "portal-when-to-escalate", {},
        "LP - Page stays empty for one person (web)",
        "The landing page stays empty after sign-in. Nobody could say whether a code was shown; the caller had to leave.",
        ("snow", "INC0034567"),
    ),
)  # fmt: skip

REPORTS = (
    ("sm-messages-not-available", (0.4, 0.7, 0.9, 1.3, 1.6, 2.4, 26.0)),
    ("sm-oracle-health-send-failure", (1.1, 6.0, 30.0)),
    ("rx-refill-partly-submitted", (3.2, 4.8)),
)


def fill(config: Config, now: datetime) -> None:
    """Make the accounts, and the tickets and reports once; a portal that has accounts is left alone."""
    if accounts.list_users():
        return
    hashed = accounts.hash_password(config.demo_password, ACCOUNTS[0].email)
    actors: dict[str, Actor] = {}
    for account in ACCOUNTS:
        with transaction():
            name = account.what.split(",")[0].split(":")[0]
            accounts.create_user(
                COMMAND_LINE, email=account.email, name=name, desk=account.desk, password_hash=hashed
            )
            for role, scope in account.roles:
                accounts.grant(COMMAND_LINE, account.email, role, scope)
            if account.privacy:
                accounts.set_privacy(COMMAND_LINE, account.email, held=True)
        actors[account.email] = accounts.actor_named(account.email)
    snapshot = current_snapshot()
    for case in sorted(CASES, key=lambda c: -c.hours_ago):
        _file(case, actors[case.who], snapshot, now - timedelta(hours=case.hours_ago))
    count = 0
    for article_id, ages in REPORTS:
        for age in sorted(ages, reverse=True):
            count += 1
            _report(article_id, count, actors["agent@example.org"], snapshot, now - timedelta(hours=age))


def _file(case: Case, actor: Actor, snapshot: Snapshot, at: datetime) -> None:
    article = snapshot.articles.get(case.criteria)
    if article is None or article.table is None:
        return
    draft = TicketDraft(
        origin=Origin(case.reference[0]), tool=case.tool, sub_area=case.sub_area, audience=case.audience, platform=case.platform,
        title=case.title, summary=case.summary, severity=Severity.MEDIUM, snow_severity="", severity_because="",
        facilities=(case.facility,) if case.facility else (), ehr="oracle_health" if case.facility else None,
        error_code=case.code, alert_words=case.alert, facts=dict(case.facts), not_known=case.not_known,
        references=(Reference(*case.reference),), caller_text=article.say, desk=actor.desk,
    )  # fmt: skip
    decision = decide(article.table, case.answers)
    severity = decision.severity or Severity.MEDIUM
    basis = Basis(
        article.id, snapshot.revision, case.answers, decision.outcome, decision.rule.id if decision.rule else None,
        decision.because, decision.team, decision.severity,
    )  # fmt: skip
    with transaction():
        evaluation = knowledge.record_evaluation(
            article_id=article.id,
            revision=snapshot.revision,
            answers=case.answers,
            decision=decision,
            actor=actor,
            now=at,
        )
        tickets.file_ticket(
            replace(
                draft, severity=severity, basis=basis, severity_because=decision.because or "Not decided by a rule.",
                snow_severity=snow_severity(severity, cannot_work=False, outage=False),
            ),
            actor=actor, catalogue=snapshot.catalogue, now=at, evaluation_id=evaluation.id,
        )  # fmt: skip


def _report(article_id: str, count: int, actor: Actor, snapshot: Snapshot, at: datetime) -> None:
    if article_id not in snapshot.articles:
        return
    draft = ReportDraft(
        known_issue_id=article_id, origin=Origin.HRC, desk=actor.desk, intake_id=None,
        reference=Reference("hrc", f"41003{count:02d}"), facility=None, ehr=None, platform="web", via=Via.IMPORT,
    )  # fmt: skip
    with transaction():
        tickets.add_report(draft, actor=actor, now=at)
