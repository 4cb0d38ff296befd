"""Tickets found by what they say: similar ones, and full-text search. Reads only; the index is brought
up to the newest event before each question.

A ticket goes into the index again when its version has changed. On PostgreSQL an event with a lower id may be committed
after one with a higher, so what is younger than a minute is looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from typing import Any, Final

from sqlalchemy import Row

from portal.accounts.actor import Actor, Permission
from portal.core.removal import without_marks
from portal.knowledge.catalogue import Catalogue
from portal.search.query import LIGHT_TERMS, Query, comparable, read_query
from portal.search.search_index import terms
from portal.search.snippets import Parts, marked, snippet
from portal.tickets import finding_store as store
from portal.tickets.groups import Alike, terms_of
from portal.tickets.lifecycle import own_desks
from portal.tickets.look_up import tickets_under
from portal.tickets.models import Ticket
from portal.tickets.references import recognise
from portal.tickets.similar import Similar, likeness
from portal.tickets.ticket import ENDED, State
from portal.tickets.word_index import NOTHING, Entry, IndexAway, Noted, Phrase, WordIndex
from portal.web.paging import Page

SETTLED: Final = timedelta(seconds=60)
CHUNK: Final = 2000  # events that one question brings in
CANDIDATES: Final = 40
MOST_SIMILAR: Final = 8
MOST_FOUND: Final = 1000
PAGE_SIZE: Final = 50
OPEN: Final = "open"
AWAY: Final = (
    "The ticket index is being built. Exact numbers are found all the same; try words again in a minute."
)
_CODE_PART = re.compile(r"[a-z]+|[0-9]+")


# --- the index


def catch_up(index: WordIndex, now: datetime, *, whole: bool = False) -> bool:
    """Bring in what is new; `whole`: all of it, else at most a chunk. True when nothing is left."""
    try:
        noted = index.noted()
        if noted.event_id and _stamp(store.time_of_event(noted.event_id)) != noted.at:
            index.drop()  # it was made from another database, such as one that a backup took the place of
            noted = NOTHING
        if not index.exists:
            index.add((), NOTHING)
        for entries, settled, is_last in _changes(index, noted, now):
            if (entries or settled != noted) and not index.add(entries, settled):
                return False  # another process is at it
            if is_last or not whole:
                return is_last
    except IndexAway:
        return False
    return True


def _stamp(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def rebuild(index: WordIndex, now: datetime) -> bool:
    """All tickets into a new file beside the serving one; False when another process is at it."""
    return index.rebuild((entries, settled) for entries, settled, _ in _changes(None, NOTHING, now))


def diagnose(index: WordIndex) -> list[str]:
    """A sentence for each way in which the index is not what the tickets are."""
    if not index.exists:
        return ["The ticket index is missing."]
    try:
        held, wanted = index.versions(), store.list_versions()
    except IndexAway:
        return ["The ticket index cannot be read."]
    stale = sum(held.get(id) != version for id, version in wanted.items())
    gone = len(held.keys() - wanted.keys())
    return [f"The ticket index is stale: {stale} missing or old, {gone} too many."] if stale or gone else []


def _changes(
    index: WordIndex | None, noted: Noted, now: datetime
) -> Iterator[tuple[list[Entry], Noted, bool]]:
    """(entries, event up to which all is settled, whether that was the last) by chunks of events after `noted`."""
    after, is_last = noted.event_id, store.newest_event() <= noted.event_id
    while not is_last:
        events = store.list_events_after(after, CHUNK)
        is_last = len(events) < CHUNK
        ids = sorted({ticket for _, ticket, _ in events})
        held = index.held(ids) if index else {}
        changed = [id for id, version in store.list_versions(ids).items() if held.get(id) != version]
        settled = [Noted(id, _stamp(at)) for id, _, at in events if at <= now - SETTLED]
        noted = settled[-1] if settled else noted
        yield [_entry(row, references) for row, references in store.list_for_index(changed)], noted, is_last
        after = events[-1][0] if events else after


def _entry(row: Row[Any], references: Sequence[str]) -> Entry:
    said = terms(without_marks(f"{row.title} . {row.summary} . {row.alert_words}"))
    rest = terms(without_marks(" . ".join((row.details, *(str(value) for value in row.facts.values())))))
    codes = [comparable(row.error_code), *terms(row.error_code)] if row.error_code else []
    marks = ["private"] if row.privacy else [_mark("desk", row.desk), _mark("team", row.team or "")]
    if State(row.state) not in ENDED:
        marks.append(OPEN)
    return Entry(
        row.id, row.version, [*said, *codes], [*rest, *(value.lower() for value in references)], marks
    )


def _mark(kind: str, name: str) -> str:
    return kind + "".join(letter for letter in name.lower() if letter.isalnum())


def _scope(actor: Actor) -> list[str]:
    """The marks of what this person may see, so that others' tickets take no room; `visible_to` decides. Empty: all."""
    if actor.may(Permission.ALL_TICKETS):
        return []
    own = [_mark("desk", desk) for desk in own_desks(actor)] + [_mark("team", team) for team in actor.teams]
    return [*own, "private"] if actor.may(Permission.PRIVACY) else own or ["nobody"]


# --- alike


def similar_tickets(
    index: WordIndex, ticket: Ticket, *, actor: Actor, now: datetime
) -> tuple[list[Similar], list[Similar]]:
    """Open ones, then those that are done, each most alike first; nothing that this person may not open."""
    catch_up(index, now)
    asked = store.as_alike(ticket)
    telling = terms_of(asked) - LIGHT_TERMS
    try:
        near = [
            id
            for more in ([[OPEN], _scope(actor)], [_scope(actor)])
            for id in index.nearest(telling, more, CANDIDATES)
        ]
        often = index.often(telling)
    except IndexAway:
        near, often = [], {}
    if ticket.error_code:
        near += store.list_ids_of_code(ticket.error_code, ticket.tool, CANDIDATES)
    rows = store.list_shown(sorted(set(near) - {ticket.id}), actor)
    found = [one for row in rows if (one := _similar(asked, row, often)).score]
    found.sort(key=lambda one: (-one.score, one.number))
    still = [one for one in found if one.state not in ENDED]
    return still[:MOST_SIMILAR], [one for one in found if one.state in ENDED][:MOST_SIMILAR]


def _similar(asked: Alike, row: Row[Any], often: dict[str, int]) -> Similar:
    most = max(often.values(), default=1)
    score, why = likeness(asked, store.as_alike(row), lambda found: log(2 + most / often.get(found, 1)))
    return Similar(
        row.number, row.title, State(row.state), row.filed_at, row.team, row.known_issue_id, score, why
    )


# --- search


@dataclass(frozen=True, slots=True)
class FoundTicket:
    """A row of the results: title and the best piece of its text, in parts with whether they are marked."""

    row: Row[Any]
    state: State
    title: Parts
    snippet: Parts


@dataclass(frozen=True, slots=True)
class TicketsFound:
    """`some_words`: no ticket holds all of them. `notice`: a sentence that must be shown."""

    page: Page[FoundTicket]
    some_words: bool
    notice: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed into the ticket search, without personal data, and how it is read. `codes`: comparable -> as written."""

    text: str
    catalogue: Catalogue
    codes: Mapping[str, str]
    is_open: bool = False


def matching_ids(index: WordIndex, asked: Asked, *, actor: Actor, now: datetime) -> list[int]:
    """Tickets that this person may open with all of the words, or under the number, newest first; at most a thousand."""
    number = recognise(asked.text, asked.catalogue)
    if number is not None:
        return store.list_visible_ids(tickets_under(number), actor)
    catch_up(index, now)
    groups = _groups(_read(asked), asked.codes)
    return store.list_visible_ids(index.find(groups, _marks(asked, actor), MOST_FOUND), actor)


def search_tickets(index: WordIndex, asked: Asked, *, actor: Actor, now: datetime, page: int) -> TicketsFound:
    """A page of the matching tickets, or the nearest ones when none holds all of the words."""
    query, some = _read(asked), False
    notice = "" if catch_up(index, now) else AWAY
    try:
        ids = matching_ids(index, asked, actor=actor, now=now)
        if not ids and len(query.groups) > 1:
            ids = store.list_visible_ids(index.nearest(query.terms, _marks(asked, actor), CANDIDATES), actor)
            some = bool(ids)
    except IndexAway:
        ids, notice = [], AWAY
    number = max(1, min(page, -(-len(ids) // PAGE_SIZE)))
    rows = store.list_shown(ids[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], actor)
    return TicketsFound(
        Page([_found(row, query.terms) for row in rows], number, PAGE_SIZE, len(ids)), some, notice
    )


def list_all_found(index: WordIndex, asked: Asked, *, actor: Actor, now: datetime) -> list[Row[Any]]:
    """The same without pages, for files."""
    return store.list_shown(matching_ids(index, asked, actor=actor, now=now), actor)


def _read(asked: Asked) -> Query:
    return read_query(asked.text, asked.codes, asked.catalogue.synonyms)


def _marks(asked: Asked, actor: Actor) -> list[list[str]]:
    return [[OPEN] if asked.is_open else [], _scope(actor)]


def _groups(query: Query, codes: Mapping[str, str]) -> list[list[Phrase]]:
    """One for each thing asked for, in every way it is written; words of every call only when there is nothing else."""
    telling = [group for group in query.groups if group.terms[0] not in LIGHT_TERMS] or query.groups
    forms = {codes[code].lower(): code for code in query.codes}
    asked: list[list[Phrase]] = []
    for group in telling:
        ways = list(group.ways)
        if code := forms.get(group.terms[0]):
            ways += [(code,), tuple(_CODE_PART.findall(code))]  # "SM98", "SM 98"
        asked.append(ways)
    return [*asked, *([phrase] for phrase in query.phrases)]


def _found(row: Row[Any], wanted: frozenset[str]) -> FoundTicket:
    in_details = not wanted.intersection(terms(row.summary)) and wanted.intersection(terms(row.details))
    text = row.details if in_details else row.summary
    return FoundTicket(row, State(row.state), marked(row.title, wanted), snippet(text, wanted))
