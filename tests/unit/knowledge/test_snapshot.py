from __future__ import annotations

import small_content as small

from portal.knowledge.article import ArticleKind
from portal.knowledge.snapshot import build_snapshot

RUNBOOK = "runbook/sm-send-error.md"


def bad(old: str, new: str) -> bytes:
    assert old in small.RUNBOOK
    return small.RUNBOOK.replace("id: sm-send-error", "id: bad").replace(old, new, 1).encode()


BAD: dict[str, tuple[bytes, str, int | None]] = {
    "runbook/bad-01.md": (b"No front matter", "", 1),
    "runbook/bad-02.md": (b"---\nid: bad-02\n", "", 1),
    "runbook/bad-03.md": (b"---\nid: bad-03\nid: bad-03\n---\n", "id", 3),
    "runbook/bad-04.md": (b"---\nid: &a bad-04\n---\n", "id", 2),
    "runbook/bad-05.md": (b"---\nid: [bad\n---\n", "", 3),
    "runbook/bad-06.md": (b"---\nid: bad-06\n---\n\xff\xfe", "", 4),
    "runbook/bad-07.md": (bad("2027-02-18", "never"), "review_by", 8),
    "runbook/bad-08.md": (bad("owner: messaging", "owner: messaging\nmood: bad"), "mood", 8),
    "runbook/bad-09.md": (bad("## Do", "## Undo"), "## Do", 14),
    "runbook/bad-10.md": (bad("## Ask", "# Ask"), "# Ask", 17),
    "runbook/bad-11.md": (bad("type: runbook", "type: poem"), "type", 3),
    "criteria/bad-12.md": (
        small.RULES.replace("outcome: resolve", "outcome: wait").encode(),
        "rules[1].then.outcome",
        25,
    ),
}


def test_twelve_bad_files_are_named_and_the_good_ones_are_served() -> None:
    files = small.files() | {path: (f"bad-{path}", data) for path, (data, _, _) in BAD.items()}
    snapshot = build_snapshot(files, None, "a" * 40)
    assert sorted(snapshot.articles) == ["help-lines", "sm-down", "sm-new-page", "sm-rules", "sm-send-error"]
    assert {one.file for one in snapshot.problems} == set(BAD)
    for path, (_, key, line) in BAD.items():
        assert (key, line) in [(one.key, one.line) for one in snapshot.problems if one.file == path], path


def test_a_bad_file_is_served_from_its_last_good_version() -> None:
    first = build_snapshot(small.files(), None, "a" * 40)
    broken = small.files(**{RUNBOOK: "---\nid: [\n---\n"})
    second = build_snapshot(broken, first, "b" * 40)
    assert second.articles["sm-send-error"] is first.articles["sm-send-error"]
    assert [(one.file, one.line) for one in second.problems] == [(RUNBOOK, 3)]
    third = build_snapshot(broken, second, "c" * 40)
    assert third.articles["sm-send-error"] is first.articles["sm-send-error"]
    assert third.problems == second.problems
    mended = build_snapshot(
        small.files(**{RUNBOOK: small.RUNBOOK.replace("again", "once more")}), third, "d" * 40
    )
    assert mended.problems == ()
    assert mended.articles["sm-send-error"] is not first.articles["sm-send-error"]


def test_unchanged_articles_are_not_parsed_again() -> None:
    first = build_snapshot(small.files(), None, "a" * 40)
    files = small.files(**{RUNBOOK: small.RUNBOOK.replace("again", "once more")})
    second = build_snapshot(files, first, "b" * 40)
    assert second.revision == "b" * 40
    assert second.articles["sm-down"] is first.articles["sm-down"]
    assert second.articles["sm-send-error"] is not first.articles["sm-send-error"]


def test_an_article_that_is_deleted_is_gone() -> None:
    first = build_snapshot(small.files(), None, "a" * 40)
    files = small.files()
    del files["reference/help-lines.md"]
    assert "help-lines" not in build_snapshot(files, first, "b" * 40).articles


def test_a_broken_catalogue_keeps_the_one_before() -> None:
    first = build_snapshot(small.files(), None, "a" * 40)
    broken = small.files(
        **{"catalogue.yml": "teams: [", "facilities.yml": "x: 1", "error_codes.yml": "codes: 1"}
    )
    second = build_snapshot(broken, first, "b" * 40)
    assert second.catalogue is first.catalogue
    assert second.facilities == first.facilities
    assert second.codes == first.codes
    assert sorted({one.file for one in second.problems}) == [
        "catalogue.yml",
        "error_codes.yml",
        "facilities.yml",
    ]


def test_a_knowledge_base_without_catalogue_stands_and_says_so() -> None:
    files = {path: file for path, file in small.files().items() if path.startswith("reference/")}
    snapshot = build_snapshot(files, None, "a" * 40)
    assert list(snapshot.articles) == ["help-lines"]
    assert snapshot.catalogue.tools == {}
    assert "catalogue.yml:1: is empty or missing" in [str(one) for one in snapshot.problems]


def test_other_files_are_passed_over_and_strange_folders_are_not() -> None:
    files = small.files(**{"README.md": "# Hi", "img/plan.png": b"\x89PNG", "poems/one.md": "Roses"})
    assert [one.file for one in build_snapshot(files, None, "a" * 40).problems] == ["poems/one.md"]


def test_retired_articles_are_served_and_drafts_are_not() -> None:
    files = small.files(**{RUNBOOK: small.RUNBOOK.replace("owner:", "publication: draft\nowner:")})
    snapshot = build_snapshot(files, None, "a" * 40)
    assert snapshot.of_kind(ArticleKind.RUNBOOK) == []
    assert [one.id for one in snapshot.of_kind(ArticleKind.REFERENCE)] == ["help-lines"]


def test_a_check_that_builds_on_the_last_one_finds_what_a_new_one_finds() -> None:
    link = small.REFERENCE + "\n[steps](/articles/sm-send-error#do) and [down](/articles/sm-down)\n"
    shows = small.REFERENCE + "\n![Both buttons](/articles/images/0123456789abcdef.png)\n"
    edits: list[dict[str, str | None]] = [
        {"reference/help-lines.md": link},
        {RUNBOOK: small.RUNBOOK.replace("again", "once more")},  # nothing that others rest on
        {RUNBOOK: small.RUNBOOK + "\n## More\n\n[nowhere](#else)\n"},
        {"reference/help-lines.md": link.replace("#do", "#more")},
        {RUNBOOK: small.RUNBOOK},  # the section that the other links to is gone
        {"known-issue/sm-down.md": None},  # the article that it links to is gone
        {"catalogue.yml": small.CATALOGUE.replace("messaging", "letters")},  # every owner has another name
        {"catalogue.yml": small.CATALOGUE, "known-issue/sm-down.md": small.KNOWN_ISSUE},
        {"reference/help-lines.md": shows, "images/0123456789abcdef.png": "a picture"},
        {"images/0123456789abcdef.png": None},  # the picture that it shows is gone
        {"images/0123456789abcdef.png": "a picture"},
        {"reference/help-lines.md": small.REFERENCE + "\n[new](/articles/not-yet#do)\n"},
        {
            "runbook/not-yet.md": small.RUNBOOK.replace("sm-send-error", "not-yet")
        },  # what it links to has come
    ]
    files, last, counts = small.files(), None, []
    for number, edit in enumerate(edits):
        for path, text in edit.items():
            if text is None:
                del files[path]
            else:
                files[path] = (f"{number}", text.encode())
        last = build_snapshot(files, last, str(number))
        assert last.problems == build_snapshot(files, None, str(number)).problems, number
        counts.append(len(last.problems))
    assert counts[:5] == [0, 0, 1, 1, 1]
    assert counts[5] > 1
    assert counts[6] > counts[5]
    assert counts[7] == 1
    assert counts[8:] == [0, 1, 0, 1, 0]


def test_an_article_that_comes_has_only_those_with_problems_checked_again() -> None:
    text = small.REFERENCE.replace("help-lines", "wrong") + "\n[new](/articles/no-such)\n"
    files = small.files() | {"reference/wrong.md": ("wrong", text.encode())}
    first = build_snapshot(files, None, "a" * 40)
    text = small.RUNBOOK.replace("sm-send-error", "not-yet")
    second = build_snapshot(files | {"runbook/not-yet.md": ("new", text.encode())}, first, "b" * 40)
    assert first.checked
    assert second.checked
    before = first.checked.own
    again = {path for path, last in second.checked.own.items() if before.get(path) is not last}
    assert again == {"reference/wrong.md", "runbook/not-yet.md"}


def test_what_took_the_place_of_a_retired_article_is_followed_to_its_end() -> None:
    def retired(name: str, successor: str) -> bytes:
        keys = f"owner: messaging\npublication: retired\nreplaced_by: {successor}"
        text = small.RUNBOOK.replace("sm-send-error", name).replace("owner: messaging", keys)
        return text.encode()

    chain = {"first": "second", "second": "sm-send-error", "left": "right", "right": "left"}
    files = small.files() | {f"runbook/{id}.md": (id, retired(id, to)) for id, to in chain.items()}
    rules = small.RULES.replace("runbook: sm-send-error", "runbook: left")
    files["criteria/sm-rules.md"] = ("rules", rules.encode())
    snapshot = build_snapshot(files, None, "a" * 40)
    assert [getattr(snapshot.in_use(id), "id", "") for id in ("first", "sm-send-error", "no-such", "")] == [
        "sm-send-error", "sm-send-error", "", "",
    ]  # fmt: skip
    assert snapshot.in_use("left") is not None  # a circle ends somewhere, and says that it leads nowhere
    assert [(one.key, one.message) for one in snapshot.problems] == [
        ("rules[1].then.runbook", "'left' is retired, and no runbook took its place")
    ]
