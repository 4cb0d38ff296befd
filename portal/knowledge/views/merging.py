"""Two people changed the same lines: both texts side by side, and a choice for each place."""

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
from portal.knowledge.service import Refused, Work
from portal.knowledge.source import clean
from portal.knowledge.three_way import Part, three_way
from portal.knowledge.views.page import REVISION, bp, nobody_meant, note
from portal.web.carry import carried
from portal.web.htmx import render_page

CHOOSE = "Choose what stands at this place"


@bp.get("/<article_id>/merge")
@requires(Permission.EDIT)
def show_merge(article_id: str) -> ResponseReturnValue:
    """The clash of the person's draft with what is served; without one the editor."""
    base = knowledge_base()
    opened = service.open_work(base, article_id, actor=current_actor())
    theirs, brought = base.snapshot().revision, carried(request.path)
    if brought is not None and (mine := _mine(opened.work, brought)):
        message = brought.get("message", "")
        return clash_page(mine, message, theirs=brought["theirs"], typed=brought, status=200)
    if not any(part.is_clash for part in parts_of(opened.work, theirs)):
        return redirect(url_for(".edit_article", article_id=article_id))
    return clash_page(opened.work, opened.draft.message if opened.draft else "", theirs=theirs, status=200)


@bp.post("/<article_id>/merge")
@requires(Permission.EDIT)
def save_merge(article_id: str) -> ResponseReturnValue:
    """The chosen text, saved against the version that the page showed as theirs."""
    base, actor, now, form = knowledge_base(), current_actor(), utcnow(), request.form
    opened = service.open_work(base, article_id, actor=actor)
    mine, theirs = _mine(opened.work, form), form.get("theirs", "")
    if mine is None:
        return redirect(url_for(".edit_article", article_id=article_id), code=303)
    message = " ".join(clean(form.get("message", "")).split()) or "Merge two changes"
    parts = parts_of(mine, theirs)
    text, open_places = chosen(parts, form)
    if open_places:
        return clash_page(mine, message, theirs=theirs, typed=form, missing=open_places, status=422)
    work = Work(article_id, mine.path, theirs, text)
    with transaction():
        service.keep_draft(base, work, message=message, actor=actor, now=now)
    if work.needs_second_person:
        flash("The two changes are one draft now. Read it once more, then send it for approval.")
        return redirect(url_for(".edit_article", article_id=article_id), code=303)
    try:
        published = service.publish(
            base, work, message=message, actor=actor, now=now, nobody_meant=nobody_meant()
        )
    except SaveConflict:
        return clash_page(work, message, theirs=base.snapshot().revision)
    except Refused:
        flash(
            "The two changes are one draft now, but it cannot be published yet: see the problems.", "warning"
        )
        return redirect(url_for(".edit_article", article_id=article_id), code=303)
    note(published, article_id, "save article")
    return redirect(url_for(".show_article", article_id=article_id), code=303)


def _mine(work: Work, form: Mapping[str, str]) -> Work | None:
    """One's own side of the clash as its page sent it."""
    revisions = form.get("base", ""), form.get("theirs", "")
    if "mine" not in form or not all(REVISION.fullmatch(one) for one in revisions):
        return None
    return Work(work.article_id, work.path, revisions[0], clean(form["mine"]))


def parts_of(work: Work, theirs: str) -> list[Part]:
    return three_way(*_texts(work, theirs), work.text)


def _texts(work: Work, theirs: str) -> tuple[str, str]:
    """(what both began from, theirs); a file that is not there is empty."""
    base = knowledge_base()
    begun = service.read_text(base, work.path, work.base_revision)
    return begun or "", service.read_text(base, work.path, theirs) or ""


def chosen(parts: Sequence[Part], form: Mapping[str, str]) -> tuple[str, list[int]]:
    """The text with the choices of the form, and the places (from 1) where none was made."""
    text, missing, place = "", [], 0
    for part in parts:
        if part.text is not None:
            text += part.text
            continue
        place += 1
        own = clean(form.get(f"own-{place}", ""))
        own = own if not own or own.endswith("\n") else f"{own}\n"
        answers = {"theirs": part.theirs, "mine": part.mine, "both": part.theirs + part.mine, "own": own}
        answer = answers.get(form.get(f"choice-{place}", ""))
        if answer is None:
            missing.append(place)
        text += answer or ""
    return text, missing


def clash_page(
    work: Work,
    message: str,
    *,
    theirs: str,
    typed: Mapping[str, str] | None = None,
    missing: Sequence[int] = (),
    status: int = 409,
) -> Response:
    parts = parts_of(work, theirs)
    if not any(part.is_clash for part in parts):  # git is stricter about where a change ends
        parts = [Part(None, *_texts(work, theirs), work.text)]
    return render_page(
        "knowledge/merge.html",
        work=work,
        parts=[part for part in parts if part.is_clash],
        merged=sum(not part.is_clash for part in parts),
        others=knowledge_base().content.changes_after(work.base_revision, work.path),
        theirs=theirs,
        message=message,
        typed=typed or {},
        errors=[(f"place-{place}", f"{CHOOSE} ({place})") for place in missing],
        missing=missing,
        status=status,
    )
