"""Page 1, the call: from the box, an address or a colleague, and typed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Desk, Permission
from portal.core.db import transaction
from portal.criteria.table import NOT_SURE, OutcomeKind
from portal.intake import derive, guard, service
from portal.intake.case import Case
from portal.intake.forms import (
    CallForm,
    tool_choices,
)
from portal.intake.guard import Held
from portal.intake.service import At
from portal.intake.views.page import (
    PAGES,
    allowed,
    at_now,
    bp,
    frame_of,
    go,
    hold,
    kept_form,
    matches_of,
    new_key,
    open_case,
    passed,
    places,
    typed,
    version_of,
)
from portal.intake.wizard import End, Step
from portal.knowledge.access import current_snapshot
from portal.tickets import service as tickets
from portal.tickets.references import cut
from portal.web.carry import carried
from portal.web.htmx import render_page

PREFILLED = ("q", "tool", "code", "article", "external_ref")  # what an address may bring along
MASKED = "Personal data was taken out of the words. Leave names, numbers and health details out."


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
    at = at_now()
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
    at = at_now()
    if "urgent" not in request.form and "text" not in request.form:
        text, masked = _masked(request.form.get("q", "")[:1000])
        fields = {name: request.form.get(name, "") for name in ("external_ref", "tool", "code", "article")}
        return _call_page(_prefilled({"text": text, "key": new_key(), **fields}, at), masked=masked)
    form = CallForm(typed())
    answer = _check_call(form, "intake:new")
    if answer is not None:
        return answer
    with transaction():
        case = service.save_call(form.to_input(), at=at, key=form.key.data or "", version=version_of(form))
    return go(_past_issues(case, at))


def _masked(text: str) -> tuple[str, bool]:
    clean = guard.masked(text.strip(), allowed(""))
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
        texts = {**form.texts("text", "alert_words"), "facilities": places(form.facilities.data or "")}
        held = hold(form, texts, form.external_ref.data or "", about)
    return None if form.is_clean else _call_page(form, case, held=held, status=422)


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
    frame = frame_of(case, Step.CALL) if case else first
    frame.update(held=held or {}, passed=passed(held or {}))
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
    case = service.read(number, at=at_now())
    waiting = (
        Step.END
        if case.record.end is End.HANDED_OVER and current_actor().desk is not Desk.TIER2
        else case.waiting
    )
    return redirect(url_for(PAGES[waiting], number=number))


@bp.get("/<number>/call")
@requires(Permission.FILE)
def show_call(number: str) -> ResponseReturnValue:
    at = at_now()
    case = open_case(number, Step.CALL, at)
    kept = kept_form(case, Step.CALL)
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
    at = at_now()
    case = open_case(number, Step.CALL, at)
    form = CallForm(typed())
    answer = _check_call(form, f"intake:{number}", case)
    if answer is not None:
        return answer
    with transaction():
        case = service.save_call(form.to_input(), at=at, number=number, version=version_of(form))
    return go(_past_issues(case, at))


def _past_issues(case: Case, at: At) -> Case:
    """Page 2 is left out when it has nothing to show; the last page says that nothing fitted, and when."""
    if case.waiting is not Step.KNOWN_ISSUES or case.outcome == OutcomeKind.REDIRECT or matches_of(case, at):
        return case
    if case.record.reference and tickets.record_for(case.record.reference):
        return case
    with transaction():
        return service.refuse_issues(case.record.number, (), at=at)
