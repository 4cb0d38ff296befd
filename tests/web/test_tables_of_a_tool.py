"""A team splits the rules of a tool in two: what is said while it writes, and who decides then, on every page and in the API."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.actor import Actor, Role
from portal.knowledge import service
from portal.knowledge.service import KnowledgeBase, Work
from tests.conftest import Browse
from tests.web.test_editor import another
from tests.web.test_intake import CALL, none_of_these, start
from tests.web.test_tickets_api import a_body, token_for

WIDE = "sm-when-to-escalate"
NEW = "/articles/sm-notices"
TEXT = """---
id: sm-notices
type: criteria
title: Notices of new messages
tool: secure-messaging
owner: messaging
review_by: 2027-03-01
summary: No notice comes.
sources: [the team]
say: I have written this down and passed it on.
inputs:
  - id: comes
    ask: Does any notice come?
    choices: {never: Never, sometimes: Sometimes}
rules:
  - id: never
    when: {comes: never}
    then: {outcome: escalate, severity: medium, because: Nothing is sent at all.}
  - id: sometimes
    then: {outcome: escalate, severity: low, because: Some are lost.}
examples:
  - name: none
    given: {comes: never}
    expect: {outcome: escalate, severity: medium}
  - name: some
    given: {comes: sometimes}
    expect: {outcome: escalate, severity: low}
---
Who gets no notice cannot know.

## Goes to Tier 3 if
- no notice comes

## You solve it if
- they are switched off: [the rules for messages](/articles/sm-when-to-escalate)

## Elsewhere if
- never
"""
WHOLE = "decides for the whole tool already: choose the parts that this one decides for"
PART = "Notice of new messages"


def test_a_part_of_a_tool_is_taken_over_by_a_table_of_its_own(
    app: Flask, browse: Browse, own_content: KnowledgeBase, sign_in: Callable[..., Actor], client: FlaskClient
) -> None:
    editor = another(app, "editor@example.org", "messaging")
    editor.get("/articles/new")
    editor.post(
        "/articles/new", type="criteria", title="Notices of new messages", owner="messaging", id="sm-notices"
    )
    unfinished = TEXT.replace("summary: No notice comes.\n", "")
    editor.post(f"{NEW}/draft", view="raw", text=unfinished, message="New")
    for page in ("/edit", "/table"):  # said at once, with the name of the other, not only when it is sent in
        words = editor.get(NEW + page).words
        assert f"({WIDE}) {WHOLE}" in words, page
    divided = TEXT.replace("owner: messaging", "sub_areas: [notifications]\nowner: messaging", 1)
    assert WHOLE in editor.post(f"{NEW}/edit", view="raw", text=TEXT, message="Notices").words
    page = editor.post(f"{NEW}/edit", view="raw", text=divided, message="Notices")
    assert "Sent in." in page.words
    number = re.findall(r"/articles/drafts/(\d+)", page.text)[0]
    second = another(app, "second@example.org", "messaging")
    page = second.get(f"/articles/drafts/{number}")
    assert f"Decides for: {PART} · All the rest: Secure messaging:" in page.words
    approve = f"/articles/drafts/{number}/approve"
    assert "Published." in second.post(approve, **page.form(approve).sent()).words

    # a client that names the part is told which criteria decide for it
    api = {"Authorization": f"Bearer {token_for(app, Role.AGENT)}", "Idempotency-Key": "k1"}
    body = a_body(
        tool="secure-messaging", sub_area="notifications", criteria=WIDE, answers={}, severity="low"
    )
    problem = client.post("/api/v1/tickets", json=body, headers=api).get_json()
    assert problem["errors"] == [
        {"field": "criteria", "detail": "For notifications the criteria sm-notices decide"}
    ]
    # every page says which table decides for what
    sign_in("agent")
    assert f"Decides for: {PART} ·" in browse.get(NEW).words
    assert f"{PART}: Notices of new messages" in browse.get(f"/articles/{WIDE}").words
    assert f"{PART}: Notices of new messages" in browse.get(f"/articles/{WIDE}/check").words
    assert f"Decides for: {PART} ·" in browse.get("/articles/matrix").words
    # the intake asks the narrow table where the caller's words name its part, else the wide one
    asked = {}
    for words in ("No message notification comes any more", "Reply to the care team fails every time"):
        page = none_of_these(browse, start(browse, text=words, alert_words="Something went wrong"))
        asked[words] = page.words
    notice, reply = asked.values()
    assert "Does any notice come?" in notice
    assert "Does any notice come?" not in reply
    # from *Check a case* the call keeps the part that was checked
    page = browse.get(f"{NEW}/check?comes=never")
    page = browse.post("/intake/decide", **{**page.form("/intake/decide").sent(), "action": "intake"})
    call = browse.url.rpartition("/")[0]
    page = browse.post(
        f"{call}/call",
        **{
            **page.form(f"{call}/call").sent(),
            **CALL,
            "text": "Nothing comes",
            "alert_words": "Something went wrong",
        },
    )
    decided = none_of_these(browse, page).words
    assert "Nothing is sent at all. Rule never, Notices of new messages" in decided
    assert f"which decides for {PART}" in decided

    # the wide one may then say what is its own, and what nobody decides for is refused by its name
    snapshot = own_content.snapshot()
    article = snapshot.articles[WIDE]
    tool = snapshot.catalogue.tools["secure-messaging"]
    rest = [area.id for area in tool.sub_areas if area.id != "notifications"]
    text = service.read_text(own_content, article.path, snapshot.revision) or ""

    def problems(parts: list[str]) -> list[str]:
        said = text.replace("owner: messaging", f"sub_areas: [{', '.join(parts)}]\nowner: messaging", 1)
        found = service.check_text(snapshot, Work(WIDE, article.path, snapshot.revision, said))[1]
        return [one.message for one in found]

    assert problems(rest) == []
    assert problems(rest[1:])[0].startswith("no table decides for “Find a care team or start a message”: ")
    assert problems([*rest, "notifications"])[0].startswith(
        f"“{PART}” is decided by “Notices of new messages” ("
    )
