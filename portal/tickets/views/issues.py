"""A known issue made by an analyst alone, from words or from tickets, live with one press. Its address is an article's."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.problem import Problem
from portal.knowledge import service as knowledge
from portal.knowledge.access import content_saved, current_snapshot, knowledge_base
from portal.knowledge.issue_draft import IssueDraft
from portal.knowledge.service import Refused
from portal.search import service as search
from portal.search.access import current_engine
from portal.search.match import Call, Kind, Match
from portal.tickets import following, service
from portal.tickets.forms import IssueForm, choices
from portal.tickets.issue_words import draft_of_tickets, draft_of_words
from portal.tickets.making import AlreadyLinked, Made, make_known_issue
from portal.tickets.models import Ticket
from portal.tickets.ticket import TICKET_FORM
from portal.tickets.views.page import acting_now
from portal.web.carry import carried
from portal.web.export import csv_response
from portal.web.htmx import render_page
from portal.web.journal import after_answer

bp = Blueprint("issues", __name__, url_prefix="/articles/known-issue")
MOST_TICKETS = 200
CSV_HEAD = (
    "Report", "At (UTC)", "Via", "Origin", "Desk", "Record", "Facility", "Health record", "Platform", "Known issue",
)  # fmt: skip
ALIKE = 3


@bp.get("/new")
@requires(Permission.TRIAGE)
def new_issue() -> ResponseReturnValue:
    """Empty, or `?tickets=T3-…,T3-…` with a draft in their words."""
    form, brought = _form(), carried(request.path)
    if brought is not None:
        form.process(brought)
    else:
        form.tickets.data = ",".join(_numbers(request.args.get("tickets", "")))
        form.show(draft_of_tickets(_tickets(form), current_snapshot()))
    return _page(form)


@bp.post("/words")
@requires(Permission.TRIAGE)
def begin_issue() -> ResponseReturnValue:
    """*New from these words*: a POST, since what was typed may be about a person."""
    form = _form(fresh=True)
    form.show(draft_of_words(request.form.get("words", "")[:1000], current_snapshot()))
    return _page(form)


@bp.post("/check")
@requires(Permission.TRIAGE)
def check_issue() -> ResponseReturnValue:
    """What hinders it, while it is typed; nothing is kept."""
    return _page(_form())


@bp.post("/new")
@requires(Permission.TRIAGE)
def make_issue() -> ResponseReturnValue:
    """One press: live, and its tickets linked."""
    form, by = _form(), acting_now()
    try:
        made = make_known_issue(
            knowledge_base(),
            form.to_draft(_seen(form)),
            _numbers(form.tickets.data or ""),
            key=f"{by.actor.id}:{form.key.data}",
            by=by,
            nobody_meant=bool(form.nobody_meant.data),
            saved=content_saved,
        )
    except Refused as refused:
        return _page(form, refused)
    except AlreadyLinked as error:
        flash(str(error), "warning")
        return redirect(url_for("home.show_board"), code=303)
    _say(made)
    return redirect(url_for("knowledge.show_article", article_id=made.article_id), code=303)


@bp.get("/<article_id>/reports.csv")
@requires(Permission.TRIAGE)
def export_reports(article_id: str) -> Response:
    """Every report once, with those of known issues that were merged into it."""
    actor, now = current_actor(), utcnow()
    article = knowledge.get_article(current_snapshot(), article_id)
    rows = [
        (
            one.number, f"{one.at:%Y-%m-%d %H:%M}", one.via, one.origin, one.desk, one.external_ref or "", one.facility or "",
            one.ehr or "", one.platform or "", one.known_issue_id,
        )
        for one in service.list_reports(article.id)
    ]  # fmt: skip
    after_answer(lambda: service.note_read("export reports", f"article:{article.id}", actor, now))
    return csv_response(f"{article.id}.csv", CSV_HEAD, rows)


@bp.post("/<article_id>/leave-fixed")
@requires(Permission.TRIAGE)
def leave_fixed(article_id: str) -> ResponseReturnValue:
    """*Another problem*: what callers reported after the fix does not reopen it."""
    with transaction():
        following.leave_fixed(article_id, actor=current_actor(), now=utcnow())
    flash("It stays fixed. You are asked again when there are more reports.")
    return redirect(url_for("home.show_board"), code=303)


def _say(made: Made) -> None:
    flash("Live now: on the board, in search and in every call.")
    if made.linked:
        flash(f"Linked and counted: {', '.join(made.linked)}.")
    for number, why in made.left:
        flash(f"{number} is not linked. {why}", "warning")


def _form(*, fresh: bool = False) -> IssueForm:
    form = IssueForm(formdata=None) if fresh else IssueForm()
    tools = current_snapshot().catalogue.tools.values()
    form.tool.choices = choices((tool.id, tool.name) for tool in tools)
    return form


def _numbers(text: str) -> list[str]:
    found = dict.fromkeys(one.strip().upper() for one in text.split(","))
    return [one for one in found if TICKET_FORM.fullmatch(one)][:MOST_TICKETS]


def _tickets(form: IssueForm) -> list[Ticket]:
    """Those that this person sees, in the order of their filing."""
    return service.list_tickets_named(_numbers(form.tickets.data or ""), current_actor())


def _seen(form: IssueForm) -> IssueDraft:
    return draft_of_tickets(_tickets(form), current_snapshot())


def _page(form: IssueForm, refused: Refused | None = None) -> Response:
    """`refused`: what came back from publishing; else the form is checked as it stands, and says so quietly."""
    base, now, draft = knowledge_base(), utcnow(), form.to_draft(_seen(form))
    form.key.data = form.key.data or secrets.token_urlsafe(16)
    _, found = knowledge.issue_work(base, draft, now)
    asked = request.method == "POST" and request.endpoint != "issues.begin_issue"
    typed = {name for name, value in form.data.items() if value}
    problems = refused.problems if refused else found
    problems = [one for one in problems if asked or one.key.partition("[")[0] in typed]
    for one in problems:
        name = one.key.partition("[")[0]
        if name in form:
            form[name].errors = [*form[name].errors, f"{one.message[:1].upper()}{one.message[1:]}."]
    return render_page(
        "tickets/issue_new.html",
        fragments=("checked",),
        typing=("checked",),
        form=form,
        tickets=_tickets(form),
        problems=problems,
        others=_others(problems, form),
        alike=_alike(draft),
        pressed=refused is not None,
        personal=bool(refused and refused.personal) or form.nobody_meant.data,
        asked=asked or bool(draft.title),
        status=422 if refused else 200,
    )


def _others(problems: Sequence[Problem], form: IssueForm) -> list[str]:
    """Those without a field."""
    return [str(one.message) for one in problems if one.key.partition("[")[0] not in form]


def _alike(draft: IssueDraft) -> list[Match]:
    """Known issues that may be this one already."""
    text = " ".join((draft.title, *draft.symptoms, *draft.error_texts, *draft.error_codes))
    call = Call(text=text, tool=draft.tool or None, error_code=next(iter(draft.error_codes), None))
    found = search.match_known_issues(current_engine(), call, now=utcnow()) if text.strip() else []
    return [match for match in found if match.kind is Kind.ARTICLE][:ALIKE]
