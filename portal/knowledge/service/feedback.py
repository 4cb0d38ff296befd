"""What readers say of articles and what the owning team makes of it. Flags and comments are one thing: see FlagKind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from portal.accounts.actor import DESK_NAMES, Actor, Desk, Permission
from portal.accounts.policy import may_edit
from portal.accounts.service import audit
from portal.core.errors import Conflict, Invalid, NotAllowed
from portal.core.pii import describe, find_pii
from portal.knowledge import feedback_store as store
from portal.knowledge.catalogue import Catalogue
from portal.knowledge.feedback_store import Override as Override
from portal.knowledge.feedback_store import delete_tasks as delete_tasks
from portal.knowledge.feedback_store import list_old_tasks as list_old_tasks
from portal.knowledge.flags import REASON_LEAST, REASON_MOST, WORDS_LEAST, WORDS_MOST, FlagKind, places
from portal.knowledge.models import Flag as Flag
from portal.knowledge.service.base import KnowledgeBase, get_article
from portal.knowledge.service.writing import Work, open_work
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.source import clean

NOTES = "## Note to the author"


@dataclass(frozen=True, slots=True)
class FlagDraft:
    article_id: str
    place: str
    kind: str
    words: str


class PossibleName(Invalid):
    """The words may name a person: they pass when their author says that nobody is meant."""


def check_flag(snapshot: Snapshot, draft: FlagDraft, *, nobody_meant: bool) -> FlagDraft:
    """The draft in its final form. Raises Invalid with messages by field; asked before a transaction opens."""
    words = clean(draft.words).strip()
    wrong = {}
    if draft.kind not in list(FlagKind):
        wrong["kind"] = "Select what is the matter"
    if draft.place not in places(get_article(snapshot, draft.article_id)):
        wrong["place"] = "Select the part that you mean"
    if not WORDS_LEAST <= len(words) <= WORDS_MOST:
        wrong["words"] = f"Say it in {WORDS_LEAST} to {WORDS_MOST} characters"
    found = find_pii(words, snapshot.catalogue.help_numbers)
    said = " ".join(dict.fromkeys(describe(one, words, offered=False) for one in found))
    if any(one.certain for one in found):
        wrong["words"] = said
    if wrong:
        raise Invalid("Some fields need another look.", wrong)
    if found and not nobody_meant:
        raise PossibleName(said, {"words": said})
    return FlagDraft(draft.article_id, draft.place, draft.kind, words)


def add_flag(snapshot: Snapshot, draft: FlagDraft, *, actor: Actor, now: datetime) -> int:
    """A checked draft becomes a flag of the text that is served. In a transaction."""
    is_comment = draft.kind == FlagKind.COMMENT
    flag_id = store.insert_flag(
        article_id=draft.article_id,
        revision=snapshot.revision,
        place=draft.place,
        kind=draft.kind,
        words=draft.words,
        by=actor.id,
        as_who=_as_who(actor, snapshot.catalogue),
        at=now,
        state="shown" if is_comment else "open",
    )
    what = "comment on article" if is_comment else "flag article"
    audit(actor, what, f"article:{draft.article_id}", f"flag:{flag_id}", now)
    return flag_id


def _as_who(actor: Actor, catalogue: Catalogue) -> str:
    if actor.desk is not Desk.NONE:
        return DESK_NAMES[actor.desk]
    if actor.may(Permission.TRIAGE):
        return "Tier 3 analyst"
    teams = sorted(catalogue.teams[team].name for team in actor.teams if team in catalogue.teams)
    return f"{teams[0]} team" if teams else "Portal admin"


def list_own_flags(actor: Actor) -> list[Flag]:
    return store.list_flags_of(actor.id)


def list_flags_on(article_id: str, actor: Actor) -> list[Flag]:
    """Comments that are shown, and the person's own flags, oldest first."""
    return store.list_flags_on(article_id, actor.id)


def open_flags(snapshot: Snapshot, team: str) -> list[Flag]:
    """On articles of the team, oldest first."""
    return [flag for flag in store.list_open_flags() if _owner(snapshot, flag) == team]


def new_comments(snapshot: Snapshot, team: str, after: datetime) -> list[Flag]:
    return [flag for flag in store.list_comments_after(after) if _owner(snapshot, flag) == team]


def _owner(snapshot: Snapshot, flag: Flag) -> str:
    article = snapshot.articles.get(flag.article_id)
    return article.owner if article else ""


def get_flag(snapshot: Snapshot, flag_id: int, *, actor: Actor) -> Flag:
    """A flag for somebody who may answer it. Raises FlagNotFound, NotAllowed."""
    flag = store.get_flag(flag_id)
    if not may_edit(actor, _owner(snapshot, flag)):
        raise NotAllowed("Only the team that owns the article answers, and admins.")
    return flag


def answer_flag(
    snapshot: Snapshot, flag_id: int, *, accepted: bool, answer: str, actor: Actor, now: datetime
) -> None:
    """The reader sees the answer. In a transaction; raises Invalid, Conflict when it was answered before."""
    flag = get_flag(snapshot, flag_id, actor=actor)
    state, answer = ("accepted", answer.strip()) if accepted else ("declined", check_reason(answer))
    if not store.decide_flag(flag.id, "open", state, answer, actor.id, now):
        raise Conflict("Somebody has answered this flag already.")
    audit(actor, f"{state} flag", f"flag:{flag.id}", f"article:{flag.article_id}", now)


def check_reason(reason: str) -> str:
    """Raises Invalid."""
    reason = " ".join(clean(reason).split())
    if not REASON_LEAST <= len(reason) <= REASON_MOST:
        said = f"Say why, in {REASON_LEAST} to {REASON_MOST} characters"
        raise Invalid(f"{said}.", {"reason": said})
    return reason


def may_hide(snapshot: Snapshot, flag: Flag, actor: Actor) -> bool:
    """A comment: the owning team, admins, and whoever wrote it."""
    return flag.state == "shown" and (flag.by == actor.id or may_edit(actor, _owner(snapshot, flag)))


def hide_comment(snapshot: Snapshot, flag_id: int, *, actor: Actor, now: datetime) -> str:
    """In a transaction; gives the article's id. Hiding twice is harmless."""
    flag = store.get_flag(flag_id)
    if flag.state == "hidden":
        return flag.article_id
    if not may_hide(snapshot, flag, actor):
        raise NotAllowed("Only its author, the owning team and admins hide a comment.")
    store.decide_flag(flag.id, "shown", "hidden", "", actor.id, now)
    audit(actor, "hide comment", f"flag:{flag.id}", f"article:{flag.article_id}", now)
    return flag.article_id


# --- tasks of a team


def add_task(team: str, kind: str, subject: str, detail: str, now: datetime) -> bool:
    """Something for a team's work list, in the caller's transaction; False when the same is open already.

    `kind` "review": `subject` is the id of an article that went live without the team.
    """
    return store.add_task(team, kind, subject, detail, now)


def decide_task(
    team: str,
    kind: str,
    subject: str,
    *,
    accepted: bool,
    reason: str,
    actor: Actor,
    now: datetime,
    article: str = "",
) -> None:
    """In a transaction. What is decided is not shown again until more of it comes. Raises Invalid, NotAllowed.

    `article`: the one whose draft takes it up; it waits again when that draft is thrown away.
    """
    if not may_edit(actor, team):
        raise NotAllowed("Only the team itself decides about its work, and admins.")
    state, reason = ("accepted", "") if accepted else ("declined", check_reason(reason))
    store.decide_task(team, kind, subject, state, reason, actor.id, now, article if accepted else "")
    audit(actor, f"{state} {kind}", f"team:{team}", subject if kind != "miss" else "search", now)


open_tasks = store.list_open_tasks
decisions = store.decisions
list_overrides = store.list_overrides
rules_of = store.rules_of


def note_in_draft(
    base: KnowledgeBase, article_id: str, notes: Sequence[str], *, actor: Actor
) -> tuple[Work, str]:
    """The person's text of the article with these notes at its end, and what they had said of their change.

    Reads git: before the transaction of `keep_draft`. Raises ArticleNotFound, NotAllowed.
    """
    opened = open_work(base, article_id, actor=actor)
    noted = replace(opened.work, text=with_notes(opened.work.text, notes))
    return noted, opened.draft.message if opened.draft else ""


def with_notes(text: str, notes: Sequence[str]) -> str:
    """In a section of their own, which must go before the text is published (content_check)."""
    lines = "".join(f"- {' '.join(note.split())}\n" for note in notes)
    if NOTES in text:
        return f"{text.rstrip()}\n{lines}"
    return f"{text.rstrip()}\n\n{NOTES}\n\n{lines}"


def notes_in(text: str) -> list[str]:
    """The notes that still stand in a draft."""
    lines = text.partition(NOTES)[2].splitlines()
    return [line.removeprefix("- ") for line in lines if line.startswith("- ")]
