"""One ticket: whose move it is, and what this person may do. Each move is a small form of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, current_app, request

from portal.accounts.access import current_actor
from portal.accounts.actor import Actor, Permission
from portal.core.clock import utcnow
from portal.core.upload import ACCEPTED
from portal.criteria.table import FACTS
from portal.knowledge import service as knowledge
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.service import ArticleNotFound
from portal.knowledge.snapshot import Snapshot
from portal.search import service as search
from portal.search.access import current_engine
from portal.tickets import files, service
from portal.tickets.developer_text import Shape, alert_missing, default_shape, developer_text
from portal.tickets.forms import (
    HINTS,
    SEEN_HINT,
    CallerTextForm,
    FileForm,
    MoveForm,
    NoteForm,
    ReferenceForm,
    WithdrawFileForm,
)
from portal.tickets.known_issue import Suggestion, call_of, suggestions
from portal.tickets.lifecycle import (
    FIVE,
    HOLD_WORDS,
    MOVED,
    Transition,
    ball_words,
    holder,
    may_correct,
    moves,
    sides_of,
)
from portal.tickets.models import Attachment, Ticket
from portal.tickets.notice import handles
from portal.tickets.question import in_some_days
from portal.tickets.references import reference_words
from portal.tickets.ticket import IN_TRIAGE, HoldReason, Origin, Reference, State
from portal.tickets.timeline import event_words, standing_moves
from portal.tickets.views.find import place_in
from portal.tickets.views.page import acting_now
from portal.web.htmx import render_page

PLACED = frozenset(
    {"tried", "alert_words", "error_code", "facility"}
)  # facts that stand elsewhere on the page
MATCHES = 3
STEPS_BACK = (State.WITHDRAWN, State.REOPENED)
SAYS_WHY = (State.RETURNED, State.REOPENED, State.NOT_TIER3, State.DUPLICATE, State.WITHDRAWN)
ANSWERS = ("answer", "answer-ready")
KINDS = {
    "team": "select", "hold_reason": "select", "return_reason": "select", "route": "select", "known_issue": "select",
    "follow_up": "date", "duplicate_of": "text", "questions": "questions",
}  # fmt: skip  # any other field is a text of several lines


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that comes back with the page: its messages, or what changed meanwhile and what was typed.

    `kept`: (id, label) of its field, when it was only kept through a sign-in and nothing was refused.
    """

    move: str = ""
    move_form: MoveForm | None = None
    caller_form: CallerTextForm | None = None
    note_form: NoteForm | None = None
    reference_form: ReferenceForm | None = None
    file_form: FileForm | None = None
    withdraw_form: WithdrawFileForm | None = None
    withdrawn: int = 0  # the file that withdraw_form is about
    changed: str = ""
    typed: Sequence[tuple[str, str]] = ()
    kept: tuple[str, str] | None = None
    status: int = 422

    @property
    def problems(self) -> list[tuple[str, str]]:
        forms = (
            self.move_form, self.caller_form, self.note_form, self.reference_form, self.file_form, self.withdraw_form,
        )  # fmt: skip
        return [line for form in forms if form for line in form.summary()]


@dataclass(frozen=True, slots=True)
class Offer:
    """A move as the page draws it: `fields` are (kind, field, hint); `look` of its button, "" for the next step."""

    move: Transition
    form: MoveForm
    fields: list[tuple[str, Any, str]]
    is_open: bool
    look: str


def ticket_page(ticket: Ticket, refused: Refused | None = None) -> Response:
    """The page as it stands now; with `refused` the form that was sent, with what was typed in it."""
    actor, snapshot, now = current_actor(), current_snapshot(), utcnow()
    catalogue, state, stand = snapshot.catalogue, State(ticket.state), service.standing(ticket)
    inside = service.may_see_inside(ticket, actor)
    back, place = refused or Refused(), place_in(request.args)
    questions = service.list_questions(ticket)
    return render_page(
        "tickets/ticket.html",
        fragments=("pane",),
        place=place.args,
        opened=service.opened_by_others(ticket, actor, now)[:1],
        neighbours=service.neighbours(ticket.number, place, actor=actor, now=now),
        status=refused.status if refused else 200,
        ticket=ticket,
        state=state,
        ball=ball_words(state, ticket.team, catalogue, ticket.hold_reason),
        holder=holder(state, ticket.taken_by, actor.id) if actor.may(Permission.TRIAGE) else "",
        left=service.time_of(ticket, catalogue, now),
        strip=service.strip(ticket, catalogue, now),
        handled=service.handled(ticket),
        hold_words=HOLD_WORDS[HoldReason(ticket.hold_reason)] if ticket.hold_reason else "",
        asked="" if any(one.is_open for one in questions) else service.asked_on_hold(ticket),
        questions=questions,
        why=_why(ticket, state, snapshot),
        tool=catalogue.tools.get(ticket.tool),
        team=catalogue.teams.get(ticket.team or ""),
        catalogue=catalogue,
        code=ticket.error_code if ticket.error_code in snapshot.codes else None,
        no_words=alert_missing(ticket.facts, ticket.not_known).removeprefix("Alert: ").capitalize(),
        facts=_fact_rows(ticket, snapshot),
        tried=ticket.facts.get("tried", ""),
        not_known=[catalogue.facts[key].label for key in ticket.not_known if key in catalogue.facts],
        decision=_decision(ticket),
        known_issue=snapshot.known_issue(ticket.known_issue_id) if state is State.LINKED else None,
        looks_like=_looks_like(ticket, actor, snapshot, now),
        shown=[(id, snapshot.articles.get(id), id in ticket.refused) for id in ticket.shown],
        shape=_shape(ticket),
        shapes=Shape,
        developers=_developers(ticket, snapshot) if inside else None,
        references=[reference_words(Reference(ref.system, ref.value)) for ref in ticket.references],
        timeline=_timeline(ticket, snapshot, inside=inside),
        offers=_offers(ticket, moves(stand, actor), back, snapshot),
        can={
            "reference": actor.may(Permission.FILE),
            "correct": may_correct(stand, actor),
            "assess": service.may_assess(stand, actor),
            "redact": actor.may(Permission.TRIAGE),
            "file": files.may_add(ticket, actor),
            "withdraw_file": files.may_withdraw(ticket, actor),
            "note": bool(sides_of(actor, stand)),
            "reply": actor.may(Permission.FILE) and any(one.is_open for one in questions),
            "caller_text": inside,
            "reject": "link" in {move.name for move in moves(stand, actor)},
        },
        inside=inside,
        follows=service.is_following(actor, ticket.number),
        handles=handles(stand, inside=inside),
        caller_form=_caller_form(ticket, back),
        note_form=_note_form(back, inside=inside),
        reference_form=back.reference_form or ReferenceForm(formdata=None),
        files=_files(ticket, back),
        file_form=_file_form(back),
        accepted=ACCEPTED,
        scans=bool(current_app.config["PORTAL"].scan_command),
        problems=back.problems,
        kept=back.kept,
        changed=back.changed,
        meanwhile=_timeline(ticket, snapshot, inside=inside)[-1:] if back.changed else [],
        typed=back.typed,
    )


# --- moves


def _offers(ticket: Ticket, allowed: list[Transition], back: Refused, snapshot: Snapshot) -> list[Offer]:
    """The moves of this state for this person; a refused one is open and keeps what was typed."""
    offers: list[Offer] = []
    catalogue_facts = snapshot.catalogue.facts
    for move in allowed:
        kept = back.move_form if back.move == move.name else None
        form = kept or _fresh_form(ticket, move)
        form.offer(move.name, snapshot)
        form.facts.choices = [
            (key, catalogue_facts[key].label) for key in ticket.not_known if key in catalogue_facts
        ]
        form.renew(ticket.version)
        fields = fields_of(form, move)
        if move.name in ANSWERS and not kept and not form.caller_text.data:
            form.caller_text.data, source = _built(ticket, snapshot)
            hint = f"{source} {HINTS['caller_text']}".strip()
            fields = [
                (kind, field, hint if field is form.caller_text else said) for kind, field, said in fields
            ]
        leads = not offers and move.target not in STEPS_BACK
        beside = allowed[0].name in FIVE and move.name not in FIVE
        look = "" if leads else "usa-button--quiet" if beside else "usa-button--outline"
        offers.append(Offer(move, form, fields, kept is not None, look))
    return offers


def fields_of(form: MoveForm, move: Transition) -> list[tuple[str, Any, str]]:
    """(kind, field, hint) of what this move asks for."""
    hints = {**HINTS, "note": SEEN_HINT} if move.name == "hold" else HINTS
    names = (*move.required, *move.optional)
    return [(KINDS.get(name, "textarea"), form[name], hints.get(name, "")) for name in names]


def _fresh_form(ticket: Ticket, move: Transition) -> MoveForm:
    form = MoveForm(
        formdata=None,
        team=ticket.team or "",
        known_issue=ticket.known_issue_id or "",
        facts=list(ticket.not_known),
    )
    if move.source is State.ANSWER_READY and "caller_text" in move.required:
        form.caller_text.data = service.ready_words(ticket)
    if move.name == "ask":
        by = acting_now()
        form.follow_up.data = in_some_days(by.now.astimezone(by.zone).date()).isoformat()
    return form


def _built(ticket: Ticket, snapshot: Snapshot) -> tuple[str, str]:
    """Words that are ready: of the known issue that the agent recognised, or of the runbook that the rules named; and whose."""
    known = snapshot.articles.get(ticket.known_issue_id or "")
    if known and known.known_issue:
        return known.known_issue.caller_text, f"The words of “{known.title}”."
    kept = knowledge.get_evaluation(ticket.evaluation_id) if ticket.evaluation_id else None
    try:
        table = knowledge_base().table_at(kept.article_id, kept.revision) if kept and kept.rule else None
    except ArticleNotFound:
        table = None
    rules = table.rules if table and kept else ()
    runbook = snapshot.articles.get(
        next((r.then.runbook or "" for r in rules if kept and r.id == kept.rule), "")
    )
    return (runbook.say, f"The words of “{runbook.title}”.") if runbook and runbook.say else ("", "")


def _caller_form(ticket: Ticket, back: Refused) -> CallerTextForm:
    form = back.caller_form or CallerTextForm(formdata=None, caller_text=ticket.caller_text)
    form.renew(ticket.version)
    form.name_ids("words")
    return form


def _note_form(back: Refused, *, inside: bool) -> NoteForm:
    form = back.note_form or NoteForm(formdata=None)
    form.note.label.text = "Internal note" if inside else "Add to this ticket"
    form.name_ids("noted")
    return form


def _file_form(back: Refused) -> FileForm:
    form = back.file_form or FileForm(formdata=None)
    form.name_ids("attach")
    return form


def _files(ticket: Ticket, back: Refused) -> list[tuple[Attachment, bool, WithdrawFileForm]]:
    """Each file, whether it can be opened, and the form that withdraws it."""
    config, rows = current_app.config["PORTAL"], []
    for row in files.list_files(ticket):
        kept = back.withdraw_form if back.withdrawn == row.id else None
        form = kept or WithdrawFileForm(formdata=None)
        form.name_ids(f"withdraw-file-{row.id}")
        rows.append((row, files.can_open(row, config), form))
    return rows


# --- what the page shows


def _looks_like(
    ticket: Ticket, actor: Actor, snapshot: Snapshot, now: datetime
) -> list[tuple[Suggestion, int]]:
    """For Tier 3, while it is in triage: known issues with reasons, and how many callers they have today."""
    if ticket.privacy or State(ticket.state) not in IN_TRIAGE or not actor.may(Permission.TRIAGE):
        return []
    rejected = service.list_rejected(ticket)
    found = suggestions(
        search.match_known_issues(current_engine(), call_of(ticket, rejected), now=now),
        recognised=ticket.known_issue_id,
        refused=ticket.refused,
        rejected=rejected,
        snapshot=snapshot,
    )[:MATCHES]
    counts = service.report_counts([one.article.id for one in found], now)
    return [(one, counts[one.article.id].today if one.article.id in counts else 0) for one in found]


def _why(ticket: Ticket, state: State, snapshot: Snapshot) -> str:
    """The move that brought it here, in words, where everybody asks for the reason first."""
    moved = standing_moves(ticket.events, MOVED)
    return event_words(moved[-1].kind, moved[-1].data, snapshot) if state in SAYS_WHY and moved else ""


def _timeline(ticket: Ticket, snapshot: Snapshot, *, inside: bool) -> list[tuple[datetime, str]]:
    lines = ((e.at, event_words(e.kind, e.data, snapshot, inside=inside)) for e in ticket.events)
    return [(at, words) for at, words in lines if words]


def _shape(ticket: Ticket) -> Shape:
    wanted = request.args.get("shape", "")
    return Shape(wanted) if wanted in list(Shape) else default_shape(Origin(ticket.origin), ticket.audience)


def _developers(ticket: Ticket, snapshot: Snapshot) -> object:
    """The text for developers; a privacy ticket has none."""
    if ticket.privacy:
        return None
    public = service.public_ticket(ticket, snapshot.catalogue)
    return developer_text(public, _shape(ticket), snapshot.catalogue, snapshot.facilities)


def _fact_rows(ticket: Ticket, snapshot: Snapshot) -> list[tuple[str, str]]:
    """Label and value of everything that is known but what has a place of its own on the page."""
    tool = snapshot.catalogue.tools.get(ticket.tool)
    area = next((one.name for one in tool.sub_areas if one.id == ticket.sub_area), "") if tool else ""
    places = [snapshot.facilities[s].name if s in snapshot.facilities else "" for s in ticket.facilities]
    rows = [
        ("Tool", f"{tool.name if tool else 'Not sure'}{f' ({area})' if area else ''}"),
        ("Who has the problem", FACTS["audience"].choices.get(ticket.audience, ticket.audience)),
        ("Where", FACTS["platform"].choices.get(ticket.platform or "", "Not known")),
        (
            "Facility",
            ", ".join(f"{s} {name}".strip() for s, name in zip(ticket.facilities, places, strict=True))
            or "Not known",
        ),
        ("Health record", FACTS["ehr"].choices.get(ticket.ehr or "", "Not known")),
    ]
    for key, value in ticket.facts.items():
        fact = snapshot.catalogue.facts.get(key)
        if key not in PLACED and value:
            rows.append((fact.label if fact else key, fact.choices.get(value, value) if fact else value))
    return rows


def _decision(ticket: Ticket) -> dict[str, object] | None:
    """The rule that decided, its reason, and the answers in words as the criteria asked for them then."""
    if ticket.evaluation_id is None:
        return None
    kept = knowledge.get_evaluation(ticket.evaluation_id)
    answers = dict(kept.answers)
    try:
        table = knowledge_base().table_at(kept.article_id, kept.revision)
    except ArticleNotFound:
        asked = list(answers.items())
    else:
        inputs = [one for one in table.inputs if one.id in answers]
        asked = [(one.ask, one.choices.get(answers[one.id], "Not sure")) for one in inputs]
    return {"kept": kept, "asked": asked, "words": knowledge.outcome_words(kept.outcome)}
