"""What all pages of the intake share: the call that a page is about, what was typed, the guard, the frame."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.accounts.access import current_actor
from portal.accounts.actor import Desk
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid, NotFound
from portal.core.upload import ACCEPTED, MOST_BYTES, Upload
from portal.criteria.decide import explain
from portal.criteria.table import NOT_SURE, DecisionTable
from portal.intake import filing, guard, service
from portal.intake.case import Case, stations
from portal.intake.forms import CallFileForm, IntakeForm
from portal.intake.guard import Held
from portal.intake.service import At, ChangedElsewhere, NotThere
from portal.intake.service.row import USUAL_ZONE
from portal.intake.wizard import End, Step, may_open, progress
from portal.knowledge.access import LONGEST_BROUGHT, current_snapshot, may_hand_over
from portal.knowledge.article import Article, ArticleKind, Nature
from portal.knowledge.render import items
from portal.search import service as search
from portal.search.access import current_engine
from portal.search.match import Call as Words
from portal.search.match import Kind, Match
from portal.tickets import service as tickets
from portal.tickets.references import cut
from portal.web.carry import carried
from portal.web.forms import offered_zone
from portal.web.htmx import render_page
from portal.web.journal import after_answer
from portal.web.paging import whole_number

bp = Blueprint("intake", __name__, url_prefix="/intake")
PAGES = {step: f"intake.show_{step.replace('-', '_')}" for step in Step}
MATCHES = 8
WITH_FILES = (Step.FACTS, Step.CHECK, Step.CRITICAL, Step.PRIVACY)
BEFORE_CHECK = (Step.QUESTIONS, Step.RUNBOOK, Step.ELSEWHERE, Step.FACTS)  # the last page shows them whole


@bp.record
def _add_globals(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["new_key"] = new_key


def new_key() -> str:
    """For a hidden field: the same form sent twice makes one thing."""
    return secrets.token_urlsafe(16)


def at_now() -> At:
    return At(current_actor(), current_snapshot(), utcnow())


def go(case: Case) -> Response:
    return cast(Response, redirect(url_for(PAGES[case.waiting], number=case.record.number), code=303))


def receipt(case: Case) -> Response:
    """Of a call handed to Tier 2: for those who go on it waits at another page."""
    return cast(Response, redirect(url_for("intake.show_end", number=case.record.number), code=303))


def open_case(number: str, step: Step, at: At) -> Case:
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


def typed() -> MultiDict[str, str]:
    """The form as sent, with the masked text where it was asked for, and what is to be cleared."""
    fields = MultiDict(request.form)
    name = fields.get("mask", "")
    if name and name in fields:
        fields[name] = guard.masked(fields[name], allowed(fields.get("external_ref", "")))
    if fields.get("clear"):
        fields[fields["clear"]] = ""
    return fields


def allowed(reference: str) -> set[str]:
    """Numbers that the guard lets pass: published ones and the call's own."""
    catalogue = current_snapshot().catalogue
    own = cut(reference, catalogue) if reference else None
    return {*catalogue.help_numbers, *({own.value} if own else ())}


def said_before() -> tuple[str, str]:
    """The words of the search and the code that led to the page of this form, as it brings them along; masked again."""
    words, code = " ".join(request.form.get("words", "").split()), request.form.get("code", "")
    words = guard.masked(words, allowed("")) if 0 < len(words) <= LONGEST_BROUGHT else ""
    return words, code if code in current_snapshot().codes else ""


def hold(form: IntakeForm, texts: Mapping[str, str], reference: str, about: str) -> dict[str, Held]:
    """Hold back texts with personal data: messages beside the fields, and a line in the audit."""
    held = guard.held_texts(texts, allowed(reference), request.form.getlist("passed"))
    form.hold(held)
    certain = {name: found.places for name, found in held.items() if found.certain}
    if certain:
        actor, now = current_actor(), utcnow()
        after_answer(lambda: service.note_guard(certain, about, actor, now))
    return held


def passed(held: Mapping[str, Held]) -> list[str]:
    marks = [found.mark for found in held.values() if not found.certain]
    return [*request.form.getlist("passed"), *marks]


def take_file(number: str) -> CallFileForm | None:
    """Keep the file that came with this form; what is wrong with it stands in the form given back. None: nothing came along."""
    sent, config, at = request.files.get("file"), current_app.config["PORTAL"], at_now()
    if sent is None or not sent.filename:
        return None
    form = CallFileForm()

    def add(upload: Upload, stored: str, scan: str) -> bool:
        with transaction():
            return service.add_file(number, upload, stored, scan, at=at)

    try:
        service.get(number, at.actor)  # before a byte of it is written
        own = allowed(request.form.get("external_ref", ""))
        upload = tickets.check_upload(sent.filename, sent.stream.read(MOST_BYTES + 1), own)
        is_new = tickets.keep_file(upload, config, add)
    except Invalid as error:
        form.add_errors(error.fields)
    else:
        flash(f"{upload.name} goes with this call." if is_new else "This file goes with the call already.")
    return form


def has_errors(form: CallFileForm | None) -> bool:
    return form is not None and bool(form.file.errors)


def kept_form(case: Case, step: Step) -> MultiDict[str, str] | None:
    """What was typed on this page and not sent: carried through a sign-in, else saved while typing (for its owner)."""
    brought = carried(request.path)
    if brought is not None:
        return brought
    own = current_actor().id in (case.record.owner, case.record.worker)
    draft = case.record.draft.get(step) if own else None
    return MultiDict(draft) if draft else None


def version_of(form: IntakeForm) -> int:
    return whole_number(form.version.data)


def frame_of(case: Case, step: Step, **more: Any) -> dict[str, Any]:
    """What every page of the wizard shows."""
    return {
        "case": case,
        "record": case.record,
        "step": step,
        "progress": progress(case.data, step),
        "held": {},
        "passed": [],
        "practice": service.practice_call(case.record, case.snapshot),
        "news": _news(case) if step in BEFORE_CHECK else [],
        "files": service.list_files(case.record) if step in WITH_FILES else [],
        "file_form": CallFileForm(formdata=None),
        "accepted": ACCEPTED,
        **more,
    }


def _news(case: Case) -> list[Match]:
    """Likely faults that went live after the known issues were looked at: nobody files into a known outage."""
    if case.record.practice is not None or case.record.end is not None:
        return []
    likely = service.new_matches(case, matches_of(case, at_now()))
    articles = ((one, case.snapshot.articles.get(one.id)) for one in likely)
    return [one for one, article in articles if article is not None and is_fault(article)]


def matches_of(case: Case, at: At) -> list[Match]:
    record = case.record
    words = Words(
        text=f"{record.text} {record.alert_words}".strip(),
        tool=case.tool.id if case.tool else None,
        error_code=case.codes[0] if case.codes else None,
        facility=case.station or None,
        platform=record.call.platform or None,
    )
    return search.match_known_issues(current_engine(), words, now=at.now, limit=MATCHES)


def cards_of(matches: Sequence[Match], at: At) -> list[dict[str, Any]]:
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


def match_of(case: Case, match_id: str, at: At) -> Match:
    found = next((match for match in matches_of(case, at) if match.id == match_id), None)
    if found is None:
        raise NotFound("This known issue does not fit the call any more.")
    return found


def decision_box(case: Case) -> dict[str, Any]:
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
        "may_hand_over": may_hand_over(),
    }


def ticked_steps() -> list[int]:
    return sorted({step for step in map(whole_number, request.form.getlist("step")) if 0 < step < 50})


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a card that did not help: done, could not be done, and those that nothing was said of yet (`open`)."""

    done: list[int]
    not_done: list[int]
    open: list[int]


def told_steps(article: Article | None) -> Steps:
    """Ticked ones, and what the page that asks of the others (`left-<number>`) was told; what it was not told was not needed."""
    section, form = article.section("do") if article else None, request.form
    every = range(1, len(items(section)) + 1) if section else range(0)
    ticked = ticked_steps() if section else []
    said = {
        number: "done" if form.get("left_all") else form.get(f"left-{number}", "")
        for number in every
        if number not in ticked
    }
    return Steps(
        sorted([*ticked, *(number for number, answer in said.items() if answer == "done")]),
        [number for number, answer in said.items() if answer == "not"],
        [] if form.get("asked_left") else [number for number in said if not form.get("left_all")],
    )


def steps_page(article: Article) -> Response:
    """Asked once: what about the steps that are not ticked? What was sent goes along."""
    fields = [one for one in request.form.items(multi=True) if one[0] != "csrf_token"]
    return render_page("intake/steps_left.html", article=article, ticked=ticked_steps(), fields=fields)


def fitting(table: DecisionTable) -> dict[str, str]:
    """The answers of the form that this table asks for and offers."""
    known = {one.id: one.choices for one in table.inputs}
    given = filing.answers_of(request.form)
    return {id: value for id, value in given.items() if id in known and value in {*known[id], NOT_SURE}}


def places(typed: str) -> str:
    """What stands in the field of health systems and is none that we know: developers would read it as typed."""
    known = current_snapshot().facilities
    return ", ".join(place for place in stations(typed, known) if place not in known)


def zone_of(case: Case) -> str:
    """One of those that the form offers; empty, to be selected, where the facility's clock fits none."""
    if case.facility:
        return offered_zone(case.facility.zone, utcnow().date())
    return current_actor().timezone or USUAL_ZONE


def is_fault(article: Article) -> bool:
    return (
        article.is_served and article.known_issue is not None and article.known_issue.nature is Nature.FAULT
    )


def fault(article: Article) -> Article:
    """Callers are added to faults alone."""
    if not is_fault(article):
        raise NotFound("Callers cannot be added to this article.")
    return article
