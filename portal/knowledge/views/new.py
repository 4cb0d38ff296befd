"""A new article: its type, title, id and owner; its first text is a draft."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.accounts.policy import may_edit
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.knowledge import service
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.article import ArticleKind
from portal.knowledge.article_types import ARTICLE_TYPES
from portal.knowledge.life_cycle import REVIEWED_AFTER
from portal.knowledge.new_article import first_text
from portal.knowledge.schema import ID
from portal.knowledge.source import clean
from portal.knowledge.views.page import bp
from portal.web.carry import carried
from portal.web.htmx import render_page


@bp.get("/new")
@requires(Permission.EDIT)
def new_article() -> ResponseReturnValue:
    return _new_page(carried(request.path) or MultiDict(request.args), {})


@bp.post("/new")
@requires(Permission.EDIT)
def begin_article() -> ResponseReturnValue:
    """Nothing is published yet: the first text is the person's draft."""
    form, base, actor, now = request.form, knowledge_base(), current_actor(), utcnow()
    title = " ".join(clean(form.get("title", "")).split())
    article_id = form.get("id", "").strip() or re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:80]
    owner, kinds = form.get("owner", ""), {str(kind): kind for kind in ArticleKind}
    errors = {
        "type": "" if form.get("type") in kinds else "Select a type",
        "title": "" if 0 < len(title) <= 120 else "Enter a title of up to 120 characters",
        "id": ""
        if not title or re.fullmatch(ID, article_id)
        else "Use lower-case letters, digits and hyphens",
        "owner": ""
        if owner in current_snapshot().catalogue.teams and may_edit(actor, owner)
        else "Select a team",
    }
    if article_id and not errors["id"] and not _is_free(article_id):
        errors["id"] = "This id is an address of the portal itself; choose another"
    if any(errors.values()):
        return _new_page(form, errors)
    kind = kinds[form["type"]]
    text = first_text(kind, article_id, title, owner, (now + REVIEWED_AFTER).date())
    try:
        work = service.begin_work(base, kind, article_id, text, actor=actor)
    except Invalid as error:
        return _new_page(form, error.fields)
    miss = " ".join(clean(form.get("miss", "")).split())[:200]
    if miss:
        work = replace(work, text=service.with_notes(text, [f"Searched and not found: “{miss}”"]))
    with transaction():
        if service.find_draft(article_id, actor) is None:
            service.keep_draft(base, work, message="New article", actor=actor, now=now)
        if miss:
            service.decide_task(
                owner, "miss", miss, accepted=True, reason="", actor=actor, now=now, article=article_id
            )
    return redirect(url_for(".edit_article", article_id=article_id), code=303)


def _is_free(article_id: str) -> bool:
    """Is the address of this article not another page's?"""
    adapter = current_app.create_url_adapter(request)
    try:
        return (
            adapter is not None
            and adapter.match(f"/articles/{article_id}", method="GET")[0] == "knowledge.show_article"
        )
    except HTTPException:
        return False


def _new_page(form: MultiDict[str, str], errors: dict[str, str]) -> Response:
    actor, catalogue = current_actor(), current_snapshot().catalogue
    teams = [team for team in catalogue.teams.values() if may_edit(actor, team.id)]
    found = {name: message for name, message in errors.items() if message}
    return render_page(
        "knowledge/new.html",
        types=ARTICLE_TYPES.values(),
        teams=teams,
        form=form,
        errors=found,
        status=422 if found else 200,
    )
