"""A reader says that something is wrong, or comments; their own flags with the answers; hiding a comment."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.accounts.service import once, payload_hash
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.knowledge import service
from portal.knowledge.access import current_snapshot
from portal.knowledge.article import Article
from portal.knowledge.flags import WORKED_IN, FlagKind, places
from portal.knowledge.forms import FlagForm
from portal.knowledge.service import FlagDraft, PossibleName
from portal.knowledge.views.page import bp
from portal.web.carry import carried
from portal.web.htmx import render_page


@bp.get("/flags")
@requires(Permission.READ)
def list_flags() -> Response:
    snapshot, flags = current_snapshot(), service.list_own_flags(current_actor())
    return render_page(
        "knowledge/flags.html",
        flags=flags,
        articles=snapshot.articles,
        place_words=place_words,
        worked_in=WORKED_IN,
    )


@bp.get("/<article_id>/flag")
@requires(Permission.READ)
def new_flag(article_id: str) -> ResponseReturnValue:
    article = service.get_article(current_snapshot(), article_id)
    brought = carried(request.path)
    if brought is None:
        at = request.args.get("at", "")
        return _flag_page(article, FlagForm(formdata=None, place=at if at in places(article) else ""))
    return _flag_page(article, FlagForm(brought), asks_names="nobody_meant" in brought)


@bp.post("/<article_id>/flag")
@requires(Permission.READ)
def add_flag(article_id: str) -> ResponseReturnValue:
    snapshot, actor, now, form = current_snapshot(), current_actor(), utcnow(), FlagForm()
    article = service.get_article(snapshot, article_id)
    typed = FlagDraft(article_id, form.place.data or "", form.kind.data or "", form.words.data or "")
    try:
        draft = service.check_flag(snapshot, typed, nobody_meant=form.nobody_meant.data)
    except Invalid as error:
        form.add_errors(error.fields)
        asks_names = isinstance(error, PossibleName) or form.nobody_meant.data
        return _flag_page(article, form, asks_names=asks_names, status=422)
    sent = payload_hash(
        {"article": article_id, "place": draft.place, "kind": draft.kind, "words": draft.words}
    )
    with transaction():
        once(
            actor.id,
            f"flag:{request.form.get('key', '')[:100]}",
            sent,
            lambda: {"flag": service.add_flag(snapshot, draft, actor=actor, now=now)},
            now,
        )
    if draft.kind == FlagKind.COMMENT:
        flash("Your comment stands below the article.")
    else:
        flash("Thank you. The team that owns this article sees it; its answer will stand under My flags.")
    return redirect(url_for(".show_article", article_id=article_id), code=303)


@bp.post("/flags/<int:flag_id>/hide")
@requires(Permission.READ)
def hide_comment(flag_id: int) -> ResponseReturnValue:
    with transaction():
        article_id = service.hide_comment(current_snapshot(), flag_id, actor=current_actor(), now=utcnow())
    flash("The comment is hidden.")
    return redirect(url_for(".show_article", article_id=article_id), code=303)


def flags_beside(article: Article) -> dict[str, Any]:
    """What an article's page shows below its text: comments, and the reader's own flags."""
    snapshot, actor = current_snapshot(), current_actor()
    flags = service.list_flags_on(article.id, actor)
    comments = [flag for flag in flags if flag.state == "shown"]
    return {
        "comments": [(one, service.may_hide(snapshot, one, actor)) for one in comments],
        "own_flags": [flag for flag in flags if flag.by == actor.id and flag.state != "shown"],
        "place_words": place_words,
    }


def place_words(article: Article | None, place: str) -> str:
    """The part that was meant, as the page names it now; empty for the whole, or when it is gone."""
    return places(article).get(place, "") if article and place else ""


def _flag_page(article: Article, form: FlagForm, *, asks_names: bool = False, status: int = 200) -> Response:
    form.place.choices = [SelectChoice(place, words) for place, words in places(article).items()]
    return render_page(
        "knowledge/flag.html",
        article=article,
        form=form,
        asks_names=asks_names,
        key=request.form.get("key", ""),
        status=status,
    )
