"""What pages of the knowledge base share: the blueprint, names for templates, an article as its page shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from portal.accounts.access import current_actor
from portal.accounts.actor import Permission
from portal.accounts.policy import may_edit, may_keep_issue
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.criteria.table import FACTS
from portal.knowledge import service
from portal.knowledge.access import (
    caller_code,
    caller_words,
    content_saved,
    current_snapshot,
    knowledge_base,
    to_tier2,
)
from portal.knowledge.article import Article, ArticleKind, Nature, freshness
from portal.knowledge.article_types import ARTICLE_TYPES, sections_below
from portal.knowledge.open_hours import move_words
from portal.knowledge.parse import parse_article
from portal.knowledge.render import bullets, render, render_inline, render_sections, steps, with_addresses
from portal.knowledge.service import ArticleNotFound, scope_of
from portal.web.address import with_words

bp = Blueprint("knowledge", __name__, url_prefix="/articles")
PANEL = "portal_article_panel"
CASES = "portal_article_cases"  # (decisions, actor) -> decision -> name of its ticket or call, empty if private; address if any
HELD = "portal_entry_held"  # (list, name) -> is a ticket open that needs this entry of the catalogue?
FOLLOWS = "portal_follows"  # whether this person is told when a known issue changes
TELL = "portal_tell_of_text"  # (article, kind, to=, team=, by=, now=): notices; in a transaction
REVISION = re.compile(r"[0-9a-f]{7,64}")


@bp.record
def _add_globals(state: BlueprintSetupState) -> None:
    """For macros too, which see globals only."""
    state.app.jinja_env.filters["carry_on"] = carry_on
    state.app.jinja_env.globals.update(
        render=render,
        render_sections=render_sections,
        render_inline=render_inline,
        steps=steps,
        bullets=bullets,
        move_words=move_words,
        sections_below=sections_below,
        without=without,
        platforms=FACTS["platform"].choices,
        is_day=is_day,
    )


def carry_on(html: Markup, words: str, code: str) -> Markup:
    """A filter: links inside an article go on with what the caller said, as those of its card do."""
    articles = current_snapshot().articles

    def address(path: str, id: str) -> str:
        if id:
            return with_words(path, words, code) if id in articles else path
        return with_words(path, words)

    return with_addresses(html, address) if words or code else html


def is_day(text: str) -> bool:
    """May a field for days show this? It would show anything else as empty."""
    return not text or re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None


def without(answers: Mapping[str, str], input_id: str) -> dict[str, str]:
    """The answers but one, for a link that asks it again."""
    return {key: value for key, value in answers.items() if key != input_id}


def brought() -> dict[str, str]:
    """What a page passes on to the call that may come of it."""
    return {"caller_words": caller_words(), "caller_code": caller_code()}


def article_at(article_id: str, at: str) -> Article:
    """The article as it stood at a commit; a revision that is not one is simply not found."""
    if not REVISION.fullmatch(at):
        raise ArticleNotFound(f"There is no such version of {article_id}.")
    base = knowledge_base()
    for kind in ArticleKind:
        path = f"{kind}/{article_id}.md"
        data = base.content.read(path, at)
        if data is not None:
            article, _ = parse_article(path, data, "")
            if article is not None:
                return article
    raise ArticleNotFound(f"There is no such version of {article_id}.")


def article_context(article: Article, at: str) -> dict[str, Any]:
    snapshot, now = current_snapshot(), utcnow()
    opened, others = sections_below(article)
    catalogue = snapshot.catalogue
    collect = (
        dict.fromkeys(fact for rule in article.table.rules for fact in rule.then.collect)
        if article.table
        else {}
    )
    panel = current_app.extensions.get(PANEL)
    counted = panel(article, current_actor(), now) if panel and article.known_issue else None
    codes = [snapshot.codes[code] for code in article.error_codes if code in snapshot.codes]
    return {
        **brought(),
        "article": article,
        "at": at,
        "kind": ARTICLE_TYPES[article.kind],
        "tool": catalogue.tools.get(article.tool or ""),
        "owner": catalogue.teams.get(article.owner),
        "opened": opened,
        "more": others,
        "collect": [catalogue.facts[f] for f in collect if f in catalogue.facts],
        "codes": codes,
        "to_tier2": not at and to_tier2(article, caller_code()),
        "scope": scope_of(snapshot, article.table) if article.table else None,
        "freshness": freshness(article, now.date()),
        "stale": snapshot.stale.get(article.id, "") if not at else "",
        "panel": counted[0] if counted else None,
        "spread": counted[1] if counted else None,
        "may_export": current_actor().may(Permission.TRIAGE),
        "follows": current_app.extensions[FOLLOWS](article.id) if article.known_issue and not at else None,
        "is_editor": current_actor().may(Permission.EDIT),
        "may_keep": bool(article.known_issue and article.known_issue.nature is Nature.FAULT)
        and may_keep_issue(current_actor(), article.owner),
        **_for_editors(article, now),
        "snapshot": snapshot,
        "successor": snapshot.articles.get(article.replaced_by or ""),
        "merged_into": snapshot.articles.get(article.known_issue.merged_into or "")
        if article.known_issue
        else None,
        "back_links": snapshot.mentions(article.id) if article.kind is ArticleKind.KNOWN_ISSUE else [],
    }


def _for_editors(article: Article, now: datetime) -> dict[str, Any]:
    actor = current_actor()
    if not may_edit(actor, article.owner):
        return {"may_edit": False, "writers": []}
    return {"may_edit": True, "writers": service.writers(article.id, actor, now)}


def nobody_meant() -> bool:
    """Did the person tick that what looks like personal data is nobody's?"""
    return request.form.get("nobody_meant") == "y"


def draft_in_the_way(article_id: str) -> Response | None:
    """A text that would become the person's draft must not replace what they typed: the answer when they have one."""
    if service.find_draft(article_id, current_actor()) is None:
        return None
    flash("You have a draft of this article. Publish or discard it first.", "warning")
    return cast(Response, redirect(url_for(".edit_article", article_id=article_id), code=303))


def tell(article_id: str, kind: str, *, to: Sequence[int] = (), team: str = "") -> None:
    """In a transaction."""
    current_app.extensions[TELL](article_id, kind, to=to, team=team, by=current_actor().id, now=utcnow())


def note(
    published: service.Published,
    article_id: str,
    what: str,
    *,
    approved: service.KeptDraft | None = None,
    done: bool = True,
    said: str = "",
) -> None:
    """After git has the text: note it, and say what happened. `done`: the person's own draft was this text.

    `said`: what happened, where it is not that readers have a new text.
    """
    changes = service.pending_changes(knowledge_base())
    with transaction():
        flagged = service.note_published(
            published,
            article_id,
            changes,
            what=what,
            actor=current_actor(),
            now=utcnow(),
            approved=approved,
            done=done,
        )
        if flagged:
            tell(article_id, "worked_in", to=flagged)
        if approved:
            tell(article_id, "approved", to=[approved.author])
    is_found = published.is_new and content_saved()
    if not published.is_new:
        flash("This is what readers get already; there was nothing to save.", "info")
    elif published.merged_with:
        names = " and ".join(dict.fromkeys(f"{one.author}" for one in published.merged_with))
        at = current_app.jinja_env.filters["when"](published.merged_with[0].at)
        flash(f"Published, merged with a change by {names} ({at}). Read it once more.", "warning")
    else:
        flash(said or f"Published. Readers {'and search ' if is_found else ''}have it now.")
    if published.lowered:
        flash(
            "It tells readers something new, so it counts as not confirmed until the team confirms it.",
            "info",
        )
