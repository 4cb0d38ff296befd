"""Queueing a mail, inside the transaction of what it tells of, and one pass over what is due."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.accounts import service as accounts
from portal.accounts.actor import COMMAND_LINE
from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import transaction
from portal.core.pii import find_pii
from portal.mail import store
from portal.mail.message import LONGEST_WAIT, build, next_try
from portal.mail.message import Letter as Letter
from portal.mail.smtp import Later, Mailbox, Refused, Stopped
from portal.mail.store import delete_ended as delete_ended
from portal.mail.store import list_ended as list_ended
from portal.mail.store import remove_words as remove_words

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=2)  # longer than a server that answers slowly can hold one mail up
MOST = 500  # mails of one pass


def queue_mail(letter: Letter, config: Config, now: datetime) -> bool:
    """Inside the caller's transaction: what rolls back sends nothing. False, and nothing is queued, when mail is not set up,
    when the person takes none, or when a letter with this dedupe_key was queued before.
    """
    if not config.mail_host:
        return False
    if letter.to_user_id is not None and accounts.mail_address(letter.to_user_id) is None:
        return False
    return store.insert(letter, now)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass did; `stopped` says why it ended before the queue did."""

    delivered: int = 0
    later: int = 0
    failed: int = 0
    stopped: str = ""


def send_due(config: Config) -> Pass:
    """Send what is due, each mail in a try of its own: taken with a lease, sent with no transaction open, marked.

    A sender that dies in between leaves the lease; whoever takes the mail next sends it under the same Message-ID.
    """
    delivered = later = failed = 0
    with Mailbox(config) as mailbox:
        for _ in range(MOST):
            now = utcnow()
            with transaction():
                claimed = store.claim(now, now + LEASE)
                to = _receiver(claimed) if claimed else None
            if claimed is None:
                break
            state, error, stopped = _try(claimed, to, config, mailbox)
            due_at = next_try(claimed.tries, claimed.queued_at, utcnow()) if state == "queued" else None
            if state == "queued" and due_at is None:
                state, due_at = ("queued", utcnow() + LONGEST_WAIT) if stopped else ("failed", None)
            with transaction():
                store.mark(claimed, state, error=error, due_at=due_at)
            delivered, later, failed = (
                delivered + (state == "delivered"), later + (state == "queued"), failed + (state == "failed"),
            )  # fmt: skip
            if state != "delivered":
                logger.warning("mail %s of kind %s is %s: %s", claimed.id, claimed.letter.kind, state, error)
            if stopped:
                return Pass(delivered, later, failed, error)
    return Pass(delivered, later, failed)


def _receiver(claimed: store.Claimed) -> str | None:
    letter = claimed.letter
    return letter.address if letter.to_user_id is None else accounts.mail_address(letter.to_user_id)


def _try(claimed: store.Claimed, to: str | None, config: Config, mailbox: Mailbox) -> tuple[str, str, bool]:
    """(state after the try, error, whether the pass must end)."""
    letter = claimed.letter
    if to is None:
        return "failed", "this person takes no mail any more", False
    try:
        if kinds := sorted(
            {str(one.kind) for one in find_pii(f"{letter.subject}\n{letter.body}") if one.certain}
        ):
            return "failed", f"held: it holds personal data ({', '.join(kinds)})", False
        sender, host = config.mail_from, config.public_host
        mailbox.send(build(letter, sender=sender, to=to, host=host, at=claimed.queued_at))
    except Refused as error:
        return "failed", str(error), False
    except Later as error:
        return "queued", str(error), False
    except Stopped as error:
        return "queued", str(error), True
    except Exception as error:
        logger.exception("a mail could not be built or sent")
        return "failed", type(error).__name__, False
    return "delivered", "", False


@dataclass(frozen=True, slots=True)
class Queue:
    """How it stands, for admins; `error` without any text of a mail."""

    waiting: int
    failed: int
    error: str


def queue_state() -> Queue:
    counts = store.counts()
    return Queue(
        counts.get("queued", 0) + counts.get("sending", 0), counts.get("failed", 0), store.last_error()
    )


def retry_failed(now: datetime) -> int:
    """Queue again what failed; how many. In a transaction."""
    count = store.requeue_failed(now)
    accounts.audit(COMMAND_LINE, "retry mail", "mail", f"{count} queued", now)
    return count
