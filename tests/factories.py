"""`make_x(**kw)` saves a row and needs an app context; `an_x(**kw)` builds a value. Sensible defaults for the
rest.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import insert
from werkzeug.security import generate_password_hash

from portal.accounts import store
from portal.accounts.actor import Actor, Desk, Grant, Role, UserId
from portal.accounts.models import User
from portal.accounts.policy import permissions_of
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.criteria.severity import Severity
from portal.knowledge.access import current_snapshot
from portal.tickets import service as tickets
from portal.tickets.ticket import Basis, Origin, ReportDraft, TicketDraft, Via

PASSWORD = "correct horse battery"
DESKS = {Role.AGENT: Desk.HRC, Role.DESK_LEAD: Desk.HRC}


@cache
def quick_hash(password: str = PASSWORD) -> str:
    """Few rounds: the tests check what the portal does with a password, not how slow it is."""
    return generate_password_hash(password, "pbkdf2:sha256:10")


def an_actor(role: Role | None = Role.AGENT, *, privacy: bool = False, **values: object) -> Actor:
    grants = frozenset({Grant(role)} if role else ())
    given = {
        "id": UserId(1), "name": "Agent", "email": "agent@example.org", "desk": DESKS.get(role, Desk.NONE),
        "grants": grants, "permissions": permissions_of(grants, privacy=privacy),
    }  # fmt: skip
    return Actor(**{**given, **values})  # type: ignore[arg-type]


def make_user(
    role: Role | None = Role.AGENT,
    *,
    email: str | None = None,
    name: str = "",
    desk: Desk | None = None,
    scope: str = "",
    privacy: bool = False,
) -> Actor:
    """An account with PASSWORD and at most one role, such as agent@example.org."""
    email = email or f"{role or 'nobody'}@example.org"
    with transaction():
        values = {
            "email": email, "name": name or email.split("@")[0].capitalize(), "privacy": privacy,
            "desk": desk or DESKS.get(role, Desk.NONE), "password_hash": quick_hash(),
        }  # fmt: skip
        user_id = db.session.execute(insert(User).values(**values).returning(User.id)).scalar_one()
        if role:
            store.insert_grant(user_id, Grant(role, scope))
    actor = store.find_actor(email)
    db.session.rollback()
    assert actor is not None
    return actor


def a_basis(outcome: str = "escalate", **values: Any) -> Basis:
    """A decision that was made by no table of today."""
    given: dict[str, Any] = {
        "article_id": "sm-when-to-escalate", "revision": "0" * 40, "answers": {}, "rule": None,
        "because": "It fails again after signing in anew.",
    }  # fmt: skip
    return Basis(**{**given, "outcome": outcome, **values})


def a_ticket_draft(actor: Actor, **values: Any) -> TicketDraft:
    given: dict[str, Any] = {
        "origin": Origin.HRC, "tool": "secure-messaging", "audience": "veteran", "title": "SM - Reply fails: SM98",
        "summary": "The reply is not sent.", "severity": Severity.MEDIUM, "snow_severity": "medium",
        "severity_because": "One person is stopped.", "basis": a_basis(), "desk": str(actor.desk),
        "caller_text": "The team is working on it.",
    }  # fmt: skip
    return TicketDraft(**{**given, **values})


def make_ticket(actor: Actor, *, now: datetime | None = None, **values: Any) -> str:
    """Filed by the service, with the catalogue served; gives its number."""
    draft = a_ticket_draft(actor, **values)
    with transaction():
        catalogue = current_snapshot().catalogue
        checked = tickets.checked(draft, catalogue)
        ticket = tickets.file_ticket(checked, actor=actor, catalogue=catalogue, now=now or utcnow())
        return ticket.number


def make_report(actor: Actor, known_issue_id: str, *, now: datetime | None = None, **values: Any) -> str:
    given: dict[str, Any] = {
        "origin": Origin.HRC, "desk": str(actor.desk), "intake_id": None, "reference": None, "facility": None,
        "ehr": None, "platform": "web", "via": Via.INTAKE,
    }  # fmt: skip
    draft = ReportDraft(**{"known_issue_id": known_issue_id, **given, **values})
    with transaction():
        return tickets.add_report(draft, actor=actor, now=now or utcnow()).number
