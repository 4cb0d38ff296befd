from __future__ import annotations

import sqlite3

import pytest

from portal.accounts.append_only import append_only_triggers


@pytest.mark.parametrize("change", ["UPDATE event SET id = 2", "DELETE FROM event"])
def test_rows_are_added_and_never_changed(change: str) -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE event (id INTEGER)")
    for statement in append_only_triggers("event", "sqlite"):
        database.execute(statement)
    database.execute("INSERT INTO event VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError, match="event is append-only"):
        database.execute(change)
    database.close()


def test_postgresql_refuses_truncate_too() -> None:
    function, rows, truncate = append_only_triggers("event", "postgresql")
    assert "RAISE EXCEPTION ''event is append-only''" in function
    assert 'BEFORE UPDATE OR DELETE ON "event" FOR EACH ROW' in rows
    assert 'BEFORE TRUNCATE ON "event"' in truncate
