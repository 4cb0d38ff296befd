"""Versions of an article: the list of them."""

from __future__ import annotations

from flask import Response

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.knowledge import service
from portal.knowledge.access import current_snapshot
from portal.knowledge.views.page import bp
from portal.web.htmx import render_page


@bp.get("/<article_id>/history")
@requires(Permission.READ)
def show_history(article_id: str) -> Response:
    article = service.get_article(current_snapshot(), article_id)
    return render_page(
        "knowledge/history.html", article=article, revisions=service.list_revisions(article_id)
    )
