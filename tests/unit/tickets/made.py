"""A small catalogue and drafts for the tests of tickets."""

from __future__ import annotations

from typing import Any

from portal.criteria.severity import Severity
from portal.knowledge.catalogue import (
    AutoRoute,
    Catalogue,
    Fact,
    FactType,
    HelpLine,
    NumberForm,
    SubArea,
    Team,
    Tool,
)
from portal.tickets.ticket import Basis, Origin, TicketDraft


def a_team(id: str, name: str, **kw: Any) -> Team:
    given: dict[str, Any] = {"phrase": f"the {name.lower()} team", "queue": name, "labels": (), "board": ""}
    return Team(**{"id": id, "name": name, "auto_route": AutoRoute.ALWAYS, **given, **kw})


def a_tool(id: str, name: str, team: str, **kw: Any) -> Tool:
    given: dict[str, Any] = {
        "short": name, "title_stem": name, "in_scope": True, "sub_areas": (), "platforms": ("web",),
        "audiences": ("veteran",), "minimum_facts": (), "words": (), "label": None,
    }  # fmt: skip
    return Tool(**{"id": id, "name": name, "team": team, **given, **kw})


def a_fact(id: str, label: str, *, public: bool = True, choices: dict[str, str] | None = None) -> Fact:
    kind = FactType.CHOICE if choices else FactType.TEXT
    return Fact(id, label, "", kind, choices or {}, (), public, "")


TEAMS = (
    a_team("messaging", "Messaging", labels=("MHV-Secure-Messaging",)),
    a_team("medications", "Medications"),
    a_team("horizon", "Horizon"),
    a_team("tier3", "Tier 3", auto_route=AutoRoute.NEVER),
)
TOOLS = (
    a_tool(
        "sm",
        "Secure Messaging",
        "messaging",
        title_stem="SM",
        label="SM-Label",
        staff_team="horizon",
        sub_areas=(SubArea("reply", "Reply", ()), SubArea("pools", "Message pools", (), team="medications")),
    ),
    a_tool("sm-staff", "Secure Messaging for staff", "messaging", title_stem="SM/Admin", label="Liferay/SM Clinician Portal"),
    a_tool("rx", "Medications", "medications", label="RX-Label"),
    a_tool("odd", "Odd tool", "tier3"),
    a_tool("travel", "Travel pay", "tier3", in_scope=False),
)  # fmt: skip
FACTS = (
    a_fact("occurred_at", "When did it last happen?"),
    a_fact("device", "Which device?", choices={"windows": "Windows", "mac": "Mac"}),
    a_fact("browser", "Which browser?", choices={"chrome": "Chrome"}),
    a_fact("app_version", "Which version of the app?"),
    a_fact("os_version", "Which version of the phone's system?"),
    a_fact("steps", "Which steps lead to it?"),
    a_fact("expected", "What should happen?"),
    a_fact("tried", "What was tried already?"),
    a_fact("care_team", "Which care team?"),
    a_fact("staff_role", "Which role?"),
    a_fact("group_or_pool", "Which group?"),
    a_fact("staff_affected", "How many staff?"),
    a_fact("alert_words", "What are the exact words on the screen?"),
    a_fact("record_date", "What is the date of the record?", public=False),
)
FORMS = (
    NumberForm("hrc", "hrc", "HRC record number", r"\d{7,10}", "1234567", True, ""),
    NumberForm("incident", "snow", "ServiceNow incident", r"INC\d{7,}", "INC0123456", True, ""),
    NumberForm("sctask", "snow", "Catalogue task", r"SCTASK\d{7,}", "SCTASK0123456", False, "Ask for an incident (INC)"),
    NumberForm("ticket", "portal", "Ticket", r"T3-\d{4}-\d{6}", "T3-2026-000123", True, ""),
    NumberForm("report", "portal", "Report", r"R-\d{6}", "R-000456", True, ""),
    NumberForm("intake", "portal", "Intake", r"I-\d{6}", "I-000789", True, ""),
)  # fmt: skip
CATALOGUE = Catalogue(
    tools={tool.id: tool for tool in TOOLS},
    teams={team.id: team for team in TEAMS},
    routes={},
    facts={fact.id: fact for fact in FACTS},
    synonyms=(),
    targets={},
    hours_kind="clock",
    number_forms=FORMS,
    help_lines=(HelpLine("Help desk", "877-327-0022", "", ""),),
    maintenance=(),
    critical_call="877-327-0022",
    critical_minutes=15,
    queue_name="MHV Tier 3",
    tier2_queue="Tier II",
)


def a_basis(outcome: str = "escalate", **kw: Any) -> Basis:
    given: dict[str, Any] = {
        "article_id": "sm-rules", "revision": "a" * 40, "answers": {"repeats": "yes"}, "rule": "r1",
        "because": "It fails again.",
    }  # fmt: skip
    return Basis(**{**given, "outcome": outcome, **kw})


def a_draft(**kw: Any) -> TicketDraft:
    given: dict[str, Any] = {
        "origin": Origin.HRC, "tool": "sm", "audience": "veteran", "title": "SM - Reply fails: SM98",
        "summary": "The reply is not sent.", "severity": Severity.MEDIUM, "snow_severity": "medium",
        "severity_because": "One person is stopped.", "basis": a_basis(), "desk": "hrc",
    }  # fmt: skip
    return TicketDraft(**{**given, **kw})
