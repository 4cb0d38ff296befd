"""Pages 4 and 5: the facts that the team needs, and check and file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Response, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.criteria.severity import Severity
from portal.intake import filing, service
from portal.intake.case import Case
from portal.intake.forms import (
    CallFileForm,
    CheckForm,
    FactsForm,
    facts_form,
)
from portal.intake.guard import Held
from portal.intake.service import At
from portal.intake.views.page import (
    PAGES,
    WITH_FILES,
    at_now,
    bp,
    cards_of,
    decision_box,
    frame_of,
    go,
    has_errors,
    hold,
    kept_form,
    matches_of,
    open_case,
    passed,
    take_file,
    typed,
    version_of,
    zone_of,
)
from portal.intake.wizard import End, Step
from portal.search.match import Match
from portal.tickets import service as tickets
from portal.tickets.developer_text import default_shape, developer_text, public_part
from portal.tickets.routing import choose_team
from portal.web.carry import keep
from portal.web.htmx import render_page


def _facts_page(
    case: Case,
    form: FactsForm,
    held: Mapping[str, Held] | None = None,
    file_form: CallFileForm | None = None,
    status: int = 200,
) -> Response:
    form.version.data = str(case.record.version)
    frame = frame_of(case, Step.FACTS, **decision_box(case))
    frame.update(held=held or {}, passed=passed(held or {}), file_form=file_form or frame["file_form"])
    return render_page(
        "intake/facts.html", **frame, form=form, after=case.record.end is End.CRITICAL, status=status
    )


def _facts_case(number: str, at: At) -> Case:
    """Page 4, also after a Critical ticket was filed without it."""
    case = service.read(number, at=at)
    return case if case.record.end is End.CRITICAL else open_case(number, Step.FACTS, at)


@bp.get("/<number>/facts")
@requires(Permission.FILE)
def show_facts(number: str) -> ResponseReturnValue:
    case = _facts_case(number, at_now())
    form_class = facts_form(case.needed, zone_of(case), details=case.record.end is None)
    kept = kept_form(case, Step.FACTS)
    if kept is not None:
        return _facts_page(case, form_class(kept))
    prefilled = {}
    if case.record.end is None:  # what follows a Critical ticket is said by nobody yet
        suggested = filing.suggest(case)
        area = case.record.call.sub_area
        prefilled = {
            **{fact.id: area for fact in case.needed if area in fact.choices},
            "occurred_at": "now",
            "steps": suggested.steps,
            "expected": suggested.expected,
            "tried": suggested.tried,
        }
    stored = dict(case.record.facts)
    unknown = {f"{id}-unknown": True for id in case.record.not_known}
    form = form_class(formdata=None, data={**prefilled, **stored, **unknown})
    return _facts_page(case, form)


@bp.post("/<number>/facts")
@requires(Permission.FILE)
def save_facts(number: str) -> ResponseReturnValue:
    at = at_now()
    case = _facts_case(number, at)
    after = case.record.end is End.CRITICAL
    form = facts_form(case.needed, zone_of(case), details=not after)(typed())
    form.validate()
    if request.form.get("rest"):
        form.leave_rest()
    form.check(at.now, optional=after)
    held = hold(form, form.guarded(), case.record.external_ref, f"intake:{number}")
    file_form = None if after else take_file(number)
    if not form.is_clean or has_errors(file_form):
        return _facts_page(case, form, held, file_form, 422)
    with transaction():
        if after:
            case = service.add_facts(number, form.values(), form.not_known(), at=at)
        else:
            case = service.save_facts(
                number, form.values(), form.not_known(), version=version_of(form), at=at
            )
    return go(case)


def _check_page(
    case: Case,
    form: CheckForm,
    *,
    fresh: Sequence[Match] = (),
    held: Mapping[str, Held] | None = None,
    file_form: CallFileForm | None = None,
    status: int = 200,
) -> Response:
    at = at_now()
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
    frame = frame_of(case, Step.CHECK, **decision_box(case))
    frame.update(held=held or {}, passed=passed(held or {}), file_form=file_form or frame["file_form"])
    return render_page(
        "intake/check.html",
        **frame,
        form=form,
        draft=draft,
        facts=at.snapshot.catalogue.facts,
        developer_text=text,
        routing=choose_team(draft, at.snapshot.catalogue),
        cards=cards_of(fresh, at),
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
    at = at_now()
    case = open_case(number, Step.CHECK, at)
    kept = kept_form(case, Step.CHECK)
    check = _check_of(case)
    form = CheckForm(kept) if kept is not None else CheckForm(
        formdata=None, title=check.title, words=check.summary, severity=check.severity.value,
        severity_reason=check.reason, external_ref=case.record.external_ref,
    )  # fmt: skip
    return _check_page(case, form, fresh=service.new_matches(case, matches_of(case, at)))


@bp.post("/<number>/check")
@requires(Permission.FILE)
def save_check(number: str) -> ResponseReturnValue:
    at = at_now()
    record = service.get(number, at.actor)
    if record.end is End.FILED:
        return redirect(url_for(".show_end", number=number), code=303)
    case = open_case(number, Step.CHECK, at)
    form, updating = CheckForm(typed()), request.form.get("action") == "update"
    form.validate()
    form.check(at.snapshot.catalogue, filing=not updating)
    held = hold(
        form,
        form.texts("title", "words", "severity_reason"),
        form.external_ref.data or "",
        f"intake:{number}",
    )
    file_form = take_file(number)
    if has_errors(file_form):
        return _check_page(case, form, held=held, file_form=file_form, status=422)
    matches = matches_of(case, at)
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
                version=version_of(form),
                at=at,
            )
    except Invalid as error:
        form.add_errors({"words" if name == "summary" else name: said for name, said in error.fields.items()})
        return _check_page(case, form, status=422)
    return go(case)


# --- files: each has a POST of its own, from the form of a page, whose typed texts are kept


@bp.post("/<number>/files")
@requires(Permission.FILE)
def add_file(number: str) -> ResponseReturnValue:
    step = Step.CHECK if request.form.get("step") == Step.CHECK else Step.FACTS
    case = open_case(number, step, at_now())
    file_form = take_file(number)
    if file_form is None:
        file_form = CallFileForm()
        file_form.add_errors({"file": "Choose a file."})
    if not file_form.file.errors:
        return _page_again(number, step)
    if step is Step.CHECK:
        return _check_page(case, CheckForm(typed()), file_form=file_form, status=422)
    form = facts_form(case.needed, zone_of(case), details=True)(typed())
    return _facts_page(case, form, file_form=file_form, status=422)


@bp.post("/<number>/files/<int:id>/withdraw")
@requires(Permission.FILE)
def withdraw_file(number: str, id: int) -> ResponseReturnValue:
    at, raw = at_now(), request.form.get("step", "")
    with transaction():
        stored = service.withdraw_file(number, id, at=at)
    if stored:
        tickets.remove_bytes(stored, current_app.config["PORTAL"])
    flash("The file is withdrawn and deleted.")
    return _page_again(number, Step(raw) if raw in list(WITH_FILES) else Step.FACTS)


def _page_again(number: str, step: Step) -> ResponseReturnValue:
    page = url_for(PAGES[step], number=number)
    keep(page)
    return redirect(f"{page}#files", code=303)
