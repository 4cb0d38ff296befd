"""What other people may not see or do, and what may not come out of what was typed: probes that an attacker tries first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts import service as accounts
from portal.accounts.actor import Actor, Desk, Role
from portal.core.db import db
from portal.intake.models import Intake
from portal.knowledge.models import Evaluation
from portal.knowledge.snapshot import Snapshot
from portal.tickets.models import Event, Ticket
from portal.tickets.ticket import Reference
from tests.conftest import Browse, open_session
from tests.factories import make_ticket, make_user
from tests.web.test_intake import CALL, CHECK, FACTS, here, number, start, to_check, to_facts
from tests.web.test_tickets_api import a_body, token_for

SignIn = Callable[..., Actor]
SECRET = "quince marmalade"
RECORD = Reference("hrc", "4211888")
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def agent(content: Snapshot, sign_in: SignIn) -> Actor:
    return sign_in("agent")


def person(app: Flask, role: Role, **account: Any) -> Browse:
    browse = Browse(app.test_client())
    with app.app_context():
        browse.token = open_session(app, browse.client, make_user(role, **account))
    return browse


# --- tickets of others


@pytest.fixture
def secret_ticket(app: Flask, agent: Actor) -> str:
    """A privacy ticket of this agent's own desk, filed by a colleague."""
    with app.app_context():
        filer = make_user(Role.AGENT, email="filer@example.org")
        return make_ticket(
            filer, privacy=True, title=f"SEC - {SECRET}", summary="", details=f"{SECRET} was seen by another person",
            references=(RECORD,), facts={"kind_of_data": SECRET}, facilities=("541",), error_code="SM98",
        )  # fmt: skip


PEOPLE: list[tuple[Role, dict[str, Any]]] = [
    (Role.AGENT, {"email": "a2@example.org"}), (Role.AGENT, {"desk": Desk.TIER2, "email": "t2@example.org"}),
    (Role.ANALYST, {}), (Role.EDITOR, {"scope": "messaging"}), (Role.DESK_LEAD, {"scope": "hrc"}), (Role.ADMIN, {}),
]  # fmt: skip


@pytest.mark.parametrize(("role", "account"), PEOPLE, ids=lambda one: str(one))
def test_a_privacy_ticket_shows_nowhere_but_to_cleared_people(
    app: Flask, secret_ticket: str, role: Role, account: dict[str, Any]
) -> None:
    token = token_for(app, Role.AGENT, email="program@example.org")
    browse = person(app, role, **account)
    seen = []
    queues = ("", "desk", "all", "triage", "privacy", "team:messaging", "team:security")
    pages = [f"/tickets/?queue={queue}&sort=title" for queue in queues]
    pages += [f"/tickets/tickets.csv?queue={queue}" for queue in queues]
    pages += ["/", "/my-calls", "/known-issues", f"/look-up?number={secret_ticket}", "/look-up?number=4211888",
              "/search/?q=quince", f"/tickets/{secret_ticket}", f"/tickets/{secret_ticket}?shape=snow",
              "/tickets/?words=quince", "/tickets/?code=SM98", "/tickets/?facility=541"]  # fmt: skip
    for htmx in (
        {},
        {"HX-Request": "true", "HX-Target": "results"},
        {"HX-Request": "true", "HX-Target": "queue"},
    ):
        seen += [
            page for page in pages if SECRET in browse.client.get(page, headers=htmx).get_data(as_text=True)
        ]
    for path in (f"/api/v1/tickets/{secret_ticket}", "/api/v1/search?q=quince"):
        answer = browse.client.get(path, headers={"Authorization": f"Bearer {token}"})
        seen += [path] if SECRET in answer.get_data(as_text=True) else []
    seen += ["suggest"] if SECRET in browse.send("/search/suggest", q="quince").get_data(as_text=True) else []
    assert seen == []
    for move, fields in (
        ("accept", {"version": "1"}),
        ("route", {"version": "1", "team": "messaging", "reason": "I want to see it"}),
    ):
        assert browse.send(f"/tickets/{secret_ticket}/{move}", **fields).status_code in (403, 404)
    for move in ("still-happening", "stopped"):
        assert browse.send(f"/tickets/{secret_ticket}/{move}").status_code in (403, 404)
    assert browse.send(f"/tickets/{secret_ticket}/references", external_ref="INC0123456").status_code in (
        403,
        404,
    )


def test_an_admin_reads_no_ticket_and_files_none(app: Flask, agent: Actor) -> None:
    with app.app_context():
        ticket = make_ticket(agent, details=SECRET)
    admin = person(app, Role.ADMIN)
    for path in (
        "/tickets/",
        f"/tickets/{ticket}",
        "/tickets/tickets.csv",
        "/look-up?number=" + ticket,
        "/intake",
        "/my-calls",
    ):
        assert admin.client.get(path).status_code == 403


def test_tickets_of_other_desks_and_teams_are_not_found(app: Flask, agent: Actor) -> None:
    with app.app_context():
        ticket = make_ticket(agent, details=SECRET)
    others = [
        person(app, Role.AGENT, email="esd@example.org", desk=Desk.ESD),
        person(app, Role.EDITOR, scope="medications"),
        person(app, Role.EDITOR, email="all@example.org"),
    ]
    for browse in others:
        assert browse.client.get(f"/tickets/{ticket}").status_code == 404
        assert ticket not in browse.client.get("/tickets/").get_data(as_text=True)
        assert browse.client.get("/tickets/?queue=all").status_code == 404
        assert browse.send(f"/tickets/{ticket}/accept", version="1").status_code == 404
    card = others[0].client.get(f"/look-up?number={ticket}").get_data(as_text=True)
    assert ticket in card
    assert SECRET not in card
    assert "The reply is not sent" not in card


# --- calls of others


PAGES = ("", "/call", "/known-issues", "/questions", "/decide", "/runbook", "/elsewhere", "/facts", "/check",
         "/critical", "/privacy", "/end")  # fmt: skip
MOVES = ("/call", "/known-issues", "/questions", "/view", "/undecided", "/decide", "/runbook", "/elsewhere", "/facts",
         "/check", "/critical", "/privacy", "/number", "/another", "/autosave", "/leave")  # fmt: skip


@pytest.mark.parametrize(("role", "account"), PEOPLE[:5], ids=lambda one: str(one))
def test_a_call_is_its_owners_alone(
    app: Flask, agent: Actor, browse: Browse, role: Role, account: dict[str, Any]
) -> None:
    to_facts(browse, text=f"{SECRET} is what the caller said")
    call = number(browse)
    browse.send(f"/intake/{call}/autosave", step="facts", steps=f"{SECRET} typed and not sent")
    with app.app_context():
        before = db.session.scalar(select(Intake.version))
    other = person(app, role, **account)
    for page in PAGES:
        answer = other.client.get(f"/intake/{call}{page}")
        assert answer.status_code in (403, 404), page
    for move in MOVES:
        answer = other.send(f"/intake/{call}{move}", **CALL, **FACTS, step="facts")
        assert answer.status_code in (403, 404) or (move == "/view" and answer.status_code == 303), move
    with app.app_context():
        row = db.session.scalar(select(Intake).where(Intake.id == 1))
        assert row is not None
        assert (row.version, row.draft["facts"]["steps"]) == (before, f"{SECRET} typed and not sent")
    assert call not in other.client.get("/my-calls").get_data(as_text=True)


def test_the_same_key_of_another_person_is_another_call(app: Flask, agent: Actor, browse: Browse) -> None:
    browse.get("/intake?key=the-very-key")
    browse.post("/intake", key="the-very-key", **{**CALL, "text": f"{SECRET} is what the caller said"})
    other = person(app, Role.AGENT, email="a2@example.org")
    answer = other.client.get("/intake?key=the-very-key", follow_redirects=True)
    assert SECRET not in answer.get_data(as_text=True)
    other.get("/intake?key=the-very-key")
    assert "I-000002" in other.send("/intake", key="the-very-key", **CALL).headers["Location"]


def test_what_was_typed_and_not_sent_stays_behind_when_tier_2_takes_over(
    app: Flask, agent: Actor, browse: Browse
) -> None:
    start(browse)
    browse.post(browse.url)
    call = number(browse)
    browse.send(f"/intake/{call}/autosave", step="facts", steps=SECRET)
    tier2 = person(app, Role.AGENT, email="t2@example.org", desk=Desk.TIER2)
    assert tier2.client.get(f"/intake/{call}").status_code == 404
    browse.send(f"/intake/{call}/undecided", action="tier2")
    page = tier2.client.get(f"/intake/{call}", follow_redirects=True)
    assert page.status_code == 200
    assert SECRET not in page.get_data(as_text=True)
    esd = person(app, Role.AGENT, email="esd@example.org", desk=Desk.ESD)
    assert esd.client.get(f"/intake/{call}").status_code == 404
    assert browse.send(
        f"/intake/{call}/questions", asked="repeats", **{"answer-repeats": "yes"}
    ).status_code in (303, 403)
    with app.app_context():
        assert db.session.scalar(select(Intake.answers)) == {}


# --- forged requests


def test_forged_requests_are_refused(app: Flask, agent: Actor, browse: Browse) -> None:
    page, wanted = browse.get("/accounts/"), {"timezone": "UTC"}
    of_a_visitor = Browse(app.test_client())
    of_a_visitor.get("/accounts/sign-in")
    for token in ("", "x.y.z", "ImFiYyI.AAAAAA.AAAA", page.token[:-2], of_a_visitor.token):
        assert (
            browse.client.post("/accounts/preferences", data={**wanted, "csrf_token": token}).status_code
            == 303
        )
        assert (
            browse.client.post(f"/accounts/preferences?csrf_token={page.token}", data=wanted).status_code
            == 303
        )
    right = {**wanted, "csrf_token": page.token}
    cross = browse.client.post("/accounts/preferences", data=right, headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403
    with app.app_context():
        assert accounts.actor_named("agent@example.org").timezone == ""
    browse.client.post("/accounts/preferences", data=right)
    with app.app_context():
        assert accounts.actor_named("agent@example.org").timezone == "UTC"


@pytest.mark.parametrize("headers", [
    {"X-HTTP-Method-Override": "POST"}, {"X-Original-URL": "/admin/system"}, {"X-Rewrite-URL": "/admin/system"},
    {"X-Forwarded-For": "127.0.0.1"}, {"HX-Request": "true", "HX-Target": "main", "HX-Boosted": "true"},
    {"HX-History-Restore-Request": "true", "HX-Request": "true"}, {"Authorization": "Bearer x"},
])  # fmt: skip
def test_no_header_opens_a_page(agent: Actor, browse: Browse, headers: dict[str, str]) -> None:
    assert browse.client.get("/admin/system", headers=headers).status_code == 403
    assert browse.client.get("/accounts/sign-out?_method=POST", headers=headers).status_code == 405


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_other_methods_do_nothing(agent: Actor, client: FlaskClient, method: str) -> None:
    for path in ("/", "/tickets/T3-2026-000001", "/intake", "/api/v1/tickets"):
        assert client.open(path, method=method).status_code in (400, 401, 405, 501)


def test_another_host_is_refused_and_no_address_is_made_of_it(agent: Actor, client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    answer = client.get(
        "/intake", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    )
    assert "evil" not in answer.headers["Location"]


GOALS = ["//evil.example", "/\\evil.example", "https://evil.example", "/%0d%0aX-Evil: 1", "/\r\nX-Evil: 1", "javascript:alert(1)",
         "/\t/evil.example", "///evil.example", "/..//evil.example", " //evil.example"]  # fmt: skip


@pytest.mark.parametrize("goal", GOALS)
def test_sign_in_leads_nowhere_else(app: Flask, content: Snapshot, goal: str) -> None:
    with app.app_context():
        make_user(Role.AGENT)
    browse = Browse(app.test_client())
    browse.get("/accounts/sign-in")
    answer = browse.send(
        "/accounts/sign-in", email="agent@example.org", password="correct horse battery", next=goal
    )
    assert answer.status_code == 303
    assert re.fullmatch(r"/(?![/\\])[!-~]*", answer.headers["Location"])
    assert "X-Evil" not in answer.headers
    assert (
        browse.client.get("/accounts/sign-in", query_string={"next": goal})
        .headers["Location"]
        .startswith("/")
    )


@pytest.mark.parametrize("path", [
    "/static/vendor/../../portal/app.py", "/static/vendor/%2e%2e/%2e%2e/pyproject.toml", "/static/../instance/portal.env",
    "/static/vendor/..%2f..%2finstance%2fportal.env", "/articles/../../etc/passwd",
])  # fmt: skip
def test_no_path_leads_out_of_its_folder(agent: Actor, client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (404, 308)


@pytest.mark.parametrize(
    "at",
    ["HEAD", "main", "../../HEAD", "f" * 40, "f" * 64, "abcdefg", "-p", "0" * 7, "main^{tree}", "\0", ""],
)
def test_no_revision_but_a_commit_is_read(agent: Actor, client: FlaskClient, at: str) -> None:
    answer = client.get("/articles/sm-attachment-refused", query_string={"at": at})
    assert answer.status_code == (404 if at else 200)
    assert client.get("/articles/..%2f..%2fcatalogue", query_string={"at": at}).status_code == 404


# --- size


def test_what_is_too_large_is_refused_and_nothing_of_it_is_kept(
    app: Flask, agent: Actor, browse: Browse
) -> None:
    browse.get("/intake")
    huge = {**CALL, "key": "k", "csrf_token": browse.token, "text": "x" * 2_000_000}
    assert browse.client.post("/intake", data=huge).status_code == 413
    many = {f"field{place}": "x" for place in range(1001)}
    parts = browse.client.post(
        "/intake", data={**CALL, **many, "csrf_token": browse.token}, content_type="multipart/form-data"
    )
    assert parts.status_code == 413
    for name in (
        "text",
        "alert_words",
        "external_ref",
        "facilities",
        "platform",
        "audience",
        "tool",
        "code",
        "article",
    ):
        assert browse.send("/intake", key=f"k-{name}", **{**CALL, name: "w " * 5000}).status_code in (
            303,
            422,
        )
    with app.app_context():
        rows = db.session.scalars(select(Intake)).all()
        assert max((len(str(row.__dict__)) for row in rows), default=0) < 6000


# --- what comes out of what was typed


def test_no_text_becomes_markup_on_any_page(app: Flask, agent: Actor, browse: Browse) -> None:
    with app.app_context():
        ticket = make_ticket(
            agent, title=f"SM - {EVIL}", summary=EVIL, details=EVIL, alert_words=EVIL, facts={"tried": EVIL, EVIL: EVIL},
            severity_because=EVIL, override_reason=EVIL, caller_text=EVIL, facilities=(EVIL,), error_code=EVIL,
            references=(Reference("hrc", EVIL),), not_known=(EVIL,), shown=(EVIL,), sub_area=EVIL, platform=EVIL, ehr=EVIL,
        )  # fmt: skip
    analyst = person(app, Role.ANALYST, email="an@example.org", name=EVIL, privacy=True)
    pages = [(browse, f"/tickets/{ticket}"), (browse, f"/tickets/{ticket}?shape=snow"),
             (browse, "/tickets/"), (analyst, "/tickets/?queue=all"),
             (analyst, f"/tickets/{ticket}"), (analyst, "/accounts/"), (browse, f"/look-up?number={ticket}")]  # fmt: skip
    texts = [who.client.get(path).get_data(as_text=True) for who, path in pages]
    names = "q tool kind status type page sort words code facility number queue tab next article external_ref ask at view"
    for name in (*names.split(), "shape"):
        for path in ("/search/", "/tickets/", "/intake", "/look-up", "/known-issues", "/articles/", "/articles/codes",
                     "/articles/sm-when-to-escalate/check", f"/tickets/{ticket}"):  # fmt: skip
            texts.append(
                browse.client.get(path, query_string={name: EVIL}, follow_redirects=True).get_data(
                    as_text=True
                )
            )
    texts.append(browse.send("/search/", q=EVIL, follow_redirects=True).get_data(as_text=True))
    texts.append(browse.send("/search/suggest", q=EVIL).get_data(as_text=True))
    texts.append(browse.send("/intake", q=EVIL).get_data(as_text=True))
    to_check(browse, text=f"Reply fails {EVIL}", alert_words=f"SM99 {EVIL}", facilities=EVIL)
    call = number(browse)
    texts += [
        browse.client.get(f"/intake/{call}/{page}").get_data(as_text=True)
        for page in ("call", "facts", "check", "decide")
    ]
    browse.get(f"/intake/{call}/check")
    texts.append(
        browse.send(
            f"/intake/{call}/check", title=EVIL, words=EVIL, severity="low", severity_reason=EVIL
        ).get_data(as_text=True)
    )
    texts.append(browse.client.get("/my-calls").get_data(as_text=True))
    assert [text[:200] for text in texts if "<script>alert" in text or "<img src=x" in text] == []


def test_cells_of_a_file_are_no_formulas(app: Flask, agent: Actor, client: FlaskClient) -> None:
    with app.app_context():
        for title in ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"):
            make_ticket(agent, title=title)
    body = client.get("/tickets/tickets.csv").get_data(as_text=True)
    titles = re.findall(r'^T3-[^,]*,[^,]*,("?.)', body, re.M)
    assert set(titles) <= {"'", "\"'"}


@pytest.mark.parametrize(
    ("words", "found"), [("100%", 1), ("%", 0), ("_", 0), ("\\", 0), ("a_b", 0), ("' OR 1=1", 0)]
)
def test_wildcards_are_plain_characters_in_filters(
    app: Flask, agent: Actor, client: FlaskClient, words: str, found: int
) -> None:
    with app.app_context():
        make_ticket(agent, title="SM - stands at 100% for hours")
        make_ticket(agent, title="SM - aXb")
    body = client.get("/tickets/tickets.csv", query_string={"words": words}).get_data(as_text=True)
    assert len(body.strip().splitlines()) - 1 == found


# --- personal data

SSN = "123-45-6789"


def test_the_box_masks_before_address_and_log(
    agent: Actor, browse: Browse, caplog: pytest.LogCaptureFixture
) -> None:
    browse.get("/")
    for path in ("/search/", "/intake"):
        for q in (f"my ssn is {SSN}", SSN, f"john@example.com {SSN}"):
            answer = browse.send(path, q=q)
            assert SSN not in answer.headers.get("Location", "")
            assert SSN not in answer.get_data(as_text=True)
    for path in ("/search/", "/intake"):
        answer = browse.client.get(path, query_string={"q": f"ssn {SSN}"})
        assert answer.status_code in (302, 303)
        assert SSN not in answer.headers["Location"]
    assert SSN not in caplog.text


def test_what_goes_to_developers_is_held_by_the_api_in_every_field(
    app: Flask, agent: Actor, client: FlaskClient
) -> None:
    token = token_for(app, Role.AGENT, email="program@example.org")
    for place, change in enumerate((
        {"summary": f"The caller with SSN {SSN} cannot refill."}, {"error_code": SSN}, {"facility": f"541 {SSN}"},
    )):  # fmt: skip
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"k{place}"}
        assert client.post("/api/v1/tickets", json=a_body(**change), headers=headers).status_code == 422, (
            change
        )


def test_details_never_leave(app: Flask, agent: Actor, client: FlaskClient) -> None:
    with app.app_context():
        ticket = make_ticket(agent, details=f"{SECRET} {SSN}", override_reason=SECRET, caller_text=SECRET)
    page = client.get(f"/tickets/{ticket}").get_data(as_text=True)
    text = re.search(r"<textarea.*?</textarea>", page, re.S)
    assert text
    assert SECRET not in text[0]
    assert SECRET not in client.get("/tickets/").get_data(as_text=True)
    assert SECRET not in client.get("/tickets/tickets.csv").get_data(as_text=True)


def test_personal_data_in_any_text_of_a_call_stops_before_its_ticket(
    app: Flask, agent: Actor, browse: Browse
) -> None:
    to_facts(browse)
    browse.post(browse.url, **{**FACTS, "browser-version": f"141 {SSN}"})
    if here(browse) == "check":
        page = browse.client.get(browse.url).get_data(as_text=True)
        sent = browse.send(browse.url, title="SM - Reply fails", words="Reply fails every time", severity="medium",
                           external_ref="4211888", nobody="y", action="file")  # fmt: skip
        assert sent.status_code == 422, page[:100]
    browse.post("/intake", key="k2", **{**CALL, "facilities": f"541, the ward of {SSN}"})
    assert here(browse) == "/intake"
    browse.post("/intake", key="k3", **{**CALL, "urgent": "harm"})
    held = browse.send(
        browse.url, text="Someone may be harmed now", tool="not_sure", facilities=f"ward {SSN}"
    )
    assert held.status_code == 422
    with app.app_context():
        assert db.session.scalars(select(Ticket)).all() == []


def test_an_address_of_a_call_holds_only_its_number(agent: Actor, browse: Browse) -> None:
    fields: dict[str, dict[str, str]] = {
        "questions": {"asked": "repeats", "answer-repeats": "yes"}, "facts": FACTS, "check": CHECK,
    }  # fmt: skip
    page = browse.get("/intake")
    seen = [browse.send("/intake", key=page.form("/intake").fields["key"], **CALL).headers["Location"]]
    while not seen[-1].endswith("/end") and len(seen) < 8:
        browse.get(seen[-1])
        seen.append(browse.send(browse.url, **fields.get(here(browse), {})).headers["Location"])
    assert seen[-1].endswith("/end")
    assert all(re.fullmatch(r"/intake/I-\d{6}/[a-z-]+", address) for address in seen)


def test_a_decision_is_one_of_the_three_and_its_answers_are_of_the_table(
    app: Flask, agent: Actor, browse: Browse
) -> None:
    browse.get("/")
    case = {
        "article": "sm-when-to-escalate",
        "action": "override",
        "override_reason": "The rules are wrong here.",
    }
    for outcome in ("", "junk", "undecided"):
        assert browse.send("/intake/decide", **case, override_outcome=outcome).status_code == 422
    fields = {"answer-note": SECRET, "answer-repeats": SECRET}
    assert browse.send("/intake/decide", **case, override_outcome="resolve", **fields).status_code == 303
    with app.app_context():
        [kept] = db.session.scalars(select(Evaluation)).all()
        assert (kept.override_outcome, kept.answers) == ("resolve", {})


def test_no_event_holds_what_was_typed(app: Flask, agent: Actor) -> None:
    with app.app_context():
        make_ticket(agent, details=SECRET, summary=f"{SECRET} fails every time")
        data = [str(event.data) for event in db.session.scalars(select(Event))]
    assert [one for one in data if SECRET in one] == []
