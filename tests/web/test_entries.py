"""The catalogue, the facilities and the codes in the browser: who may, one entry as a form, merging, what holds an entry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.actor import Role
from portal.accounts.models import AuditRow
from portal.core.clock import utcnow
from portal.core.db import db
from portal.knowledge.content_store import Author
from portal.knowledge.front_matter import load_yaml
from portal.knowledge.listings import LISTINGS
from portal.knowledge.service import KnowledgeBase
from tests.conftest import Browse, open_session
from tests.factories import PASSWORD, make_ticket, make_user
from tests.small_base import serve_small
from tests.unit.knowledge import small_content

AT = "/articles/catalogue"
COMMENTED = "# On top, to stay.\n" + small_content.CODES + "  # The last word.\n"


@pytest.fixture
def base(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KnowledgeBase]:
    monkeypatch.setitem(small_content.FILES, "error_codes.yml", COMMENTED)
    with serve_small(app, tmp_path) as made:
        yield made


@pytest.fixture
def admin(base: KnowledgeBase, app: Flask, browse: Browse) -> Browse:
    return person(app, browse, "admin@example.org")


def person(app: Flask, browse: Browse, email: str, role: str = "admin", scope: str = "") -> Browse:
    with app.app_context():
        made = make_user(Role(role), email=email, scope=scope)
    browse.token = open_session(app, browse.client, made)
    return browse


def another(app: Flask, email: str = "second@example.org") -> Browse:
    return person(app, Browse(app.test_client()), email)


def entry(key: str, name: str = "") -> str:
    return f"{AT}/{key}/entry" + (f"?name={name}" if name else "")


def sent(browse: Browse, path: str) -> dict[str, object]:
    page = browse.get(path)
    assert page.status == 200, page.words
    return {**next(form for form in page.forms if "base" in form.fields).sent()}


def served(base: KnowledgeBase, file: str) -> str:
    data = base.content.read(file, base.content.head() or "")
    assert data is not None
    return data.decode()


def audited(app: Flask) -> list[tuple[str, str, str]]:
    with app.app_context():
        rows = db.session.execute(select(AuditRow.who, AuditRow.what, AuditRow.object).order_by(AuditRow.id))
        return [tuple(row) for row in rows if row.what != "sign in"]


@pytest.mark.parametrize(("role", "scope"), [("agent", ""), ("analyst", ""), ("editor", "messaging")])
def test_only_admins_find_a_way_in(base: KnowledgeBase, app: Flask, role: str, scope: str) -> None:
    browse = person(app, Browse(app.test_client()), "who@example.org", role, scope)
    for page in ("/articles/codes", "/articles/facilities", "/articles/code/SM98", "/articles/"):
        assert AT not in browse.get(page).text
    head = base.content.head() or ""
    for path in (AT, f"{AT}/codes", entry("codes", "SM98"), f"{AT}/codes/remove?name=SM98"):
        assert browse.get(path).status == 403
    assert browse.send(entry("codes", "SM98"), **{"f-code": "X", "base": head}).status_code == 403
    assert browse.send(f"{AT}/codes/remove?name=SM98", base=head).status_code == 403
    for page in ("edit", "history", "diff", "merge"):
        assert browse.get(f"/articles/error_codes.yml/{page}").status == 403
    for form in ("edit", "draft", "autosave", "preview", "discard", "restore", "merge"):
        answer = browse.send(f"/articles/error_codes.yml/{form}", text="codes: []", message="x", at=head)
        assert answer.status_code == 403
    assert base.content.head() == head


def test_a_file_that_names_an_owner_is_still_for_admins(base: KnowledgeBase, app: Flask) -> None:
    """Whatever somebody pushed by git."""
    text = b"---\nowner: messaging\n---\n" + small_content.CATALOGUE.encode()
    author, head = Author("Git", "git@example.org"), base.content.head() or ""
    base.content.save({"catalogue.yml": text}, base=head, author=author, message="Ours", now=utcnow())
    browse = person(app, Browse(app.test_client()), "who@example.org", "editor", "messaging")
    for page in ("edit", "history", "diff", "merge"):
        assert browse.get(f"/articles/catalogue.yml/{page}").status == 403


def test_no_page_of_an_article_breaks_on_a_file(admin: Browse, app: Flask) -> None:
    """The files go by their names where articles go by their ids."""
    for rule in app.url_map.iter_rules():
        if rule.arguments == {"article_id"} and rule.rule.startswith("/articles/<article_id>"):
            path = rule.rule.replace("<article_id>", "catalogue.yml")
            for view in ("raw", "form", "table") if "POST" in (rule.methods or ()) else ("",):
                send = admin.client.get if not view else admin.send
                status = send(path, **({"view": view} if view else {})).status_code
                assert status < 500, (path, view)


def test_every_list_and_every_entry_has_a_page(admin: Browse, base: KnowledgeBase) -> None:
    """What its form sends when nobody touches it changes nothing."""
    head, index = base.content.head(), admin.get(AT)
    assert index.headings == ["Catalogue"]
    for key, listing in LISTINGS.items():
        assert (entry(key) if listing.is_one else f'"{AT}/{key}"') in index.text
        listed = admin.get(f"{AT}/{key}")
        assert listed.status == 200
        file = base.content.read(listing.file, head or "") or b""
        names = [*listing.entries(_values(file))]
        for name in names:
            path = entry(key, name)
            fields = sent(admin, path)
            page = admin.post(path, **fields)
            assert "there was nothing to save" in page.words, (key, name, page.words[200:900])
        if not listing.is_one:
            assert admin.get(entry(key)).headings == [f"New {listing.one}"]
            lines = admin.get(f"{AT}/{key}?format=csv").text.splitlines()
            assert len(lines) == 1 + len(names)
    assert base.content.head() == head
    assert admin.get(f"{AT}/codes?q=no+such").words.count("No entry has these words") == 1
    assert admin.get(f"{AT}/nothing").status == 404
    assert admin.get(entry("codes", "nothing")).status == 404


def _values(data: bytes) -> dict[str, object]:
    loaded, _ = load_yaml("", data)
    assert loaded is not None
    return loaded.values


def test_a_code_is_changed_and_the_rest_of_its_file_is_not(
    admin: Browse, base: KnowledgeBase, app: Flask
) -> None:
    path = entry("codes", "SM98")
    assert path.replace("&", "&amp;") in admin.get("/articles/codes").text
    fields = sent(admin, path)
    assert fields["f-http"] == "400"
    page = admin.post(path, **{**fields, "f-next_step": "Tier 3: at once.", "message": "As  agreed"})
    assert "Published. Readers and search have it now." in page.words
    assert served(base, "error_codes.yml") == COMMENTED.replace(
        "next_step: Help desk tries once more.", 'next_step: "Tier 3: at once."'
    )
    assert "Tier 3: at once." in admin.get("/articles/codes").words
    last = base.content.history("error_codes.yml", limit=1)[0]
    assert (last.author, last.message) == ("Admin", "Error codes: change SM98 (As agreed)")
    assert audited(app)[-1][1:] == ("change entry", "file:error_codes.yml")
    history = admin.get("/articles/error_codes.yml/history")
    assert "Error codes: change SM98 (As agreed)" in history.words
    difference = admin.get("/articles/error_codes.yml/diff")
    assert "codes · SM98 · next step" in difference.words
    first = base.content.history("error_codes.yml", limit=5)[-1].commit
    admin.post("/articles/error_codes.yml/restore", at=first)
    assert served(base, "error_codes.yml") == COMMENTED


def test_new_entries_are_served_and_found_at_once(admin: Browse, base: KnowledgeBase) -> None:
    path = entry("codes")
    new = {"f-code": "SM77", "f-meaning": "Pigeons", "f-seen_as": "Birds", "f-next_step": "Help desk waits.",
           "f-goes_to": "tier1_2", "f-confirmed": "false", "f-tool": "secure-messaging"}  # fmt: skip
    assert "Published." in admin.post(path, **{**sent(admin, path), **new}).words
    text = served(base, "error_codes.yml")
    assert text.startswith(COMMENTED.removesuffix("  # The last word.\n"))
    assert text.endswith("    confirmed: false\n  # The last word.\n")
    assert "Pigeons" in admin.get("/articles/code/SM77").words
    assert "Pigeons" in admin.get("/search/?q=SM77").words
    again = admin.post(path, **{**sent(admin, path), **new})
    assert again.status == 422
    assert "there is already a code “SM77”" in again.words.lower().replace("sm77", "SM77")
    words = sent(admin, entry("synonyms")) | {"f-words": "message\r\n pigeonpost \r\n"}
    assert "No article has these words" in admin.get("/search/?q=pigeonpost").words
    admin.post(entry("synonyms"), **words)
    assert base.snapshot().catalogue.synonyms == (("rx", "prescription"), ("message", "pigeonpost"))
    assert "A message cannot be sent" in admin.get("/search/?q=pigeonpost").words
    twice = admin.post(entry("synonyms"), **words)
    assert "there was nothing to save" in twice.words
    facility = {
        "f-station": "999",
        "f-name": "Nowhere",
        "f-zone": "America/Denver",
        "f-window-cutover": "2027-01-09",
    }
    admin.post(entry("facilities"), **{**sent(admin, entry("facilities")), **facility})
    assert served(base, "facilities.yml").startswith(small_content.FACILITIES)
    assert "Nowhere" in admin.get("/articles/facilities").words
    team = {"f-queue": "Messages"}
    page = admin.post(entry("teams", "messaging"), **{**sent(admin, entry("teams", "messaging")), **team})
    assert "flask --app portal tickets clocks" in page.words
    assert base.snapshot().catalogue.teams["messaging"].queue == "Messages"


def test_rows_inside_an_entry_come_and_go(admin: Browse, base: KnowledgeBase) -> None:
    path = entry("tools", "secure-messaging")
    changed = {"f-sub_areas-1-gone": "y", "f-sub_areas-2-id": "new", "f-sub_areas-2-name": "Anew"}
    admin.post(path, **{**sent(admin, path), **changed})
    assert "    sub_areas: [{id: send, name: Sending, words: [send]}, {id: new, name: Anew}]\n" in served(
        base, "catalogue.yml"
    )
    path = entry("severity")
    page = admin.post(path, **{**sent(admin, path), "f-targets-high-response_hours": "3"})
    assert "tickets clocks" in page.words
    assert served(base, "catalogue.yml").count("high: {response_hours: 3, resolution_hours: 48}") == 1


def test_a_bad_value_is_said_beside_its_field_and_nothing_typed_is_lost(
    admin: Browse, base: KnowledgeBase
) -> None:
    head, path = base.content.head(), entry("tools", "secure-messaging")
    wrong = {"f-short": "", "f-sub_areas-2-name": "Without an id", "f-name": "Kept", "message": "Why not"}
    page = admin.post(path, **{**sent(admin, path), **wrong})
    assert page.status == 422
    assert '<a href="#f-short">Short name: ' in page.text
    assert 'href="#f-sub_areas-2-id">Parts of the tool, 3: Without an id: Id: is missing' in page.text
    back = page.form(path).sent()
    assert (back["f-name"], back["f-sub_areas-2-name"], back["message"]) == (
        "Kept",
        "Without an id",
        "Why not",
    )
    for key, name, field, value, said in (
        ("codes", "SM98", "f-article", "no-such", "Article: there is no article 'no-such'"),
        ("facilities", "668", "f-zone", "Mars/Base", "Time zone: 'Mars/Base' is not a time zone"),
        (
            "severity",
            "",
            "f-targets-low-resolution_hours",
            "soon",
            "Low: Resolution, hours: must be a whole number",
        ),
        ("routes", "login", "f-say", "Please call 800-555-0199.", "Say: "),
    ):
        path = entry(key, name)
        page = admin.post(path, **{**sent(admin, path), field: value})
        assert page.status == 422
        assert said in page.words, (page.words, key)
        assert f'href="#{field}"' in page.text
    assert base.content.head() == head


def test_what_looks_like_a_person_is_asked_about(admin: Browse, base: KnowledgeBase) -> None:
    path = entry("codes", "SM98")
    fields = {**sent(admin, path), "f-meaning": "SSN 123-45-6789 is shown"}
    page = admin.post(path, **fields)
    assert page.status == 422
    assert "nobody’s" in page.words
    admin.post(path, **fields, nobody_meant="y")
    assert "123-45-6789" in served(base, "error_codes.yml")
    line = {"f-name": "New line", "f-number": "800-555-0177", "f-hours_text": "Any time", "f-use": "All"}
    assert (
        "Published." in admin.post(entry("help_lines"), **{**sent(admin, entry("help_lines")), **line}).words
    )


def test_an_entry_that_is_used_stays_and_says_by_whom(admin: Browse, base: KnowledgeBase) -> None:
    head = base.content.head() or ""
    page = admin.get(f"{AT}/teams/remove?name=messaging")
    assert "so it cannot be removed" in page.words
    assert 'href="/articles/sm-send-error"' in page.text
    assert 'href="/articles/catalogue/tools/entry?name=secure-messaging"' in page.text
    assert "Remove it" not in page.words
    page = admin.post(f"{AT}/codes/remove?name=SM98", base=head)
    assert page.status == 422
    assert 'href="/articles/sm-send-error"' in page.text
    assert base.content.head() == head


def test_what_articles_only_mention_stays_too(admin: Browse, base: KnowledgeBase) -> None:
    """A station of a known issue is no dead link, but its article would speak of what nobody knows."""
    head, now = base.content.head() or "", utcnow()
    issue = small_content.KNOWN_ISSUE.replace("since: 2026", "facilities: ['515']\nsince: 2026")
    author = Author("Git", "git@example.org")
    files = {"known-issue/sm-down.md": issue.encode()}
    base.content.save(files, base=head, author=author, message="At one station", now=now)
    page = admin.get(f"{AT}/facilities/remove?name=515")
    assert "there is no station 515 in facilities.yml" in page.words
    assert 'href="/articles/sm-down"' in page.text
    assert "Remove it" in admin.get(f"{AT}/facilities/remove?name=668").words


def test_a_tool_with_open_tickets_stays(admin: Browse, base: KnowledgeBase, app: Flask) -> None:
    path = entry("tools")
    tool = {
        "f-id": "pigeons",
        "f-name": "Pigeons",
        "f-short": "P",
        "f-title_stem": "P",
        "f-team": "messaging",
    }
    admin.post(path, **{**sent(admin, path), **tool, "f-in_scope": "true"})
    remove = f"{AT}/tools/remove?name=pigeons"
    fields = admin.get(remove).form(remove).sent()
    with app.app_context():
        make_ticket(make_user(Role.AGENT, email="agent@example.org"), tool="pigeons")
    assert "Open tickets need it" in admin.get(remove).words
    page = admin.post(remove, **fields)
    assert (page.status, "pigeons" in served(base, "catalogue.yml")) == (422, True)


def test_what_was_typed_survives_being_signed_out(admin: Browse, base: KnowledgeBase) -> None:
    path = entry("codes", "SM98")
    fields = {**sent(admin, path), "f-meaning": "Typed late", "f-aliases": "SM-098\nSM-98"}
    admin.client.delete_cookie("portal")
    page = admin.post(path, **fields)
    assert page.status == 401
    again = page.form("/accounts/sign-in").fields
    page = admin.post("/accounts/sign-in", **{**again, "email": "admin@example.org", "password": PASSWORD})
    back = next(form for form in page.forms if "base" in form.fields).sent()
    assert (back["f-meaning"], back["f-aliases"]) == ("Typed late", "SM-098\nSM-98")


def test_an_unused_entry_goes_with_a_press_and_comes_back_by_history(
    admin: Browse, base: KnowledgeBase
) -> None:
    path = f"{AT}/routes/remove?name=login"
    page = admin.get(path)
    assert "Accounts" in page.words
    before = served(base, "catalogue.yml")
    admin.post(path, **page.form(path).sent())
    after = served(base, "catalogue.yml")
    assert "login" not in after
    kept = [line for line in before.splitlines() if "login" not in line and "Please call them" not in line]
    assert after.splitlines() == kept
    assert admin.get(path).status == 404


def test_two_admins_change_one_file_and_both_changes_stand(
    admin: Browse, base: KnowledgeBase, app: Flask
) -> None:
    colleague = another(app)
    mine, theirs = entry("routes", "coordinator"), entry("critical")
    fields = sent(admin, mine)
    colleague.post(theirs, **{**sent(colleague, theirs), "f-after_minutes": "20"})
    page = admin.post(mine, **{**fields, "f-what": "Lists of teams"})
    assert "merged with a change by Second" in page.words
    text = served(base, "catalogue.yml")
    assert "critical: {call: 877-327-0022, after_minutes: 20}" in text
    assert "what: Lists of teams" in text


def test_two_admins_change_one_entry_and_one_of_them_chooses(
    admin: Browse, base: KnowledgeBase, app: Flask
) -> None:
    colleague, path = another(app), entry("codes", "SM98")
    fields = sent(admin, path)
    colleague.post(path, **{**sent(colleague, path), "f-meaning": "Theirs"})
    page = admin.post(path, **{**fields, "f-meaning": "Mine"})
    assert (page.status, page.headings) == (409, ["The same lines changed twice"])
    assert "meaning: Theirs" in page.words
    merge = "/articles/error_codes.yml/merge"
    choice = {**page.form(merge).sent(), "choice-1": "mine"}
    late = admin.post(path, **{**sent(admin, path), "f-seen_as": "Late"})
    assert (late.status, late.form(path).sent()["f-seen_as"]) == (422, "Late")
    assert "You have a draft of error_codes.yml" in late.words
    admin.post(merge, **choice)
    assert "meaning: Mine" in served(base, "error_codes.yml")
    assert "You have a draft" not in admin.get(path).words


def test_a_file_is_written_as_a_text_too(admin: Browse, base: KnowledgeBase) -> None:
    path = "/articles/facilities.yml/edit"
    fields = sent(admin, path)
    assert fields["text"] == small_content.FACILITIES
    page = admin.post(path, **{**fields, "text": "facilities:\n  - {station: x}\n", "message": "No"})
    assert page.status == 422
    assert "facilities[0].name: is missing" in page.words
    assert page.form(path).sent()["text"] == "facilities:\n  - {station: x}\n"
    assert "You have a draft of facilities.yml" in admin.get(entry("facilities", "668")).words
    text = small_content.FACILITIES.replace("Spokane", "Spokane Valley")
    page = admin.post(path, **{**fields, "text": text, "message": "Its name"})
    assert page.headings == ["Catalogue"]
    assert served(base, "facilities.yml") == text
    assert admin.get("/articles/drafts").words.count("facilities.yml") == 0


def test_a_file_that_cannot_be_read_is_mended_as_a_text(
    admin: Browse, base: KnowledgeBase, app: Flask
) -> None:
    fields = sent(admin, entry("facilities")) | {
        "f-station": "999",
        "f-name": "X",
        "f-zone": "America/Denver",
    }
    broken = small_content.FACILITIES.replace("zone:", "clock:").encode()
    base.content.save(
        {"facilities.yml": broken},
        base=base.content.head() or "",
        author=Author("Git", "git@example.org"),
        message="Break it",
        now=utcnow(),
    )
    assert admin.get(entry("facilities")).headings == ["Raw text: facilities.yml"]
    page = admin.get(f"{AT}/facilities")
    assert "is not a known key here" in page.words
    head = base.content.head() or ""
    page = admin.post(entry("facilities"), **{**fields, "base": head})
    assert (page.status, base.content.head()) == (422, head)
    assert "mend its raw text first" in page.words
    assert "Spokane" in admin.get("/articles/facilities").words
