"""Front matter changed key by key: over every shipped article, and over made ones with comments and odd quoting."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.knowledge.article import ArticleKind
from portal.knowledge.fields import Field, Shape, changes, fields_of, order_of, shown
from portal.knowledge.front_matter import load_front_matter
from portal.knowledge.new_article import first_text
from portal.knowledge.parse import parse_article
from portal.knowledge.source import NotEditable, Source, Value, clean, set_values, split

CONTENT = Path(__file__).parents[3] / "content"
SHIPPED = sorted(
    str(path.relative_to(CONTENT)) for kind in ArticleKind for path in (CONTENT / kind).glob("*.md")
)
KIND = ArticleKind.KNOWN_ISSUE
HEAD = """# What this file is about.
id: a
title: 'A "quoted" title'   # keep
tool: x

# The team decides this.
owner: messaging
aliases: [one, "two, and", three]  # flow
symptoms:
  # the most frequent
  - first: really
  - 'second'
  - third   # often

caller_text: >-
  Folded
  text.
review_by: 2027-03-01
"""


def source(head: str = HEAD) -> Source:
    return Source(head, "---\n", "Body\n")


def put(head: str = HEAD, **values: Value) -> list[str]:
    """Lines gone (-) and new (+) when these keys are set."""
    before, after = head.split("\n"), set_values(source(head), values, order_of(KIND)).head.split("\n")
    gone = [f"-{line}" for line in before if line not in after]
    return gone + [f"+{line}" for line in after if line not in before]


def form_of(fields: tuple[Field, ...], values: dict[str, object]) -> dict[str, list[str]]:
    """What the form would send back untouched."""
    sent = {field.key: list(shown(field, values) or ()) for field in fields}
    return {
        field.key: ["\r\n".join(sent[field.key])] if field.shape is Shape.LINES else sent[field.key]
        for field in fields
    }


def values_of(text: str) -> dict[str, object]:
    loaded, problems = load_front_matter("", text.encode())
    assert loaded is not None, problems
    return loaded.values


@pytest.mark.parametrize("path", SHIPPED)
def test_shipped_article_opened_and_saved_is_the_same(path: str) -> None:
    text = (CONTENT / path).read_text(encoding="utf-8")
    parts = split(text)
    assert parts is not None
    assert parts.text == text
    fields, values = fields_of(ArticleKind(path.partition("/")[0])), values_of(text)
    wanted = changes(
        fields, values, {k: [clean(one) for one in v] for k, v in form_of(fields, values).items()}
    )
    assert wanted == {}
    assert set_values(parts, wanted, ()).text == text


LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=40
)


@settings(max_examples=150)
@given(st.sampled_from(SHIPPED), st.data())
def test_change_of_one_key_changes_its_lines_only_and_says_it(path: str, data: st.DataObject) -> None:
    """Whatever is typed: it is read back as typed, and every other key keeps its value and its very lines."""
    text = (CONTENT / path).read_text(encoding="utf-8")
    kind = ArticleKind(path.partition("/")[0])
    field = data.draw(st.sampled_from([f for f in fields_of(kind) if f.key != "applies"]))
    many = st.lists(LINE.map(str.strip).filter(bool), max_size=6)
    value: Value = data.draw(many if field.many else LINE.map(str.strip) | st.dates())
    parts = split(text)
    assert parts is not None
    after = set_values(parts, {field.key: value}, order_of(kind))
    before, now = values_of(text), values_of(after.text)
    assert now.pop(field.key) == value
    before.pop(field.key, None)
    assert now == before
    assert after.body == parts.body
    kept = set_values(after, {field.key: None}, ()).head.split("\n")
    bare = set_values(parts, {field.key: None}, ()).head.split("\n")
    assert kept == bare


def test_scalar_keeps_the_comment_behind_it() -> None:
    assert put(title="Plain") == ["-title: 'A \"quoted\" title'   # keep", "+title: Plain   # keep"]


def test_places_are_counted_in_characters() -> None:
    head = HEAD.replace("tool: x", "tool: é\U0001f600—x").replace("first: really", '"first: really"')
    assert put(head, owner="tier3") == ["-owner: messaging", "+owner: tier3"]
    assert put(head, symptoms=["first: really", "second", "x"]) == ["-  - third   # often", "+  - x"]


def test_text_that_yaml_would_read_otherwise_is_quoted() -> None:
    assert put(title="yes: no") == ["-title: 'A \"quoted\" title'   # keep", '+title: "yes: no"   # keep']
    for text in (
        "true",
        "12",
        "2027-01-01",
        "",
        "- x",
        "#x",
        "a #b",
        "[x",
        "&a",
        "*a",
        "!t",
        "null",
        "~",
        "a\nb",
    ):
        assert values_of(set_values(source(), {"title": text}, ()).text)["title"] == text


def test_item_keeps_its_neighbours_their_quotes_and_comments() -> None:
    head = HEAD.replace("first: really", '"first: really"')
    assert put(head, symptoms=["first: really", "other", "third"]) == ["-  - 'second'", "+  - other"]
    assert put(head, symptoms=["first: really", "second", "third", "4"]) == ['+  - "4"']
    assert put(head, symptoms=["second", "third"]) == ['-  - "first: really"']


def test_list_in_brackets_stays_in_brackets() -> None:
    assert put(aliases=["one", "a: b"]) == [
        '-aliases: [one, "two, and", three]  # flow', '+aliases: [one, "a: b"]  # flow'
    ]  # fmt: skip


def test_key_taken_out_leaves_the_comment_of_the_next() -> None:
    assert put(tool=None) == ["-tool: x"]
    assert put(caller_text=None) == ["-caller_text: >-", "-  Folded", "-  text."]


def test_new_key_stands_where_the_schema_has_it() -> None:
    after = set_values(
        source(), {"since": date(2026, 11, 1), "platforms": ["web", "ios"]}, order_of(KIND)
    ).head
    assert "owner: messaging\nplatforms: [web, ios]\naliases" in after
    assert "  text.\nsince: 2026-11-01\nreview_by" in after


def test_folded_text_is_replaced_whole() -> None:
    assert put(caller_text="Say\nthis") == [
        "-caller_text: >-",
        "-  Folded",
        "-  text.",
        '+caller_text: "Say\\nthis"',
    ]


@pytest.mark.parametrize("head", ["{id: a}\n", "- a\n", "a: [\n"])
def test_front_matter_that_has_no_lines_of_keys_is_refused(head: str) -> None:
    with pytest.raises(NotEditable):
        set_values(source(head), {"id": "b"}, ())


@pytest.mark.parametrize("text", ["", "no front matter", "---\nid: a\n", "----\nid: a\n---\n"])
def test_text_without_front_matter_is_not_split(text: str) -> None:
    assert split(text) is None


def test_characters_that_nobody_sees_go() -> None:
    assert clean("a\r\nb\rc\x00\x0b\ufeffd\u2028e\x85f\tg") == "a\nb\ncd e f\tg"


def test_ticked_boxes_keep_the_order_of_the_file() -> None:
    fields, values = fields_of(KIND), {"sub_areas": ["read", "send"], "platforms": ["ios", "web", "ios"]}
    assert changes(fields, values, {"sub_areas": ["send", "read"], "platforms": ["web", "ios"]}) == {}
    assert changes(fields, values, {"sub_areas": ["drafts", "send", "read"]}) == {
        "sub_areas": ["read", "send", "drafts"]
    }
    assert changes(fields, values, {"sub_areas": ["send"]}) == {"sub_areas": ["send"]}


@pytest.mark.parametrize("kind", list(ArticleKind))
def test_new_article_lacks_only_what_its_author_has_to_say(kind: ArticleKind) -> None:
    text = first_text(kind, "a-new-one", 'A: "new" one', "messaging", date(2027, 3, 1))
    values = values_of(text)
    assert (values["id"], values["type"], values["title"]) == ("a-new-one", str(kind), 'A: "new" one')
    article, problems = parse_article(f"{kind}/a-new-one.md", text.encode(), "")
    assert article is None
    said = {one.message for one in problems}
    rules = (
        {"choose one tool, or every tool (applies: always), and not both"}
        if kind is ArticleKind.CRITERIA
        else set()
    )
    assert said <= {"is empty", "needs at least 1", *rules}, problems
