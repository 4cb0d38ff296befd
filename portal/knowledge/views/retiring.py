"""Taking an article out of use: who links to it, and what takes its place."""

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
from portal.knowledge.service import Refused
from portal.knowledge.views.form_view import names_of
from portal.knowledge.views.page import bp, draft_in_the_way, note
from portal.web.carry import carried
from portal.web.htmx import render_page


@bp.get("/<article_id>/retire")
@requires(Permission.EDIT)
def show_retire(article_id: str) -> ResponseReturnValue:
    service.open_work(knowledge_base(), article_id, actor=current_actor())
    brought = carried(request.path)
    return _retire_page(article_id, brought.get("successor", "") if brought else "", {})


@bp.post("/<article_id>/retire")
@requires(Permission.EDIT)
def retire_article(article_id: str) -> ResponseReturnValue:
    base, actor, now = knowledge_base(), current_actor(), utcnow()
    successor = service.find_named(base.snapshot(), request.form.get("successor", ""))
    service.open_work(base, article_id, actor=actor)
    article = service.get_article(base.snapshot(), article_id)
    message = f"Retire, replaced by {successor}" if successor else "Retire"
    try:
        work = service.retired(base, article, successor)
        if work.needs_second_person:
            if answer := draft_in_the_way(article_id):
                return answer
            with transaction():
                service.keep_draft(base, work, message=message, actor=actor, now=now)
            flash("Rules are retired by a second person: send this draft for approval.")
            return redirect(url_for(".edit_article", article_id=article_id), code=303)
        published = service.publish(base, work, message=message, actor=actor, now=now)
    except Refused as refused:
        said = "; ".join(str(one) for one in [*refused.problems, *refused.others])
        return _retire_page(article_id, successor, {"successor": said}, 422)
    except Invalid as error:
        return _retire_page(article_id, successor, error.fields, 422)
    note(
        published,
        article_id,
        "retire article",
        done=False,
        said="Retired. Lists and search no longer offer it.",
    )
    return redirect(url_for(".show_article", article_id=article_id), code=303)


def _retire_page(article_id: str, successor: str, errors: dict[str, str], status: int = 200) -> Response:
    snapshot = current_snapshot()
    article = service.get_article(snapshot, article_id)
    articles, codes = service.links_to(snapshot, article_id)
    return render_page(
        "knowledge/retire.html",
        article=article,
        articles=articles,
        codes=codes,
        rules=service.rules_to(snapshot, article_id),
        names=names_of(snapshot, article.kind)["articles"],
        successor=successor,
        errors=errors,
        status=status,
    )
