"""Versions of an article: the list, what changed between two of them, and bringing one back."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.accounts.policy import may_edit
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.knowledge import service
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.content_layout import YAML_FILES
from portal.knowledge.parse import parse_article
from portal.knowledge.service import ArticleNotFound, Refused
from portal.knowledge.views.page import REVISION, bp, draft_in_the_way, note
from portal.knowledge.word_diff import compare_rules
from portal.web.htmx import render_page


@bp.get("/<article_id>/history")
@requires(Permission.READ)
def show_history(article_id: str) -> Response:
    is_file = _file_for_admins(article_id)
    article = None if is_file else service.get_article(current_snapshot(), article_id)
    return render_page(
        "knowledge/history.html",
        article_id=article_id,
        title=article.title if article else article_id,
        is_file=is_file,
        versions=service.list_versions(knowledge_base(), article_id),
        may_edit=may_edit(current_actor(), article.owner if article else ""),
    )


def _file_for_admins(name: str) -> bool:
    """Is this a file of the catalogue? Raises NotAllowed for who may not edit it."""
    if name not in YAML_FILES:
        return False
    service.open_work(knowledge_base(), name, actor=current_actor())
    return True


@bp.get("/<article_id>/diff")
@requires(Permission.READ)
def show_diff(article_id: str) -> Response:
    """Without an address of two versions: the last change."""
    base, is_file = knowledge_base(), _file_for_admins(article_id)
    versions = service.list_versions(base, article_id, limit=1)
    last = versions[0] if versions else None
    new = request.args.get("to") or (last.commit if last else base.snapshot().revision)
    old = request.args.get("from") or (last.before if last else "")
    if not REVISION.fullmatch(new) or (old and not REVISION.fullmatch(old)):
        raise ArticleNotFound(f"There is no such version of {article_id}.")
    path, text = service.text_at(base, article_id, new)
    before = service.text_at(base, article_id, old)[1] if old else ""
    sides = [parse_article(path, one.encode(), "")[0] for one in (before, text)]
    rules, changes = compare_rules(before, text, *(side.table if side else None for side in sides))
    return render_page(
        "knowledge/diff.html",
        article_id=article_id,
        is_file=is_file,
        article=sides[1] or current_snapshot().articles.get(article_id),
        rules=rules,
        changes=changes,
        sides=sides,
        old=base.content.revision(old) if old else None,
        new=base.content.revision(new),
    )


@bp.post("/<article_id>/restore")
@requires(Permission.EDIT)
def restore_version(article_id: str) -> ResponseReturnValue:
    """A new save with an old text; one that cannot be published as it is opens in the editor as a draft."""
    base, actor, at = knowledge_base(), current_actor(), request.form.get("at", "")
    if not REVISION.fullmatch(at):
        raise ArticleNotFound(f"There is no such version of {article_id}.")
    service.open_work(base, article_id, actor=actor)
    work, message = service.work_at(base, article_id, at), f"Restore the version {at[:7]}"
    if not work.needs_second_person:
        try:
            published = service.publish(base, work, message=message, actor=actor, now=utcnow())
        except Refused:
            flash("This version cannot be published as it is: mend it here.", "warning")
        else:
            note(published, article_id, "restore article", done=False)
            return redirect(url_for(".show_article", article_id=article_id), code=303)
    if answer := draft_in_the_way(article_id):
        return answer
    with transaction():
        service.keep_draft(base, work, message=message, actor=actor, now=utcnow())
    return redirect(url_for(".edit_article", article_id=article_id), code=303)
