"""Files of a call that is still open; they stand on its ticket once it is filed."""

from __future__ import annotations

from portal.core.upload import Upload
from portal.intake.record import Record
from portal.intake.service.row import At, NotThere, case_of, find_row, refuse_practice, work_on
from portal.intake.store import record_of
from portal.intake.wizard import Step
from portal.tickets import service as tickets
from portal.tickets.service import CallFile


def list_files(record: Record) -> list[CallFile]:
    """Of an ended call none: they went along with its ticket, or with the call."""
    return tickets.list_call_files(record.id) if record.is_open and record.practice is None else []


def add_file(number: str, upload: Upload, stored: str, scan: str, *, at: At) -> bool:
    """False when the call has this very file already: a double click. Raises Invalid for "file"."""
    row, _ = work_on(number, Step.FACTS, at=at)
    refuse_practice(row, at)
    return tickets.add_call_file(row.id, upload, stored, scan, actor=at.actor, now=at.now)


def withdraw_file(number: str, id: int, *, at: At) -> str:
    """The random name of what is now to be taken from the disk; empty when it is withdrawn already."""
    row = find_row(number, at.actor, lock=True)
    case = case_of(record_of(row), at)
    if not case.record.is_open:
        raise NotThere(case.waiting)
    work_on(number, case.waiting, at=at)
    return tickets.withdraw_call_file(row.id, id, actor=at.actor, now=at.now)
