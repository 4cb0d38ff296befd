"""A small knowledge base of its own, served and searched in place of the shipped one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.knowledge import access
from portal.knowledge.content_store import ContentStore
from portal.knowledge.service import KnowledgeBase, note_changes, pending_changes
from portal.search import access as search_access
from portal.search.service import SearchEngine
from tests.unit.knowledge import small_content


@contextmanager
def serve_small(app: Flask, folder: Path) -> Iterator[KnowledgeBase]:
    shipped = folder / "content"
    for name, text in small_content.FILES.items():
        (shipped / name).parent.mkdir(parents=True, exist_ok=True)
        (shipped / name).write_text(text, encoding="utf-8")
    made = KnowledgeBase(ContentStore(folder / "content.git"), shipped)
    names = (access.EXTENSION, search_access.EXTENSION)
    before = {name: app.extensions[name] for name in names}
    with app.app_context():
        made.sync(utcnow())
        app.extensions[access.EXTENSION] = made
        app.extensions[search_access.EXTENSION] = SearchEngine(folder / "index", made.snapshot)
        changes = pending_changes(made)
        with transaction():
            note_changes(changes, utcnow())
    yield made
    app.extensions.update(before)
