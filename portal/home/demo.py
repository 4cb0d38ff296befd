"""Demo accounts, and believable tickets and reports, made by calling the services: routing, guard and events are real.

Filled once, into an empty portal on loopback (Config refuses demo mode anywhere else). No person, no real number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.accounts import service as accounts
from portal.accounts.actor import COMMAND_LINE, Actor, Desk, Role
from portal.core.config import Config
from portal.core.db import transaction
from portal.core.errors import PortalError
from portal.criteria.decide import decide
from portal.criteria.severity import Severity, snow_severity
from portal.knowledge import service as knowledge
from portal.knowledge.access import current_snapshot
from portal.knowledge.snapshot import Snapshot
from portal.search import service as search
from portal.tickets import service as tickets
from portal.tickets.lifecycle import Given
from portal.tickets.question import Ask, Kind
from portal.tickets.service import By
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
class Step:
    """What became of a demo ticket later; `days`: until the follow-up of a hold."""

    hours_ago: float
    who: str
    move: str
    given: Given = Given()  # noqa: RUF009 - frozen
    days: int = 0


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
    then: tuple[Step, ...] = ()


ANALYST, MESSAGING, RX = "analyst@example.org", "editor@example.org", "rx@example.org"
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
        then=(
            Step(4.9, MESSAGING, "return", Given(
                return_reason="lacks_facts", reason="We need the exact name of the care team, as the facility writes it.")),
        ),
    ),
    Case(
        27.0, "agent@example.org", "medications", "rx-when-to-escalate",
        {"urgent": "no", "several": "no", "about": "list", "repeats": "yes"},
        "RX - List does not load: RX99 (iPhone)",
        "The list of medications does not load in the app after an update and a new sign-in. VA.gov shows the same.",
        ("hrc", "4099870"), platform="ios", code="RX99",
        facts=(("app_version", "2.41.0"), ("works_on_web", "No")), not_known=("os_version",),
        then=(
            Step(26.0, RX, "accept"),
            Step(25.0, RX, "ask", Given(questions=(
                Ask(fact="os_version"), Ask("Does the list load on Wi-Fi?", kind=Kind.CHOICE, choices=("Yes", "No", "Not tried")),
            )), days=3),
        ),
    ),
    Case(
        29.5, "agent@example.org", "medical-records", "mr-viewing-when-to-escalate",
        {"several": "no", "about": "error", "followed": "yes"},
        "MR - Labs cannot be opened (web)",
        "Labs and tests show an alert on every try, other record types open. Signed out and in, two browsers.",
        ("hrc", "4099512"), alert="We can't access your labs and tests records right now",
        facts=(("record_type", "Labs and tests"), ("other_types_load", "Yes")),
        then=(
            Step(29.0, ANALYST, "route", Given(team="medical-records", reason="Only one record type fails, so it is theirs.")),
            Step(28.5, ANALYST, "accept"),
            Step(27.5, ANALYST, "start"),
            Step(3.1, ANALYST, "answer-ready", Given(
                caller_text="Your labs and tests can be opened again. Please sign out, sign in and try once more.",
                note="The team put a setting right for this record type.")),
        ),
    ),
    Case(
        51.0, "esd@example.org", "landing-page-account", "portal-when-to-escalate", {},
        "LP - Page stays empty for one person (web)",
        "The landing page stays empty after sign-in. Nobody could say whether a code was shown; the caller had to leave.",
        ("snow", "INC0034567"),
    ),
    Case(
        1.9, "tier2@example.org", "secure-messaging", "sm-when-to-escalate", {},
        "SM - New message fails for one hospital: SM98 (web, station 687)",
        "A new message to one Oracle Health facility fails with SM98 on each try; messages to other facilities are sent.",
        ("hrc", "4100244"), facility="687", code="SM98",
        then=(Step(1.6, ANALYST, "take"), Step(1.5, ANALYST, "link", Given(
            known_issue="sm-oracle-health-send-failure", note="code SM98, an Oracle Health facility"))),
    ),
    Case(
        1.7, "agent@example.org", "landing-page-account", "portal-when-to-escalate", {},
        "LP - The portal page comes up in a loop (web)",
        "After sign-in the page loads again and again. It began this morning and happens in two browsers.",
        ("hrc", "4100251"),
        then=(Step(1.4, ANALYST, "take"), Step(0.8, ANALYST, "answer", Given(
            caller_text="The page was being worked on this morning. It is back now. Please close the browser and try again."))),
    ),
)  # fmt: skip

REPORTS = (
    ("sm-messages-not-available", (0.4, 0.7, 0.9, 1.3, 1.6, 2.4, 26.0)),
    ("sm-oracle-health-send-failure", (1.1, 6.0, 30.0)),
    ("rx-refill-partly-submitted", (3.2, 4.8)),
)


SAID = (  # who, article, part, kind, words
    (
        "agent@example.org",
        "sm-cannot-find-care-team",
        "do",
        "unclear",
        "Callers do not find the button that saves the list.",
    ),
    (
        "esd@example.org",
        "rx-refill-partly-submitted",
        "",
        "outdated",
        "Callers say that it works again since this morning.",
    ),
    (
        "tier2@example.org",
        "sm-cannot-find-care-team",
        "",
        "comment",
        "Some callers call the contact list the address book.",
    ),
)
MISSED = ("blood pressure cuff pairing", "blood pressure cuff pairing", "secure message read receipt")
OVERRIDDEN = (
    "sm-when-to-escalate",
    {
        "urgent": "no",
        "audience": "veteran",
        "several": "no",
        "platform": "web",
        "shows": "error",
        "action": "reply",
        "repeats": "no",
    },
    "The caller cannot try again: the reply must reach the team today.",
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
        number = _file(case, actors[case.who], snapshot, now - timedelta(hours=case.hours_ago))
        try:
            for step in case.then if number else ():
                _move(number, step, actors[step.who], snapshot, now.astimezone(ZoneInfo(config.timezone)))
        except PortalError:
            continue  # an edited knowledge base may have routed it otherwise
    count = 0
    for article_id, ages in REPORTS:
        for age in sorted(ages, reverse=True):
            count += 1
            _report(article_id, count, actors["agent@example.org"], snapshot, now - timedelta(hours=age))
    _say(actors, snapshot, now)


def _say(actors: dict[str, Actor], snapshot: Snapshot, now: datetime) -> None:
    """Flags, a comment, searches without a result and a decision against a rule: the work lists have something to show."""
    for place, (who, article_id, part, kind, words) in enumerate(SAID):
        if article_id in snapshot.articles:
            draft = knowledge.FlagDraft(article_id, part, kind, words)
            with transaction():
                knowledge.add_flag(snapshot, draft, actor=actors[who], now=now - timedelta(hours=5 - place))
    with transaction():
        for place, words in enumerate(MISSED):
            search.count_miss(words, 0, now=now - timedelta(hours=9 - place))
    article_id, answers, reason = OVERRIDDEN
    article = snapshot.articles.get(article_id)
    if article is not None and article.table is not None:
        with transaction():
            knowledge.record_evaluation(
                article_id=article_id, revision=snapshot.revision, answers=answers, decision=decide(article.table, answers),
                actor=actors["tier2@example.org"], now=now - timedelta(hours=7), override_outcome="escalate",
                override_reason=reason,
            )  # fmt: skip


def _file(case: Case, actor: Actor, snapshot: Snapshot, at: datetime) -> str:
    """The number of the ticket; empty when the content has no such criteria."""
    article = snapshot.articles.get(case.criteria)
    if article is None or article.table is None:
        return ""
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
        decided = replace(
            draft, severity=severity, basis=basis, severity_because=decision.because or "Not decided by a rule.",
            snow_severity=snow_severity(severity, cannot_work=False, outage=False),
        )  # fmt: skip
        filing = tickets.file_ticket(
            tickets.checked(decided, snapshot.catalogue),
            actor=actor, catalogue=snapshot.catalogue, now=at, evaluation_id=evaluation.id,
        )  # fmt: skip
    return filing.number


def _move(number: str, step: Step, actor: Actor, snapshot: Snapshot, now: datetime) -> None:
    given = (
        replace(step.given, follow_up=(now + timedelta(days=step.days)).date()) if step.days else step.given
    )
    version = tickets.get_ticket(number, actor).version
    by = By(actor, version, snapshot, now - timedelta(hours=step.hours_ago), now.tzinfo or UTC)
    with transaction():
        tickets.move_ticket(number, step.move, given, by=by)


def _report(article_id: str, count: int, actor: Actor, snapshot: Snapshot, at: datetime) -> None:
    if article_id not in snapshot.articles:
        return
    draft = ReportDraft(
        known_issue_id=article_id, origin=Origin.HRC, desk=actor.desk, intake_id=None,
        reference=Reference("hrc", f"41003{count:02d}"), facility=None, ehr=None, platform="web", via=Via.IMPORT,
    )  # fmt: skip
    with transaction():
        tickets.add_report(draft, actor=actor, now=at)
