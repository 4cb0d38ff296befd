"""Pages that cannot wait: harm (5C) and privacy (5P)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.db import transaction
from portal.intake import derive, endings, service
from portal.intake.case import Case
from portal.intake.forms import (
    FactsForm,
    UrgentForm,
    facts_form,
    private_facts,
    tool_choices,
)
from portal.intake.guard import Held
from portal.intake.views.page import (
    at_now,
    bp,
    cards_of,
    frame_of,
    go,
    hold,
    is_fault,
    kept_form,
    matches_of,
    open_case,
    passed,
    places,
    typed,
    zone_of,
)
from portal.intake.wizard import End, Step
from portal.web.htmx import render_page


@bp.get("/<number>/critical")
@requires(Permission.FILE)
def show_critical(number: str) -> ResponseReturnValue:
    at = at_now()
    case = open_case(number, Step.CRITICAL, at)
    kept = kept_form(case, Step.CRITICAL)
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
    at = at_now()
    form.tool.choices = tool_choices(at.snapshot.catalogue)
    cards = (
        [card for card in cards_of(matches_of(case, at), at) if card["report"]] if case.record.text else []
    )
    frame = frame_of(case, Step.CRITICAL)
    frame.update(held=held or {}, passed=passed(held or {}))
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
    at = at_now()
    if service.get(number, at.actor).end is End.CRITICAL:
        return redirect(url_for(".show_end", number=number), code=303)
    case = open_case(number, Step.CRITICAL, at)
    form = UrgentForm(typed())
    form.validate()
    form.check(at.snapshot.catalogue)
    texts = {**form.texts("text"), "facilities": places(form.facilities.data or "")}
    held = hold(form, texts, form.external_ref.data or "", f"intake:{number}")
    if not form.is_clean:
        return _critical_page(case, form, held, 422)
    issue = at.snapshot.articles.get(request.form.get("known_issue", ""))
    given = form.to_input(issue.id if issue is not None and is_fault(issue) else "")
    with transaction():
        case = service.file_critical(number, given, at=at)
    return go(case)


@bp.get("/<number>/privacy")
@requires(Permission.FILE)
def show_privacy(number: str) -> ResponseReturnValue:
    at = at_now()
    case = open_case(number, Step.PRIVACY, at)
    kept = kept_form(case, Step.PRIVACY)
    form_class = facts_form(private_facts(at.snapshot.catalogue), zone_of(case), base=UrgentForm)
    form = form_class(kept) if kept is not None else form_class(formdata=None, data=_urgent_data(case))
    return _privacy_page(case, form)


def _privacy_page(case: Case, form: FactsForm, status: int = 200) -> Response:
    snapshot = case.snapshot
    form["tool"].choices = tool_choices(snapshot.catalogue)
    return render_page(
        "intake/privacy.html", **frame_of(case, Step.PRIVACY), form=form, facilities=snapshot.facilities.values(),
        both=case.record.urgent == "both", say=endings.SAY_PRIVACY, status=status,
    )  # fmt: skip


@bp.post("/<number>/privacy")
@requires(Permission.FILE)
def save_privacy(number: str) -> ResponseReturnValue:
    at = at_now()
    if service.get(number, at.actor).end is End.PRIVACY:
        return redirect(url_for(".show_end", number=number), code=303)
    case = open_case(number, Step.PRIVACY, at)
    form = facts_form(private_facts(at.snapshot.catalogue), zone_of(case), base=UrgentForm)(typed())
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
    return go(case)
