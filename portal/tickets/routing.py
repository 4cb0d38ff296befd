"""Which team a ticket goes to, and whether it goes there at once: with the reason in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from portal.criteria.table import OutcomeKind
from portal.knowledge.catalogue import AutoRoute, Catalogue, Tool
from portal.tickets.ticket import Basis, State, TicketDraft

WHO = {"veteran": "a Veteran", "caregiver": "a caregiver", "staff": "VA staff"}
NOBODY = "No team is known for it"


@dataclass(frozen=True, slots=True)
class Routing:
    """`team` may be set while the ticket waits in triage: the team sees it there."""

    team: str | None
    state: State
    because: str


def choose_team(draft: TicketDraft, catalogue: Catalogue) -> Routing:
    """The decision's team, else the sub-area's, else the staff team when staff have the problem, else the tool's."""
    if draft.privacy:
        return Routing(None, State.NEW, "Security and privacy reports stay with cleared Tier 3 staff.")
    team_id, because = _team(draft, catalogue)
    waits = _why_wait(draft, catalogue, team_id)
    if waits:
        return Routing(team_id, State.NEW, f"{because}. It waits in triage: {waits}.")
    return Routing(team_id, State.ROUTED, f"{because}.")


def needs_reason(basis: Basis | None, draft: TicketDraft) -> str:
    """Why filing this draft goes against its decision, as a sentence; empty when it does not."""
    if basis is None:
        return ""
    if basis.outcome in (OutcomeKind.RESOLVE, OutcomeKind.REDIRECT):
        return "The rules do not send this case to Tier 3: say why you decide otherwise"
    scale = list(type(draft.severity))
    if basis.severity and scale.index(draft.severity) > scale.index(basis.severity):
        return f"The rules say severity {basis.severity.capitalize()}: say why it is lower"
    return ""


def _team(draft: TicketDraft, catalogue: Catalogue) -> tuple[str | None, str]:
    decided = catalogue.teams.get(draft.basis.team) if draft.basis and draft.basis.team else None
    if decided:
        return decided.id, f"The rules send it to the {decided.name} team"
    tool = catalogue.tools.get(draft.tool)
    if tool is None:
        return None, NOBODY
    if not tool.in_scope:
        return None, f"{tool.name} is not looked after by Tier 3"
    team_id, what = _of_tool(draft, tool)
    team = catalogue.teams.get(team_id)
    if team is None:
        return None, NOBODY
    return team.id, f"{what} for {WHO.get(draft.audience, draft.audience)} goes to the {team.name} team"


def _of_tool(draft: TicketDraft, tool: Tool) -> tuple[str, str]:
    area = next((one for one in tool.sub_areas if one.id == draft.sub_area), None)
    if area and area.team:
        return area.team, f"{tool.name} ({area.name})"
    if draft.audience == "staff" and tool.staff_team:
        return tool.staff_team, tool.name
    return tool.team, tool.name


def _why_wait(draft: TicketDraft, catalogue: Catalogue, team_id: str | None) -> str:
    """The first thing that keeps it from going to the team at once; empty when nothing does."""
    if team_id is None:
        return "a person chooses the team"
    if not _is_decided(draft):
        return "no rule decided"
    if draft.known_issue_id or draft.likely_match:
        return "it looks like a known issue"
    if catalogue.teams[team_id].auto_route is AutoRoute.NEVER:
        return "this team takes nothing without a look"
    return ""


def _is_decided(draft: TicketDraft) -> bool:
    if draft.basis is None:
        return False
    overridden = bool(draft.override_reason) and draft.basis.outcome in list(OutcomeKind)
    return draft.basis.outcome == OutcomeKind.ESCALATE or overridden
