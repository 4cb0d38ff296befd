from __future__ import annotations

import pytest
import small_content as small

from portal.core.problem import Problem
from portal.knowledge.content_check import check_article
from portal.knowledge.content_layout import picture_path
from portal.knowledge.parse import parse_article
from portal.knowledge.snapshot import Snapshot, build_snapshot


def problems(**changes: str) -> list[Problem]:
    return list(build_snapshot(small.files(**changes), None, "a" * 40).problems)


def changed(path: str, old: str, new: str) -> dict[str, str]:
    assert old in small.FILES[path]
    return {path: small.FILES[path].replace(old, new, 1)}


def snapshot(**changes: str) -> Snapshot:
    return build_snapshot(small.files(**changes), None, "a" * 40)


def test_content_without_a_mistake_has_no_problem() -> None:
    assert problems() == []


RUNBOOK, ISSUE, RULES = "runbook/sm-send-error.md", "known-issue/sm-down.md", "criteria/sm-rules.md"
RELEASE, REFERENCE, CODES = "release/sm-new-page.md", "reference/help-lines.md", "error_codes.yml"
LINK = "a link is /articles/<id>, #section, https:, mailto: or tel:, not "
LEVEL = "comes right after a heading of level 2: leave no level out"
IN_TEXT = "a picture stands in the text below, not here"
FILE_NAME = "say what the picture shows, not what its file is called: /articles/sm-rules"
NONE = "/articles/images/0123456789abcdef.webp"
MERGED = "goes with the status merged, and that status with it"
BY_STEP = "## Say by step\n\n- {}: {}\n\n## Stop"
PERSONAL = "holds what looks like personal data or a number that is not in the catalogue"


@pytest.mark.parametrize(
    ("path", "old", "new", "key", "line", "message"),
    [
        (RUNBOOK, "owner: messaging", "owner: nobody", "owner", 7, "there is no team 'nobody'"),
        (RUNBOOK, "tool: secure-messaging\nsub_areas: [send]", "tool: tv", "tool", 5, "there is no tool 'tv'"),
        (RUNBOOK, "[send]", "[send, sing]", "sub_areas[1]", 6, "'secure-messaging' has no sub-area 'sing'"),
        (RUNBOOK, "aliases:", "platforms: [android]\naliases:", "platforms[0]", 10, "'secure-messaging' is not used on android"),
        (RUNBOOK, "[SM98]", "[SM98, SM0]", "error_codes[1]", 11, "there is no error code 'SM0'"),
        (RUNBOOK, "aliases:", "replaced_by: gone\naliases:", "replaced_by", 10, "there is no article 'gone'"),
        (RUNBOOK, "/articles/sm-rules", "/articles/gone", "", 31, "there is no article 'gone'"),
        (RUNBOOK, "/articles/code/sm98", "/articles/code/SM0", "", 31, "there is no error code 'SM0'"),
        (RUNBOOK, "/route/coordinator", "/route/nowhere", "", 31, "there is no route 'nowhere'"),
        (RUNBOOK, "(/articles/sm-rules)", "(sm-rules.md)", "", 31, LINK + "sm-rules.md"),
        (RUNBOOK, "(/articles/sm-rules)", "(javascript:x)", "", 31, LINK + "javascript:x"),
        (RUNBOOK, "[the rules]", "[ ]", "", 31, "a link needs words: /articles/sm-rules"),
        (RUNBOOK, "[the rules]", "![]", "", 31, "a picture needs alternative text: /articles/sm-rules"),
        (RUNBOOK, "[the rules]", "![Screenshot 12.png]", "", 31, FILE_NAME),
        (RUNBOOK, "[the rules]", "![Shot-12.PNG]", "", 31, FILE_NAME),
        (RUNBOOK, "[the rules](/articles/sm-rules)", f"![plan]({NONE})", "", 31, f"there is no picture {NONE}"),
        (RUNBOOK, "summary: Copy", f"summary: See ![plan]({NONE}) Copy", "summary", 9, IN_TEXT),
        (RUNBOOK, "[the rules](/articles/sm-rules)", "![plan](https://x.example/p.png)", "", 31, "a picture lies on our own site: https://x.example/p.png"),
        (RUNBOOK, "See [the", "#### Deep\nSee [the", "#### Deep", 31, LEVEL),
        (RUNBOOK, "See [the", "##Tight\nSee [the", "", 31, "a heading needs a space after its # signs"),
        (RUNBOOK, "See [the", "Title\n---\nSee [the", "", 32, "write headings with #, or leave an empty line above ---"),
        (RUNBOOK, "2. Sign in again", "".join(f"{n}. Step\n" for n in range(2, 9)), "## Do", 20, "has more than 7 items"),
        (RUNBOOK, "1. Copy the text => nothing gets **lost**\n2. Sign in again", "Copy it.", "## Do", 20, "is a numbered list"),
        (RUNBOOK, "Let me note", "\n\nLet me note", "## Say", 24, "is one paragraph that can be read out"),
        (RUNBOOK, "## Stop", BY_STEP.format(9, "Wait."), "## Say by step", 27, None),
        (RUNBOOK, "## Stop", BY_STEP.format(2, "GitHub."), "## Say by step", 27, "callers do not know the word “GitHub”"),
        (RUNBOOK, "what you see", "it in ServiceNow", "## Say", 24, "callers do not know the word “ServiceNow”"),
        (RUNBOOK, "what you see", "123-45-6789", "## Say", 24, PERSONAL),
        (ISSUE, "status: workaround_available\n", "", "status", 2, "a fault has a status"),
        (ISSUE, "status: workaround_available", "status: merged", "merged_into", 2, MERGED),
        (ISSUE, "workaround: [Try again in an hour.]\n", "", "workaround", 2, "is missing although the status says there is one"),
        (ISSUE, "since:", "fixed: 2026-11-01\nsince:", "fixed", 15, "is before the day in `since`"),
        (ISSUE, "We know about it.", "See GitHub.", "caller_text", 12, "callers do not know the word “GitHub”"),
        (ISSUE, "#do)", "#dance)", "", 18, "sm-send-error has no section #dance"),
        (ISSUE, "(#look-alikes)", "(#others)", "", 18, "sm-down has no section #others"),
        (ISSUE, "[Try again in an hour.]", '["See [it](/articles/gone)."]', "workaround[0]", 11, "there is no article 'gone'"),
        (RULES, "runbook: sm-send-error", "runbook: sm-down", "rules[1].then.runbook", 25, "'sm-down' is no runbook"),
        (RULES, "collect: [alert_words]", "collect: [mood]", "rules[2].then.collect", 27, "'mood' is no ticket fact"),
        (RULES, "error: [SM98]", "error: [SM0]", "inputs[0].codes.error", 15, "'SM0' is no error code"),
        (RULES, "severity: medium}\n---", "severity: low}\n---", "examples[2].expect.severity", 37, None),
        (RELEASE, "starts: 2026-11-01", "starts: 2026-11-01\nends: 2026-10-01", "ends", 12, "is before the day in `starts`"),
        (RELEASE, "The page is changing", "The toggle is changing", "caller_text", 13, "callers do not know the word “toggle”"),
        (CODES, "article: sm-send-error", "article: gone", "SM98.article", 2, "there is no article 'gone'"),
        (CODES, "tool: secure-messaging", "tool: tv", "SM98.tool", 2, "there is no tool 'tv'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_file_key_and_line(
    path: str, old: str, new: str, key: str, line: int, message: str | None
) -> None:
    found = problems(**changed(path, old, new))
    assert [(one.file, one.key, one.line) for one in found] == [(path, key, line)]
    assert message is None or found[0].message == message


def test_a_runbook_may_go_without_questions() -> None:
    assert problems(**changed(RUNBOOK, "## Ask\n- Which words are on the screen?\n", "")) == []


def test_a_picture_stands_in_the_text_and_is_never_read_out() -> None:
    path = picture_path(b"RIFF....WEBPpixels", "webp")
    shown = f"![The send button](/articles/{path})"
    files = {path: b"RIFF....WEBPpixels"}
    step = changed(RUNBOOK, "2. Sign in again", f"2. Sign in again {shown} => the list")
    assert problems(**files, **step) == []
    assert [one.message for one in problems(**step)] == [f"there is no picture /articles/{path}"]
    found = problems(**files, **changed(RUNBOOK, "Let me note", f"{shown} Let me note"))
    assert [(one.key, one.message) for one in found] == [
        ("## Say", "holds a picture, which nobody can read out")
    ]


def test_an_article_may_link_to_the_pages_that_are_no_articles() -> None:
    assert problems(**changed(RUNBOOK, "/articles/sm-rules", "/articles/codes?q=SM9")) == []
    assert problems(**changed(RUNBOOK, "/articles/sm-rules", "/articles/facilities")) == []


def test_links_in_code_are_no_links() -> None:
    text = small.REFERENCE + "\n`[x](/articles/gone)`\n\n```\n[x](/articles/gone)\n```\n"
    assert problems(**{REFERENCE: text}) == []


def test_pages_that_are_no_articles_are_taken_on_trust() -> None:
    text = (
        small.REFERENCE
        + "\n[Start](/intake?tool=secure-messaging), [mail](mailto:help@va.example), [up](/articles/help-lines#answer)\n"
    )
    assert problems(**{REFERENCE: text}) == []


def test_one_id_in_two_folders_is_a_problem_of_the_later_file() -> None:
    twin = small.REFERENCE.replace("id: help-lines", "id: sm-down")
    found = problems(**{"reference/sm-down.md": twin})
    assert found == [
        Problem("reference/sm-down.md", "id", "'sm-down' is already the id of known-issue/sm-down.md", 2)
    ]


def test_two_tables_for_one_sub_area_are_a_problem() -> None:
    second = small.RULES.replace("id: sm-rules", "id: sm-rules-b").replace("title: When", "title: If")
    found = problems(**{"criteria/sm-rules-b.md": second})
    assert {one.file for one in found} == {"criteria/sm-rules.md", "criteria/sm-rules-b.md"}
    assert {one.key for one in found} == {"sub_areas"}
    assert all(one.line for one in found)


def test_one_article_can_be_checked_before_it_is_saved() -> None:
    whole = snapshot()
    text = small.RUNBOOK.replace("/articles/sm-rules", "/articles/gone")
    article, _ = parse_article(RUNBOOK, text.encode(), "new")
    assert article is not None
    found = check_article(article, list(whole.articles.values()), whole.catalogue, whole.codes)
    assert [str(one) for one in found] == ["runbook/sm-send-error.md:31: there is no article 'gone'"]
