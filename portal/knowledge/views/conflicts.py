"""Clashes of what was shipped or fetched with the teams' own: the list, and a choice for each place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.knowledge import service
from portal.knowledge.access import knowledge_base
from portal.knowledge.content_store import SaveConflict
from portal.knowledge.service import OpenClash, Refused
from portal.knowledge.views.merging import CHOOSE, chosen
from portal.knowledge.views.page import REVISION, bp, draft_in_the_way, note
from portal.web.carry import carried
from portal.web.htmx import render_page


@bp.get("/conflicts")
@requires(Permission.EDIT)
def list_conflicts() -> Response:
    return render_page(
        "knowledge/conflicts.html", clashes=service.list_clashes(knowledge_base(), current_actor())
    )


@bp.get("/conflicts/<int:clash_id>")
@requires(Permission.EDIT)
def show_conflict(clash_id: int) -> Response:
    base = knowledge_base()
    clash = service.get_clash(base, clash_id, actor=current_actor())
    brought = carried(request.path)
    revision = brought.get("revision", "") if brought else ""
    if not REVISION.fullmatch(revision):
        revision = base.snapshot().revision
    return _clash_page(clash, revision, typed=brought)


@bp.post("/conflicts/<int:clash_id>")
@requires(Permission.EDIT)
def resolve_conflict(clash_id: int) -> ResponseReturnValue:
    base, actor, now, form = knowledge_base(), current_actor(), utcnow(), request.form
    clash = service.get_clash(base, clash_id, actor=actor)
    if form.get("action") == "keep":
        return _done(clash, "Ours stays as it is.")
    revision = form.get("revision", "")
    if not REVISION.fullmatch(revision):
        return redirect(url_for(".show_conflict", clash_id=clash_id), code=303)
    text, missing = chosen(service.parts_of_clash(base, clash, revision), form)
    if missing:
        return _clash_page(clash, revision, typed=form, missing=missing, status=422)
    work = service.work_of_clash(clash, revision, text)
    if clash.article_id and work.needs_second_person:
        if draft_in_the_way(clash.article_id):
            return _clash_page(clash, revision, typed=form, status=409)
        with transaction():
            service.bring_in(base, clash, work, actor=actor, now=now)
        flash("This is your draft now: send it for approval. The clash is closed when it is approved.")
        return redirect(url_for(".edit_article", article_id=clash.article_id), code=303)
    try:
        published = service.publish_chosen(base, clash, revision, text, actor=actor, now=now)
    except Refused as refused:
        return _clash_page(clash, revision, typed=form, refused=refused, status=422)
    except SaveConflict:
        flash("The text that is served changed meanwhile. Choose again.", "warning")
        return _clash_page(clash, base.snapshot().revision, typed=form, status=409)
    note(published, clash.article_id, "save article", done=False)
    return _done(clash, "Resolved.")


def _done(clash: OpenClash, said: str) -> ResponseReturnValue:
    with transaction():
        service.note_resolved(clash, actor=current_actor(), now=utcnow())
    flash(said)
    return redirect(url_for(".list_conflicts"), code=303)


def _clash_page(
    clash: OpenClash,
    revision: str,
    *,
    typed: Mapping[str, str] | None = None,
    missing: Sequence[int] = (),
    refused: Refused | None = None,
    status: int = 200,
) -> Response:
    parts = service.parts_of_clash(knowledge_base(), clash, revision)
    problems = [*refused.problems, *refused.others] if refused else []
    return render_page(
        "knowledge/conflict.html",
        clash=clash,
        revision=revision,
        parts=[part for part in parts if part.is_clash],
        typed=typed or {},
        missing=missing,
        errors=[(f"place-{place}", f"{CHOOSE} ({place})") for place in missing]
        + [("resolve", str(problem)) for problem in problems],
        status=status,
    )
