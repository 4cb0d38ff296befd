"""The editor: one article as fields or as its whole text, with drafts kept while it is written."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.core.upload import PICTURES
from portal.knowledge import service
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.article_types import ARTICLE_TYPES
from portal.knowledge.content_store import SaveConflict
from portal.knowledge.forms import PictureForm
from portal.knowledge.front_matter import load_front_matter
from portal.knowledge.parse import parse_article
from portal.knowledge.service import InReview, Opened, OtherWindow, PersonalData, Refused, TooLarge, Work
from portal.knowledge.source import clean, split
from portal.knowledge.table_form import read_sheet, row_of
from portal.knowledge.views.files import file_page
from portal.knowledge.views.form_view import (
    SPARE_ROWS,
    by_field,
    by_line,
    form_view,
    name_of,
    names_of,
    place_of,
    typed_text,
)
from portal.knowledge.views.merging import clash_page
from portal.knowledge.views.page import article_context, bp, nobody_meant, note, tell
from portal.web.carry import carried
from portal.web.errors import error_page
from portal.web.htmx import by_script, render_page

ELSEWHERE = {"what-if": ".show_what_if", "table": ".edit_table"}
WRITING = {
    f"knowledge.{name}" for name in ("save_article", "keep_draft", "preview", "change_table", "check_table")
}
NOT_ADDED = "This picture is not in the text yet. Choose it again and add it, or empty “What it shows”"
NO_MESSAGE = "Say in a few words what changed"


@bp.get("/<article_id>/edit")
@requires(Permission.EDIT)
def edit_article(article_id: str) -> ResponseReturnValue:
    opened = service.open_work(knowledge_base(), article_id, actor=current_actor())
    brought = carried(request.path)
    message = opened.draft.message if opened.draft else ""
    if brought is None:
        return editor_page(opened, opened.work, message)
    work, view = typed(opened, brought), brought.get("view", "")
    return editor_page(opened, work, brought.get("message", ""), view=view, picture=PictureForm(brought))


@bp.post("/<article_id>/edit")
@requires(Permission.EDIT)
def save_article(article_id: str) -> ResponseReturnValue:
    """Publish. What was typed is kept as the draft first, so that no answer loses it."""
    base, actor, now = knowledge_base(), current_actor(), utcnow()
    opened, work, message = draft_kept()
    opened = replace(opened, draft=service.find_draft(article_id, actor))
    errors = {} if message else {"message": NO_MESSAGE}
    picture = _picture_left()
    try:
        if errors or picture:
            service.check_work(base, work, actor=actor, nobody_meant=nobody_meant())
            return editor_page(opened, work, message, errors=errors, picture=picture, status=422)
        if work.needs_second_person:
            return _submit(work)
        published = service.publish(
            base, work, message=message, actor=actor, now=now, nobody_meant=nobody_meant()
        )
    except Refused as refused:
        return editor_page(opened, work, message, refused=refused, errors=errors, picture=picture, status=422)
    except Invalid as error:
        return editor_page(opened, work, message, errors={"message": str(error)}, status=422)
    except SaveConflict:
        return clash_page(work, message, theirs=base.snapshot().revision)
    note(published, article_id, "save article")
    return redirect(url_for(".show_article", article_id=article_id), code=303)


def _picture_left() -> PictureForm | None:
    """One that was chosen or described and not added; this form brings the name of its file only."""
    form = PictureForm()
    if not (request.form.get("file") or (form.alt.data or "").strip()):
        return None
    form.add_errors({"file": NOT_ADDED})
    return form


def _submit(work: Work) -> ResponseReturnValue:
    """Rules go to a second person first."""
    base, actor = knowledge_base(), current_actor()
    passed = service.check_for_review(base, work, actor=actor, nobody_meant=nobody_meant())
    with transaction():
        service.submit(work, passed=passed, actor=actor, now=utcnow())
        tell(
            work.article_id, "to_approve", team=service.owner_of(base.snapshot(), work.article_id, work.text)
        )
    flash(
        "Sent in. A second person of your team, or an admin, approves it; until then readers get the old text."
    )
    return redirect(url_for(".list_drafts"), code=303)


@bp.post("/<article_id>/draft")
@requires(Permission.EDIT)
def keep_draft(article_id: str) -> ResponseReturnValue:
    """Without script this shows the preview; the buttons of the views lead through here too, so that nothing is lost."""
    draft_kept()
    form = request.form
    if form.get("to") in ELSEWHERE:
        return redirect(url_for(ELSEWHERE[form["to"]], article_id=article_id), code=303)
    if form.get("to"):
        return redirect(url_for(".edit_article", article_id=article_id, view=form["to"]), code=303)
    place = url_for(".edit_article", article_id=article_id, view=form.get("view", ""), _anchor="preview")
    return redirect(place, code=303)


@bp.post("/<article_id>/autosave")
@requires(Permission.EDIT)
def autosave(article_id: str) -> ResponseReturnValue:
    draft_kept()
    return "", 204


@bp.post("/<article_id>/preview")
@requires(Permission.EDIT)
def preview(article_id: str) -> ResponseReturnValue:
    """What is typed, as readers would see it, and its problems; nothing is kept."""
    opened = service.open_work(knowledge_base(), article_id, actor=current_actor())
    work = typed(opened, request.form)
    return editor_page(opened, work, request.form.get("message", ""), view=request.form.get("view", ""))


@bp.get("/<article_id>/discard")
@requires(Permission.EDIT)
def ask_discard(article_id: str) -> ResponseReturnValue:
    """Nothing brings a draft back, so it is asked once, with what would be lost."""
    opened = service.open_work(knowledge_base(), article_id, actor=current_actor())
    if opened.draft is None:
        return redirect(url_for(".edit_article", article_id=article_id))
    return render_page(
        "knowledge/discard.html", opened=opened, heading=_value(opened.work.text, "title") or article_id
    )


@bp.post("/<article_id>/discard")
@requires(Permission.EDIT)
def discard_draft(article_id: str) -> ResponseReturnValue:
    opened = service.open_work(knowledge_base(), article_id, actor=current_actor())
    with transaction():
        service.discard_draft(article_id, actor=current_actor(), now=utcnow())
    flash("Your draft is discarded.")
    if opened.is_new:
        return redirect(url_for(".list_articles"), code=303)
    return redirect(url_for(".show_article", article_id=article_id), code=303)


@bp.errorhandler(TooLarge)
@bp.errorhandler(OtherWindow)
@bp.errorhandler(InReview)
def show_not_kept(error: TooLarge | OtherWindow | InReview) -> ResponseReturnValue:
    """Too much text, or from a window older than what another one kept or sent in: it is shown, but nothing is kept."""
    status = 409 if not isinstance(error, TooLarge) else 413 if _says_only() else 422
    if _says_only():
        return Response(str(error), status, mimetype="text/plain")
    opened = service.open_work(
        knowledge_base(), str((request.view_args or {})["article_id"]), actor=current_actor()
    )
    work = typed(opened, request.form)
    message, kept = request.form.get("message", ""), error.kept if isinstance(error, OtherWindow) else ""
    return editor_page(
        opened, work, message, view="raw", errors={"text": str(error)}, kept=kept, status=status
    )


@bp.errorhandler(RequestEntityTooLarge)
def show_cut_off(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """More than the portal reads of any form, so the page cannot show it again."""
    said = (
        "The text was larger than 1 MB, so the portal did not read it. Your draft stays as it was kept last."
    )
    if _says_only():
        return Response(said, 413, mimetype="text/plain")
    if request.endpoint not in WRITING:
        return error_page(413)
    article_id = (request.view_args or {})["article_id"]
    return error_page(413, said, ("Open your draft", url_for(".edit_article", article_id=article_id)))


def _says_only() -> bool:
    """Is the answer a line on a page that stays as it is?"""
    return by_script() or request.endpoint == "knowledge.autosave"


def typed(opened: Opened, form: MultiDict[str, str]) -> Work:
    """The work with the text of the form, begun from the revision that the form's page showed."""
    sent = form.get("base", "")
    revision = sent if service.is_known(knowledge_base(), sent) else opened.work.base_revision
    return Work(opened.work.article_id, opened.work.path, revision, typed_text(opened.work, form))


def version_of(work: Work) -> str:
    """Of the person's draft while a page is made, by which an older window is known; empty for none."""
    draft = service.find_draft(work.article_id, current_actor())
    return draft.version if draft else ""


def draft_kept() -> tuple[Opened, Work, str]:
    """The text of this form, kept as the person's draft."""
    base, actor = knowledge_base(), current_actor()
    article_id = str((request.view_args or {})["article_id"])
    opened = service.open_work(base, article_id, actor=actor)
    work, message = typed(opened, request.form), " ".join(clean(request.form.get("message", "")).split())
    with transaction():
        service.keep_draft(
            base,
            work,
            message=message,
            actor=actor,
            now=utcnow(),
            window=request.form.get("key", ""),
            seen=request.form.get("seen"),
        )
    return opened, work, message


def editor_page(
    opened: Opened,
    work: Work,
    message: str,
    *,
    view: str = "",
    refused: Refused | None = None,
    errors: dict[str, str] | None = None,
    picture: PictureForm | None = None,
    added: str = "",
    kept: str = "",
    status: int = 200,
) -> Response:
    """`kept`: what another window has made of the draft."""
    snapshot, actor, now = current_snapshot(), current_actor(), utcnow()
    data = work.text.encode()
    article, found = (
        parse_article(work.path, data, "")[0],
        service.look_over(knowledge_base(), work, data, actor=actor),
    )
    if not work.is_article:
        return file_page(opened, work, message, found, refused=refused, errors=errors, status=status)
    problems = [*found.own, *(() if nobody_meant() else found.personal)]
    waits = opened.draft is not None and opened.draft.is_in_review  # shown as it was sent in, to read only
    is_raw = waits or (view or request.values.get("view")) == "raw"
    fields = None if is_raw else form_view(work, problems, snapshot, actor)
    context: dict[str, Any] = article_context(article, "draft") if article else {"article": None}
    context |= {
        "opened": opened,
        "work": work,
        "seen": version_of(work),
        "kept": kept,
        "message": message,
        "notes": service.notes_in(work.text),
        "kind": ARTICLE_TYPES[work.kind],
        "fields": fields,
        "problems": problems,
        "said": by_field(problems),
        "by_line": by_line,
        "others": found.others,
        "advice": [
            *found.before,
            *(service.advice(snapshot, article, problems, now.date()) if article else ()),
        ],
        "refused": refused,
        "only_personal": isinstance(refused, PersonalData),
        "personal": found.personal or nobody_meant(),
        "nobody_meant": nobody_meant(),
        "errors": errors or {},
        "picture": picture or PictureForm(),
        "added": added,
        "accepted": PICTURES,
        "names": names_of(snapshot, work.kind),
        "oob": request.endpoint == "knowledge.preview",
        "other_tool": _value(request.form.get("head", ""), "tool") != _value(work.text, "tool"),
        "spare": range(SPARE_ROWS),
        "writers": service.writers(work.article_id, actor, now),
        "snapshot": snapshot,
        "place_of": place_of,
        "row_of": row_of,
        "name_of": partial(
            name_of, sheet=read_sheet(work.text) if work.needs_second_person and not is_raw else None
        ),
        "heading": _value(work.text, "title") or work.article_id,
        "body_only": _body(work.text) if article is None else "",
    }
    return render_page(
        "knowledge/editor.html",
        fragments=("preview", "picture"),
        typing=("preview",),
        status=status,
        **context,
    )


def _body(text: str) -> str:
    source = split(text)
    return source.body if source else text


def _value(text: str, key: str) -> str:
    loaded, _ = load_front_matter("", text.encode())
    return str(loaded.values.get(key) or "").strip() if loaded else ""
