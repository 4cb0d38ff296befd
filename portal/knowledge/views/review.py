"""One's drafts, texts that wait for a second person, and the decision on one of them."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.knowledge import service
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.content_store import Author, SaveConflict
from portal.knowledge.parse import parse_article
from portal.knowledge.service import Refused, Waiting
from portal.knowledge.views.page import article_context, bp, note, tell
from portal.knowledge.views.replay import replay_context
from portal.knowledge.word_diff import compare_rules
from portal.web.carry import carried
from portal.web.htmx import render_page


@bp.get("/drafts")
@requires(Permission.EDIT)
def list_drafts() -> Response:
    actor = current_actor()
    return render_page(
        "knowledge/drafts.html",
        waiting=service.list_waiting(knowledge_base(), actor),
        drafts=service.list_drafts(actor),
        articles=current_snapshot().articles,
    )


@bp.get("/drafts/<int:draft_id>")
@requires(Permission.EDIT)
def show_waiting(draft_id: int) -> Response:
    brought = carried(request.path)
    waiting = service.get_waiting(knowledge_base(), draft_id, actor=current_actor())
    return _waiting_page(waiting, reason=brought.get("reason", "") if brought else "")


@bp.post("/drafts/<int:draft_id>/approve")
@requires(Permission.EDIT)
def approve_draft(draft_id: int) -> ResponseReturnValue:
    base, actor = knowledge_base(), current_actor()
    waiting = service.get_waiting(base, draft_id, actor=actor)
    try:
        published = service.approve(base, waiting, request.form.get("seen", ""), actor=actor, now=utcnow())
    except Refused as refused:
        return _waiting_page(waiting, refused=refused, status=422)
    except SaveConflict:
        said = "Somebody changed the same lines since. Send it back, so that its author merges the two."
        return _waiting_page(waiting, errors={"approve": said}, status=409)
    note(published, waiting.draft.article_id, "approve article", approved=waiting.draft)
    return redirect(url_for(".show_article", article_id=waiting.draft.article_id), code=303)


@bp.post("/drafts/<int:draft_id>/refuse")
@requires(Permission.EDIT)
def refuse_draft(draft_id: int) -> ResponseReturnValue:
    actor, reason = current_actor(), request.form.get("reason", "")
    waiting = service.get_waiting(knowledge_base(), draft_id, actor=actor)
    try:
        with transaction():
            service.send_back(waiting, reason, actor=actor, now=utcnow())
            tell(waiting.draft.article_id, "sent_back", to=[waiting.draft.author])
    except Invalid as error:
        return _waiting_page(waiting, errors=error.fields, reason=reason, status=422)
    name = waiting.draft.author_name
    flash(f"Refused. Tell {name}, who changed it by git." if waiting.is_from_git else f"Sent back to {name}.")
    return redirect(url_for(".list_drafts"), code=303)


@bp.post("/<article_id>/withdraw")
@requires(Permission.EDIT)
def withdraw_draft(article_id: str) -> ResponseReturnValue:
    with transaction():
        service.withdraw(article_id, actor=current_actor(), now=utcnow())
        tell(article_id, "withdrawn")
    return redirect(url_for(".edit_article", article_id=article_id), code=303)


@bp.post("/<article_id>/confirm")
@requires(Permission.EDIT)
def confirm_article(article_id: str) -> ResponseReturnValue:
    """Read again and found right: one commit that changes no text, so that rules need no second person for it."""
    base, actor, now = knowledge_base(), current_actor(), utcnow()
    work = service.confirmed(base, service.get_article(base.snapshot(), article_id), now.date())
    author = Author(actor.name, actor.email)
    try:
        published = service.publish(
            base,
            work,
            message="Read again: still right",
            actor=actor,
            now=now,
            author=author,
            nobody_meant=True,
        )
    except Refused:
        flash("It has problems that must be mended first: open it in the editor.", "warning")
    else:
        note(published, article_id, "confirm article", done=False)
    return redirect(url_for(".show_article", article_id=article_id), code=303)


def _waiting_page(
    waiting: Waiting,
    *,
    refused: Refused | None = None,
    errors: dict[str, str] | None = None,
    reason: str = "",
    status: int = 200,
) -> Response:
    base, work = knowledge_base(), waiting.work
    served = service.read_text(base, work.path, base.snapshot().revision)
    article = parse_article(work.path, work.text.encode(), "")[0]
    context = article_context(article, "draft") if article else {"article": None}
    now = base.snapshot().articles.get(work.article_id)
    rules, changes = compare_rules(
        served or "", work.text, now.table if now else None, article.table if article else None
    )
    context |= replay_context(work, url_for(".show_waiting", draft_id=waiting.draft.id))
    return render_page(
        "knowledge/waiting.html",
        fragments=("what_if",),
        **context,
        waiting=waiting,
        rules=rules,
        changes=changes,
        is_new=served is None,
        problems=[*refused.problems, *refused.others] if refused else [],
        errors=errors or {},
        reason=reason,
        status=status,
    )
