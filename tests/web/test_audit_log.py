"""The audit log as its admins read it: filtered, page by page, as a file, and proved whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from portal.accounts import service
from portal.accounts.actor import Actor
from portal.core.db import transaction
from tests.conftest import Browse
from tests.factories import an_actor

SignIn = Callable[..., Actor]
DAY = datetime(2026, 3, 10, 3, tzinfo=UTC)  # the evening of the 9th in New York


@pytest.fixture
def lines(app: Flask) -> None:
    """120 lines, one an hour, by one person; then a refusal with signs that SQL and spreadsheets know."""
    with app.app_context(), transaction():
        for number in range(120):
            service.audit(
                an_actor(), "read ticket", f"ticket:T3-2026-{number:06}", "ok", DAY + timedelta(hours=number)
            )
        service.audit(None, "=open", "100%_done", "refused", DAY + timedelta(days=30))


@pytest.mark.usefixtures("lines")
def test_lines_are_filtered_paged_and_taken_away(browse: Browse, sign_in: SignIn) -> None:
    sign_in("admin")
    page = browse.get("/accounts/audit?what=read+ticket")
    assert "120 lines." in page.words
    assert "Page 1 of 2 (1–100 of 120)" in page.words
    assert page.words.index("T3-2026-000119") < page.words.index("T3-2026-000118")
    assert "T3-2026-000019" in browse.get("/accounts/audit?what=read+ticket&page=2").words
    found = browse.get("/accounts/audit?object=%25_&result=refused")
    assert "1 line." in found.words
    evening = browse.get("/accounts/audit?what=read+ticket&until=2026-03-09")
    assert "1 line." in evening.words
    assert "T3-2026-000000" in evening.words
    assert (
        "24 lines."
        in browse.get("/accounts/audit?since=2026-03-11&until=2026-03-11&who=" + an_actor().email).words
    )
    assert "No line fits these filters." in browse.get("/accounts/audit?who=nobody-at-all").words
    assert browse.get("/accounts/audit?since=soon&until=9999-12-31&page=x").status == 200
    file = browse.client.get("/accounts/audit.csv?object=100%25")
    head, row, *rest = file.get_data(as_text=True).removeprefix("\ufeff").splitlines()
    assert head == "id,at,who,what,object,result,address,request_id,hash"
    assert "'=open,100%_done,refused" in row
    assert rest == []
    kept = browse.get("/accounts/audit?who=" + "admin").words
    assert "export audit log" in kept
    assert "read audit log" in kept


@pytest.mark.usefixtures("lines")
def test_only_admins_read_it_and_a_command_proves_it(app: Flask, browse: Browse, sign_in: SignIn) -> None:
    for role in ("agent", "analyst", "editor"):
        sign_in(role)
        assert browse.get("/accounts/audit").status == 403
        assert browse.client.get("/accounts/audit.csv").status_code == 403
    result = app.test_cli_runner().invoke(args=["accounts", "audit", "verify"])
    assert (result.exit_code, result.output) == (
        0,
        "Every line of the audit log follows from the one before it.\n",
    )
