"""SQL of reports: who called about which known issue, and the counts. Known issues that were merged count as one."""

from __future__ import annotations

import json
from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from portal.core.db import core, db
from portal.knowledge.article import final_of
from portal.tickets.models import (
    ExternalRef,
    IssueSeen,
    Report,
    Ticket,
)
from portal.tickets.ticket import Counts, Reference

HOURS, DAYS = 12, 14
DAY = timedelta(hours=24)
_AGO = (*(timedelta(hours=ago + 1) for ago in range(HOURS)), *(DAY * (ago + 1) for ago in range(DAYS)))


def find_report(number: str) -> Report | None:
    return db.session.scalar(select(Report).where(Report.number == number))


def find_same_report(known_issue_id: str, external_ref: str | None, intake_id: int | None) -> Report | None:
    """The report that already counts this call: the same record on the same known issue, or the same intake."""
    same: list[ColumnElement[bool]] = []
    if external_ref:
        linked = select(ExternalRef.ticket_id).where(ExternalRef.value == external_ref)
        counted = or_(Report.external_ref == external_ref, Report.ticket_id.in_(linked))
        same.append(and_(Report.known_issue_id.in_(same_issue(known_issue_id)), counted))
    if intake_id is not None:
        same.append(Report.intake_id == intake_id)
    return db.session.scalar(select(Report).where(or_(*same)).order_by(Report.id).limit(1)) if same else None


def list_reports_of_reference(reference: Reference) -> list[Report]:
    """Oldest first; without those that only count a linked ticket, which stands under the number itself."""
    rows = select(Report).where(Report.external_ref == reference.value, Report.ticket_id.is_(None))
    return list(db.session.scalars(rows.order_by(Report.id)))


def list_reports_of_intake(intake_id: int) -> list[Report]:
    return list(db.session.scalars(select(Report).where(Report.intake_id == intake_id).order_by(Report.id)))


def find_report_of_ticket(ticket_id: int) -> Report | None:
    """The report that counts because this ticket is linked."""
    return db.session.scalar(select(Report).where(Report.ticket_id == ticket_id))


def find_counted(
    known_issue_id: str, external_refs: Sequence[str], intake_id: int | None, except_for: int
) -> Report | None:
    """Another report on this issue that counts one of these records or this call; `except_for`: a ticket's own."""
    same: list[ColumnElement[bool]] = [Report.external_ref.in_(external_refs)]
    if intake_id is not None:
        same.append(Report.intake_id == intake_id)
    others = or_(Report.ticket_id.is_(None), Report.ticket_id != except_for)
    issues = same_issue(known_issue_id)
    rows = select(Report).where(Report.known_issue_id.in_(issues), or_(*same), others)
    return db.session.scalar(rows.order_by(Report.id).limit(1))


def forget_counts() -> None:
    """Those that this process keeps; others count anew within a minute."""
    global _counted
    _counted = None


def remove_report(report: Report) -> None:
    """Its number is not given again."""
    forget_counts()
    db.session.delete(report)
    db.session.flush()


def count_reports(known_issue_id: str) -> int:
    """Callers; of known issues that were merged each record once."""
    issues = same_issue(known_issue_id)
    calls = func.coalesce(Report.external_ref, literal("#") + cast(Report.id, Text))
    return (
        db.session.scalar(select(func.count(calls.distinct())).where(Report.known_issue_id.in_(issues))) or 0
    )


_NEWEST_REPORT = select(Report.id, Report.at).order_by(Report.id.desc()).limit(1)
_counted: tuple[tuple[object, ...], dict[str, Counts]] | None = None


def report_counts(ids: Iterable[str], now: datetime) -> dict[str, Counts]:
    """Issues without reports are left out. Every page with the shell asks, so the last answer of this process is kept.

    It stands until another report is the newest, or the minute changes: one look at the key's end instead of all reports.
    """
    global _counted
    newest = core(_NEWEST_REPORT).first()
    if newest is None:
        return {}
    key = (*newest, now.replace(second=0, microsecond=0))
    kept = _counted
    if kept is None or kept[0] != key:
        kept = _counted = key, _count_reports(now)
    return {id: kept[1][id] for id in ids if id in kept[1]}


def _count_reports(now: datetime) -> dict[str, Counts]:
    """Two passes over one index: all reports by issue, then those of the last days by hour and day. Merged ones apart."""
    together = merged_groups()
    alone = Report.known_issue_id.not_in({id for group in together.values() for id in group})
    totals = db.session.execute(
        select(Report.known_issue_id, func.count(), func.min(Report.at), func.max(Report.at))
        .where(alone)
        .group_by(Report.known_issue_id)
    ).all()
    lately = (Report.at > now - DAYS * DAY, alone)
    place = case(*((Report.at > now - ago, place) for place, ago in enumerate(_AGO)), else_=len(_AGO))
    placed = db.session.execute(
        select(Report.known_issue_id, place.label("place"), func.count())
        .where(*lately)
        .group_by(Report.known_issue_id, literal_column("place"))
    ).all()
    by_place: dict[str, dict[int, int]] = {}
    for issue, at, count in placed:
        by_place.setdefault(issue, {})[at] = count
    found = {
        issue: _counts(by_place.get(issue, {}), total, first_at, last_at)
        for issue, total, first_at, last_at in totals
    }
    return found | {final: _count_group(ids, now) for final, ids in together.items()}


def _counts(by_place: Mapping[int, int], total: int, first_at: datetime, last_at: datetime) -> Counts:
    today = sum(by_place.get(place, 0) for place in range(HOURS + 1))
    hours = tuple(by_place.get(HOURS - 1 - place, 0) for place in range(HOURS))
    days = tuple(by_place.get(HOURS + ago, 0) for ago in range(DAYS - 1, 0, -1))
    return Counts(today, total, hours, (*days, today), first_at, last_at)


def _count_group(ids: Sequence[str], now: datetime) -> Counts:
    """Of known issues that are one now: a record that several of them count is one caller, the first time."""
    rows = select(Report.external_ref, Report.at).where(Report.known_issue_id.in_(ids)).order_by(Report.at)
    first = {ref or object(): at for ref, at in reversed(db.session.execute(rows).all())}
    moments = sorted(first.values())
    places = Tally(next((i for i, ago in enumerate(_AGO) if at > now - ago), len(_AGO)) for at in moments)
    return _counts(places, len(moments), moments[0], moments[-1]) if moments else Counts()


def merged_groups() -> dict[str, list[str]]:
    """Known issue -> itself and all that ended in it, for those that others were merged into."""
    rows = db.session.execute(
        select(IssueSeen.known_issue_id, IssueSeen.merged_into).where(IssueSeen.merged_into.is_not(None))
    )
    steps = {id: into for id, into in rows if into}
    groups: dict[str, list[str]] = {}
    for id in sorted(steps):
        final = final_of(id, steps)
        if final != id:
            groups.setdefault(final, [final]).append(id)
    return groups


def same_issue(known_issue_id: str) -> list[str]:
    """All known issues that are this one now."""
    return next((ids for ids in merged_groups().values() if known_issue_id in ids), [known_issue_id])


def count_calls(
    known_issue_ids: Sequence[str], error_code: str | None, facility: str | None, now: datetime
) -> int:
    """Different calls of the last 24 hours with one of these known issues, or with this code at this facility."""
    recent_report = and_(Report.at > now - DAY, Report.ticket_id.is_(None))  # a linked ticket counts itself
    recent_ticket = Ticket.filed_at > now - DAY
    parts: list[Select[str]] = []
    known_issue_ids = [same for issue in known_issue_ids for same in same_issue(issue)]
    if known_issue_ids:
        parts.append(
            select(_call("r", Report)).where(recent_report, Report.known_issue_id.in_(known_issue_ids))
        )
        parts.append(
            select(_call("t", Ticket)).where(
                recent_ticket, Ticket.privacy.is_(False), Ticket.known_issue_id.in_(known_issue_ids)
            )
        )
    if error_code and facility:
        parts.append(
            select(_call("t", Ticket)).where(
                recent_ticket,
                Ticket.privacy.is_(False),
                Ticket.error_code == error_code,
                cast(Ticket.facilities, Text).contains(json.dumps(facility), autoescape=True),
            )
        )
    if not parts:
        return 0
    calls = parts[0].union(*parts[1:]).subquery()
    return db.session.scalar(select(func.count()).select_from(calls)) or 0


def _call(letter: str, table: type[Report] | type[Ticket]) -> ColumnElement[str]:
    """The call behind a row: its intake where there is one, since one call may leave a report and a ticket."""
    own = literal(letter) + cast(table.id, Text)
    return func.coalesce(literal("i") + cast(table.intake_id, Text), own).label("call")
