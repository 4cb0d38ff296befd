"""Tables that nobody rewrites: database triggers that refuse UPDATE and DELETE, for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import DDL, Table, event, text

from portal.core.db import core, db


def append_only_triggers(table: str, dialect: str) -> list[str]:
    """The DDL statements, in order, that make `table` append-only; for migrations. `dialect`: sqlite or
    postgresql.
    """
    if dialect == "sqlite":
        return [
            f'CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON "{table}" '
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"'BEGIN RAISE EXCEPTION ''{table} is append-only''; END'",
        f'CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON "{table}" '
        f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
        f'CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON "{table}" '
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
    ]


def make_append_only(table: Table) -> None:
    """Let `create_all` make the triggers too, so that tests meet the same refusal as production."""
    for dialect in ("sqlite", "postgresql"):
        for statement in append_only_triggers(table.name, dialect):
            ddl = DDL(statement)  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


@contextmanager
def rewriting(table: Table, verb: str = "UPDATE") -> Iterator[None]:
    """In a transaction: lift the refusal of UPDATE or DELETE, for words that must not stay and lines too old to keep. Whatever
    fails puts it back; nobody else writes here meanwhile. No line of the audit log is ever updated: its chain would break.
    """
    name = table.name
    if db.engine.dialect.name == "sqlite":
        core(text(f"DROP TRIGGER {name}_no_{verb.lower()}"))
        yield
        core(text(append_only_triggers(name, "sqlite")[("UPDATE", "DELETE").index(verb)]))
    else:
        core(text(f'ALTER TABLE "{name}" DISABLE TRIGGER {name}_no_change'))
        yield
        core(text(f'ALTER TABLE "{name}" ENABLE TRIGGER {name}_no_change'))
