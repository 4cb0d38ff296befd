"""POST /api/v1/tickets, GET /api/v1/tickets/<number>, GET /api/v1/tools. Bearer tokens only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Actor, Permission
from portal.accounts.service import once, payload_hash
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid, PortalError
from portal.criteria.decide import Decision, decide, derive_codes
from portal.criteria.severity import snow_severity
from portal.criteria.table import FACTS, OutcomeKind
from portal.knowledge import service as knowledge
from portal.knowledge.access import current_snapshot
from portal.knowledge.api import fitting_answers
from portal.knowledge.article import Article, ArticleKind
from portal.knowledge.catalogue import Catalogue, Tool
from portal.knowledge.snapshot import Snapshot
from portal.search.access import current_engine
from portal.search.match import Call, Grade, Kind, Match
from portal.search.service import match_known_issues
from portal.tickets import service
from portal.tickets.api_documents import (
    FiledTicket,
    NewTicket,
    PossibleIssue,
    SubAreaDocument,
    TicketDocument,
    ToolDocument,
    ToolList,
)
from portal.tickets.models import Ticket
from portal.tickets.references import cut
from portal.tickets.routing import needs_reason
from portal.tickets.service import PersonalData
from portal.tickets.ticket import Basis, Origin, Reference, State, TicketDraft
from portal.web.errors import problem
from portal.web.journal import after_answer
from portal.web.openapi import Operation, read_body

bp = Blueprint("tickets_api", __name__, url_prefix="/api/v1")
STATION = re.compile(r"\d{3}[A-Z0-9]{0,3}")
TITLE_CHARACTERS = 90


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked request: all that can be known before the transaction."""

    draft: service.Checked
    article: Article | None
    decision: Decision | None
    matches: tuple[Match, ...]


@bp.post("/tickets")
@requires(Permission.FILE)
def file_ticket() -> ResponseReturnValue:
    actor, now, snapshot = current_actor(), utcnow(), current_snapshot()
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise Invalid(
            "An idempotency key is needed.", {"Idempotency-Key": "Send a key of your own for each ticket"}
        )
    asked = read_body(NewTicket)
    prepared: Prepared | PortalError
    try:
        prepared = _prepare(asked, actor, snapshot, now)
    except Invalid as error:
        prepared = error  # raised only for a new key: one that was used answers as it did then

    def make() -> Mapping[str, Any]:
        if isinstance(prepared, PortalError):
            raise prepared
        return _file(prepared, asked, actor, snapshot, now)

    try:
        with transaction():
            result, _ = once(actor.id, key, payload_hash(asked.model_dump(mode="json")), make, now)
    except PersonalData as found:
        return _refuse_personal_data(found, actor, now)
    return jsonify(result), 201  # the same answer each time, status included


@bp.get("/tickets/<number>")
@requires(Permission.TICKETS)
def show_ticket(number: str) -> ResponseReturnValue:
    actor, now = current_actor(), utcnow()
    ticket = service.get_ticket(number, actor)
    after_answer(lambda: service.note_read("read ticket", f"ticket:{number}", actor, now))
    return jsonify(_document(ticket).model_dump())


@bp.get("/tools")
@requires(Permission.READ)
def list_tools() -> ResponseReturnValue:
    return jsonify(
        ToolList(tools=[_tool(tool) for tool in current_snapshot().catalogue.tools.values()]).model_dump()
    )


def _refuse_personal_data(found: PersonalData, actor: Actor, now: datetime) -> Response:
    after_answer(lambda: service.note_guard(found, actor, now))
    spans = [
        {"field": span.field, "start": span.start, "end": span.end, "kind": span.kind} for span in found.spans
    ]
    errors = [
        {"field": name, "detail": detail, "spans": [span for span in spans if span["field"] == name]}
        for name, detail in found.fields.items()
    ]
    return problem(422, str(found), errors=errors, spans=spans)


# --- from the body to a draft


def _prepare(asked: NewTicket, actor: Actor, snapshot: Snapshot, now: datetime) -> Prepared:
    """Every field against the catalogue, the decision, the matching: raises Invalid that names all the wrong fields."""
    wrong: dict[str, str] = {}
    catalogue = snapshot.catalogue
    tool = catalogue.tools.get(asked.tool)
    if tool is None:
        wrong["tool"] = f"There is no tool {asked.tool[:80]}"
    elif asked.sub_area and asked.sub_area not in {area.id for area in tool.sub_areas}:
        wrong["sub_area"] = f"{tool.name} has no sub-area {asked.sub_area[:80]}"
    if asked.platform and asked.platform not in FACTS["platform"].choices:
        wrong["platform"] = f"Choose one of: {', '.join(FACTS['platform'].choices)}"
    references = _references(asked.external_refs, catalogue, wrong)
    station = _station(asked.facility, snapshot, wrong)
    for name, ids in (
        ("known_issue", [asked.known_issue] if asked.known_issue else []),
        ("known_issues_refused", asked.known_issues_refused),
    ):
        unknown = [id for id in ids if not _is_known_issue(id, snapshot)]
        if unknown:
            wrong[name] = f"There is no known issue {unknown[0][:80]}"
    article = _criteria(asked, snapshot, wrong)
    if wrong or tool is None:
        raise Invalid("Some fields do not fit.", wrong)
    service.check_personal_data(
        {"summary": asked.summary, "error_code": asked.error_code or ""},
        {*catalogue.help_numbers, *(ref.value for ref in references)},
    )
    decision = _decision(asked, article)
    code = _code(asked.error_code, snapshot)
    matches = _matches(asked, code, station, now)
    facility = snapshot.facilities.get(station or "")
    draft = TicketDraft(
        origin=Origin(asked.origin),
        tool=tool.id,
        sub_area=asked.sub_area,
        audience=asked.audience,
        title=_title(tool, asked.summary),
        summary=asked.summary.strip(),
        details=asked.details.strip(),
        severity=asked.severity,
        snow_severity=snow_severity(asked.severity),
        severity_because=decision.because
        if decision and decision.severity == asked.severity
        else "set on filing",
        platform=asked.platform,
        facilities=(station,) if station else (),
        ehr=asked.ehr or (facility.ehr if facility and facility.ehr else None),
        error_code=code,
        references=references,
        basis=_basis(article, decision, asked, snapshot),
        override_reason=(asked.override_reason or "").strip(),
        known_issue_id=asked.known_issue,
        shown=tuple(dict.fromkeys((*(m.id for m in matches), *asked.known_issues_refused))),
        refused=tuple(asked.known_issues_refused),
        likely_match=_likely(matches, snapshot),
        caller_text=_caller_text(article, asked.known_issue, snapshot),
        desk=str(actor.desk),
    )
    _check_reason(draft)
    return Prepared(service.checked(draft, catalogue), article, decision, matches)


def _references(raw: list[str], catalogue: Catalogue, wrong: dict[str, str]) -> tuple[Reference, ...]:
    """The form of a number gives its system."""
    found = []
    for place, text in enumerate(raw):
        number = cut(text, catalogue)
        if number is None or number.system == "portal":
            wrong[f"external_refs.{place}"] = "Enter an HRC or INC number, for example INC0123456"
        elif not number.accepted:
            wrong[f"external_refs.{place}"] = number.advice
        else:
            found.append(number.reference)
    return tuple(dict.fromkeys(found))


def _station(raw: str | None, snapshot: Snapshot, wrong: dict[str, str]) -> str | None:
    """A station number, known or of that form; or the name of a known facility."""
    if not raw or not raw.strip():
        return None
    text = raw.strip()
    named = {facility.name.lower(): station for station, facility in snapshot.facilities.items()}
    if text.lower() in named:
        return named[text.lower()]
    if STATION.fullmatch(text.upper()):
        return text.upper()
    wrong["facility"] = "Enter a station number such as 668, or the name of a known facility"
    return None


def _is_known_issue(id: str, snapshot: Snapshot) -> bool:
    article = snapshot.articles.get(id)
    return article is not None and article.is_served and article.kind is ArticleKind.KNOWN_ISSUE


def _criteria(asked: NewTicket, snapshot: Snapshot, wrong: dict[str, str]) -> Article | None:
    if asked.criteria is None:
        if asked.answers:
            wrong["criteria"] = "With answers, name the criteria that asked for them"
        return None
    article = snapshot.articles.get(asked.criteria)
    table = article.table if article and article.is_served else None
    if article is None or table is None:
        wrong["criteria"] = f"There are no criteria {asked.criteria[:80]}"
        return None
    if not table.applies_always and table.tool != asked.tool:
        wrong["criteria"] = "These criteria are for another tool"
        return None
    own = knowledge.tables_for(snapshot, asked.tool, asked.sub_area)[1]
    if asked.sub_area and own is not None and not table.applies_always and own.id != article.id:
        wrong["criteria"] = f"For {asked.sub_area[:80]} the criteria {own.id} decide"
        return None
    try:
        fitting_answers(table, asked.answers or {})
    except Invalid as error:
        wrong.update(error.fields)
    return article


def _decision(asked: NewTicket, article: Article | None) -> Decision | None:
    if article is None or article.table is None:
        return None
    derived = derive_codes(article.table, [asked.error_code]) if asked.error_code else {}
    return decide(article.table, {**derived, **(asked.answers or {})})


def _basis(
    article: Article | None, decision: Decision | None, asked: NewTicket, snapshot: Snapshot
) -> Basis | None:
    if article is None or decision is None:
        return None
    return Basis(
        article_id=article.id,
        revision=snapshot.revision,
        answers=asked.answers or {},
        outcome=str(decision.outcome),
        rule=decision.rule.id if decision.rule else None,
        because=decision.because,
        team=decision.team,
        severity=decision.severity,
    )


def _check_reason(draft: TicketDraft) -> None:
    """As for pages, and an undecided case needs a reason too: here nobody was shown what is still open."""
    reason = needs_reason(draft.basis, draft)
    if not reason and draft.basis and draft.basis.outcome != OutcomeKind.ESCALATE:
        reason = "The answers do not decide that this goes to Tier 3: say why it should"
    if reason and not service.REASON_LEAST <= len(draft.override_reason) <= service.REASON_MOST:
        raise Invalid(
            f"{reason}.",
            {"override_reason": f"{reason} ({service.REASON_LEAST} to {service.REASON_MOST} characters)"},
        )


def _code(raw: str | None, snapshot: Snapshot) -> str | None:
    """In the index's spelling where it is known there."""
    if not raw:
        return None
    plain = re.sub(r"[\s_-]", "", raw).upper()
    for code in snapshot.codes.values():
        if plain in {re.sub(r"[\s_-]", "", name).upper() for name in (code.code, *code.aliases)}:
            return code.code
    return raw.strip().upper()


def _matches(asked: NewTicket, code: str | None, station: str | None, now: datetime) -> tuple[Match, ...]:
    call = Call(
        text=asked.summary, tool=asked.tool, error_code=code, facility=station, platform=asked.platform
    )
    return tuple(m for m in match_known_issues(current_engine(), call, now=now) if m.kind is Kind.ARTICLE)


def _likely(matches: tuple[Match, ...], snapshot: Snapshot) -> str | None:
    """A likely known issue keeps the ticket in triage, also when it was refused."""
    likely = (m.id for m in matches if m.grade is Grade.LIKELY and _is_known_issue(m.id, snapshot))
    return next(likely, None)


def _caller_text(article: Article | None, known_issue: str | None, snapshot: Snapshot) -> str:
    issue = snapshot.articles[known_issue].known_issue if known_issue else None
    if issue and issue.caller_text:
        return issue.caller_text
    return article.say if article else ""


def _title(tool: Tool, summary: str) -> str:
    """The tool's stem and the first sentence, cut at a word."""
    first = re.split(r"(?<=[.!?])\s", " ".join(summary.split()), maxsplit=1)[0].rstrip(".")
    if len(first) > TITLE_CHARACTERS:
        first = f"{first[:TITLE_CHARACTERS].rsplit(' ', 1)[0]}…"
    return f"{tool.title_stem} - {first}"


# --- filing, inside the transaction


def _file(
    prepared: Prepared, asked: NewTicket, actor: Actor, snapshot: Snapshot, now: datetime
) -> Mapping[str, Any]:
    evaluation_id = None
    draft = prepared.draft
    if prepared.article and prepared.decision:
        against = prepared.decision.outcome != OutcomeKind.ESCALATE
        kept = knowledge.record_evaluation(
            article_id=prepared.article.id,
            revision=snapshot.revision,
            answers=asked.answers or {},
            decision=prepared.decision,
            actor=actor,
            now=now,
            override_outcome=OutcomeKind.ESCALATE if against else None,
            override_reason=draft.override_reason,
        )
        evaluation_id = kept.id
    filing = service.file_ticket(
        draft, actor=actor, catalogue=snapshot.catalogue, now=now, evaluation_id=evaluation_id
    )
    possible = [m for m in prepared.matches if m.id not in draft.refused and m.id != draft.known_issue_id]
    return FiledTicket(
        number=filing.number,
        team=filing.team,
        state=filing.state,
        severity=filing.severity,
        url=_url(filing.number),
        because=filing.because,
        possible_known_issues=[
            PossibleIssue(id=m.id, title=m.title, grade=m.grade, url=f"/articles/{m.id}") for m in possible
        ],
    ).model_dump()


# --- answers


def _url(number: str) -> str:
    return url_for("tickets.show_ticket", number=number)


def _document(ticket: Ticket) -> TicketDocument:
    return TicketDocument(
        number=ticket.number,
        team=ticket.team,
        state=State(ticket.state),
        severity=ticket.severity,
        snow_severity=ticket.snow_severity,
        url=_url(ticket.number),
        because=ticket.route_because,
        filed_at=ticket.filed_at.isoformat(),
        origin=ticket.origin,
        tool=ticket.tool,
        sub_area=ticket.sub_area,
        audience=ticket.audience,
        platform=ticket.platform,
        facilities=ticket.facilities,
        ehr=ticket.ehr,
        error_code=ticket.error_code,
        external_refs=[ref.value for ref in ticket.references],
        title=ticket.title,
        summary=ticket.summary,
        details=ticket.details,
        not_known=ticket.not_known,
        known_issue=ticket.known_issue_id,
        known_issues_refused=ticket.refused,
        caller_text=ticket.caller_text,
    )


def _tool(tool: Tool) -> ToolDocument:
    return ToolDocument(
        id=tool.id,
        name=tool.name,
        in_scope=tool.in_scope,
        team=tool.team,
        platforms=list(tool.platforms),
        audiences=list(tool.audiences),
        minimum_facts=list(tool.minimum_facts),
        sub_areas=[SubAreaDocument(id=area.id, name=area.name) for area in tool.sub_areas],
    )


OPERATIONS = (
    Operation(
        "POST", "/api/v1/tickets", "File a ticket", FiledTicket, NewTicket,
        headers={"Idempotency-Key": "1 to 200 characters; the same key and body give the same answer"},
        success=201, errors=(401, 403, 409, 422),
    ),
    Operation("GET", "/api/v1/tickets/{number}", "Read a ticket", TicketDocument, errors=(401, 403, 404)),
    Operation("GET", "/api/v1/tools", "The tools of the catalogue", ToolList),
)  # fmt: skip
