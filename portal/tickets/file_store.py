"""Attached files: their bytes under random names in the instance folder, the malware scan, and their rows."""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, delete, select, update

from portal.accounts.actor import Actor
from portal.core.db import db
from portal.core.errors import Full, NotFound, Unavailable
from portal.tickets.models import Attachment, Ticket
from portal.tickets.store import visible_to

SCAN_SECONDS = 20
ORPHAN_SECONDS = 3600  # a file whose row has not come by then never gets one
CLEAN, INFECTED, NOT_SCANNED, DEMO = "clean", "infected", "not scanned", "none (demo)"


# --- bytes


def write(folder: Path, data: bytes) -> str:
    """The random name under which it stands, on the disk for good. Raises Full."""
    name = secrets.token_hex(32)
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        remove(folder, name)
        raise Full("The file cannot be written to the portal's disk. Tell the portal's admin.") from error
    return name


def read(folder: Path, row: Attachment) -> bytes:
    """Raises Unavailable when it is gone or no longer what was sent."""
    try:
        data = (folder / row.stored).read_bytes()
    except OSError as error:
        raise Unavailable("The portal cannot read this file. Tell the portal's admin.") from error
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise Unavailable("This file has been damaged on the portal's disk. Tell the portal's admin.")
    return data


def remove(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)


def scan(command: Sequence[str], path: Path) -> str:
    """`command` gets the path as its last argument and says 0 for clean, 1 for malware; anything else is no answer."""
    try:
        ended = subprocess.run(  # noqa: S603  set by the admin, no shell; the path is ours
            [*command, str(path)], capture_output=True, timeout=SCAN_SECONDS, check=False
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        return NOT_SCANNED
    return {0: CLEAN, 1: INFECTED}.get(ended, NOT_SCANNED)


def sweep(folder: Path) -> int:
    """Take away files without a row: of a transaction that failed, or withdrawn."""
    if not folder.is_dir():
        return 0
    known = set(db.session.scalars(select(Attachment.stored).where(_kept())))
    old = time.time() - ORPHAN_SECONDS
    gone = [one for one in folder.iterdir() if one.name not in known and one.stat().st_mtime < old]
    for one in gone:
        one.unlink(missing_ok=True)
    return len(gone)


# --- rows


def _kept() -> ColumnElement[bool]:
    return Attachment.withdrawn_at.is_(None) & (Attachment.scan != INFECTED)


def list_files(ticket_id: int) -> list[Attachment]:
    """Those that stand on the ticket, oldest first."""
    rows = select(Attachment).where(Attachment.ticket_id == ticket_id, _kept()).order_by(Attachment.id)
    return list(db.session.scalars(rows))


def _of_calls(*intake_ids: int) -> ColumnElement[bool]:
    return Attachment.intake_id.in_(intake_ids) & Attachment.ticket_id.is_(None) & _kept()


def list_of_call(intake_id: int) -> list[Attachment]:
    """Those that wait for the filing of this call, oldest first."""
    return list(db.session.scalars(select(Attachment).where(_of_calls(intake_id)).order_by(Attachment.id)))


def drop_of_calls(intake_ids: Sequence[int], now: datetime) -> None:
    """Those that wait for a filing that never comes; their bytes go with the next sweep."""
    db.session.execute(update(Attachment).where(_of_calls(*intake_ids)).values(withdrawn_at=now))


def delete_of_calls(intake_ids: Sequence[int]) -> None:
    """Rows of those that never came to a ticket, also of withdrawn ones, for their names."""
    never = (Attachment.intake_id.in_(intake_ids), Attachment.ticket_id.is_(None))
    db.session.execute(delete(Attachment).where(*never))


def get_file(number: str, id: int, actor: Actor) -> Attachment:
    """Raises NotFound, also when the ticket is not visible to this person."""
    rows = select(Attachment).join(Ticket, Ticket.id == Attachment.ticket_id)
    rows = rows.where(Attachment.id == id, Ticket.number == number, _kept(), visible_to(actor))
    found = db.session.scalar(rows)
    if found is None:
        raise NotFound("There is no such file on this ticket.")
    return found


def list_unscanned(limit: int) -> list[Attachment]:
    rows = select(Attachment).where(Attachment.scan.in_((NOT_SCANNED, DEMO)), _kept())
    return list(db.session.scalars(rows.order_by(Attachment.id).limit(limit)))


def get_row(id: int) -> Attachment:
    return db.session.get_one(Attachment, id)
