"""The served knowledge base: the snapshot at the branch's tip, bringing in the shipped folder, recording decisions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from threading import Lock

from portal.accounts.actor import Actor
from portal.accounts.service import program_account
from portal.core.errors import Invalid, NotFound
from portal.core.problem import Problem
from portal.criteria.decide import Decision
from portal.criteria.table import DecisionTable, OutcomeKind
from portal.knowledge import life_cycle, store
from portal.knowledge.article import Article, ArticleKind
from portal.knowledge.catalogue import ErrorCode, Facility
from portal.knowledge.content_check import in_order
from portal.knowledge.content_layout import article_id, is_content_path, read_folder
from portal.knowledge.content_merge import REMOTE_BY
from portal.knowledge.content_store import Change, Clash, ContentStore
from portal.knowledge.gate import check_gate
from portal.knowledge.models import ArticleRevision, ContentConflict, Evaluation
from portal.knowledge.open_hours import fact_value, migration_phase
from portal.knowledge.parse import CODES_FILE, is_servable, parse_article, parse_codes
from portal.knowledge.remote import Remote
from portal.knowledge.snapshot import Snapshot, build_snapshot
from portal.knowledge.source import clean

logger = logging.getLogger(__name__)
MESSAGE_MOST = 200


class ArticleNotFound(NotFound):
    """No served article has this id."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What bringing in the shipped folder did. `clashes` wait for a person; main's text is served for them."""

    revision: str
    changed: bool
    clashes: tuple[Clash, ...]
    problems: tuple[Problem, ...]


class KnowledgeBase:
    """One per process; thread-safe. The snapshot follows the branch: one ref read a call, a rebuild when it moved."""

    def __init__(self, content: ContentStore, shipped: Path, remote: Remote | None = None) -> None:
        self.content = content
        self.shipped = shipped
        self.remote = remote
        self.saved: Callable[[], None] = lambda: None  # called when main has moved and is noted
        # called when a text was taken out of every version, with the commits that became others
        self.rewritten: Callable[[Mapping[str, str]], None] = lambda _: None
        self._lock = Lock()
        self._snapshot: Snapshot | None = None
        self._pinned: dict[tuple[str, str], Article] = {}

    def snapshot(self) -> Snapshot:
        """The knowledge base at the tip of `main`. Bad files are listed in its problems, never raised."""
        head = self.content.head()
        held = self._snapshot
        if held is not None and held.revision == (head or ""):
            return held
        with self._lock:
            held = self._snapshot
            if held is None or held.revision != (head or ""):
                held = self._snapshot = self._build(head, held)
            return held

    def _build(self, head: str | None, previous: Snapshot | None) -> Snapshot:
        held = previous.known_blobs if previous else {}
        files, refused = self.content.files(head, held) if head else ({}, [])
        built = build_snapshot(_with_refused(files, refused, previous), previous, head or "")
        if head and previous is None and (earlier := self._last_good(files, refused, built)):
            built = build_snapshot(_with_refused(files, refused, earlier), earlier, head)
        problems = (*refused, *built.problems)
        if problems:
            logger.warning("content: %s problems at %s", len(problems), (head or "nothing")[:7])
        return replace(built, problems=problems, stale=self._stale(built, previous))

    def _stale(self, built: Snapshot, previous: Snapshot | None) -> dict[str, str]:
        """Articles of which something they depend on tells more than it did when they were last changed, with the reason.

        The walk to that change is made anew only when one of the two changed.
        """
        found, named = {}, life_cycle.names_to_depend_on(built)
        for article in built.articles.values():
            needed = life_cycle.dependencies(article, named) if article.depends_on else []
            if not needed:
                continue
            if previous is not None and _all_as_before(previous, [article, *needed]):
                why = previous.stale.get(article.id, "")
            else:
                why = life_cycle.stale_words(self._changed_since(article, needed))
            if why:
                found[article.id] = why
        return found

    def _changed_since(self, article: Article, needed: Sequence[Article | ErrorCode]) -> list[str]:
        last = self.content.history(article.path, limit=1)[0].commit
        codes, _ = parse_codes(self.content.read(CODES_FILE, last) or b"")
        changed = []
        for one in needed:
            if isinstance(one, Article):
                data = self.content.read(one.path, last)
                before = parse_article(one.path, data, "")[0] if data else None
                if before is None or life_cycle.is_substantive(before, one):
                    changed.append(one.title)
            elif life_cycle.changed_code(one, codes or {}):
                changed.append(one.code)
        return changed

    def _last_good(
        self, files: Mapping[str, tuple[str, bytes | None]], refused: Sequence[Problem], built: Snapshot
    ) -> Snapshot | None:
        """What a process that was there all the time would serve of files that cannot be read now."""
        served = {one.path for one in built.articles.values()} | {one.path for one in built.coverage.values()}
        bad = [one.file for one in refused if is_content_path(one.file)]
        bad += [p for p, (_, data) in files.items() if p not in served and not is_servable(p, data or b"")]
        found: dict[str, tuple[str, bytes | None]] = {}
        for path in bad:
            earlier = self.content.earlier(path, built.revision)
            good = next(((blob, data) for blob, data in earlier if is_servable(path, data)), None)
            if good:
                found[path] = good
        return build_snapshot(found, None, "") if found else None

    def problems(self) -> list[Problem]:
        """Those of the served content, and the files of the shipped folder that could not even be taken."""
        _, refused = read_folder(self.shipped)
        return in_order([*refused, *self.snapshot().problems])

    def sync(self, now: datetime) -> Synced:
        """Import the shipped folder as branch `shipped` and merge it into `main`; the same folder makes no commit."""
        done = self.content.import_shipped(self.shipped, now=now)
        return Synced(done.revision, done.changed, tuple(done.conflicts), tuple(done.problems))

    def table_at(self, article_id: str, revision: str) -> DecisionTable:
        """The criteria of an article as they stood at a commit: answers are pinned to it. Raises ArticleNotFound."""
        current = self.snapshot()
        article = current.articles.get(article_id)
        if article is None or current.revision != revision:
            article = self._article_at(article_id, revision) or article
        if article is None or article.table is None:
            raise ArticleNotFound(f"There are no criteria {article_id}.")
        return article.table

    def forget(self) -> None:
        """Drop what is kept of earlier versions."""
        self._pinned.clear()

    def _article_at(self, article_id: str, revision: str) -> Article | None:
        key = (article_id, revision)
        if key not in self._pinned:
            path = f"{ArticleKind.CRITERIA}/{article_id}.md"
            data = self.content.read(path, revision)
            if data is None:
                return None
            article, _ = parse_article(path, data, "")
            if article is None:
                return None
            if len(self._pinned) > 200:
                self._pinned.clear()
            self._pinned[key] = article
        return self._pinned[key]


def _all_as_before(previous: Snapshot, things: Sequence[Article | ErrorCode]) -> bool:
    """Unchanged articles are the same objects in the next snapshot."""
    return all(
        previous.articles.get(one.id) is one
        if isinstance(one, Article)
        else previous.codes.get(one.code) == one
        for one in things
    )


def _with_refused(
    files: Mapping[str, tuple[str, bytes | None]], refused: Sequence[Problem], previous: Snapshot | None
) -> dict[str, tuple[str, bytes | None]]:
    """A file that was left out as it is stays in its last good version."""
    served = {one.path: one.blob_id for one in previous.articles.values()} if previous else {}
    return {**files, **{one.file: (served[one.file], None) for one in refused if one.file in served}}


def check_folder(folder: Path) -> tuple[Snapshot, list[Problem]]:
    """What a content folder would serve, and the problems that serving it would show, by file and line."""
    snapshot, problems, _ = _read(folder)
    return snapshot, in_order(problems)


def check_shipped(folder: Path, today: date) -> tuple[Snapshot, list[Problem]]:
    """As check_folder, with what the gate asks of a folder before it is shipped on that day."""
    snapshot, problems, files = _read(folder)
    return snapshot, in_order([*problems, *check_gate(files, snapshot, today)])


def _read(folder: Path) -> tuple[Snapshot, list[Problem], dict[str, bytes]]:
    files, problems = read_folder(folder)
    snapshot = build_snapshot({path: ("", data) for path, data in files.items()}, None, "")
    return snapshot, [*problems, *snapshot.problems], files


def get_article(snapshot: Snapshot, article_id: str) -> Article:
    """A served article by its permanent id; raises ArticleNotFound."""
    article = snapshot.articles.get(article_id)
    if article is None or not article.is_served:
        raise ArticleNotFound(f"There is no article {article_id}.")
    return article


def pending_changes(base: KnowledgeBase) -> list[Change]:
    """Commits that the database has not noted yet, oldest first; read outside a transaction."""
    return list(base.content.since(*store.list_noted_commits()))


def note_changes(changes: Sequence[Change], now: datetime) -> int:
    """Note revisions and clashes for pages, inside a transaction; repeating it is harmless."""
    new = store.note_revisions(changes, now=now) if changes else 0
    for held in (held for change in changes for held in change.held):
        store.hold_draft(
            article_id=article_id(held.path),
            path=held.path,
            author=program_account(REMOTE_BY.email, REMOTE_BY.name),
            author_name=held.author.name,
            author_email=held.author.email,
            base_revision=held.revision,
            text=clean(held.text),
            message=" ".join(clean(held.message).split())[:MESSAGE_MOST],
            changed_at=now,
        )
    return new


def list_revisions(article_id: str, limit: int = 50) -> list[ArticleRevision]:
    """Noted revisions of one article, newest first."""
    return store.list_revisions(article_id, limit)


def record_evaluation(
    *,
    article_id: str,
    revision: str,
    answers: Mapping[str, str],
    decision: Decision,
    actor: Actor,
    now: datetime,
    override_outcome: str | None = None,
    override_reason: str = "",
) -> Evaluation:
    """Keep a decision, with or without a ticket. An override needs a reason of 10 to 300 characters."""
    reason = override_reason.strip()
    if override_outcome and not 10 <= len(reason) <= 300:
        raise Invalid(
            "Say in 10 to 300 characters why you decide otherwise.",
            {"override_reason": "Say in 10 to 300 characters why you decide otherwise"},
        )
    return store.add_evaluation(
        article_id=article_id,
        revision=revision,
        answers=dict(answers),
        outcome=decision.outcome,
        rule=decision.rule.id if decision.rule else None,
        because=decision.because,
        severity=decision.severity,
        team=decision.team,
        override_outcome=override_outcome,
        override_reason=reason,
        by=actor.id,
        at=now,
    )


def get_evaluation(evaluation_id: int) -> Evaluation:
    """A kept decision; raises NotFound."""
    return store.get_evaluation(evaluation_id)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a table decides for, beside the other tables of its tool. `parts`: names; none: all that no other names.

    `others`: each with the names of its parts.
    """

    parts: tuple[str, ...]
    others: tuple[tuple[Article, tuple[str, ...]], ...]


def scope_of(snapshot: Snapshot, table: DecisionTable) -> Scope | None:
    """None for a table that decides alone: for its whole tool, or always."""
    tool = snapshot.catalogue.tools.get(table.tool or "")
    names = {area.id: area.name for area in tool.sub_areas} if tool else {}
    others = tuple(
        (one, tuple(names.get(area, area) for area in one.table.sub_areas))
        for one in snapshot.of_kind(ArticleKind.CRITERIA)
        if one.table and one.id != table.id and one.table.tool == table.tool and not table.applies_always
    )
    parts = tuple(names.get(area, area) for area in table.sub_areas)
    return Scope(parts, others) if parts or others else None


def tables_for(
    snapshot: Snapshot, tool: str | None, sub_area: str | None
) -> tuple[list[Article], Article | None]:
    """The criteria that always apply, and the one table for this tool and sub-area: that which names the sub-area
    goes before that which names none.
    """
    criteria = snapshot.of_kind(ArticleKind.CRITERIA)
    always = [a for a in criteria if a.table is not None and a.table.applies_always]
    own = [a for a in criteria if a.table is not None and not a.table.applies_always and a.tool == tool]
    fitting = [a for a in own if a.table is not None and sub_area in a.table.sub_areas]
    whole = [a for a in own if a.table is not None and not a.table.sub_areas]
    return always, next(iter(fitting or whole or own), None)


def facility_facts(
    snapshot: Snapshot, stations: tuple[str, ...], tool: str | None, day: date
) -> dict[str, str]:
    """`ehr` and `migration_phase` of the first known station, for facts that criteria ask for."""
    facility: Facility | None = next(
        (snapshot.facilities[s] for s in stations if s in snapshot.facilities), None
    )
    if facility is None:
        return {}
    facts = {"ehr": facility.ehr} if facility.ehr else {}
    return {**facts, "migration_phase": fact_value(migration_phase(facility, day), tool)}


def outcome_words(kind: OutcomeKind | str) -> str:
    """How an outcome is named to agents."""
    words = {
        "escalate": "Goes to Tier 3",
        "resolve": "You solve it",
        "redirect": "Goes elsewhere",
        "tier2": "Goes to Tier 2",  # decided otherwise only: no rule says so
    }
    return words.get(str(kind), "Not enough to decide")


def problem_lines(problems: tuple[Problem, ...]) -> list[str]:
    return [str(problem) for problem in problems]


def list_conflicts() -> list[ContentConflict]:
    """Clashes that wait for a person, oldest first."""
    return store.list_open_conflicts()
