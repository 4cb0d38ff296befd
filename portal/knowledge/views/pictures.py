"""Pictures in articles: shown to readers, added in the editor."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.core.upload import MOST_BYTES
from portal.knowledge import service
from portal.knowledge.access import content_saved, knowledge_base
from portal.knowledge.forms import PictureForm
from portal.knowledge.views.editor import draft_kept, editor_page
from portal.knowledge.views.page import bp


@bp.get("/images/<name>")
@requires(Permission.READ)
def show_picture(name: str) -> Response:
    """Under one name there is never another picture, so a browser need not ask again."""
    data = service.read_picture(knowledge_base(), name)
    answer = Response(data, mimetype=f"image/{name.rpartition('.')[2]}")
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@bp.post("/<article_id>/picture")
@requires(Permission.EDIT)
def add_picture(article_id: str) -> ResponseReturnValue:
    """What was typed is kept first. A script puts the picture where the cursor is; without one it ends the text."""
    base, actor, now = knowledge_base(), current_actor(), utcnow()
    opened, work, message = draft_kept()
    form, sent = PictureForm(), request.files.get("file")
    try:
        name, data = (sent.filename or "", sent.stream.read(MOST_BYTES + 1)) if sent else ("", b"")
        picture = service.check_picture(
            base, name, data, form.alt.data or "", no_person=bool(form.no_person.data)
        )
    except Invalid as error:
        form.add_errors(error.fields)
        return editor_page(opened, work, message, picture=form, status=422)
    is_new, at_cursor = service.keep_picture(base, picture, actor=actor, now=now), "at_cursor" in request.form
    changes = service.pending_changes(base)
    with transaction():
        service.note_picture(picture, changes, is_new=is_new, actor=actor, now=now)
        if not at_cursor and picture.markdown not in work.text:
            work = replace(work, text=f"{work.text.rstrip()}\n\n{picture.markdown}\n")
            service.keep_draft(base, work, message=message, actor=actor, now=now)
    if is_new:
        content_saved()
    if at_cursor:
        return editor_page(opened, work, message, picture=PictureForm(None), added=picture.markdown)
    flash("The picture stands at the end of the text. Move its line to where it belongs.")
    view = request.form.get("view", "")
    return redirect(url_for(".edit_article", article_id=article_id, view=view), code=303)
