"""What a mail is and how it looks on the wire. Pure."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Letter:
    """To a person of the portal, or else to an address. `kind` says what it is about, such as `weekly`.

    `dedupe_key` stands for the reason of the mail (`weekly:sm:2026-W48:12`): a second letter with it is not queued.
    """

    kind: str
    dedupe_key: str
    subject: str
    body: str
    to_user_id: int | None = None
    address: str | None = None


def build(letter: Letter, *, sender: str, to: str, host: str, at: datetime) -> EmailMessage:
    """Plain text. The same letter gives the same Message-ID and date whenever it is built; no header spans lines."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _one_line(sender)
    message["To"] = _one_line(to)
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{hashlib.sha256(letter.dedupe_key.encode()).hexdigest()[:32]}@{host}>"
    message["Auto-Submitted"] = "auto-generated"  # so that no absence note answers it
    message.set_content(letter.body)
    return message


def _one_line(text: str) -> str:
    """Without line breaks and other control characters: nobody adds a header by what they type."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def next_try(tries: int, queued_at: datetime, now: datetime) -> datetime | None:
    """When to try again after this many tries that failed for now; None four hours after it was queued.

    5 s, doubled each time, at most 15 min, and up to a quarter more, so that many do not come back together.
    """
    if now - queued_at >= GIVE_UP_AFTER:
        return None
    wait: timedelta = min(FIRST_WAIT * 2 ** min(tries - 1, 20), LONGEST_WAIT)
    return now + wait + wait * random.random() / 4
