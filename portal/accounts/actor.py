"""The person (or program) who acts: frozen values that every service is handed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

UserId = NewType("UserId", int)
TeamId = NewType("TeamId", str)


class Role(StrEnum):
    AGENT = "agent"
    ANALYST = "analyst"
    EDITOR = "editor"
    DESK_LEAD = "desk_lead"
    ADMIN = "admin"


class Desk(StrEnum):
    HRC = "hrc"
    ESD = "esd"
    TIER2 = "tier2"
    NONE = "none"


DESK_NAMES = {
    Desk.HRC: "HRC help desk (Tier 1)",
    Desk.ESD: "Enterprise Service Desk (Tier 1)",
    Desk.TIER2: "HRC technical support (Tier 2)",
    Desk.NONE: "No desk",
}


ROLE_NAMES = {
    Role.AGENT: "Agent",
    Role.ANALYST: "Tier 3 analyst",
    Role.EDITOR: "Editor",
    Role.DESK_LEAD: "Desk lead",
    Role.ADMIN: "Admin",
}


class Permission(StrEnum):
    """What an endpoint or a service may ask for; which role holds which stands in policy.py."""

    READ = "read"  # articles, search, decisions
    FILE = "file"  # intake, reports, look-up card
    TICKETS = (
        "tickets"  # ticket pages and lists: the own desk's, the own teams' or all, by the store's object rule
    )
    ALL_TICKETS = "all_tickets"
    TRIAGE = "triage"
    ACCEPT = "accept"  # take a routed ticket for an own team
    EDIT = "edit"  # articles of own teams; admins all
    REVIEW = "review"  # how well the articles cover the work
    TEAM = "team"  # the page of a tool team
    DESK = "desk"
    ADMIN = "admin"
    PRIVACY = "privacy"  # granted by itself, part of no role


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, for editors limited to a team and for desk leads to a desk by `scope`."""

    role: Role
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is the display name of the account (a role's name in demo data), used as author of commits."""

    id: UserId
    name: str
    email: str
    desk: Desk
    grants: frozenset[Grant]
    permissions: frozenset[Permission]
    timezone: str = ""
    compact: bool = False
    keys: bool = True
    mail: bool = True

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    @property
    def teams(self) -> frozenset[TeamId]:
        """The tool teams whose tickets and articles are the person's own."""
        return frozenset(TeamId(g.scope) for g in self.grants if g.role is Role.EDITOR and g.scope)


COMMAND_LINE = Actor(
    id=UserId(0),
    name="command line",
    email="cli",
    desk=Desk.NONE,
    grants=frozenset({Grant(Role.ADMIN)}),
    permissions=frozenset({Permission.ADMIN}),
)
