"""Practice calls for new agents: rounds, a call a page, the summary; for owners, what many get wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.criteria.decide import explain
from portal.intake import endings, practice, service
from portal.intake.forms import PracticeForm, PracticeStartForm, choices
from portal.intake.practice import MISSED, PracticeCall, Tally
from portal.intake.service import At, Attempt, Round
from portal.intake.views.page import at_now, bp, go, new_key
from portal.knowledge.access import current_snapshot
from portal.web.export import csv_response
from portal.web.htmx import render_page
from portal.web.paging import whole_number

HARDEST_FOR_ME = 5


@bp.get("/practice")
@requires(Permission.FILE)
def show_practice() -> ResponseReturnValue:
    area = request.args.get("area", practice.ALL)
    return _start_page(PracticeStartForm(formdata=None, key=new_key(), area=area, count="5"))


def _start_page(form: PracticeStartForm, status: int = 200) -> Response:
    at = at_now()
    mine = service.practice_progress(at=at)
    calls = practice.calls_of(at.snapshot)
    missed = {MISSED: f"Those I missed ({len(mine.missed)})"} if mine.missed else {}
    form.area.choices = choices({**practice.areas(at.snapshot, calls), **missed})
    return render_page(
        "intake/practice.html",
        form=form,
        mine=mine,
        hardest=mine.missed[:HARDEST_FOR_ME],
        total=len(calls),
        may_review=at.actor.may(Permission.REVIEW),
        status=status,
    )


@bp.post("/practice")
@requires(Permission.FILE)
def start_practice() -> ResponseReturnValue:
    """A new round, or with `again` the missed calls of an old one."""
    at, form = at_now(), PracticeStartForm()
    key, again = form.key.data or new_key(), request.form.get("again", "")
    try:
        with transaction():
            if again:
                service.repeat_practice(again, key=key, at=at)
            else:
                service.start_practice(form.area.data or "", whole_number(form.count.data), key=key, at=at)
    except Invalid as error:
        form.add_errors(error.fields)
        return _start_page(form, 422)
    return _next_page(service.read_round(key, at=at))


def _next_page(found: Round) -> ResponseReturnValue:
    """The call that waits, or the summary."""
    if found.next is None:
        return redirect(url_for(".show_practice_round", key=found.key), code=303)
    return redirect(url_for(".show_practice_call", key=found.key, place=found.next.place), code=303)


@bp.get("/practice/<key>")
@requires(Permission.FILE)
def show_practice_round(key: str) -> ResponseReturnValue:
    return render_page("intake/practice_round.html", round=service.read_round(key, at=at_now()), **_words())


@bp.get("/practice/<key>/<int:place>")
@requires(Permission.FILE)
def show_practice_call(key: str, place: int) -> ResponseReturnValue:
    """The question, or once it is answered what came of it."""
    at = at_now()
    found = service.read_round(key, at=at)
    attempt = found.at(place)
    if attempt.grade is None:
        return _call_page(found, attempt, PracticeForm(formdata=None), at)
    return _result_page(found, attempt, at)


@bp.post("/practice/<key>/<int:place>")
@requires(Permission.FILE)
def answer_practice_call(key: str, place: int) -> ResponseReturnValue:
    at, form = at_now(), PracticeForm()
    found = service.read_round(key, at=at)
    attempt = found.at(place)
    if attempt.grade is None:
        form.check(practice.options(attempt.call, at.snapshot, f"{key}/{place}"))
        if not form.is_clean:
            return _call_page(found, attempt, form, at, 422)
        with transaction():
            service.answer_practice(key, place, form.to_answer(), at=at)
    return redirect(url_for(".show_practice_call", key=key, place=place), code=303)


def _call_page(found: Round, attempt: Attempt, form: PracticeForm, at: At, status: int = 200) -> Response:
    snapshot = at.snapshot
    offered = practice.options(attempt.call, snapshot, f"{found.key}/{attempt.place}")
    form.redirect.choices = choices({id: snapshot.catalogue.routes[id].name for id in offered.routes})
    form.resolve.choices = choices({id: snapshot.articles[id].title for id in offered.runbooks})
    return render_page("intake/practice_call.html", round=found, attempt=attempt, form=form, status=status)


def _result_page(found: Round, attempt: Attempt, at: At) -> Response:
    """By today's rules; `changed`: they said something else when the call was answered."""
    snapshot, call = at.snapshot, attempt.call
    decision, catalogue = call.decision(), at.snapshot.catalogue
    route = catalogue.routes.get(decision.route or "")
    runbook = snapshot.in_use(decision.runbook)
    team = catalogue.teams.get(decision.team or call.article.owner)
    said = {
        "escalate": call.article.say,
        "redirect": route.say if route else "",
        "resolve": endings.say_of(runbook),
    }
    return render_page(
        "intake/practice_result.html",
        round=found,
        attempt=attempt,
        decision=decision,
        route=route,
        runbook=runbook,
        team=team,
        said=said.get(decision.outcome, ""),
        changed=attempt.decided != practice.answer_of(decision),
        has_intake=practice.has_intake(call, snapshot),
        traces=explain(call.table, call.example.given),
        **_words(),
    )


@bp.post("/practice/<key>/<int:place>/intake")
@requires(Permission.FILE)
def start_practice_intake(key: str, place: int) -> ResponseReturnValue:
    """The whole intake with this call; nothing of it is filed."""
    form_key = request.form.get("key") or new_key()
    with transaction():
        case = service.start_practice_intake(key, place, form_key=form_key, at=at_now())
    return go(case)


def _words() -> dict[str, Any]:
    """For pages that name an answer."""
    snapshot = current_snapshot()
    return {
        "answer_words": lambda answer: practice.answer_words(
            answer, snapshot.catalogue.routes, snapshot.articles
        ),
        "words_of": lambda call: practice.answer_words(
            practice.answer_of(call.decision()), snapshot.catalogue.routes, snapshot.articles
        ),
    }


@bp.get("/practice/hardest")
@requires(Permission.REVIEW)
def show_hardest_practice() -> ResponseReturnValue:
    return render_page(
        "intake/practice_hardest.html",
        teams=_by_team(),
        least_answers=practice.LEAST_ANSWERS,
        least_people=practice.LEAST_PEOPLE,
        may_file=current_actor().may(Permission.FILE),
        **_words(),
    )


@bp.get("/practice/hardest.csv")
@requires(Permission.REVIEW)
def export_hardest_practice() -> ResponseReturnValue:
    head = (
        "Team",
        "Rules",
        "Call",
        "Rule",
        "Right answer",
        "People",
        "Answers",
        "Wrong at first",
        "Partly right at first",
    )
    words = _words()["words_of"]
    rows = (
        (
            team,
            call.article.id,
            call.words,
            rule.id if (rule := call.decision().rule) else "",
            words(call),
            tally.people,
            tally.answers,
            tally.wrong,
            tally.partly,
        )
        for team, found in _by_team().items()
        for call, tally in found
    )
    return csv_response("practice-hardest.csv", head, rows)


def _by_team() -> Mapping[str, list[tuple[PracticeCall, Tally]]]:
    """Name of the team -> its calls, the hardest first; the person's own teams stand first, the others by name."""
    snapshot, own = current_snapshot(), current_actor().teams
    teams = snapshot.catalogue.teams
    found: dict[str, list[tuple[PracticeCall, Tally]]] = {}
    for call, tally in service.hardest_practice(snapshot):
        found.setdefault(call.article.owner, []).append((call, tally))
    order = sorted(found, key=lambda id: (id not in own, teams[id].name if id in teams else id))
    return {teams[id].name if id in teams else id: found[id] for id in order}
