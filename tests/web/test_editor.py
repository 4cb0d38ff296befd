"""Writing articles in the browser: who may, the two views of one text, drafts, publishing, merging."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict

from portal.accounts.actor import Actor, Role
from portal.accounts.models import AuditRow
from portal.core.clock import utcnow
from portal.core.db import db, transaction
from portal.knowledge import access
from portal.knowledge.content_store import Author
from portal.knowledge.models import Draft
from portal.knowledge.service import KnowledgeBase, Work
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.views.form_view import typed_text
from tests.conftest import Browse, open_session
from tests.factories import PASSWORD, make_user
from tests.page import Page
from tests.small_base import serve_small
from tests.unit.knowledge import small_content

SignIn = Callable[..., Actor]
RUNBOOK, RULES = "/articles/sm-send-error", "/articles/sm-rules"


@pytest.fixture
def base(app: Flask, tmp_path: Path) -> Iterator[KnowledgeBase]:
    with serve_small(app, tmp_path) as made:
        yield made


@pytest.fixture
def editor(base: KnowledgeBase, app: Flask, browse: Browse) -> Browse:
    """Of the messaging team."""
    return second(app, browse, "editor@example.org", "messaging")


def second(app: Flask, browse: Browse, email: str, scope: str, role: str = "editor") -> Browse:
    """A person at a browser of their own."""
    with app.app_context():
        person = make_user(Role(role), email=email, scope=scope)
    browse.token = open_session(app, browse.client, person)
    return browse


def another(app: Flask, email: str, scope: str, role: str = "editor") -> Browse:
    return second(app, Browse(app.test_client()), email, scope, role)


def sent_by(browse: Browse, path: str) -> dict[str, object]:
    """The fields that the form of the page would send if nobody touched it."""
    page = browse.get(path)
    assert page.status == 200, page.words
    return page.form(path.partition("?")[0]).sent()


def served(base: KnowledgeBase, path: str = "runbook/sm-send-error.md") -> str:
    data = base.content.read(path, base.content.head() or "")
    assert data is not None
    return data.decode()


def save(base: KnowledgeBase, path: str, text: str) -> None:
    """Somebody else publishes it."""
    head = base.content.head() or ""
    base.content.save({path: text.encode()}, base=head, author=_author(), message="x", now=utcnow())


def audited(app: Flask) -> list[tuple[str, str, str]]:
    with app.app_context():
        rows = db.session.execute(select(AuditRow.who, AuditRow.what, AuditRow.object).order_by(AuditRow.id))
        return [tuple(row) for row in rows]


def drafts(app: Flask) -> list[tuple[str, str, str]]:
    with app.app_context():
        rows = db.session.execute(
            select(Draft.author_email, Draft.article_id, Draft.state).order_by(Draft.id)
        )
        return [tuple(row) for row in rows]


# --- who may


@pytest.mark.parametrize(("role", "scope"), [("agent", ""), ("analyst", ""), ("desk_lead", "hrc")])
def test_who_is_no_editor_finds_no_way_in(base: KnowledgeBase, app: Flask, role: str, scope: str) -> None:
    browse = another(app, "who@example.org", scope, role)
    assert "/edit" not in browse.get(RUNBOOK).text
    assert browse.get(f"{RUNBOOK}/edit").status == 403


def test_editor_of_another_team_reads_only(base: KnowledgeBase, app: Flask) -> None:
    browse = another(app, "other@example.org", "tier3")
    assert "/edit" not in browse.get(RUNBOOK).text
    assert browse.get(f"{RUNBOOK}/edit").status == 403
    for form in ("edit", "draft", "autosave", "preview", "discard", "restore"):
        assert browse.send(f"{RUNBOOK}/{form}", text="x", message="x", at="0" * 40).status_code in (403, 404)
    assert served(base) == small_content.RUNBOOK
    assert drafts(app) == []


def test_admin_edits_every_article(base: KnowledgeBase, app: Flask) -> None:
    browse = another(app, "admin@example.org", "", "admin")
    sent = sent_by(browse, f"{RUNBOOK}/edit")
    browse.post(f"{RUNBOOK}/edit", **{**sent, "f-title": "Sending fails", "message": "Shorter"})
    assert "title: Sending fails\n" in served(base)


def test_article_is_not_given_to_another_team_by_its_editor(editor: Browse, base: KnowledgeBase) -> None:
    text = small_content.RUNBOOK.replace("owner: messaging", "owner: tier3")
    page = editor.post(f"{RUNBOOK}/edit", view="raw", text=text, message="Not ours")
    assert page.status == 422
    assert "owner: is a team that you do not write for" in page.words
    assert page.form(f"{RUNBOOK}/edit").sent()["text"] == text
    assert served(base) == small_content.RUNBOOK


def test_author_of_a_half_typed_new_article_is_not_locked_out(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    path = "/articles/half-typed"
    editor.post("/articles/new", type="runbook", title="Half typed", id="", owner="messaging")
    sent = sent_by(editor, f"{path}/edit?view=raw")
    broken = str(sent["text"]).replace("sources: []", "sources: [desk")
    assert editor.send(f"{path}/autosave", **{**sent, "text": broken}).status_code == 204
    page = editor.get(f"{path}/edit")
    assert "Problem: Line 9: is not well-formed YAML" in page.words
    page = editor.post(f"{path}/edit", **{**sent, "text": broken})
    assert page.status == 422
    assert "Line 9: is not well-formed YAML" in page.words
    again = editor.post("/articles/new", type="runbook", title="Half typed", id="", owner="messaging")
    assert again.form(f"{path}/edit").sent()["text"] == broken
    theirs = broken.replace("[desk", "[desk]").replace("owner: messaging", "owner: tier3")
    page = editor.post(f"{path}/edit", **{**sent, "text": theirs})
    assert page.status == 422
    assert base.content.read("runbook/half-typed.md", base.content.head() or "") is None
    assert another(app, "second@example.org", "messaging").get(f"{path}/edit").status == 404
    assert "Your draft is discarded." in editor.post(f"{path}/discard").words
    assert drafts(app) == []


def test_missing_article_has_no_editor(editor: Browse) -> None:
    assert editor.get("/articles/no-such/edit").status == 404


# --- publishing


def test_saved_text_is_read_searched_and_noted_at_once(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    text = small_content.RUNBOOK.replace("Copy the text =>", "Copy the xylophone =>")
    assert "A message cannot be sent" not in editor.get("/search/?q=xylophone").words
    page = editor.post(f"{RUNBOOK}/edit", view="raw", text=text, message="Say what to copy")
    assert page.headings == ["A message cannot be sent"]
    assert "Published. Readers and search have it now." in page.words
    assert "Copy the xylophone" in page.words
    assert served(base) == text
    assert "A message cannot be sent" in editor.get("/search/?q=xylophone").words
    newest = base.content.history("runbook/sm-send-error.md")[0]
    assert (newest.author, newest.message) == ("Editor", "Say what to copy")
    assert ("editor@example.org", "save article", "article:sm-send-error") in audited(app)
    history = editor.get(f"{RUNBOOK}/history")
    assert "Say what to copy" in history.words
    assert drafts(app) == []


def test_form_sent_back_as_it_came_changes_nothing(editor: Browse, base: KnowledgeBase) -> None:
    head = base.content.head()
    for view in ("form", "raw"):
        sent = sent_by(editor, f"{RUNBOOK}/edit?view={view}")
        page = editor.post(f"{RUNBOOK}/edit", **{**sent, "message": "Nothing"})
        assert "there was nothing to save" in page.words
    assert base.content.head() == head


def test_page_of_every_shipped_article_sends_back_its_very_text(
    app: Flask, browse: Browse, sign_in: SignIn, content: Snapshot
) -> None:
    """Through the real page: labels, choices and line ends included. Rules without their rows."""
    sign_in("admin")
    base = knowledge_base_of(app)
    for article in content.articles.values():
        text = (base.content.read(article.path, content.revision) or b"").decode()
        work = Work(article.id, article.path, content.revision, text)
        sent = sent_by(browse, f"/articles/{article.id}/edit")
        form = MultiDict({name: crlf(value) for name, value in sent.items()})
        assert typed_text(work, form) == text, article.id


def crlf(value: object) -> object:
    """As a browser sends what stands in a text area."""
    return [crlf(one) for one in value] if isinstance(value, list) else str(value).replace("\n", "\r\n")


def knowledge_base_of(app: Flask) -> KnowledgeBase:
    base: KnowledgeBase = app.extensions[access.EXTENSION]
    return base


def test_one_field_changes_its_line_only(editor: Browse, base: KnowledgeBase) -> None:
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    editor.post(f"{RUNBOOK}/edit", **{**sent, "f-review_by": "2027-05-01", "message": "Reviewed"})
    assert served(base) == small_content.RUNBOOK.replace("2027-02-18", "2027-05-01")


def test_what_changed_must_be_said(editor: Browse, base: KnowledgeBase, app: Flask) -> None:
    text = small_content.RUNBOOK.replace("error.", "fault.")
    page = editor.post(f"{RUNBOOK}/edit", view="raw", text=text, message=" ")
    assert page.status == 422
    assert "Say in a few words what changed" in page.words
    assert "Sending fails with an fault." in page.words
    assert "This is your draft" in page.words
    assert f'href="{RUNBOOK}/discard"' in page.text
    assert drafts(app) == [("editor@example.org", "sm-send-error", "draft")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title: A message cannot be sent\n", "", "title: is missing"),
        ("owner: messaging", "owner: [", "is not well-formed YAML"),
        ("/articles/sm-rules", "/articles/nowhere", "there is no article 'nowhere'"),
        ("id: sm-send-error", "id: sm-other", "is sm-other, but the file is sm-send-error.md"),
        ("## Say\n", "## Tell\n", "is missing: a runbook has this section"),
        ("## Do\n", "## Do more\n", "is missing: a runbook has this section"),
    ],
)
def test_text_with_a_problem_is_refused_and_kept(
    old: str, new: str, said: str, editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    text = small_content.RUNBOOK.replace(old, new)
    page = editor.post(f"{RUNBOOK}/edit", view="raw", text=text, message="Try")
    assert page.status == 422
    assert said in page.words
    assert served(base) == small_content.RUNBOOK
    again = sent_by(editor, f"{RUNBOOK}/edit?view=raw")
    assert (again["text"], again["message"]) == (text, "Try")


def test_change_that_breaks_links_of_others_is_refused_with_the_list(
    editor: Browse, base: KnowledgeBase
) -> None:
    """The known issue links to the section `do` of the runbook, so the section cannot go."""
    text = (
        served(base, "known-issue/sm-down.md")
        .replace("## Look-alikes", "## Others")
        .replace("#look-alikes", "#others")
    )
    other = small_content.REFERENCE.replace(
        "Call the", "See [it](/articles/sm-down#look-alikes) and call the"
    )
    admin = editor
    base.content.save(
        {"reference/help-lines.md": other.encode()}, base=base.content.head() or "",
        author=_author(), message="Link", now=utcnow(),
    )  # fmt: skip
    page = admin.post("/articles/sm-down/edit", view="raw", text=text, message="Rename a section")
    assert page.status == 422
    assert "It would break another file, reference/help-lines.md" in page.words
    assert "sm-down has no section #look-alikes" in page.words


def test_old_problem_hinders_no_other_change(editor: Browse, base: KnowledgeBase) -> None:
    """What was wrong before may be mended later."""
    wrong = small_content.RUNBOOK.replace("/articles/sm-rules", "/articles/nowhere")
    head = base.content.head() or ""
    base.content.save(
        {"runbook/sm-send-error.md": wrong.encode()}, base=head, author=_author(), message="x", now=utcnow()
    )
    text = wrong.replace("Sending fails", "Sending stops")
    assert "Published." in editor.post(f"{RUNBOOK}/edit", view="raw", text=text, message="Words").words


def test_what_looks_like_a_person_is_published_only_when_nobody_is_meant(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    text = small_content.RUNBOOK.replace("Sending fails", "SSN 123-45-6789: sending fails")
    page = editor.post(f"{RUNBOOK}/edit", view="raw", text=text, message="A case")
    assert page.status == 422
    assert "This may be about a person" in page.words
    assert served(base) == small_content.RUNBOOK
    page = editor.post(f"{RUNBOOK}/edit", view="raw", text=text, message="A case", nobody_meant="y")
    assert "Published." in page.words
    assert ("editor@example.org", "pass personal data", "article:sm-send-error") in audited(app)
    again = text.replace("an error.", "some error.")
    assert "Published." in editor.post(f"{RUNBOOK}/edit", view="raw", text=again, message="Words").words


def test_all_problems_are_said_at_once_in_the_preview_and_when_published(
    editor: Browse, base: KnowledgeBase
) -> None:
    text = (
        small_content.RUNBOOK.replace("review_by: 2027-02-18", "review_by: soon")
        .replace("tool: secure-messaging", "tool: fax")
        .replace("/articles/sm-rules", "/articles/nowhere")
        .replace("Sending fails", "SSN 123-45-6789: sending fails")
    )
    said = (
        "must be a date such as 2027-03-01",
        "there is no tool 'fax'",
        "there is no article 'nowhere'",
        "looks like a Social Security number",
    )
    headers = {"HX-Request": "true", "HX-Target": "preview", "X-CSRFToken": editor.token}
    sent = {"view": "raw", "text": text, "message": ""}
    answer = editor.client.post(f"{RUNBOOK}/preview", data=sent, headers=headers)
    preview = Page(answer.get_data(as_text=True), answer.status_code)
    page = editor.post(f"{RUNBOOK}/edit", **sent)
    assert page.status == 422
    for words in said:
        assert (words in preview.words, words in page.words) == (True, True), words
    assert "Say in a few words what changed" in page.words
    assert "4 problems to mend before this can be published." in preview.words
    assert "4 problems to mend before this can be published." in page.words
    assert "nobody_meant" in preview.text
    assert served(base) == small_content.RUNBOOK


def test_advice_hinders_nobody(editor: Browse, base: KnowledgeBase) -> None:
    text = small_content.RUNBOOK.replace("2027-02-18", "2037-02-18")
    page = editor.post(f"{RUNBOOK}/draft", view="raw", text=text, message="", to="raw")
    assert "1 thing worth a look" in page.words
    assert "is more than 12 months ahead" in page.words
    assert "Published." in editor.post(f"{RUNBOOK}/edit", view="raw", text=text, message="Later").words


def _author() -> Author:
    return Author("Somebody", "somebody@example.org")


# --- new articles


def test_new_article_from_nothing_to_published(editor: Browse, base: KnowledgeBase, app: Flask) -> None:
    editor.get("/articles/new")
    page = editor.post(
        "/articles/new", type="runbook", title="Attachment is refused", id="", owner="messaging"
    )
    assert page.headings == ["New runbook: Attachment is refused"]
    assert drafts(app) == [("editor@example.org", "attachment-is-refused", "draft")]
    assert editor.get("/articles/attachment-is-refused").status == 404
    path = "/articles/attachment-is-refused/edit"
    sent = sent_by(editor, path)
    body = str(sent["body"])
    for heading in ("Use when", "Say", "Stop and escalate if"):
        body = body.replace(f"## {heading}\n", f"## {heading}\nThe file is refused.\n")
    sent |= {"body": body, "f-summary": "What to say", "f-sources": "The desk"}
    page = editor.post(path, **sent)
    assert page.status == 422
    began = "still stands as it began, “1. Say what to do => say what one should see”: write your own words"
    assert f"Problem: ## Do: {began}" in page.words
    assert base.content.read("runbook/attachment-is-refused.md", base.content.head() or "") is None
    sent["body"] = body.replace("Say what to do => say what one should see", "Ask which file it is")
    page = editor.post(path, **sent)
    assert page.headings == ["Attachment is refused"], page.words
    assert page.status == 200
    text = served(base, "runbook/attachment-is-refused.md")
    assert text.startswith("---\nid: attachment-is-refused\ntype: runbook\ntitle: Attachment is refused\n")
    assert "sources: [The desk]\n" in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": ""}, "Select a type"),
        ({"title": "", "id": ""}, "Enter a title of up to 120 characters"),
        ({"id": "Not An Id"}, "Use lower-case letters, digits and hyphens"),
        ({"id": "matrix"}, "This id is an address of the portal itself; choose another"),
        ({"id": "new"}, "This id is an address of the portal itself; choose another"),
        ({"id": "sm-send-error"}, "There is already an article with this id"),
        ({"owner": "tier3"}, "Select a team"),
    ],
)
def test_new_article_needs_a_free_id_and_an_own_team(
    given: dict[str, str], said: str, editor: Browse, app: Flask
) -> None:
    editor.get("/articles/new")
    fields = {"type": "runbook", "title": "Something new", "id": "something", "owner": "messaging", **given}
    page = editor.post("/articles/new", **fields)
    assert page.status == 422
    assert said in page.words
    assert page.text.count('class="usa-error-message"') == 1
    assert drafts(app) == []


# --- drafts and views


def test_draft_is_kept_shown_to_its_author_only_and_discarded(
    editor: Browse, app: Flask, base: KnowledgeBase
) -> None:
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    answer = editor.send(f"{RUNBOOK}/autosave", **{**sent, "f-title": "Half a thought"})
    assert (answer.status_code, answer.get_data()) == (204, b"")
    again = sent_by(editor, f"{RUNBOOK}/edit")
    assert again["f-title"] == "Half a thought"
    assert "Half a thought" not in editor.get(RUNBOOK).words
    colleague = another(app, "second@example.org", "messaging")
    assert sent_by(colleague, f"{RUNBOOK}/edit")["f-title"] == "A message cannot be sent"
    for path in (RUNBOOK, f"{RUNBOOK}/edit"):
        assert "Editor is editing this" in colleague.get(path).words
        assert "is editing this" not in editor.get(path).words
    agent = another(app, "agent@example.org", "", "agent")
    assert "is editing this" not in agent.get(RUNBOOK).words
    page = editor.get(f"{RUNBOOK}/discard")
    words = len(small_content.RUNBOOK.replace("A message cannot be sent", "Half a thought").split())
    assert f"Your draft has {words} words and was kept" in page.words
    assert "Readers keep the article as it is." in page.words
    assert len(drafts(app)) == 1
    page = editor.post(page.form(f"{RUNBOOK}/discard").action)
    assert "Your draft is discarded." in page.words
    assert editor.get(f"{RUNBOOK}/discard").headings == ["Edit: A message cannot be sent"]
    assert drafts(app) == []


def test_two_windows_of_one_person_do_not_write_over_each_other(editor: Browse, app: Flask) -> None:
    path = f"{RUNBOOK}/edit?view=raw"
    first, second = sent_by(editor, path), sent_by(editor, path)
    text = str(first["text"])
    one, other = text.replace("an error", "the first error"), text.replace("an error", "the second error")
    assert editor.send(f"{RUNBOOK}/autosave", **{**first, "text": one}).status_code == 204
    answer = editor.send(f"{RUNBOOK}/autosave", **{**second, "text": other})
    said = "Not kept: this draft was changed in another window meanwhile. Your text is still here."
    assert (answer.status_code, answer.get_data(as_text=True)) == (409, said)
    again = one.replace("first error", "very first error")
    assert editor.send(f"{RUNBOOK}/autosave", **{**first, "text": again}).status_code == 204, (
        "the same window"
    )
    page = editor.post(f"{RUNBOOK}/edit", **{**second, "text": other, "message": "Words"})
    assert page.status == 409
    assert said in page.words
    back = page.form(f"{RUNBOOK}/edit").sent()
    assert "the second error" in str(back["text"])
    assert "the very first error" in page.words
    assert sent_by(editor, path)["text"] == again
    assert "Published." in editor.post(f"{RUNBOOK}/edit", **{**back, "message": "Words"}).words
    assert drafts(app) == []


def test_text_that_is_too_large_is_shown_again_or_its_draft_is_named(editor: Browse, app: Flask) -> None:
    sent = sent_by(editor, f"{RUNBOOK}/edit?view=raw")
    editor.send(f"{RUNBOOK}/autosave", **{**sent, "message": "Half a thought"})
    large = {**sent, "message": "Long", "text": str(sent["text"]) + "word " * 110_000}
    answer = editor.send(f"{RUNBOOK}/autosave", **large)
    said = "The text is larger than 64 KB: split the article. It is not kept."
    assert (answer.status_code, answer.get_data(as_text=True)) == (413, said)
    page = editor.post(f"{RUNBOOK}/edit", **large)
    assert (page.status, said in page.words) == (422, True)
    back = page.form(f"{RUNBOOK}/edit").sent()
    assert (str(back["text"]).rstrip(), back["message"]) == (str(large["text"]).rstrip(), "Long")
    huge = {**sent, "text": "word " * 300_000}
    page = editor.post(f"{RUNBOOK}/edit", **huge)
    assert page.status == 413
    assert "Your draft stays as it was kept last." in page.words
    assert f'href="{RUNBOOK}/edit"' in page.text
    assert sent_by(editor, f"{RUNBOOK}/edit")["message"] == "Half a thought"


def test_text_as_it_is_served_makes_no_draft(editor: Browse, app: Flask) -> None:
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    editor.send(f"{RUNBOOK}/autosave", **{**sent, "f-title": "Other"})
    editor.send(f"{RUNBOOK}/autosave", **sent)
    assert drafts(app) == []


def test_views_show_one_text(editor: Browse) -> None:
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    page = editor.post(f"{RUNBOOK}/draft", **{**sent, "f-aliases": "send error\nit: fails", "to": "raw"})
    raw = page.form(f"{RUNBOOK}/edit").sent()
    assert 'aliases: [send error, "it: fails"]\n' in str(raw["text"])
    text = str(raw["text"]).replace("## Ask", "## Ask\n- Since when?")
    page = editor.post(f"{RUNBOOK}/draft", **{**raw, "text": text, "to": "form"})
    form = page.form(f"{RUNBOOK}/edit").sent()
    assert form["f-aliases"] == "send error\nit: fails"
    assert "- Since when?" in str(form["body"])


def test_text_that_cannot_be_read_as_fields_stays_raw_and_says_so(editor: Browse) -> None:
    broken = small_content.RUNBOOK.replace("owner: messaging", "owner: [")
    page = editor.post(f"{RUNBOOK}/draft", view="raw", text=broken, to="form")
    assert "cannot be read as fields" in page.words
    assert page.form(f"{RUNBOOK}/edit").sent()["text"] == broken
    assert "Line " in page.words


def test_draft_outlives_a_repository_made_anew(editor: Browse, base: KnowledgeBase, app: Flask) -> None:
    sent = sent_by(editor, f"{RUNBOOK}/edit") | {"f-title": "Half a thought", "base": "0" * 40}
    editor.send(f"{RUNBOOK}/autosave", **sent)
    with app.app_context(), transaction():
        db.session.execute(update(Draft).values(base_revision="0" * 40))
    back = sent_by(editor, f"{RUNBOOK}/edit")
    assert (back["f-title"], back["base"]) == ("Half a thought", base.content.head())
    assert "after you began" in editor.get(f"{RUNBOOK}/edit").words


def test_front_matter_in_braces_is_shown_raw(editor: Browse) -> None:
    braces = "---\n{id: sm-send-error, type: runbook, title: A, owner: messaging}\n---\n## Do\n"
    page = editor.post(f"{RUNBOOK}/draft", view="raw", text=braces, message="", to="form")
    assert page.form(f"{RUNBOOK}/edit").sent()["text"] == braces


def test_rules_are_shown_as_fields_without_their_rows(editor: Browse) -> None:
    sent = sent_by(editor, f"{RULES}/edit")
    assert sent["f-title"] == "When messaging goes to Tier 3"
    assert text_on(editor.get(f"{RULES}/edit")) == small_content.RULES
    assert not {"f-inputs", "f-rules", "f-examples", "f-applies"}.intersection(sent)
    assert sent_by(editor, f"{RULES}/edit?view=raw")["text"] == small_content.RULES


def text_on(page: Page) -> str:
    """The whole file, as fields or as raw text."""
    sent = page.form(f"{RULES}/edit").sent()
    return str(sent.get("text") or f"{sent['head']}{sent['body']}")


def test_preview_shows_the_card_and_problems_and_keeps_nothing(editor: Browse, app: Flask) -> None:
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    headers = {"HX-Request": "true", "HX-Target": "preview", "X-CSRFToken": editor.token}
    sent |= {"f-title": "", "body": str(sent["body"]).replace("Copy the text", "Copy **all** of it")}
    answer = editor.client.post(f"{RUNBOOK}/preview", data=sent, headers=headers)
    text = answer.get_data(as_text=True)
    assert "<html" not in text
    assert '<div id="f-title-problem" class="field__problem" hx-swap-oob="true"><p' in text
    assert "is empty" in text
    assert "Copy <strong>all</strong> of it" in text
    assert "This answered it" not in text
    assert drafts(app) == []


def test_a_preview_that_comes_late_takes_no_message_along(editor: Browse) -> None:
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    assert editor.send(f"{RUNBOOK}/discard").status_code == 303
    headers = {"HX-Request": "true", "HX-Target": "preview", "X-CSRFToken": editor.token}
    late = editor.client.post(f"{RUNBOOK}/preview", data=sent, headers=headers).get_data(as_text=True)
    assert "Your draft is discarded." not in late
    assert "Your draft is discarded." in editor.get(RUNBOOK).words


def test_what_was_typed_survives_being_signed_out(editor: Browse, base: KnowledgeBase) -> None:
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    editor.client.delete_cookie("portal")
    page = editor.post(f"{RUNBOOK}/edit", **{**sent, "f-title": "Typed late", "message": "Late"})
    assert page.status == 401
    fields = page.form("/accounts/sign-in").fields
    page = editor.post("/accounts/sign-in", **{**fields, "email": "editor@example.org", "password": PASSWORD})
    back = page.form(f"{RUNBOOK}/edit").sent()
    assert (back["f-title"], back["message"]) == ("Typed late", "Late")


def after_sign_in(browse: Browse, path: str, email: str, **fields: object) -> Page:
    """The page that somebody lands on whose form came after they were signed out."""
    browse.client.delete_cookie("portal")
    page = browse.post(path, **fields)
    assert page.status == 401
    sent = page.form("/accounts/sign-in").fields
    return browse.post("/accounts/sign-in", **{**sent, "email": email, "password": PASSWORD})


def test_choices_of_a_clash_survive_being_signed_out(editor: Browse, base: KnowledgeBase, app: Flask) -> None:
    fields = clash(editor, another(app, "second@example.org", "messaging"))
    fields |= {"choice-1": "own", "own-1": "title: Typed late"}
    page = after_sign_in(editor, f"{RUNBOOK}/merge", "editor@example.org", **fields)
    back = page.form(f"{RUNBOOK}/merge").sent()
    assert (back["choice-1"], back["own-1"]) == ("own", "title: Typed late")
    assert editor.post(f"{RUNBOOK}/merge", **back).headings == ["Typed late"]


def test_form_without_its_token_changes_nothing(editor: Browse, base: KnowledgeBase, app: Flask) -> None:
    text = small_content.RUNBOOK.replace("error.", "fault.")
    editor.token = ""
    editor.send(f"{RUNBOOK}/edit", view="raw", text=text, message="Forged")
    assert served(base) == small_content.RUNBOOK
    assert drafts(app) == []


# --- two editors


def test_changes_of_different_lines_merge_and_say_so(editor: Browse, base: KnowledgeBase, app: Flask) -> None:
    colleague = another(app, "second@example.org", "messaging")
    mine, theirs = sent_by(editor, f"{RUNBOOK}/edit"), sent_by(colleague, f"{RUNBOOK}/edit")
    colleague.post(f"{RUNBOOK}/edit", **{**theirs, "f-title": "Sending fails", "message": "Title"})
    body = str(mine["body"]).replace("- the same error is back", "- the same error comes back")
    page = editor.post(f"{RUNBOOK}/edit", **{**mine, "body": body, "message": "Stop line"})
    assert "merged with a change by Second" in page.words
    assert "title: Sending fails\n" in served(base)
    assert "- the same error comes back" in served(base)


def test_form_sent_twice_is_saved_once(editor: Browse, base: KnowledgeBase) -> None:
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    sent |= {"f-title": "Sending fails", "message": "Title"}
    editor.post(f"{RUNBOOK}/edit", **sent)
    head = base.content.head()
    page = editor.post(f"{RUNBOOK}/edit", **sent)
    assert page.status == 200
    assert base.content.head() == head


def clash(editor: Browse, colleague: Browse) -> dict[str, object]:
    """Both change the title, the editor another line too; the fields of the page that asks."""
    mine, theirs = sent_by(editor, f"{RUNBOOK}/edit"), sent_by(colleague, f"{RUNBOOK}/edit")
    colleague.post(f"{RUNBOOK}/edit", **{**theirs, "f-title": "Sending fails", "message": "Title"})
    sent = {**mine, "f-title": "Sending stops", "f-review_by": "2027-04-01", "message": "Mine"}
    page = editor.post(f"{RUNBOOK}/edit", **sent)
    assert page.status == 409
    assert page.headings == ["The same lines changed twice"]
    assert "Second changed this article" in page.words
    assert "title: Sending fails" in page.words
    assert "title: Sending stops" in page.words
    return page.form(f"{RUNBOOK}/merge").sent()


@pytest.mark.parametrize(
    ("choice", "title"),
    [("theirs", "Sending fails"), ("mine", "Sending stops"), ("own", "Sending fails or stops")],
)
def test_same_line_changed_twice_is_chosen_and_loses_nothing(
    choice: str, title: str, editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    fields = clash(editor, another(app, "second@example.org", "messaging"))
    assert drafts(app) == [("editor@example.org", "sm-send-error", "draft")]
    answer = {**fields, "choice-1": choice, "own-1": "title: Sending fails or stops"}
    page = editor.post(f"{RUNBOOK}/merge", **answer)
    assert page.headings == [title]
    expected = small_content.RUNBOOK.replace("A message cannot be sent", title).replace(
        "2027-02-18", "2027-04-01"
    )
    assert served(base) == expected
    assert drafts(app) == []
    newest = base.content.history("runbook/sm-send-error.md")[0]
    assert (newest.author, newest.message) == ("Editor", "Mine")


def test_place_without_a_choice_is_asked_again_with_what_was_typed(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    fields = clash(editor, another(app, "second@example.org", "messaging"))
    page = editor.post(f"{RUNBOOK}/merge", **{**fields, "own-1": "title: Half"})
    assert page.status == 422
    assert page.form(f"{RUNBOOK}/merge").sent()["own-1"] == "title: Half"
    assert "title: Sending fails\n" in served(base)


def test_clash_is_found_again_by_its_address(editor: Browse, app: Flask) -> None:
    assert editor.get(f"{RUNBOOK}/merge").headings == ["Edit: A message cannot be sent"]
    clash(editor, another(app, "second@example.org", "messaging"))
    assert editor.get(f"{RUNBOOK}/merge").headings == ["The same lines changed twice"]


def test_change_that_comes_while_one_chooses_is_not_overwritten(
    editor: Browse, base: KnowledgeBase, app: Flask
) -> None:
    colleague = another(app, "second@example.org", "messaging")
    fields = clash(editor, colleague)
    again = sent_by(colleague, f"{RUNBOOK}/edit")
    colleague.post(f"{RUNBOOK}/edit", **{**again, "f-title": "Sending fails always", "message": "Again"})
    page = editor.post(f"{RUNBOOK}/merge", **{**fields, "choice-1": "mine"})
    assert page.status == 409
    assert "Sending fails always" in page.words
    assert "title: Sending fails always\n" in served(base)


# --- history


def test_history_compares_and_restores(editor: Browse, base: KnowledgeBase, app: Flask) -> None:
    first = base.content.head()
    sent = sent_by(editor, f"{RUNBOOK}/edit")
    body = str(sent["body"]).replace("Sign in again", "Sign out and in again")
    editor.post(f"{RUNBOOK}/edit", **{**sent, "f-title": "Sending fails", "body": body, "message": "Clearer"})
    page = editor.get(f"{RUNBOOK}/history")
    assert "Clearer" in page.words
    page = editor.get(f"{RUNBOOK}/diff")
    assert "[taken out: A message cannot be sent ]" in page.words.replace("sent]", "sent ]")
    assert "[put in: out and ]" in page.words.replace("and]", "and ]")
    assert editor.get(f"{RUNBOOK}/diff?from={first}&to={first}").status == 200
    assert "Restore this version" not in editor.get(RUNBOOK).words
    form = editor.get(f"{RUNBOOK}?at={first}").form(f"{RUNBOOK}/restore")
    page = editor.post(f"{RUNBOOK}/restore", **form.sent())
    assert page.headings == ["A message cannot be sent"]
    assert served(base) == small_content.RUNBOOK
    assert ("editor@example.org", "restore article", "article:sm-send-error") in audited(app)


@pytest.mark.parametrize("query", ["?from=zz", "?to=--all", "?from=" + "0" * 40, "?from=HEAD"])
def test_versions_that_are_none_are_not_found(query: str, editor: Browse) -> None:
    assert editor.get(f"{RUNBOOK}/diff{query}").status == 404
