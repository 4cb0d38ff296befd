"""Pages of the guided intake, one a step, and the one-click ends of articles, routes and checked cases."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, cast

from flask import Blueprint, Response, flash, redirect, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.accounts import service as accounts
from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Desk, Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid, NotFound
from portal.criteria.decide import decide, explain
from portal.criteria.severity import Severity
from portal.criteria.table import FACTS, NOT_SURE, DecisionTable, OutcomeKind
from portal.intake import derive, endings, filing, guard, notes, service
from portal.intake.case import Case, stations
from portal.intake.forms import (
    CallForm,
    CheckForm,
    FactsForm,
    IntakeForm,
    NumberForm,
    UrgentForm,
    facts_form,
    private_facts,
    tool_choices,
)
from portal.intake.guard import Held
from portal.intake.service import At, ChangedElsewhere, NotThere
from portal.intake.wizard import End, Step, may_open, progress
from portal.knowledge.access import current_snapshot
from portal.knowledge.article import Article, ArticleKind, Nature
from portal.knowledge.open_hours import opening
from portal.knowledge.service import get_article
from portal.search import service as search
from portal.search.access import current_engine
from portal.search.match import Call as Words
from portal.search.match import Kind, Match
from portal.tickets import service as tickets
from portal.tickets.developer_text import default_shape, developer_text, public_part
from portal.tickets.references import cut
from portal.tickets.routing import choose_team
from portal.web.carry import carried
from portal.web.htmx import render_page
from portal.web.journal import after_answer
from portal.web.paging import whole_number

bp = Blueprint("intake", __name__, url_prefix="/intake")
PAGES = {step: f"intake.show_{step.replace('-', '_')}" for step in Step}
MATCHES = 8
PREFILLED = ("q", "tool", "code", "article", "external_ref")  # what an address may bring along
MASKED = "Personal data was taken out of the words. Leave names, numbers and health details out."
PLATFORMS = {*FACTS["platform"].choices, NOT_SURE}


@bp.record
def _add_globals(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["new_key"] = new_key


def new_key() -> str:
    """For a hidden field: the same form sent twice makes one thing."""
    return secrets.token_urlsafe(16)


def _at() -> At:
    return At(current_actor(), current_snapshot(), utcnow())


def _go(case: Case) -> Response:
    return cast(Response, redirect(url_for(PAGES[case.waiting], number=case.record.number), code=303))


def _open(number: str, step: Step, at: At) -> Case:
    """The case of a page; raises NotThere when another page waits. A look at a colleague's call is audited."""
    case = service.read(number, at=at)
    if not may_open(case.data, step):
        raise NotThere(case.waiting)
    if case.record.end is End.HANDED_OVER and at.actor.desk is not Desk.TIER2:
        raise NotThere(Step.END)
    if at.actor.id not in (case.record.owner, case.record.worker):
        after_answer(lambda: service.note_opened(number, at.actor, at.now))
    return case


@bp.errorhandler(NotThere)
def _where_it_waits(error: NotThere) -> ResponseReturnValue:
    number = (request.view_args or {}).get("number", "")
    return redirect(url_for(PAGES[error.waiting], number=number), code=303)


@bp.errorhandler(ChangedElsewhere)
def _both_versions(error: ChangedElsewhere) -> ResponseReturnValue:
    number = (request.view_args or {}).get("number", "")
    record = (
        service.get(number, current_actor())
        if number
        else service.find_by_key(request.form.get("key", ""), current_actor())
    )
    skip = ("csrf_token", "version")
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in skip]
    return render_page(
        "intake/changed.html", differences=error.differences, fields=fields, record=record, status=409
    )


# --- what the pages share


def _typed() -> MultiDict[str, str]:
    """The form as sent, with the masked text where it was asked for, and what is to be cleared."""
    fields = MultiDict(request.form)
    name = fields.get("mask", "")
    if name and name in fields:
        fields[name] = guard.masked(fields[name], _allowed(fields.get("external_ref", "")))
    if fields.get("clear"):
        fields[fields["clear"]] = ""
    return fields


def _allowed(reference: str) -> set[str]:
    """Numbers that the guard lets pass: published ones and the call's own."""
    catalogue = current_snapshot().catalogue
    own = cut(reference, catalogue) if reference else None
    return {*catalogue.help_numbers, *({own.value} if own else ())}


def _hold(form: IntakeForm, texts: Mapping[str, str], reference: str, about: str) -> dict[str, Held]:
    """Hold back texts with personal data: messages beside the fields, and a line in the audit."""
    held = guard.held_texts(texts, _allowed(reference), request.form.getlist("passed"))
    form.hold(held)
    certain = {name: found.places for name, found in held.items() if found.certain}
    if certain:
        actor, now = current_actor(), utcnow()
        after_answer(lambda: service.note_guard(certain, about, actor, now))
    return held


def _passed(held: Mapping[str, Held]) -> list[str]:
    marks = [found.mark for found in held.values() if not found.certain]
    return [*request.form.getlist("passed"), *marks]


def _kept(case: Case, step: Step) -> MultiDict[str, str] | None:
    """What was typed on this page and not sent: carried through a sign-in, else saved while typing (for its owner)."""
    brought = carried(request.path)
    if brought is not None:
        return brought
    own = current_actor().id in (case.record.owner, case.record.worker)
    draft = case.record.draft.get(step) if own else None
    return MultiDict(draft) if draft else None


def _version(form: IntakeForm) -> int:
    return whole_number(form.version.data)


def _frame(case: Case, step: Step, **more: Any) -> dict[str, Any]:
    """What every page of the wizard shows."""
    return {
        "case": case,
        "record": case.record,
        "step": step,
        "progress": progress(case.data, step),
        "held": {},
        "passed": [],
        **more,
    }


def _matches(case: Case, at: At, refused: Sequence[str] = ()) -> list[Match]:
    record = case.record
    words = Words(
        text=f"{record.text} {record.alert_words}".strip(),
        tool=case.tool.id if case.tool else None,
        error_code=case.codes[0] if case.codes else None,
        facility=case.station or None,
        platform=record.call.platform or None,
        refused=tuple(refused),
    )
    return search.match_known_issues(current_engine(), words, now=at.now, limit=MATCHES)


def _cards(case: Case, matches: Sequence[Match], at: At) -> list[dict[str, Any]]:
    """Matches with their articles and today's reports; `report`: a fault that callers are added to."""
    counts = tickets.report_counts([match.id for match in matches], at.now)
    cards = []
    for match in matches:
        article = at.snapshot.articles.get(match.id) if match.kind is Kind.ARTICLE else None
        issue = article.known_issue if article else None
        cards.append(
            {
                "match": match,
                "article": article,
                "issue": issue,
                "today": counts[match.id].today if match.id in counts else 0,
                "report": issue is not None and issue.nature is Nature.FAULT,
            }
        )
    return cards


def _match(case: Case, match_id: str, at: At) -> Match:
    found = next((match for match in _matches(case, at) if match.id == match_id), None)
    if found is None:
        raise NotFound("This known issue does not fit the call any more.")
    return found


def _decision(case: Case) -> dict[str, Any]:
    """The box on outcome pages: every rule, and what may be decided instead."""
    runbooks = [
        a for a in case.snapshot.of_kind(ArticleKind.RUNBOOK) if not case.tool or a.tool == case.tool.id
    ]
    return {
        "traces": explain(case.table, case.answers) if case.table else [],
        "runbooks": [
            a
            for a in runbooks
            if a.id != (case.runbook.id if case.runbook else "") or case.outcome != "resolve"
        ],
        "routes": [
            r
            for r in case.snapshot.catalogue.routes.values()
            if r is not case.route or case.outcome != "redirect"
        ],
    }


# --- page 1


@bp.get("")
@requires(Permission.FILE)
def start() -> ResponseReturnValue:
    """Page 1, prefilled from the address. The form's key stands in the address, so that Back finds the same call."""
    args = request.args
    if not args.get("key"):
        wanted: dict[str, Any] = {name: args[name] for name in PREFILLED if args.get(name)}
        wanted["q"], masked = _masked(args.get("q", ""))
        if masked:
            flash(MASKED, "warning")
        return redirect(
            url_for(".start", key=new_key(), **{name: said for name, said in wanted.items() if said})
        )
    at = _at()
    kept = carried(request.path)
    if kept is not None and "text" in kept:
        return _call_page(CallForm(kept))
    record = service.find_by_key(args["key"], at.actor)
    if record is not None:
        return redirect(url_for(".resume", number=record.number))
    given = {**args.to_dict(), **(kept.to_dict() if kept else {}), "key": args["key"]}
    text, masked = _masked(given.get("q", ""))
    return _call_page(_prefilled({**given, "text": text}, at), masked=masked)


@bp.post("")
@requires(Permission.FILE)
def begin() -> ResponseReturnValue:
    """From the one box (`q`): page 1 with its words, nothing stored. Else page 1 as filled in."""
    at = _at()
    if "urgent" not in request.form and "text" not in request.form:
        text, masked = _masked(request.form.get("q", "")[:1000])
        fields = {name: request.form.get(name, "") for name in ("external_ref", "tool", "code", "article")}
        return _call_page(_prefilled({"text": text, "key": new_key(), **fields}, at), masked=masked)
    form = CallForm(_typed())
    answer = _check_call(form, "intake:new")
    if answer is not None:
        return answer
    with transaction():
        case = service.save_call(form.to_input(), at=at, key=form.key.data or "", version=_version(form))
    return _go(case)


def _masked(text: str) -> tuple[str, bool]:
    clean = guard.masked(text.strip(), _allowed(""))
    return clean, clean != text.strip()


def _prefilled(given: Mapping[str, str], at: At) -> CallForm:
    """Page 1 with what the words and the desk tell."""
    catalogue = at.snapshot.catalogue
    text = given.get("text", "")
    codes = derive.codes_in(f"{given.get('code', '')} {text}", at.snapshot.codes)
    article = at.snapshot.articles.get(given.get("article", ""))
    guess = derive.guess_tool(text, codes, at.snapshot.codes, list(catalogue.tools.values()), article)
    tool = given.get("tool", "") if given.get("tool") in catalogue.tools else guess.tool if guess else ""
    reference = cut(given.get("external_ref", ""), catalogue)
    form = CallForm(
        formdata=None,
        text=text,
        alert_words=given.get("code", ""),
        tool=tool,
        code=codes[0] if codes else "",
        article=given.get("article", ""),
        key=given.get("key", ""),
        external_ref=given.get("external_ref", ""),
        audience=derive.usual_audience(at.actor.desk, reference.system if reference else ""),
    )
    if guess and guess.tool == tool:
        form.tool.description = f"Chosen from {guess.because}. Change it if it is wrong."
    return form


def _check_call(form: CallForm, about: str, case: Case | None = None) -> Response | None:
    """None when page 1 will do; else the page again, with everything typed."""
    form.validate()
    form.check(current_snapshot().catalogue)
    held: dict[str, Held] = {}
    if not form.cannot_wait:
        texts = {**form.texts("text", "alert_words"), "facilities": _places(form.facilities.data or "")}
        held = _hold(form, texts, form.external_ref.data or "", about)
    return None if form.is_clean else _call_page(form, case, held=held, status=422)


def _places(typed: str) -> str:
    """What stands in the field of health systems and is none that we know: developers would read it as typed."""
    known = current_snapshot().facilities
    return ", ".join(place for place in stations(typed, known) if place not in known)


def _call_page(
    form: CallForm,
    case: Case | None = None,
    *,
    held: Mapping[str, Held] | None = None,
    masked: bool = False,
    status: int = 200,
) -> Response:
    snapshot = current_snapshot()
    form.tool.choices = tool_choices(snapshot.catalogue)
    first: dict[str, Any] = {"step": Step.CALL, "record": None, "case": None, "progress": None}
    frame = _frame(case, Step.CALL) if case else first
    frame.update(held=held or {}, passed=_passed(held or {}))
    return render_page(
        "intake/call.html",
        **frame,
        form=form,
        facilities=snapshot.facilities.values(),
        masked=masked,
        status=status,
    )


@bp.get("/<number>")
@requires(Permission.FILE)
def resume(number: str) -> ResponseReturnValue:
    case = service.read(number, at=_at())
    waiting = (
        Step.END
        if case.record.end is End.HANDED_OVER and current_actor().desk is not Desk.TIER2
        else case.waiting
    )
    return redirect(url_for(PAGES[waiting], number=number))


@bp.get("/<number>/call")
@requires(Permission.FILE)
def show_call(number: str) -> ResponseReturnValue:
    at = _at()
    case = _open(number, Step.CALL, at)
    kept = _kept(case, Step.CALL)
    record, call = case.record, case.record.call
    if kept is not None:
        form = CallForm(kept)
    else:
        form = CallForm(
            formdata=None,
            urgent=record.urgent,
            text=record.text,
            alert_words=record.alert_words,
            no_message=call.no_words == "none",
            cant_look=call.no_words == "cant_look",
            tool=call.tool or (NOT_SURE if call.done else ""),
            audience=call.audience or derive.usual_audience(Desk(record.desk)),
            platform=call.platform,
            facilities=", ".join(call.facilities),
            external_ref=record.external_ref,
            code=call.error_code,
            article=call.article,
        )
    form.version.data = str(record.version)
    return _call_page(form, case)


@bp.post("/<number>/call")
@requires(Permission.FILE)
def save_call(number: str) -> ResponseReturnValue:
    at = _at()
    case = _open(number, Step.CALL, at)
    form = CallForm(_typed())
    answer = _check_call(form, f"intake:{number}", case)
    if answer is not None:
        return answer
    with transaction():
        case = service.save_call(form.to_input(), at=at, number=number, version=_version(form))
    return _go(case)


# --- page 2


@bp.get("/<number>/known-issues")
@requires(Permission.FILE)
def show_known_issues(number: str) -> ResponseReturnValue:
    return _issues_page(_open(number, Step.KNOWN_ISSUES, _at()))


def _issues_page(
    case: Case, errors: Mapping[str, str] | None = None, chosen: str = "", status: int = 200
) -> Response:
    at = _at()
    already = tickets.record_for(case.record.reference) if case.record.reference else []
    sent_there = case.route if case.outcome == OutcomeKind.REDIRECT else None
    return render_page(
        "intake/known_issues.html",
        **_frame(case, Step.KNOWN_ISSUES),
        cards=_cards(case, _matches(case, at), at),
        already=already,
        route=sent_there,
        opening=opening(sent_there, at.now) if sent_there else None,
        errors=errors or {},
        chosen=chosen,
        status=status,
    )


@bp.post("/<number>/known-issues")
@requires(Permission.FILE)
def save_known_issues(number: str) -> ResponseReturnValue:
    """*None of these*, *My caller has this* or *This answers it*."""
    at, form = _at(), request.form
    case = _open(number, Step.KNOWN_ISSUES, at)
    if form.get("answer"):
        match = _match(case, form["answer"], at)
        with transaction():
            case = service.answer_with_match(number, match, at=at)
    elif form.get("report"):
        article = _fault(get_article(at.snapshot, form["report"]))
        try:
            with transaction():
                case = service.add_caller(
                    number,
                    article,
                    external_ref=form.get("external_ref", case.record.external_ref),
                    ref_later=bool(form.get("ref_later")),
                    platform=form.get("platform", ""),
                    at=at,
                )
        except Invalid as error:
            return _issues_page(case, error.fields, article.id, 422)
    else:
        with transaction():
            case = service.refuse_issues(number, form.getlist("shown"), at=at)
    return _go(case)


# --- page 3 and its outcomes


@bp.get("/<number>/questions")
@requires(Permission.FILE)
def show_questions(number: str) -> ResponseReturnValue:
    case = _open(number, Step.QUESTIONS, _at())
    again = request.args.get("ask", "")
    return _questions_page(case, again=again)


def _questions_page(
    case: Case, *, again: str = "", missing: Sequence[str] = (), status: int = 200
) -> Response:
    """The open questions, or one that was answered (or derived) and is asked again."""
    compact = current_actor().compact
    table = case.table
    asked = (
        [one for one in table.inputs if one.id == again] if table and again else case.questions(every=compact)
    )
    runbook = None
    if table and any(one.id == "followed" for one in asked):
        would = decide(table, {**case.answers, "followed": "no"})
        runbook = case.snapshot.articles.get(would.runbook or "")
    kept: Mapping[str, str] = _kept(case, Step.QUESTIONS) or {}
    typed = {name: value for name, value in (request.form or kept).items() if name.startswith("answer-")}
    return render_page(
        "intake/questions.html",
        **_frame(case, Step.QUESTIONS, **_decision(case)),
        asked=asked,
        again=again,
        compact=compact,
        missing=missing,
        typed=typed,
        followed_runbook=runbook,
        not_sure=NOT_SURE,
        tier2=current_actor().desk is Desk.TIER2,
        status=status,
    )


@bp.post("/<number>/questions")
@requires(Permission.FILE)
def save_questions(number: str) -> ResponseReturnValue:
    at = _at()
    case = _open(number, Step.QUESTIONS, at)
    asked = request.form.getlist("asked")
    answers = _fitting(case.table) if case.table else {}
    known = {one.id for one in case.table.inputs} if case.table else set()
    missing = [id for id in asked if id in known and id not in answers]
    if missing and (not answers or not current_actor().compact):
        return _questions_page(case, again=asked[0] if len(asked) == 1 else "", missing=missing, status=422)
    version = whole_number(request.form.get("version"))
    with transaction():
        case = service.save_answers(number, answers, version=version, at=at)
    return _go(case)


def _fitting(table: DecisionTable) -> dict[str, str]:
    """The answers of the form that this table asks for and offers."""
    known = {one.id: one.choices for one in table.inputs}
    given = filing.answers_of(request.form)
    return {id: value for id, value in given.items() if id in known and value in {*known[id], NOT_SURE}}


@bp.post("/<number>/view")
@requires(Permission.FILE)
def change_view(number: str) -> ResponseReturnValue:
    """Guided or compact; kept for the person."""
    actor = current_actor()
    with transaction():
        accounts.set_preferences(actor, timezone=actor.timezone, compact=not actor.compact, keys=actor.keys)
    return redirect(url_for(".show_questions", number=number), code=303)


@bp.post("/<number>/undecided")
@requires(Permission.FILE)
def save_undecided(number: str) -> ResponseReturnValue:
    """Not enough to decide: to Tier 2, or to Tier 3 triage."""
    at = _at()
    with transaction():
        if request.form.get("action") == "triage":
            case = service.file_for_triage(number, at=at)
        else:
            case = service.hand_to_tier2(number, at=at)
    if case.record.end is End.HANDED_OVER:
        return redirect(url_for(".show_end", number=number), code=303)
    return _go(case)


@bp.post("/<number>/decide")
@requires(Permission.FILE)
def decide_otherwise(number: str) -> ResponseReturnValue:
    at, form = _at(), request.form
    try:
        with transaction():
            case = service.decide_otherwise(number, form.get("choice", ""), form.get("reason", ""), at=at)
    except Invalid as error:
        case = service.read(number, at=at)
        return render_page(
            "intake/decide.html",
            **_frame(case, Step.QUESTIONS, **_decision(case)),
            errors=error.fields,
            status=422,
        )
    return _go(case)


@bp.get("/<number>/decide")
@requires(Permission.FILE)
def show_decide(number: str) -> ResponseReturnValue:
    case = service.read(number, at=_at())
    if not case.record.is_open:
        raise NotThere(case.waiting)
    return render_page("intake/decide.html", **_frame(case, Step.QUESTIONS, **_decision(case)), errors={})


@bp.get("/<number>/runbook")
@requires(Permission.FILE)
def show_runbook(number: str) -> ResponseReturnValue:
    case = _open(number, Step.RUNBOOK, _at())
    return render_page(
        "intake/runbook.html", **_frame(case, Step.RUNBOOK, **_decision(case)), runbook=case.runbook
    )


@bp.post("/<number>/runbook")
@requires(Permission.FILE)
def save_runbook(number: str) -> ResponseReturnValue:
    result = request.form.get("result", "")
    with transaction():
        case = service.runbook_result(number, result, _steps(), at=_at())
    return _go(case)


def _steps() -> list[int]:
    return sorted({step for step in map(whole_number, request.form.getlist("step")) if 0 < step < 50})


@bp.get("/<number>/elsewhere")
@requires(Permission.FILE)
def show_elsewhere(number: str) -> ResponseReturnValue:
    at = _at()
    case = _open(number, Step.ELSEWHERE, at)
    shown = opening(case.route, at.now) if case.route else None
    return render_page(
        "intake/elsewhere.html",
        **_frame(case, Step.ELSEWHERE, **_decision(case)),
        route=case.route,
        opening=shown,
    )


@bp.post("/<number>/elsewhere")
@requires(Permission.FILE)
def save_elsewhere(number: str) -> ResponseReturnValue:
    with transaction():
        case = service.sent_elsewhere(number, at=_at())
    return _go(case)


# --- page 4


def _zone(case: Case) -> str:
    return case.facility.zone if case.facility else current_actor().timezone or "America/New_York"


def _facts_page(
    case: Case, form: FactsForm, held: Mapping[str, Held] | None = None, status: int = 200
) -> Response:
    form.version.data = str(case.record.version)
    frame = _frame(case, Step.FACTS, **_decision(case))
    frame.update(held=held or {}, passed=_passed(held or {}))
    return render_page(
        "intake/facts.html", **frame, form=form, after=case.record.end is End.CRITICAL, status=status
    )


def _facts_case(number: str, at: At) -> Case:
    """Page 4, also after a Critical ticket was filed without it."""
    case = service.read(number, at=at)
    return case if case.record.end is End.CRITICAL else _open(number, Step.FACTS, at)


@bp.get("/<number>/facts")
@requires(Permission.FILE)
def show_facts(number: str) -> ResponseReturnValue:
    case = _facts_case(number, _at())
    form_class = facts_form(case.needed, _zone(case), details=case.record.end is None)
    kept = _kept(case, Step.FACTS)
    if kept is not None:
        return _facts_page(case, form_class(kept))
    suggested = filing.suggest(case)
    prefilled = {"steps": suggested.steps, "expected": suggested.expected, "tried": suggested.tried}
    stored = dict(case.record.facts)
    unknown = {f"{id}-unknown": True for id in case.record.not_known}
    form = form_class(formdata=None, data={**prefilled, **stored, **unknown})
    return _facts_page(case, form)


@bp.post("/<number>/facts")
@requires(Permission.FILE)
def save_facts(number: str) -> ResponseReturnValue:
    at = _at()
    case = _facts_case(number, at)
    after = case.record.end is End.CRITICAL
    form = facts_form(case.needed, _zone(case), details=not after)(_typed())
    form.validate()
    form.check(at.now)
    held = _hold(form, form.guarded(), case.record.external_ref, f"intake:{number}")
    if not form.is_clean:
        return _facts_page(case, form, held, 422)
    with transaction():
        if after:
            case = service.add_facts(number, form.values(), form.not_known(), at=at)
        else:
            case = service.save_facts(number, form.values(), form.not_known(), version=_version(form), at=at)
    return _go(case)


# --- page 5


def _check_page(
    case: Case,
    form: CheckForm,
    *,
    fresh: Sequence[Match] = (),
    held: Mapping[str, Held] | None = None,
    status: int = 200,
) -> Response:
    at = _at()
    form.version.data = str(case.record.version)
    check = form.to_check() if form.severity.data in list(Severity) else _check_of(case)
    draft = filing.ordinary(case, check, at.now)
    shape = default_shape(draft.origin, draft.audience)
    text = developer_text(
        public_part(draft, at.snapshot.catalogue, people=case.others + 1),
        shape,
        at.snapshot.catalogue,
        at.snapshot.facilities,
    )
    frame = _frame(case, Step.CHECK, **_decision(case))
    frame.update(held=held or {}, passed=_passed(held or {}))
    return render_page(
        "intake/check.html",
        **frame,
        form=form,
        draft=draft,
        facts=at.snapshot.catalogue.facts,
        developer_text=text,
        routing=choose_team(draft, at.snapshot.catalogue),
        cards=_cards(case, fresh, at),
        fresh=[match.id for match in fresh],
        status=status,
    )


def _check_of(case: Case) -> filing.Check:
    stored = case.record.check
    return filing.Check(
        title=stored.get("title") or filing.suggest(case).title,
        summary=stored.get("summary") or case.record.text,
        severity=Severity(stored.get("severity") or case.severity),
        reason=stored.get("severity_reason", ""),
    )


@bp.get("/<number>/check")
@requires(Permission.FILE)
def show_check(number: str) -> ResponseReturnValue:
    at = _at()
    case = _open(number, Step.CHECK, at)
    kept = _kept(case, Step.CHECK)
    check = _check_of(case)
    form = CheckForm(kept) if kept is not None else CheckForm(
        formdata=None, title=check.title, words=check.summary, severity=check.severity.value,
        severity_reason=check.reason, external_ref=case.record.external_ref,
    )  # fmt: skip
    return _check_page(case, form, fresh=service.new_matches(case, _matches(case, at)))


@bp.post("/<number>/check")
@requires(Permission.FILE)
def save_check(number: str) -> ResponseReturnValue:
    at = _at()
    record = service.get(number, at.actor)
    if record.end is End.FILED:
        return redirect(url_for(".show_end", number=number), code=303)
    case = _open(number, Step.CHECK, at)
    form, updating = CheckForm(_typed()), request.form.get("action") == "update"
    form.validate()
    form.check(at.snapshot.catalogue, filing=not updating)
    held = _hold(
        form,
        form.texts("title", "words", "severity_reason"),
        form.external_ref.data or "",
        f"intake:{number}",
    )
    matches = _matches(case, at)
    fresh = service.new_matches(case, matches, request.form.getlist("seen"))
    if form.is_clean and updating:
        with transaction():
            service.edit_check(number, form.to_check(), at=at)
        return redirect(url_for(".show_check", number=number), code=303)
    if not form.is_clean or fresh:
        if fresh and form.is_clean:
            form.wrong("title", "A known issue appeared meanwhile: look at it once, then file")
        return _check_page(case, form, fresh=fresh, held=held, status=422)
    try:
        with transaction():
            case = service.file(
                number,
                form.to_check(),
                external_ref=form.external_ref.data or "",
                ref_later=bool(form.ref_later.data),
                seen=request.form.getlist("seen"),
                matches=matches,
                version=_version(form),
                at=at,
            )
    except Invalid as error:
        form.add_errors({"words" if name == "summary" else name: said for name, said in error.fields.items()})
        return _check_page(case, form, status=422)
    return _go(case)


# --- pages that cannot wait


@bp.get("/<number>/critical")
@requires(Permission.FILE)
def show_critical(number: str) -> ResponseReturnValue:
    at = _at()
    case = _open(number, Step.CRITICAL, at)
    kept = _kept(case, Step.CRITICAL)
    form = UrgentForm(kept) if kept is not None else UrgentForm(formdata=None, **_urgent_data(case))
    return _critical_page(case, form)


def _urgent_data(case: Case) -> dict[str, Any]:
    record = case.record
    guess = derive.guess_tool(
        record.text, case.codes, case.snapshot.codes, list(case.snapshot.catalogue.tools.values())
    )
    tool = record.call.tool or (guess.tool if guess else "")
    return {
        "text": record.text, "tool": tool, "facilities": ", ".join(record.call.facilities), "external_ref": record.external_ref,
    }  # fmt: skip


def _critical_page(
    case: Case, form: UrgentForm, held: Mapping[str, Held] | None = None, status: int = 200
) -> Response:
    at = _at()
    form.tool.choices = tool_choices(at.snapshot.catalogue)
    cards = (
        [card for card in _cards(case, _matches(case, at), at) if card["report"]] if case.record.text else []
    )
    frame = _frame(case, Step.CRITICAL)
    frame.update(held=held or {}, passed=_passed(held or {}))
    return render_page(
        "intake/critical.html",
        **frame,
        form=form,
        cards=cards[:3],
        chosen=request.form.get("known_issue", ""),
        facilities=at.snapshot.facilities.values(),
        say=endings.SAY_CRITICAL,
        status=status,
    )


@bp.post("/<number>/critical")
@requires(Permission.FILE)
def save_critical(number: str) -> ResponseReturnValue:
    at = _at()
    if service.get(number, at.actor).end is End.CRITICAL:
        return redirect(url_for(".show_end", number=number), code=303)
    case = _open(number, Step.CRITICAL, at)
    form = UrgentForm(_typed())
    form.validate()
    form.check(at.snapshot.catalogue)
    texts = {**form.texts("text"), "facilities": _places(form.facilities.data or "")}
    held = _hold(form, texts, form.external_ref.data or "", f"intake:{number}")
    if not form.is_clean:
        return _critical_page(case, form, held, 422)
    issue = at.snapshot.articles.get(request.form.get("known_issue", ""))
    given = form.to_input(issue.id if issue is not None and _is_fault(issue) else "")
    with transaction():
        case = service.file_critical(number, given, at=at)
    return _go(case)


@bp.get("/<number>/privacy")
@requires(Permission.FILE)
def show_privacy(number: str) -> ResponseReturnValue:
    at = _at()
    case = _open(number, Step.PRIVACY, at)
    kept = _kept(case, Step.PRIVACY)
    form_class = facts_form(private_facts(at.snapshot.catalogue), _zone(case), base=UrgentForm)
    form = form_class(kept) if kept is not None else form_class(formdata=None, data=_urgent_data(case))
    return _privacy_page(case, form)


def _privacy_page(case: Case, form: FactsForm, status: int = 200) -> Response:
    snapshot = case.snapshot
    form["tool"].choices = tool_choices(snapshot.catalogue)
    return render_page(
        "intake/privacy.html", **_frame(case, Step.PRIVACY), form=form, facilities=snapshot.facilities.values(),
        both=case.record.urgent == "both", say=endings.SAY_PRIVACY, status=status,
    )  # fmt: skip


@bp.post("/<number>/privacy")
@requires(Permission.FILE)
def save_privacy(number: str) -> ResponseReturnValue:
    at = _at()
    if service.get(number, at.actor).end is End.PRIVACY:
        return redirect(url_for(".show_end", number=number), code=303)
    case = _open(number, Step.PRIVACY, at)
    form = facts_form(private_facts(at.snapshot.catalogue), _zone(case), base=UrgentForm)(_typed())
    if request.form.get("clear"):
        return _privacy_page(case, form)
    form.validate()
    UrgentForm.check(cast(UrgentForm, form), at.snapshot.catalogue, text_needed=False)
    FactsForm.check(form, at.now)
    if not form.is_clean:
        return _privacy_page(case, form, 422)
    given = UrgentForm.to_input(cast(UrgentForm, form))
    with transaction():
        case = service.file_private(number, given, form.values(), form.not_known(), at=at)
    return _go(case)


# --- ends


@bp.get("/<number>/end")
@requires(Permission.FILE)
def show_end(number: str) -> ResponseReturnValue:
    return _end_page(number)


def _end_page(number: str, form: NumberForm | None = None, status: int = 200) -> ResponseReturnValue:
    at = _at()
    case = service.read(number, at=at)
    if not case.record.outcome:
        raise NotThere(case.waiting)
    outcome = case.record.outcome
    catalogue = at.snapshot.catalogue
    route = catalogue.routes.get(outcome.get("route", ""))
    note, snow = outcome.get("note", ""), ""
    incident = case.record.external_ref if case.record.external_ref.startswith("INC") else ""
    if incident or derive.origin(Desk(case.record.desk)) == "snow":
        snow = notes.service_now(note, incident, outcome.get("snow_severity", ""))
    return render_page(
        "intake/end.html",
        record=case.record,
        case=case,
        outcome=outcome,
        note=snow or note,
        is_snow=bool(snow),
        route=route,
        opening=opening(route, at.now) if route else None,
        taken=tickets.taken_at(outcome["ticket"]) if case.record.end is End.CRITICAL else None,
        catalogue=catalogue,
        now=at.now,
        form=form or NumberForm(formdata=None),
        status=status,
    )


@bp.post("/<number>/number")
@requires(Permission.FILE)
def save_number(number: str) -> ResponseReturnValue:
    at, form = _at(), NumberForm()
    try:
        with transaction():
            service.add_number(number, form.external_ref.data or "", at=at)
    except Invalid as error:
        form.add_errors(error.fields)
        return _end_page(number, form, 422)
    flash("The number is added.")
    return redirect(url_for(".show_end", number=number), code=303)


@bp.post("/<number>/another")
@requires(Permission.FILE)
def another_problem(number: str) -> ResponseReturnValue:
    with transaction():
        case = service.another_problem(number, key=request.form.get("key") or new_key(), at=_at())
    return _go(case)


# --- saving while typing


@bp.post("/autosave")
@requires(Permission.FILE)
def autosave_new() -> ResponseReturnValue:
    """Page 1 before it was sent for the first time: the form's key makes the intake that the form will find."""
    _autosave("")
    return Response(status=204)


@bp.post("/<number>/autosave")
@requires(Permission.FILE)
def autosave(number: str) -> ResponseReturnValue:
    _autosave(number)
    return Response(status=204)


@bp.post("/<number>/leave")
@requires(Permission.FILE)
def leave(number: str) -> ResponseReturnValue:
    _autosave(number)
    flash(f"Saved. {number} waits under My calls.")
    return redirect(url_for("home.index"), code=303)


@bp.post("/leave")
@requires(Permission.FILE)
def leave_new() -> ResponseReturnValue:
    _autosave("")
    flash("Saved. The call waits under My calls.")
    return redirect(url_for("home.index"), code=303)


def _autosave(number: str) -> str:
    form = request.form
    raw = form.get("step", Step.CALL)
    step = Step(raw) if raw in set(Step) else Step.CALL
    skip = ("csrf_token", "version", "mask", "clear", "action")
    fields = {name: value for name, value in form.items() if name not in skip}
    with transaction():
        return service.autosave(
            fields, step, actor=current_actor(), now=utcnow(), number=number, key=form.get("key") or new_key()
        )


# --- one-click ends of articles, routes and checked cases


@bp.post("/answer")
@requires(Permission.FILE)
def answer_article() -> ResponseReturnValue:
    at, form = _at(), request.form
    article = get_article(at.snapshot, form.get("article", ""))
    key, result = form.get("key") or new_key(), form.get("result", "")
    with transaction():
        if result in endings.RESULTS:
            case = service.answer_article(article, result, _steps(), key=key, at=at)
        else:
            words = str(session.pop("words", ""))
            case = service.start_from_article(article, _steps(), words, key=key, at=at)
    return _go(case)


@bp.post("/redirect")
@requires(Permission.FILE)
def redirect_done() -> ResponseReturnValue:
    at = _at()
    route = request.form.get("route", "")
    if route not in at.snapshot.catalogue.routes:
        raise NotFound("There is no such route.")
    with transaction():
        case = service.redirect(route, key=request.form.get("key") or new_key(), at=at)
    return _go(case)


@bp.post("/report/<article_id>")
@requires(Permission.FILE)
def report_issue(article_id: str) -> ResponseReturnValue:
    """One more caller, from results, board or article; refused, the page shows the three questions again."""
    at, form = _at(), request.form
    article = _fault(get_article(at.snapshot, article_id))
    errors = _report_errors()
    if not errors:
        try:
            with transaction():
                case = service.report_issue(
                    article,
                    urgent=form["urgent"],
                    external_ref=form.get("external_ref", ""),
                    ref_later=bool(form.get("ref_later")),
                    platform=form["platform"],
                    key=form.get("key") or new_key(),
                    at=at,
                )
            return _go(case)
        except Invalid as error:
            errors = error.fields
    return render_page("intake/report.html", article=article, errors=errors, typed=form, status=422)


def _is_fault(article: Article) -> bool:
    return (
        article.is_served and article.known_issue is not None and article.known_issue.nature is Nature.FAULT
    )


def _fault(article: Article) -> Article:
    """Callers are added to faults alone."""
    if not _is_fault(article):
        raise NotFound("Callers cannot be added to this article.")
    return article


def _report_errors() -> dict[str, str]:
    form, errors = request.form, {}
    if form.get("urgent") not in ("no", "harm", "privacy", "both"):
        errors["urgent"] = "Select whether any of this is true"
    if form.get("platform") not in PLATFORMS:
        errors["platform"] = 'Select where it happens, or "Not sure"'
    if form.get("urgent") == "no" and not form.get("external_ref", "").strip() and not form.get("ref_later"):
        errors["external_ref"] = "Enter an HRC or INC number, or tick that you will add it in wrap-up"
    return errors


@bp.post("/decide")
@requires(Permission.FILE)
def decide_case() -> ResponseReturnValue:
    """A checked case: what is done about it is recorded; *Start intake* keeps the answers."""
    at, form = _at(), request.form
    article = get_article(at.snapshot, form.get("article", ""))
    if article.table is None:
        raise NotFound("This article has no rules.")
    answers, action = _fitting(article.table), form.get("action", "")
    decision = decide(article.table, answers)
    key = form.get("key") or new_key()
    outcome, reason = form.get("override_outcome", ""), form.get("override_reason", "").strip()
    override = {"outcome": outcome, "target": "", "reason": reason} if action == "override" else {}
    if override and outcome not in list(OutcomeKind):
        raise Invalid("Select what you decide.", {"override_outcome": "Select what you decide"})
    with transaction():
        service.record_decision(
            article,
            answers,
            decision,
            override_outcome=outcome if override else "",
            override_reason=reason if override else "",
            at=at,
        )
        if action in ("solved", "redirected") and decision.outcome in ("resolve", "redirect"):
            return _go(service.end_with_decision(article, decision, key=key, at=at))
        if action == "intake" or outcome == "escalate":
            return _go(service.start_from_decision(article, answers, override, key=key, at=at))
    flash("Your decision is recorded. The owners of the rules will read your reason.")
    return redirect(url_for("knowledge.show_article", article_id=article.id), code=303)
