"""All SQL of followers and notices. What a person may not see is left out at reading, so that a notice never outlives a right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from portal.accounts.actor import Actor, Permission
from portal.core.db import UTCDateTime, among, core, db
from portal.tickets.models import Follow, Notice, NoticeSeen, Ticket
from portal.tickets.notice import DESK_KINDS, INSIDE, KEPT, Told, groups_of
from portal.tickets.store import visible_to
from portal.tickets.ticket import State

MOST = 200
ALL = ""
_INSERT: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _insert(table: type[Follow] | type[NoticeSeen]) -> Any:
    return _INSERT[db.engine.dialect.name](cast(Table, table.__table__))


# --- who follows what


def follow(user_id: int, what: str, now: datetime) -> None:
    core(_insert(Follow).on_conflict_do_nothing(), {"user_id": user_id, "what": what, "at": now})


def unfollow(user_id: int, what: str) -> None:
    core(delete(Follow).where(Follow.user_id == user_id, Follow.what == what))


def is_following(user_id: int, what: str) -> bool:
    return core(select(Follow.what).where(Follow.user_id == user_id, Follow.what == what)).first() is not None


def list_followed(actor: Actor) -> dict[str, str]:
    """With the titles of tickets; newest first, without what this person may no longer see."""
    rows = (
        select(Follow.what, Ticket.title)
        .outerjoin(Ticket, Ticket.number == Follow.what)
        .where(Follow.user_id == actor.id, or_(Ticket.id.is_(None), visible_to(actor)))
        .order_by(Follow.at.desc(), Follow.what)
    )
    return {what: title or "" for what, title in db.session.execute(rows)}


# --- notices


def tell_followers(what: str, kind: str, by: int | None, now: datetime) -> None:
    """One notice for each of them, but for who did it."""
    followers = select(
        Follow.user_id, literal(kind), literal(what), literal(by, Integer), literal(now, UTCDateTime())
    ).where(Follow.what == what)
    if by is not None:
        followers = followers.where(Follow.user_id != by)
    core(insert(Notice).from_select(["to_user", "kind", "what", "by", "at"], followers))


def tell_linked(known_issue_id: str, kind: str, now: datetime) -> None:
    """Those who follow a ticket that is linked to this known issue."""
    followers = (
        select(Follow.user_id, literal(kind), Ticket.number, literal(now, UTCDateTime()))
        .join(Ticket, Ticket.number == Follow.what)
        .where(Ticket.known_issue_id == known_issue_id, Ticket.state == State.LINKED)
    )
    core(insert(Notice).from_select(["to_user", "kind", "what", "at"], followers))


def tell_groups(groups: Sequence[str], what: str, kind: str, by: int | None, now: datetime) -> None:
    if groups:
        same = {"kind": kind, "what": what, "by": by, "at": now}
        core(insert(Notice), [{"to_group": group, **same} for group in groups])


def tell_people(people: Sequence[int], what: str, kind: str, by: int | None, now: datetime) -> None:
    if people:
        same = {"kind": kind, "what": what, "by": by, "at": now}
        core(insert(Notice), [{"to_user": one, **same} for one in people])


def take_back(what: str, kind: str) -> None:
    """Nobody has to do it any more."""
    core(delete(Notice).where(Notice.what == what, Notice.kind == kind))


def _to(actor: Actor) -> ColumnElement[bool]:
    return or_(Notice.to_user == actor.id, among(Notice.to_group, groups_of(actor)))


def _for(actor: Actor) -> list[ColumnElement[bool]]:
    """What this person is told and may see; the ticket of a notice is joined."""
    stands = [and_(Notice.kind == kind, Ticket.state == state) for kind, state in DESK_KINDS.items()]
    return [
        _to(actor),
        Notice.at > bindparam("since", type_=UTCDateTime()),
        or_(Notice.by.is_(None), Notice.by != actor.id),
        or_(Ticket.id.is_(None), visible_to(actor)),
        or_(~among(Notice.kind, INSIDE), _sees_inside(actor)),
        or_(Notice.to_user.is_not(None), ~among(Notice.kind, DESK_KINDS), *stands),
    ]


def _sees_inside(actor: Actor) -> ColumnElement[bool]:
    """Whether internal notes of the ticket are for this person."""
    return literal(True) if actor.may(Permission.TRIAGE) else among(Ticket.team, sorted(actor.teams))


def _is_new(actor: Actor) -> ColumnElement[bool]:
    seen = (
        select(func.coalesce(func.max(NoticeSeen.notice_id), 0))
        .where(NoticeSeen.user_id == actor.id, or_(NoticeSeen.what == Notice.what, NoticeSeen.what == ALL))
        .correlate(Notice)
        .scalar_subquery()
    )
    return Notice.id > seen


def count_new(actor: Actor) -> Select[int]:
    """How many, for the menu of every page; binds `since`. Who follows a ticket and belongs to a group that is told of it is
    told once.
    """
    once = (
        select(Notice.what, Notice.kind, Notice.at)
        .outerjoin(Ticket, Ticket.number == Notice.what)
        .where(*_for(actor), _is_new(actor))
        .distinct()
    )
    return select(func.count()).select_from(once.subquery())


def list_notices(actor: Actor, now: datetime) -> list[Told]:
    """The newest first, at most 200."""
    id, is_new = func.max(Notice.id), func.max(_as_number(_is_new(actor)))
    rows = (
        select(Notice.what, Notice.kind, Notice.at, func.max(Ticket.tool), is_new)
        .outerjoin(Ticket, Ticket.number == Notice.what)
        .where(*_for(actor))
        .group_by(Notice.what, Notice.kind, Notice.at)
        .order_by(id.desc())
        .limit(MOST)
    )
    found = db.session.execute(rows, {"since": now - KEPT})
    return [Told(what, kind, at, tool or "", bool(new)) for what, kind, at, tool, new in found]


def _as_number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.cast(condition, Integer)


def mark_read(actor: Actor, what: str) -> None:
    """All that there is now about `what`; writes nothing when there is nothing."""
    newest = core(select(func.max(Notice.id)).where(_to(actor), Notice.what == what)).scalar()
    if newest:
        _set_seen(actor.id, what, newest)


def mark_all_read(actor: Actor, now: datetime) -> None:
    """What is known by ticket needs no rows any more, and notices that nobody is shown go with it."""
    core(delete(NoticeSeen).where(NoticeSeen.user_id == actor.id))
    delete_old(now)
    newest = core(select(func.max(Notice.id)).where(_to(actor))).scalar()
    if newest:
        _set_seen(actor.id, ALL, newest)


def delete_old(now: datetime) -> int:
    """Notices that nobody is shown, and what was read of them: SQLite may give their ids to new ones. How many."""
    gone = core(delete(Notice).where(Notice.at <= now - KEPT)).rowcount
    first, last = (func.coalesce(select(of(Notice.id)).scalar_subquery(), 0) for of in (func.min, func.max))
    core(delete(NoticeSeen).where(or_(NoticeSeen.notice_id < first, NoticeSeen.notice_id > last)))
    return gone


def _set_seen(user_id: int, what: str, notice_id: int) -> None:
    seen = _insert(NoticeSeen).on_conflict_do_update(
        index_elements=["user_id", "what"], set_={"notice_id": notice_id}
    )
    core(seen, {"user_id": user_id, "what": what, "notice_id": notice_id})
