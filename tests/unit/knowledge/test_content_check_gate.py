from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import small_content as small

from portal.knowledge.content_layout import is_content_path
from portal.knowledge.gate import check_gate
from portal.knowledge.service import check_folder, check_shipped
from portal.knowledge.snapshot import build_snapshot

CONTENT = Path(__file__).resolve().parents[3] / "content"
TODAY = date(2026, 11, 21)
RUNBOOK, ISSUE, RULES = "runbook/sm-send-error.md", "known-issue/sm-down.md", "criteria/sm-rules.md"
RELEASE, REFERENCE, CODES = "release/sm-new-page.md", "reference/help-lines.md", "error_codes.yml"
CATALOGUE = "catalogue.yml"
LINKS = "See [lines](/articles/help-lines), [the new page](/articles/sm-new-page#normal), [the rules]"
FILES = small.FILES | {RUNBOOK: small.RUNBOOK.replace("See [the rules]", LINKS)}
LONG = (
    "The words of the alert tell which of the two it is, so read them out and compare them with the list above "
    "before anything is tried a second time."
)
ROW = """code: SM97
    meaning: M
    seen_as: S
    next_step: N
    goes_to: tier3
    confirmed: true
  - code: SM98"""
MRS = 'This may be a name: "Mrs. M…". Replace it by "the Veteran".'
ORPHAN = "nothing leads to it: link to it where an agent would look for it"
FOLDED = "says “{}” without a link to a heading or an article"
OVERDUE = "was due on 2026-11-20: read it again, and set the next day"
UNPUBLISHED = "“{}” is no published time: leave it out, or add it to published_times in the catalogue"
UNEXPLAINED = "nobody explains it: give the row an article or a route, or name it in an article's error_codes"
UNNAMED = "runbook/sm-send-error.md does not name it: add it to its error_codes"
PHONE = '"303-5…" looks like a phone number: take it out, or add the public line to the catalogue'


def problems(today: date = TODAY, **changes: str) -> list[tuple[str, str, int | None, str]]:
    texts = FILES | changes
    files = {path: text.encode() for path, text in texts.items()}
    snapshot = build_snapshot({path: ("", data) for path, data in files.items()}, None, "a" * 40)
    assert list(snapshot.problems) == []
    return [(one.file, one.key, one.line, one.message) for one in check_gate(files, snapshot, today)]


def changed(path: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[path]
    return {path: FILES[path].replace(old, new, 1)}


def test_content_without_a_mistake_passes() -> None:
    assert problems() == []


def test_a_picture_is_shown_somewhere() -> None:
    path = "images/0123456789abcdef.webp"
    assert problems(**{path: "a picture"}) == [(path, "", None, "no article shows it: take it out")]
    shown = changed(RUNBOOK, "See [lines]", f"![Both buttons](/articles/{path}) See [lines]")
    assert problems(**{path: "a picture"}, **shown) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "key", "line", "message"),
    [
        (RUNBOOK, "2027-02-18", "2026-11-20", "review_by", 8, OVERDUE),
        (RUNBOOK, "2027-02-18", "2027-11-23", "review_by", 8, "2027-11-23 is more than 12 months ahead"),
        (RUNBOOK, "Let me note", "The messaging team will note", "## Say", 24, "callers do not know “messaging team”"),
        (RUNBOOK, "Let me note", "We will call you soon, so note", "## Say", 24, "promises a time: “We will call you soon”"),
        (ISSUE, "We know about it.", "It takes 4 days.", "caller_text", 12, UNPUBLISHED.format("4 days")),
        (RELEASE, "yet.", "yet. We will call you today.", "caller_text", 13, "promises a time: “We will call you today”"),
        (RULES, "We will call you back.", "We will call soon.", "say", 10, "promises a time: “We will call soon”"),
        (CATALOGUE, "say: Please call them.", "say: Please call by noon.", "routes[1].say", 30, "promises a time: “by noon”"),
        (CATALOGUE, "say: It is closed now.", "say: Shut one hour.", "maintenance[0].say", 48, UNPUBLISHED.format("one hour")),
        (REFERENCE, "Help desk |", "Help desk | 303-555-0123, ", "## All lines", 17, PHONE),
        (ISSUE, "symptoms: [cannot send]", "symptoms: [cannot send, call 303-555-0123]", "symptoms[1]", 9, PHONE),
        (CODES, "seen_as: Not sent", "seen_as: Not sent, call 303-555-0123", "codes[0].seen_as", 5, PHONE),
        (CATALOGUE, "how: Phone\n", "how: Call 303-555-0123\n", "routes[0].how", 22, PHONE),
        (RUNBOOK, "2. Sign in", "2. Ask Mrs. Miller, then sign in", "## Do", 22, MRS),
        (RUNBOOK, "1. Copy the text", "1. Look at the table", "## Do", 20, FOLDED.format("table")),
        (RUNBOOK, "Which words are", "Which of the words below are", "## Ask", 17, FOLDED.format("below")),
        (RUNBOOK, "- the same error", "- one of the list of errors", "## Stop and escalate if", 27, FOLDED.format("the list of")),
        (RUNBOOK, "See [lines](/articles/help-lines)", "See lines", "id", 2, ORPHAN),
        (RUNBOOK, "Sending fails", "SM99 is shown, or sending fails", "", 15, "there is no error code 'SM99'"),
        (RUNBOOK, "See [lines]", "See SM-099 in [lines]", "", 31, "there is no error code 'SM-099'"),
        (ISSUE, "[cannot send]", "[cannot send SM99]", "symptoms[0]", 9, "there is no error code 'SM99'"),
        (CODES, "code: SM98", ROW, "SM97", 2, UNEXPLAINED),
        (CODES, "code: SM98", ROW.replace("SM97", "SM97\n    article: sm-send-error"), "SM97.article", 2, UNNAMED),
        (ISSUE, "since:", "facilities: [668, 999]\nsince:", "facilities[1]", 15, "there is no station 999 in facilities.yml"),
        (RUNBOOK, "See [lines]", "word " * 900 + "[lines]", "", 14, "has 957 words, at most 900: make two articles of it"),
    ],
)  # fmt: skip
def test_what_must_not_be_shipped_is_named_with_file_key_and_line(
    path: str, old: str, new: str, key: str, line: int, message: str
) -> None:
    found = problems(**changed(path, old, new))
    where = REFERENCE if key == "id" else path
    assert found == [(where, key, line, message)]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (RUNBOOK, "2027-02-18", "2026-11-21"),
        (RUNBOOK, "2027-02-18", "2027-11-21"),
        (REFERENCE, "owner: tier3", "owner: tier3\npublication: retired\nreplaced_by: sm-down\nupdated: 2026-01-01"),
        (ISSUE, "We know about it.", "It can take 3 days."),
        (REFERENCE, "Help desk |", "Help desk | 800-555-0100, "),
        (RUNBOOK, "1. Copy the text", "1. Look at [the table below](#more-about-it)"),
        (RUNBOOK, "1. Copy the text", "1. Look at the table of [lines](/articles/help-lines)"),
        (RUNBOOK, "1. Copy the text", "1. Reload the list on the screen"),
        (RUNBOOK, "Sending fails", "SM98 or SM-098 is shown, or sending fails"),
        (RUNBOOK, "See [lines]", "See https://x.example/SM99 and [page](/articles/code/sm98), [lines]"),
        (RUNBOOK, "See [lines](/articles/help-lines)", "[Lines][l]\n\n[l]: /articles/help-lines\n\nSee [it](#do)"),
        (RULES, "- the error came back", "- the error came back, see [lines](/articles/help-lines)"),
        (CODES, "    article: sm-send-error\n", ""),
        (CODES, "article: sm-send-error", "route: coordinator"),
        (ISSUE, "since:", 'facilities: ["668"]\nsince:'),
        (RUNBOOK, "See [lines]", "word " * 840 + "[lines]"),
        (RUNBOOK, "2. Sign in", "2. Ask the Patient Advocate or MR Download, then sign in"),
    ],
)  # fmt: skip
def test_the_good_neighbour_passes(path: str, old: str, new: str) -> None:
    allowed = changed(
        CATALOGUE, "critical: {call", "published_times: [{says: 3 days, source: s}]\ncritical: {call"
    )
    assert problems(**allowed, **changed(path, old, new)) == []


def test_a_paragraph_that_two_articles_share_names_both_places() -> None:
    shared = changed(REFERENCE, "Call the help desk.", f"Call the help desk.\n\n{LONG}")
    shared |= changed(RELEASE, "Some.", f"Some.\n\n{LONG.replace('anything', 'something')}")
    said = "says nearly the same as reference/help-lines.md:13: keep it in one place and link to it"
    assert problems(**shared) == [(RELEASE, "", 19, said)]


def test_a_hard_text_to_read_out_is_told_its_grade() -> None:
    hard = (
        "Notification preferences are administered independently by participating facilities, consequently "
        "modifications to communication settings necessitate additional verification and documentation."
    )
    found = problems(
        **changed(ISSUE, "Messages are not working right now. We know about it.", hard + " Please wait.")
    )
    assert [(path, key, line) for path, key, line, _ in found] == [(ISSUE, "caller_text", 12)]
    assert found[0][3].startswith("reads like school grade 2")


def test_an_issue_on_the_board_needs_no_link_and_one_that_is_answered_does() -> None:
    """Open faults stand on the home page; nothing shows an answer by design but search."""
    by_design = changed(ISSUE, "status: workaround_available", "nature: by_design")
    assert problems(**by_design) == [(ISSUE, "id", 2, ORPHAN)]


def test_a_draft_leads_nowhere_and_needs_no_way_in() -> None:
    draft = changed(RUNBOOK, "owner: messaging", "owner: messaging\npublication: draft")
    found = problems(**draft)
    assert [(path, message) for path, _, _, message in found] == [(REFERENCE, ORPHAN), (RELEASE, ORPHAN)]


def test_personal_data_in_what_is_read_out_is_reported_once() -> None:
    """By the check that the served knowledge base makes as well."""
    files = {
        path: text.encode()
        for path, text in (FILES | changed(ISSUE, "We know about it.", "Call 303-555-0123.")).items()
    }
    snapshot = build_snapshot({path: ("", data) for path, data in files.items()}, None, "a" * 40)
    assert [(one.file, one.key) for one in snapshot.problems] == [(ISSUE, "caller_text")]
    assert check_gate(files, snapshot, TODAY) == []


def test_an_overdue_review_blocks_shipping_and_not_serving() -> None:
    late = date(2031, 1, 1)
    snapshot, found = check_shipped(CONTENT, late)
    assert {one.key for one in found} == {"review_by"}
    assert len(found) == len(snapshot.articles)
    served, noise = check_folder(CONTENT)
    assert noise == []
    assert served.articles.keys() == snapshot.articles.keys()


def test_what_areas_cover_and_searches_find_are_content_too() -> None:
    assert is_content_path("coverage/secure-messaging.yml")
    assert is_content_path("golden/sign-in.yml")
    path = "golden/sign-in.yml"
    found = problems(**{path: "area: sign-in\nsearches:\n  - {query: call 303-555-0123, first: [sm-down]}\n"})
    assert found == [(path, "searches[0].query", 3, PHONE)]
