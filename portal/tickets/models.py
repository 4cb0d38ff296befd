"""Tables of tickets, reports, references, links, events and counters."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, Table, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.append_only import make_append_only
from portal.core.db import Base


class Counter(Base):
    """Numbers are raised inside the filing transaction: `name` is "ticket-2026" or "report"."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


def _of_few(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Ticket(Base):
    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_team_state", "team", "state", "privacy", "desk"),  # covers the counts of all queues
        Index("ix_ticket_desk_filed", "desk", "filed_at"),
        Index("ix_ticket_tool_filed", "tool", "filed_at"),
        Index("ix_ticket_state_due_at", "state", "due_at"),
        # Of the few that have it: they cost an ordinary filing nothing.
        _of_few("ix_ticket_code_filed", "error_code", "filed_at", where="error_code IS NOT NULL"),
        _of_few("ix_ticket_state_follow_up_at", "state", "follow_up_at", where="follow_up_at IS NOT NULL"),
        _of_few("ix_ticket_severity_taken_at", "severity", "taken_at", where="severity = 'critical'"),
        _of_few("ix_ticket_taken_by_state", "taken_by", "state", where="taken_by IS NOT NULL"),
        _of_few(
            "ix_ticket_known_issue_id_filed_at",
            "known_issue_id",
            "filed_at",
            where="known_issue_id IS NOT NULL",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    intake_id: Mapped[int | None] = mapped_column(ForeignKey("intake.id"), unique=True)
    filed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    filed_at: Mapped[datetime] = mapped_column(index=True)
    desk: Mapped[str]
    origin: Mapped[str]
    tool: Mapped[str]
    sub_area: Mapped[str | None]
    team: Mapped[str | None]
    route_because: Mapped[str]
    state: Mapped[str]
    state_at: Mapped[datetime]  # of the last move
    hold_reason: Mapped[str | None]
    follow_up_at: Mapped[datetime | None]
    held_state: Mapped[str | None]  # where a ticket on hold goes back to
    taken_at: Mapped[datetime | None]  # when a person first did something with it
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))  # the analyst who took it last
    due_at: Mapped[datetime | None]  # when its next target or follow-up is reached; None: nobody has to act
    severity: Mapped[str]
    snow_severity: Mapped[str]
    severity_because: Mapped[str]
    audience: Mapped[str]
    platform: Mapped[str | None]
    facilities: Mapped[list[str]]
    ehr: Mapped[str | None]
    error_code: Mapped[str | None]
    alert_words: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str]
    details: Mapped[str]
    facts: Mapped[dict[str, Any]]
    not_known: Mapped[list[str]]
    shown: Mapped[list[str]]
    refused: Mapped[list[str]]
    override_reason: Mapped[str]
    evaluation_id: Mapped[int | None] = mapped_column(ForeignKey("evaluation.id"))
    known_issue_id: Mapped[str | None]
    privacy: Mapped[bool]
    caller_text: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)

    references: Mapped[list[ExternalRef]] = relationship(order_by="ExternalRef.id")
    events: Mapped[list[Event]] = relationship(order_by="Event.id")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ExternalRef(Base):
    __tablename__ = "external_ref"
    __table_args__ = (
        UniqueConstraint("ticket_id", "system", "value"),
        Index("ix_external_ref_value", "value"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    system: Mapped[str]
    value: Mapped[str]


class Link(Base):
    """A ticket that belongs to a known issue. The history of a link taken away stands in the events."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("ticket_id", "known_issue_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    known_issue_id: Mapped[str] = mapped_column(index=True)
    why: Mapped[str]
    by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))  # None: the portal itself
    at: Mapped[datetime]


class Rejection(Base):
    """ "Not this": a known issue that an analyst does not want to be shown again for this ticket."""

    __tablename__ = "rejection"
    __table_args__ = (UniqueConstraint("ticket_id", "known_issue_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    known_issue_id: Mapped[str]
    by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]


class Report(Base):
    """One more caller with a known issue; the same record number counts once."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("known_issue_id", "external_ref"),
        Index("ix_report_known_issue_id_at", "known_issue_id", "at"),
        Index("ix_report_ticket_id", "ticket_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    known_issue_id: Mapped[str]
    intake_id: Mapped[int | None] = mapped_column(ForeignKey("intake.id"), unique=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))  # the linked ticket that it counts
    by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    desk: Mapped[str]
    origin: Mapped[str]
    external_ref: Mapped[str | None] = mapped_column(index=True)
    facility: Mapped[str | None]
    ehr: Mapped[str | None]
    platform: Mapped[str | None]
    at: Mapped[datetime]
    via: Mapped[str]
    again_at: Mapped[datetime | None]  # somebody called back: it still happens
    stopped_at: Mapped[datetime | None]


class SpikeRow(Base):
    """A possible new problem: what rose, its tickets, and what an analyst said of it."""

    __tablename__ = "spike"
    __table_args__ = (Index("ix_spike_state_at", "state", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    tool: Mapped[str]
    facility: Mapped[str]
    words: Mapped[str]
    because: Mapped[str]
    since: Mapped[datetime]
    numbers: Mapped[list[str]]  # of tickets, and of reports that have none
    state: Mapped[str]
    reason: Mapped[str]
    known_issue_id: Mapped[str | None]
    opened_at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]  # when it last grew, or was decided on


class Question(Base):
    """One question to the caller; its answer fills `fact`. An empty answer: the caller does not know."""

    __tablename__ = "question"
    __table_args__ = (
        Index("ix_question_ticket_id", "ticket_id"),
        Index("ix_question_open", "answered_at", "withdrawn_at", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    fact: Mapped[str | None]
    words: Mapped[str]
    kind: Mapped[str]
    choices: Mapped[list[str]]
    asked_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    asked_at: Mapped[datetime]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]


class Follow(Base):
    """Somebody who wants to hear of a ticket or a known issue; `what` is its number or its article id."""

    __tablename__ = "follow"
    __table_args__ = (Index("ix_follow_what", "what"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Notice(Base):
    """Something happened to `what` (see Follow), said by its `kind` and nothing else. To one person, or to all of a group."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("(to_user IS NULL) <> (to_group IS NULL)", name="one_addressee"),
        Index("ix_notice_to_user_at", "to_user", "at"),
        Index("ix_notice_to_group_at", "to_group", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    to_user: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    to_group: Mapped[str | None]
    kind: Mapped[str]
    what: Mapped[str]
    by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]


class NoticeSeen(Base):
    """Up to which notice of `what` a person has read; an empty `what` stands for all of them."""

    __tablename__ = "notice_seen"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    notice_id: Mapped[int]


class IssueMade(Base):
    """A known issue that somebody makes, with the tickets it is made from. Kept before its commit: whatever stops the portal
    between the commit and the links, they follow. `key`: of the form, so that it is made once."""

    __tablename__ = "issue_made"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    article_id: Mapped[str] = mapped_column(unique=True)
    tickets: Mapped[list[str]]
    by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class IssueSeen(Base):
    """How a known issue stood when its consequences were drawn last: whatever moved main, the next look finds what changed.

    `changed_at`: when its status was seen to change; `quiet_at`: when an analyst said that later reports are another problem.
    """

    __tablename__ = "issue_seen"

    known_issue_id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    workaround: Mapped[list[str]]
    caller_text: Mapped[str]
    merged_into: Mapped[str | None]
    changed_at: Mapped[datetime]
    quiet_at: Mapped[datetime | None]


class Event(Base):
    """Append only: database triggers refuse UPDATE and DELETE. Clocks, notices and every figure derive from it."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_returned", "at", sqlite_where=text("kind = 'returned'"), postgresql_where=text("kind = 'returned'")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]


make_append_only(cast(Table, Event.__table__))


class Attachment(Base):
    """A file on a ticket, or on a call that is not filed yet. `stored`: its random name in the instance folder; `scan`: clean,
    infected, not scanned, none (demo)."""

    __tablename__ = "attachment"
    __table_args__ = (CheckConstraint("ticket_id IS NOT NULL OR intake_id IS NOT NULL", name="one_owner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    intake_id: Mapped[int | None] = mapped_column(ForeignKey("intake.id"), index=True)
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    stored: Mapped[str] = mapped_column(unique=True)
    scan: Mapped[str] = mapped_column(index=True)
    by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class TicketView(Base):
    """Who opened a ticket last and when, so that two analysts do not read the same one unknowingly."""

    __tablename__ = "ticket_view"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str]  # the role in words, never a name


class SavedView(Base):
    """A list with its filters under a name of one person's. `query` is the part of the address after "?"."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    name: Mapped[str]
    query: Mapped[str]


class BulkMove(Base):
    """One move of many tickets: chosen, looked at, done, perhaps undone. Its tickets say how far it has come."""

    __tablename__ = "bulk_move"
    __table_args__ = (Index("ix_bulk_move_by_done_at", "by", "done_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]
    move: Mapped[str]
    given: Mapped[dict[str, Any]]
    query: Mapped[str]  # of the list that it began in
    begun_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    undo_at: Mapped[datetime | None]  # when undoing began


class BulkTicket(Base):
    """`version`: of the ticket as it was chosen, later as the move left it. `before`: what undoing puts back."""

    __tablename__ = "bulk_ticket"
    __table_args__ = (UniqueConstraint("bulk_id", "ticket_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    bulk_id: Mapped[int] = mapped_column(ForeignKey("bulk_move.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    version: Mapped[int]
    result: Mapped[str]  # waiting | moved | refused | undone | kept
    why: Mapped[str]  # it was refused, or could not be undone
    before: Mapped[dict[str, Any]]
