"""A text becomes what readers get: checked with the whole, merged with what others saved, committed, noted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pygit2

from portal.accounts.actor import Actor
from portal.accounts.policy import may_edit
from portal.accounts.service import audit
from portal.core.errors import Invalid, NotAllowed
from portal.core.problem import Problem
from portal.knowledge import feedback_store, store
from portal.knowledge.article import Confidence
from portal.knowledge.content_check import check_article, in_order
from portal.knowledge.content_layout import YAML_FILES
from portal.knowledge.content_layout import article_id as id_of
from portal.knowledge.content_store import Author, Change, Revision
from portal.knowledge.coverage import NO_AREA
from portal.knowledge.front_matter import load_front_matter, load_yaml, nearest_line
from portal.knowledge.gate import left_behind
from portal.knowledge.life_cycle import falls, with_values
from portal.knowledge.parse import (
    CATALOGUE_FILE,
    is_servable,
    parse_article,
    parse_catalogue,
    with_stand_ins,
)
from portal.knowledge.personal_data import in_article, in_values
from portal.knowledge.service.base import MESSAGE_MOST, KnowledgeBase, note_changes
from portal.knowledge.service.writing import KeptDraft, MayWrite, Work, audit_name, need_edit, owner_in
from portal.knowledge.snapshot import build_snapshot
from portal.knowledge.source import clean

NOT_YOUR_TEAM = "is a team that you do not write for; ask an admin to hand an article over"


@dataclass(frozen=True, slots=True)
class Published:
    """`is_new`: a commit was made. `merged_with`: changes of others that the text now holds too, newest first.

    `passed`: places that look like personal data, of which the person said that nobody is meant.
    `lowered`: the team's confirmation is gone, since the text tells something else.
    """

    revision: str
    is_new: bool
    merged_with: tuple[Revision, ...]
    passed: int = 0
    lowered: bool = False


class Refused(Invalid):
    """The text is not published: `problems` are its own, `others` those that it would bring to other files.

    `personal`: some of its own are names or numbers that may be a person's.
    """

    def __init__(
        self, problems: Sequence[Problem], others: Sequence[Problem], personal: Sequence[Problem] = ()
    ) -> None:
        super().__init__("This cannot be published yet: see the problems.")
        self.problems, self.others, self.personal = [*problems, *personal], list(others), bool(personal)


class PersonalData(Refused):
    """Nothing else is wrong: published when somebody says that nobody is meant."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a text is told, at once: problems of its `own`, what may be `personal`, those it would bring to `others`.

    `before`: what was wrong with it already, which hinders nobody.
    """

    own: tuple[Problem, ...]
    personal: tuple[Problem, ...]
    others: tuple[Problem, ...]
    before: tuple[Problem, ...]


def look_over(
    base: KnowledgeBase, work: Work, data: bytes, *, actor: Actor, may: MayWrite = may_edit
) -> Verdict:
    """What publishing these bytes as the file of `work` would meet; the preview shows the same."""
    own, others, before = _changed(base, work.path, data, clean_only=work.needs_second_person)
    if not may(actor, owner_in(data.decode("utf-8", "replace"))) and not any(p.key == "owner" for p in own):
        loaded, _ = load_front_matter(work.path, data)
        line = nearest_line(loaded.lines, "owner") if loaded else None
        own.append(Problem(work.path, "owner", NOT_YOUR_TEAM, line))
    return Verdict(tuple(own), tuple(_personal(base, work, data)), tuple(others), tuple(before))


def check_change(base: KnowledgeBase, path: str, data: bytes) -> None:
    """Raises Refused for a file that cannot be served, for new problems of its own, and for any of other files."""
    own, others, _ = _changed(base, path, data, clean_only=False)
    if own or others:
        raise Refused(own, others)


def _changed(
    base: KnowledgeBase, path: str, data: bytes, *, clean_only: bool
) -> tuple[list[Problem], list[Problem], list[Problem]]:
    """Problems of its own that stand in the way, of other files, and what was wrong before.

    What was wrong before hinders nobody, unless `clean_only`; nor does an article that no area names yet, since areas are not
    written here.
    """
    snapshot = base.snapshot()
    read, _ = base.content.files(snapshot.revision, snapshot.known_blobs)
    files = dict(read)
    files[path] = (str(pygit2.hash(data)), data)
    after = build_snapshot(files, snapshot, snapshot.revision)
    served = {article.path: article for article in after.articles.values()}.get(path)
    is_bad = not is_servable(path, data) or (
        id_of(path) is not None and (served is None or served.blob_id != files[path][0])
    )
    before = {(one.file, one.key, one.message) for one in snapshot.problems}
    own = [one for one in after.problems if one.file == path and not one.message.endswith(NO_AREA)]
    if is_bad and (rest := with_stand_ins(path, data)):
        article, at_fault = rest
        own = parse_article(path, data, "")[1] or own
        articles = list(snapshot.articles.values())
        found = check_article(article, articles, snapshot.catalogue, snapshot.codes, after.pictures)
        own = in_order([*own, *(one for one in found if re.split(r"[.\[]", one.key)[0] not in at_fault)])
    others = [p for p in after.problems if p.file != path and (p.file, p.key, p.message) not in before]
    others += left_behind(snapshot, after) if path in YAML_FILES else ()
    if is_bad or clean_only:
        return own, others, []
    new = [one for one in own if (one.file, one.key, one.message) not in before]
    return new, others, [one for one in own if one not in new]


def publish(
    base: KnowledgeBase,
    work: Work,
    *,
    message: str,
    actor: Actor,
    now: datetime,
    author: Author | None = None,
    nobody_meant: bool = False,
    may: MayWrite = may_edit,
) -> Published:
    """Save the text over its base revision; what is served already makes no commit, so sending it twice is harmless.

    Raises NotAllowed, Refused, SaveConflict, Unavailable. Touches git: outside a transaction; `note_published`
    follows inside one. `author` where the actor only lets another person's text pass. `may`: who publishes it, by its owner.
    """
    if work.needs_second_person and author is None:
        raise NotAllowed("A change of rules needs a second person.")
    head, data, passed = check_work(base, work, actor=actor, nobody_meant=nobody_meant, may=may)
    if data == base.content.read(work.path, head):
        return Published(head, False, ())
    sent = work.text.encode()
    merged_with = base.content.changes_after(work.base_revision, work.path) if data != sent else []
    data, lowered = _confirmed_no_more(base, work, data)
    saved = base.content.save(
        {work.path: data},
        base=head,
        author=author or Author(actor.name, actor.email),
        message=" ".join(clean(message).split())[:MESSAGE_MOST],
        now=now,
    )
    return Published(saved.revision, saved.revision != head, tuple(merged_with), passed, lowered)


def _confirmed_no_more(base: KnowledgeBase, work: Work, data: bytes) -> tuple[bytes, bool]:
    """In the same commit: what changed in substance is not what the team had confirmed (KCS)."""
    served, (after, _) = base.snapshot().articles.get(work.article_id), parse_article(work.path, data, "")
    if after is None or not falls(served, after):
        return data, False
    lowered = with_values(after, data.decode(), {"confidence": str(Confidence.NOT_VALIDATED)}).encode()
    return lowered, lowered != data


def check_work(
    base: KnowledgeBase, work: Work, *, actor: Actor, nobody_meant: bool, may: MayWrite = may_edit
) -> tuple[str, bytes, int]:
    """The head of main, what this text makes of the file there, and how many places were passed (see Published).

    Raises as `publish` does.
    """
    served = base.snapshot().articles.get(work.article_id)
    if served is not None or not work.is_article:
        need_edit(served.owner if served else "", actor, may)
    head, data = base.content.merged(work.path, work.text.encode(), base=work.base_revision)
    if data == base.content.read(work.path, head):
        return head, data, 0
    found = look_over(base, work, data, actor=actor, may=may)
    personal = () if nobody_meant else found.personal
    if found.own or found.others:
        raise Refused(found.own, found.others, personal)
    if personal:
        raise PersonalData((), (), personal)
    return head, data, len(found.personal)


def _personal(base: KnowledgeBase, work: Work, data: bytes) -> list[Problem]:
    """What looks like personal data and is not served already."""
    snapshot = base.snapshot()
    allowed, served = snapshot.catalogue.help_numbers, snapshot.articles.get(work.article_id)
    if not work.is_article:
        return _personal_in_file(
            work.path, base.content.read(work.path, snapshot.revision) or b"", data, allowed
        )
    before = {(one.key, one.message) for one in in_article(served, allowed)} if served else set()
    rest = with_stand_ins(work.path, data)
    found = in_article(rest[0], allowed) if rest else []
    return [one for one in found if (one.key, one.message) not in before]


def _personal_in_file(path: str, old: bytes, new: bytes, allowed: frozenset[str]) -> list[Problem]:
    """A help line that the new text publishes is no person's; places move, so what was there goes by its words."""
    catalogue, _ = parse_catalogue(new) if path == CATALOGUE_FILE else (None, [])
    allowed |= catalogue.help_numbers if catalogue else frozenset()
    sides = [load_yaml(path, data)[0] for data in (old, new)]
    before, after = ([*in_values(path, one.values, one.lines, allowed)] if one else [] for one in sides)
    known, found = Counter(one.message for one in before), []
    for one in after:
        known[one.message] -= 1
        if known[one.message] < 0:
            found.append(one)
    return found


def note_published(
    published: Published,
    article_id: str,
    changes: Sequence[Change],
    *,
    what: str,
    actor: Actor,
    now: datetime,
    approved: KeptDraft | None = None,
    done: bool = True,
) -> list[int]:
    """Revisions and audit of a save; gives who is to hear that what they flagged is in the article now. In a transaction.

    `approved`: the draft of another person that this actor let pass. `done`: the actor's own draft was this text.
    """
    note_changes(changes, now)
    if approved is not None and published.is_new:
        store.set_approver(article_id, published.revision, actor.name)
    for clash in store.list_conflicts_of_draft(approved.id) if approved else []:
        store.resolve_conflict(clash.id, now)
        audit(actor, "resolve clash", f"file:{clash.path}", "resolved", now)
    author, told = approved.author if approved else actor.id, list[int]()
    if approved is not None or done:
        store.delete_draft(article_id, author)
        told = feedback_store.work_in(article_id, author) if published.is_new else []
    if published.passed:
        note_passed(article_id, published.passed, actor=actor, now=now)
    result = published.revision[:12] if published.is_new else "no change"
    audit(actor, what, audit_name(article_id), result, now)
    return told


def note_passed(article_id: str, places: int, *, actor: Actor, now: datetime) -> None:
    """Somebody said of so many places that nobody is meant. In a transaction."""
    audit(actor, "pass personal data", audit_name(article_id), f"{places} places", now)
