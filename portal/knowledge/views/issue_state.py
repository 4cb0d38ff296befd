"""How a known issue stands: one small form for Tier 3 and the owning team."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.accounts.policy import may_keep_issue
from portal.core.clock import utcnow
from portal.core.errors import Invalid, NotAllowed
from portal.knowledge import service
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.article import Article, IssueStatus, Nature
from portal.knowledge.content_store import SaveConflict
from portal.knowledge.issue_states import LABELS, IssueChange, may_take_over, turns_from
from portal.knowledge.service import ArticleNotFound, Refused
from portal.knowledge.source import clean
from portal.knowledge.views.page import bp, nobody_meant, note
from portal.web.carry import carried
from portal.web.htmx import render_page

MEANWHILE = "Somebody changed this meanwhile. Here is how it stands now, with what you typed; look at it and send it again."


@bp.get("/<article_id>/status")
@requires(Permission.REVIEW)
def show_status(article_id: str) -> ResponseReturnValue:
    return _status_page(_issue(article_id), carried(request.path))


@bp.post("/<article_id>/status")
@requires(Permission.REVIEW)
def set_status(article_id: str) -> ResponseReturnValue:
    article, base, form = _issue(article_id), knowledge_base(), request.form
    revision = form.get("base", "")
    if not service.is_known(base, revision):
        revision = base.snapshot().revision
    try:
        published = service.change_issue(
            base,
            article,
            _change(article, form),
            revision=revision,
            actor=current_actor(),
            now=utcnow(),
            nobody_meant=nobody_meant(),
        )
    except SaveConflict:
        return _status_page(article, form, {"status": MEANWHILE}, 409)
    except Refused as refused:
        personal = refused.personal
        said = {one.key.partition("[")[0]: one.message for one in refused.problems}
        return _status_page(article, form, said or {"status": str(refused)}, 422, personal=personal)
    except Invalid as error:
        return _status_page(article, form, error.fields or {"status": str(error)}, 422)
    note(published, article_id, "change known issue", done=False)
    return redirect(url_for(".show_article", article_id=article_id), code=303)


def _issue(article_id: str) -> Article:
    """A fault that this person may say something of."""
    article = service.get_article(current_snapshot(), article_id)
    if article.known_issue is None or article.known_issue.nature is not Nature.FAULT:
        raise ArticleNotFound(f"There is no known issue {article_id}.")
    if not may_keep_issue(current_actor(), article.owner):
        raise NotAllowed("Tier 3 and the owning team say how a known issue stands.")
    return article


def _change(article: Article, form: MultiDict[str, str]) -> IssueChange:
    """What was sent; a field that was not keeps its value, so that a button alone can set the state."""
    issue = article.known_issue
    assert issue is not None
    lines = tuple(
        filter(None, (" ".join(one.split()) for one in clean(form.get("workaround", "")).split("\n")))
    )
    try:
        review_by = date.fromisoformat(form.get("review_by", ""))
    except ValueError:
        review_by = None
    return IssueChange(
        status=form.get("status", str(issue.status)),
        workaround=lines if "workaround" in form else issue.workaround,
        caller_text=" ".join(clean(form.get("caller_text", issue.caller_text)).split()),
        reason=" ".join(clean(form.get("reason", "")).split()),
        review_by=review_by,
        merged_into=form.get("merged_into", ""),
    )


def _status_page(
    article: Article,
    form: MultiDict[str, str] | None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
    *,
    personal: bool = False,
) -> Response:
    issue, snapshot = article.known_issue, knowledge_base().snapshot()
    assert issue is not None
    said = form if form is not None else MultiDict(request.args)
    next_ones = {str(turn.target): LABELS[turn.target] for turn in turns_from(issue.status)}
    errors, chosen = dict(errors or {}), said.get("status", "")
    if "status" in errors and chosen in LABELS and chosen not in (*next_ones, issue.status):
        said_of = errors["status"].removesuffix(".")
        errors["status"] = f"{said_of}. You had chosen “{LABELS[IssueStatus(chosen)]}”."
    return render_page(
        "knowledge/issue_state.html",
        article=article,
        issue=issue,
        base=snapshot.revision,
        states={
            str(issue.status): f"{LABELS[issue.status]} (as now)" if issue.status else "As now",
            **next_ones,
        },
        others=may_take_over(article, snapshot),
        typed={
            "status": said.get("status", str(issue.status)),
            "workaround": said.get("workaround", "\n".join(issue.workaround)),
            "caller_text": said.get("caller_text", issue.caller_text),
            "reason": said.get("reason", ""),
            "review_by": said.get("review_by", ""),
            "merged_into": said.get("merged_into", ""),
        },
        errors=errors,
        personal=personal or nobody_meant(),
        nobody_meant=nobody_meant(),
        status=status,
    )
