"""One entry of the catalogue, the facilities or the codes, changed as a text of its file: all of it is for admins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.accounts.actor import Actor
from portal.core.errors import Invalid, NotFound
from portal.core.problem import Problem
from portal.knowledge.front_matter import load_yaml
from portal.knowledge.listings import LISTINGS, Entry, Listing
from portal.knowledge.parse import CODES_FILE, is_servable
from portal.knowledge.service.base import KnowledgeBase
from portal.knowledge.service.publishing import Refused, check_work
from portal.knowledge.service.writing import Work, is_known, need_edit, read_text
from portal.knowledge.source import NotEditable
from portal.knowledge.yaml_text import rewritten


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list in its file at one revision. No `values` where the file cannot be read, so that only its text can be mended."""

    listing: Listing
    revision: str
    text: str
    values: Mapping[str, object]

    def entry(self, name: str | None) -> Entry:
        """Raises NotFound; a new one is empty."""
        found = {} if name is None else self.listing.entries(self.values).get(name)
        if found is None:
            raise NotFound(f"There is no {self.listing.one} “{(name or '')[:80]}”.")
        return found


@dataclass(frozen=True, slots=True)
class Use:
    """Where a problem lies: in an entry (with the path of its key), an article, or another file."""

    problem: Problem
    listing: Listing | None = None
    name: str = ""
    key: str = ""


def open_sheet(base: KnowledgeBase, key: str, *, actor: Actor, revision: str = "") -> Sheet:
    """As served, or as it was at the revision that a form was begun from. Raises NotFound, NotAllowed."""
    need_edit("", actor)
    listing = LISTINGS.get(key)
    if listing is None:
        raise NotFound(f"There is no list {key[:80]}.")
    at = revision if revision and is_known(base, revision) else base.snapshot().revision
    text = read_text(base, listing.file, at) or ""
    loaded, _ = load_yaml(listing.file, text.encode())
    values = loaded.values if loaded and is_servable(listing.file, text.encode()) else {}
    return Sheet(listing, at, text, values)


def work_with(sheet: Sheet, name: str | None, entry: Entry | None) -> Work:
    """The file with this entry: a new one without a name, none to take it out. Raises Invalid with the field it is about."""
    listing, file = sheet.listing, sheet.listing.file
    if not sheet.values:  # nobody knows what else stands in it
        raise Invalid("The file cannot be read: mend its raw text first.")
    after = listing.with_entry(sheet.values, name, entry)
    names = [*listing.entries(after)]
    key = next((one for one in ("id", "code", "station") if entry is not None and one in entry), "")
    if entry is not None and f"{entry.get(key)} (2)" in names:
        raise Invalid("Stands there already.", {key: f"there is already a {listing.one} “{entry[key]}”"})
    try:
        return Work(file, file, sheet.revision, rewritten(sheet.text, after))
    except NotEditable:
        raise Invalid(
            "The file is written in a way that only its text can be changed: use the raw text."
        ) from None


def refusal(base: KnowledgeBase, work: Work, *, actor: Actor) -> Refused | None:
    """Why this could not be published, without doing it. Raises SaveConflict."""
    try:
        check_work(base, work, actor=actor, nobody_meant=True)
    except Refused as refused:
        return refused
    return None


def places(base: KnowledgeBase, work: Work, problems: Sequence[Problem]) -> list[Use]:
    """Where each of these problems lies, in the file as it would be after a merge."""
    _, data = base.content.merged(work.path, work.text.encode(), base=work.base_revision)
    loaded, _ = load_yaml(work.path, data)
    return [_place(one, work.path, loaded.values if loaded else {}) for one in problems]


def _place(problem: Problem, path: str, values: Mapping[str, object]) -> Use:
    found = re.fullmatch(r"(\w+)(?:\[(\d+)\])?\.?(.*)", problem.key)
    listing = LISTINGS.get(found[1]) if found and problem.file == path else None
    if found and listing is not None and listing.file == path:
        names = [*listing.entries(values)] if found[2] else []
        place = int(found[2] or 0)
        return Use(problem, listing, names[place] if place < len(names) else "", found[3])
    if problem.file == CODES_FILE and "." in problem.key:
        name, _, key = problem.key.rpartition(".")
        return Use(problem, LISTINGS["codes"], name, key)
    return Use(problem)
