"""What people do with the files of a ticket, and of a call that is not filed yet (whose room says who may).

A file is on the disk before its row is written; none of these commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.accounts.actor import COMMAND_LINE, Actor, Permission
from portal.accounts.service import audit
from portal.core.config import Config
from portal.core.errors import Conflict, Invalid, NotAllowed
from portal.core.pii import describe, find_pii
from portal.core.upload import READABLE, Upload, accept, read_text
from portal.tickets import file_store, guard, store
from portal.tickets.lifecycle import REASON_LEAST, REASON_MOST, may_correct, sides_of
from portal.tickets.models import Attachment, Event, Ticket
from portal.tickets.moves import By, note, standing
from portal.tickets.ticket import intake_number

MOST = 5
RESCANNED = 20
REFUSED_BY_SCAN = "The malware scan refused this file. It was not kept."


def check_file(number: str, name: str, data: bytes, *, by: By) -> Upload:
    """Before anything is written. Raises Invalid for "file"."""
    ticket = store.get_ticket(number, by.actor)
    if not may_add(ticket, by.actor):
        raise NotAllowed("Your account may not add to this ticket.")
    return check_upload(name, data, guard.allowed(ticket, by.catalogue), inside=not ticket.privacy)


def check_upload(name: str, data: bytes, allowed: Collection[str], *, inside: bool = True) -> Upload:
    """`allowed`: numbers that it may hold; `inside`: what a text says is looked at too. Raises Invalid for "file"."""
    try:
        upload = accept(name, data)
    except Invalid as error:
        raise Invalid(str(error), {"file": str(error)}) from error
    words = upload.name.replace("_", " ").rpartition(".")[0]
    for finding in find_pii(words, allowed):
        if finding.certain:
            wrong = f"The file's name holds personal data. {describe(finding, words, offered=False)} Give it another name."
            raise Invalid(wrong, {"file": wrong})
    if inside and upload.content_type in READABLE:
        guard.check_file_text(upload.data.decode(), read_text(data), allowed)
    return upload


def keep_bytes(upload: Upload, config: Config) -> tuple[str, str]:
    """(random name, what the scan says); outside of any transaction. Raises Invalid for malware, Full."""
    stored = file_store.write(config.attachments_dir, upload.data)
    if not config.scan_command:
        return stored, file_store.DEMO if config.demo else file_store.NOT_SCANNED
    said = file_store.scan(config.scan_command, config.attachments_dir / stored)
    if said == file_store.INFECTED:
        file_store.remove(config.attachments_dir, stored)
        raise Invalid(REFUSED_BY_SCAN, {"file": REFUSED_BY_SCAN})
    return stored, said


def keep_file(upload: Upload, config: Config, add: Callable[[Upload, str, str], bool]) -> bool:
    """Bytes first, then `add` in its own transaction, as add_file; bytes that it refuses go again."""
    stored, scan = keep_bytes(upload, config)
    try:
        is_new = add(upload, stored, scan)
    except Invalid:
        remove_bytes(stored, config)
        raise
    if not is_new:
        remove_bytes(stored, config)
    return is_new


def remove_bytes(stored: str, config: Config) -> None:
    file_store.remove(config.attachments_dir, stored)


def add_file(number: str, upload: Upload, stored: str, scan: str, *, by: By) -> bool:
    """False when the ticket has this very file already: a double click. Raises Invalid for "file"."""
    ticket = store.lock_ticket(number, by.actor)
    if not may_add(ticket, by.actor):
        raise NotAllowed("Your account may not add to this ticket.")
    there = file_store.list_files(ticket.id)
    if not _add(Attachment(ticket_id=ticket.id), there, upload, stored, scan, by.actor, by.now):
        return False
    note(ticket, "file_added", {"file": upload.name}, by)
    audit(by.actor, "add file", f"ticket:{number}", "ok", by.now)
    return True


def _add(
    row: Attachment,
    there: Sequence[Attachment],
    upload: Upload,
    stored: str,
    scan: str,
    actor: Actor,
    now: datetime,
) -> bool:
    digest = hashlib.sha256(upload.data).hexdigest()
    if digest in {one.sha256 for one in there}:
        return False
    if len(there) >= MOST:
        wrong = f"A ticket takes {MOST} files. Withdraw one first, or file what is new as a ticket."
        raise Invalid(wrong, {"file": wrong})
    row.name, row.content_type, row.size, row.sha256 = (
        upload.name, upload.content_type, len(upload.data), digest,
    )  # fmt: skip
    row.stored, row.scan, row.by, row.at = stored, scan, actor.id, now
    store.add(row)
    return True


def withdraw_file(number: str, id: int, reason: str, *, by: By) -> str:
    """The random name of what is now to be taken from the disk. Raises Invalid for "reason"."""
    ticket = store.lock_ticket(number, by.actor)
    row = file_store.get_file(number, id, by.actor)
    if not may_withdraw(ticket, by.actor):
        raise Conflict("A team has accepted this ticket: ask Tier 3 to withdraw the file.")
    reason = reason.strip()
    if not REASON_LEAST <= len(reason) <= REASON_MOST:
        wrong = f"Say why in {REASON_LEAST} to {REASON_MOST} characters"
        raise Invalid(f"{wrong}.", {"reason": wrong})
    if not ticket.privacy:
        guard.check_personal_data({"reason": reason}, guard.allowed(ticket, by.catalogue))
    row.withdrawn_at = by.now
    note(ticket, "file_withdrawn", {"file": row.name, "because": reason}, by)
    audit(by.actor, "withdraw file", f"ticket:{number}", "ok", by.now)
    return row.stored


def open_file(number: str, id: int, actor: Actor, config: Config) -> tuple[Attachment, bytes]:
    """Raises NotFound, or Conflict for what no malware scan has passed."""
    row = file_store.get_file(number, id, actor)
    if not can_open(row, config):
        raise Conflict("This file was not scanned for malware yet, so it cannot be opened.")
    return row, file_store.read(config.attachments_dir, row)


def can_open(row: Attachment, config: Config) -> bool:
    return row.scan == file_store.CLEAN or (config.demo and row.scan == file_store.DEMO)


def may_add(ticket: Ticket, actor: Actor) -> bool:
    return bool(sides_of(actor, standing(ticket)))


def may_withdraw(ticket: Ticket, actor: Actor) -> bool:
    """The desk until a team has accepted; Tier 3 always, since a picture may show what it must not."""
    return may_correct(standing(ticket), actor) or actor.may(Permission.TRIAGE)


def list_files(ticket: Ticket) -> list[Attachment]:
    return file_store.list_files(ticket.id)


# --- of a call, until it is filed


@dataclass(frozen=True, slots=True)
class CallFile:
    id: int
    name: str
    size: int
    scan: str


def list_call_files(intake_id: int) -> list[CallFile]:
    """Oldest first."""
    return [CallFile(row.id, row.name, row.size, row.scan) for row in file_store.list_of_call(intake_id)]


def add_call_file(
    intake_id: int, upload: Upload, stored: str, scan: str, *, actor: Actor, now: datetime
) -> bool:
    """As add_file. The caller holds the lock of the call."""
    there = file_store.list_of_call(intake_id)
    added = _add(Attachment(intake_id=intake_id), there, upload, stored, scan, actor, now)
    if added:
        audit(actor, "add file", f"intake:{intake_number(intake_id)}", "ok", now)
    return added


def withdraw_call_file(intake_id: int, id: int, *, actor: Actor, now: datetime) -> str:
    """The random name of what is now to be taken from the disk; empty when it is withdrawn already."""
    row = next((one for one in file_store.list_of_call(intake_id) if one.id == id), None)
    if row is None:
        return ""
    row.withdrawn_at = now
    audit(actor, "withdraw file", f"intake:{intake_number(intake_id)}", "ok", now)
    return row.stored


def drop_call_files(intake_ids: Sequence[int], now: datetime) -> None:
    """Of calls that end without a ticket."""
    if intake_ids:
        file_store.drop_of_calls(intake_ids, now)


# --- by itself


def scan_waiting(config: Config) -> list[tuple[int, str]]:
    """(id, what the scan says) of files that no scan has answered for; outside of any transaction."""
    if not config.scan_command:
        return []
    waiting = [(row.id, row.stored) for row in file_store.list_unscanned(RESCANNED)]
    said = [(id, file_store.scan(config.scan_command, config.attachments_dir / name)) for id, name in waiting]
    return [(id, answer) for id, answer in said if answer != file_store.NOT_SCANNED]


def note_scans(answers: list[tuple[int, str]], now: datetime) -> None:
    for id, answer in answers:
        row = file_store.get_row(id)
        row.scan = answer
        if answer == file_store.INFECTED:
            if row.ticket_id is not None:
                data = {"file": row.name}
                store.add(Event(ticket_id=row.ticket_id, kind="file_refused", at=now, data=data))
            audit(COMMAND_LINE, "scan file", f"file:{id}", answer, now)
