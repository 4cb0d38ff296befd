"""Which role holds which permission, and yes/no questions about one actor. Pure."""

from __future__ import annotations

from collections.abc import Collection

from portal.accounts.actor import COMMAND_LINE, Actor, Grant, Permission, Role, UserId

P = Permission

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset({P.READ, P.FILE, P.TICKETS}),
    Role.ANALYST: frozenset({P.READ, P.FILE, P.TICKETS, P.ALL_TICKETS, P.TRIAGE, P.REVIEW, P.TEAM}),
    Role.EDITOR: frozenset({P.READ, P.TICKETS, P.ACCEPT, P.EDIT, P.REVIEW, P.TEAM}),
    Role.DESK_LEAD: frozenset({P.READ, P.FILE, P.TICKETS, P.DESK, P.REVIEW}),
    Role.ADMIN: frozenset(
        {P.READ, P.EDIT, P.REVIEW, P.TEAM, P.ADMIN}
    ),  # an admin reads no ticket text unless also analyst
}
RANK = {Role.AGENT: 1, Role.DESK_LEAD: 2, Role.EDITOR: 2, Role.ANALYST: 3, Role.ADMIN: 4}


def permissions_of(grants: Collection[Grant], *, privacy: bool) -> frozenset[Permission]:
    """All that these grants allow; `privacy` is granted apart from every role."""
    held = frozenset[Permission]().union(*(ROLE_PERMISSIONS[grant.role] for grant in grants))
    return held | {P.PRIVACY} if privacy else held


def may_grant(actor: Actor, role: Role) -> bool:
    """Nobody grants a role above their own, and only admins grant."""
    return actor.may(P.ADMIN) and RANK[role] <= max((RANK[g.role] for g in actor.grants), default=0)


def may_edit(actor: Actor, owner: str) -> bool:
    """Articles of the own teams, and admins all."""
    return actor.may(P.EDIT) and (actor.may(P.ADMIN) or owner in actor.teams)


def may_keep_issue(actor: Actor, owner: str) -> bool:
    """Publish a known issue and say how it stands: the owning team, admins, and analysts without waiting for anybody."""
    return actor.may(P.TRIAGE) or may_edit(actor, owner) or actor == COMMAND_LINE


def may_approve(actor: Actor, owner: str, author: UserId) -> bool:
    """A second person of the owning team, or an admin: never who wrote it."""
    return may_edit(actor, owner) and actor.id != author
