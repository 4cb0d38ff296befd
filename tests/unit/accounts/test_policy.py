from __future__ import annotations

import pytest

from portal.accounts.actor import Actor, Grant, Permission, Role, UserId
from portal.accounts.policy import (
    ROLE_PERMISSIONS,
    may_approve,
    may_edit,
    may_grant,
    permissions_of,
)
from tests.factories import an_actor


def test_every_role_has_its_permissions_and_a_rank() -> None:
    for role in Role:
        assert Permission.READ in ROLE_PERMISSIONS[role]
        assert may_grant(an_actor(Role.ADMIN), role)


def test_privacy_is_part_of_no_role() -> None:
    everything = permissions_of([Grant(role) for role in Role], privacy=False)
    assert Permission.PRIVACY not in everything
    assert an_actor(Role.ANALYST, privacy=True).may(Permission.PRIVACY)
    assert not an_actor(Role.ADMIN).may(Permission.PRIVACY)


def test_admin_reads_no_tickets_unless_also_analyst() -> None:
    assert not an_actor(Role.ADMIN).may(Permission.TICKETS)
    assert Permission.ALL_TICKETS in permissions_of([Grant(Role.ADMIN), Grant(Role.ANALYST)], privacy=False)


@pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST, Role.EDITOR, Role.DESK_LEAD, None])
def test_only_admins_grant(role: Role | None) -> None:
    assert not may_grant(an_actor(role), Role.AGENT)


def of_team(team: str) -> Actor:
    grants = frozenset({Grant(Role.EDITOR, team)})
    return an_actor(Role.EDITOR, grants=grants)


def test_editors_edit_the_articles_of_their_teams_and_admins_all() -> None:
    assert may_edit(of_team("messaging"), "messaging")
    assert not may_edit(of_team("messaging"), "medications")
    assert not may_edit(of_team(""), "")
    assert may_edit(an_actor(Role.ADMIN), "messaging")
    assert may_edit(an_actor(Role.ADMIN), "")
    assert not may_edit(an_actor(Role.ANALYST), "messaging")


def test_nobody_approves_a_text_of_their_own() -> None:
    assert may_approve(of_team("messaging"), "messaging", UserId(2))
    assert not may_approve(of_team("messaging"), "messaging", UserId(1))
    assert not may_approve(of_team("medications"), "messaging", UserId(2))
    assert not may_approve(an_actor(Role.ADMIN), "messaging", UserId(1))


def test_account_without_grants_may_nothing() -> None:
    assert permissions_of([], privacy=False) == frozenset()
