"""Pictures of articles: files of the knowledge base like the texts that show them. Git is touched outside of transactions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from portal.accounts.actor import Actor
from portal.accounts.service import audit
from portal.core.errors import Invalid, NotFound
from portal.core.pii import describe, find_pii
from portal.core.upload import clean_name
from portal.knowledge.content_layout import TAKEN_OUT, picture_path
from portal.knowledge.content_store import Author, Change
from portal.knowledge.picture import WORDS_MOST, markdown_of, small_file, wrong_words
from portal.knowledge.service.base import KnowledgeBase, note_changes
from portal.knowledge.source import clean


@dataclass(frozen=True, slots=True)
class NewPicture:
    path: str
    data: bytes
    markdown: str


def read_picture(base: KnowledgeBase, name: str) -> bytes:
    """Raises NotFound."""
    snapshot, path = base.snapshot(), f"images/{name}"
    data = base.content.read(path, snapshot.revision) if path in snapshot.pictures else None
    if data is None:
        raise NotFound("There is no such picture.")
    return data


def check_picture(
    base: KnowledgeBase, raw_name: str, data: bytes, words: str, *, no_person: bool
) -> NewPicture:
    """The picture as it is kept, with what shows it. Raises Invalid for all that is wrong: "file", "alt", "no_person"."""
    snapshot, wrong, small = base.snapshot(), dict[str, str](), b""
    allowed = snapshot.catalogue.help_numbers
    words = " ".join(clean(words).split()).translate(str.maketrans("[]", "()"))
    if len(words) > WORDS_MOST:
        wrong["alt"] = f"Say it in at most {WORDS_MOST} characters"
    elif mistake := wrong_words(words) or _personal(words, allowed):
        wrong["alt"] = mistake[:1].upper() + mistake[1:]
    if not no_person:
        wrong["no_person"] = "Look at the whole picture, cover what names a person, then tick this"
    try:
        small = small_file(raw_name, data) if raw_name else b""
        mistake = _personal(clean_name(raw_name).rpartition(".")[0].replace("_", " "), allowed)
        if mistake or not raw_name:
            wrong["file"] = f"The file's name: {mistake}" if mistake else "Choose a picture"
    except Invalid as error:
        wrong["file"] = str(error)
    path = picture_path(small, "webp")
    if base.content.read(path, snapshot.revision) == TAKEN_OUT:
        wrong["file"] = "This picture was taken out of the knowledge base and does not come back"
    if wrong:
        raise Invalid("The picture was not added.", wrong)
    return NewPicture(path, small, markdown_of(path, words))


def _personal(words: str, allowed: Collection[str]) -> str:
    return next((describe(one, words) for one in find_pii(words, allowed) if one.certain), "")


def keep_picture(base: KnowledgeBase, picture: NewPicture, *, actor: Actor, now: datetime) -> bool:
    """In a commit of this person; False when it was there already. Raises Unavailable."""
    head = base.snapshot().revision
    author = Author(actor.name, actor.email)
    saved = base.content.save(
        {picture.path: picture.data}, base=head, author=author, message="Add a picture", now=now
    )
    return saved.revision != head


def note_picture(
    picture: NewPicture, changes: list[Change], *, is_new: bool, actor: Actor, now: datetime
) -> None:
    """In a transaction."""
    note_changes(changes, now)
    audit(actor, "add picture", f"file:{picture.path}", "ok" if is_new else "there already", now)
