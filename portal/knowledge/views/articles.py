"""Pages of the knowledge base for readers: the list of articles, and an article as its answer card."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.knowledge import service
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.article import Article, ArticleKind, final_issue
from portal.knowledge.article_types import ARTICLE_TYPES
from portal.knowledge.content_layout import YAML_FILES
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.views.flags import flags_beside
from portal.knowledge.views.page import article_at, article_context, bp
from portal.web.htmx import render_page


@bp.get("/")
@requires(Permission.READ)
def list_articles() -> Response:
    snapshot = current_snapshot()
    tool, actor = request.args.get("tool", ""), current_actor()
    may_write = actor.may(Permission.EDIT)
    waiting = service.list_waiting(knowledge_base(), actor) if may_write else []
    groups = [(ARTICLE_TYPES[kind], snapshot.of_kind(kind)) for kind in ArticleKind]
    if tool:
        groups = [(kind, [a for a in articles if a.tool == tool]) for kind, articles in groups]
    return render_page(
        "knowledge/articles.html",
        groups=groups,
        tool=tool,
        catalogue=snapshot.catalogue,
        may_review=actor.may(Permission.REVIEW),
        may_write=may_write,
        clashes=len(service.list_clashes(knowledge_base(), actor)) if may_write else 0,
        waiting=sum(one.may_approve for one in waiting),
    )


def _merged(snapshot: Snapshot) -> Article | None:
    """The known issue whose address led here."""
    article = snapshot.articles.get(request.args.get("merged", ""))
    return article if article and article.known_issue and article.known_issue.merged_into else None


@bp.get("/<article_id>")
@requires(Permission.READ)
def show_article(article_id: str) -> ResponseReturnValue:
    if article_id in YAML_FILES:  # where its own pages lead back to
        return redirect(url_for(".list_listings"))
    snapshot = current_snapshot()
    at = request.args.get("at", "")
    article = article_at(article_id, at) if at else service.get_article(snapshot, article_id)
    final = final_issue(article, snapshot.articles)
    if final is not article and not at:
        return redirect(url_for(".show_article", article_id=final.id, merged=article.id))
    beside = flags_beside(article) if not at else {}
    return render_page(
        "knowledge/article.html", **article_context(article, at), merged=_merged(snapshot), **beside
    )
