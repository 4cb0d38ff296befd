"""Coverage files: what is wrong with them, and what the report says of a small knowledge base with gaps."""

from __future__ import annotations

import small_content as small

from portal.knowledge.coverage import AREAS, Report, Searched, report
from portal.knowledge.snapshot import Snapshot, build_snapshot

PATH = "coverage/secure-messaging.yml"
AREA = """area: secure-messaging
name: Secure messaging
tables: [sm-rules]
articles: [sm-send-error, sm-down, sm-new-page]
items:
  - {id: R1, says: First time, rules: [sm-rules/try-first], articles: [sm-send-error], confirmed: true}
  - {id: T3-2, says: It came back, rules: [sm-rules/single], confirmed: false}
  - {id: E3, says: Blocked, rules: [sm-rules/blocked-list], confirmed: true}
symptoms:
  - {id: K01, says: nobody can send, known_issues: [sm-down]}
  - {id: K02, says: greyed out, rules: [sm-rules/blocked-list], articles: [sm-send-error]}
  - {id: A1, says: the page looks new, articles: [sm-new-page]}
"""
RULES = small.RULES.replace("name: greyed out", "name: greyed out (K02)")


def snapshot_of(area: str = AREA, previous: Snapshot | None = None, **changes: str) -> Snapshot:
    files = small.files(**{"criteria/sm-rules.md": RULES, PATH: area, **changes})
    return build_snapshot(files, previous, "a" * 40)


def problems(area: str, **changes: str) -> list[tuple[str, int | None, str, str]]:
    return [(one.file, one.line, one.key, one.message) for one in snapshot_of(area, **changes).problems]


def mended(old: str, new: str) -> str:
    assert AREA.count(old) == 1
    return AREA.replace(old, new)


def found(
    area: str = AREA, searched: dict[tuple[str, str], Searched] | None = None, **changes: str
) -> Report:
    snapshot = snapshot_of(area, **changes)
    return report(snapshot.coverage, snapshot.articles, searched)


def gaps(area: str, searched: dict[tuple[str, str], Searched] | None = None) -> list[tuple[str, str]]:
    return [(gap.id, gap.missing) for gap in found(area, searched).gaps]


def test_a_good_file_is_read_and_has_no_problem() -> None:
    snapshot = snapshot_of()
    assert snapshot.problems == ()
    area = snapshot.coverage["secure-messaging"]
    assert area.name == "Secure messaging"
    assert area.members == ("sm-rules", "sm-send-error", "sm-down", "sm-new-page")
    assert [item.id for item in area.items] == ["R1", "T3-2", "E3"]
    assert [symptom.is_desk_row for symptom in area.symptoms] == [True, True, False]


def test_an_item_for_tier_3_may_be_numbered_with_or_without_the_three() -> None:
    assert problems(mended("T3-2", "T2")) == []
    assert problems(mended("T3-2", "X2")) == [
        (PATH, 7, "items[1].id", "does not have the form ^(R|T|T3-?|E)\\d{1,3}[a-z]?$")
    ]


def test_what_an_area_names_must_exist() -> None:
    assert problems(mended("[sm-new-page]", "[sm-old-page]")) == [
        (PATH, 12, "symptoms[2].articles[0]", "there is no article 'sm-old-page'")
    ]
    assert problems(mended("sm-rules/single", "sm-rules/twofold")) == [
        (PATH, 7, "items[1].rules[0]", "'sm-rules' has no rule 'twofold'")
    ]
    assert problems(mended("sm-rules/single", "sm-down/single")) == [
        (PATH, 7, "items[1].rules[0]", "there are no criteria 'sm-down'")
    ]
    assert problems(mended("known_issues: [sm-down]", "known_issues: [sm-send-error]")) == [
        (PATH, 10, "symptoms[0].known_issues[0]", "'sm-send-error' is neither a known issue nor a release")
    ]
    assert problems(mended("tables: [sm-rules]", "tables: [sm-other]"))[0] == (
        PATH, 3, "tables[0]", "there is no article 'sm-other'",
    )  # fmt: skip


def test_a_table_and_an_article_do_not_change_places() -> None:
    assert problems(mended("tables: [sm-rules]", "tables: [sm-rules, help-lines]")) == [
        (PATH, 3, "tables[1]", "'help-lines' is of type reference, so it belongs to `articles`")
    ]


def test_nothing_stands_twice() -> None:
    assert problems(mended("{id: T3-2", "{id: R1")) == [(PATH, 7, "items[1].id", "'R1' stands twice")]
    assert problems(mended("{id: K02", "{id: K01")) == [(PATH, 11, "symptoms[1].id", "'K01' stands twice")]
    other = mended(", sm-down, sm-new-page]", "]").replace("secure-messaging", "medications")
    assert problems(AREA, **{"coverage/medications.yml": other}) == [
        (PATH, 3, "tables[0]", "'sm-rules' already stands in the area medications"),
        (PATH, 4, "articles[0]", "'sm-send-error' already stands in the area medications"),
    ]


def test_a_file_of_another_form_is_named_and_its_last_good_version_kept() -> None:
    first = snapshot_of()
    assert problems(mended("confirmed: false", "confirmed: perhaps")) == [
        (PATH, 7, "items[1].confirmed", "must be true or false")
    ]
    assert [one[2] for one in problems(mended("area: secure-messaging", "area: gardening"))] == ["area"]
    assert problems(mended("area: secure-messaging", "area: sign-in")) == [
        (PATH, 1, "area", "is sign-in, but the file is secure-messaging.yml")
    ]
    second = snapshot_of("area: [", first)
    assert second.coverage == first.coverage
    assert [one.file for one in second.problems] == [PATH]


def all_areas(**changes: str) -> dict[str, str]:
    """Every area has a file, the other twelve with a table each of their own."""
    whole = {}
    for id_ in AREAS[1:]:
        rules = f"{id_}-rules"
        whole[f"criteria/{rules}.md"] = (
            small.RULES.replace("id: sm-rules", f"id: {rules}")
            .replace("tool: secure-messaging\n", "")
            .replace("summary: Blocked", "applies: always\nsummary: Blocked")
        )
        whole[f"coverage/{id_}.yml"] = (
            f"area: {id_}\nname: {id_}\ntables: [{rules}]\n"
            f"items: [{{id: R1, says: One, rules: [{rules}/try-first], confirmed: true}}]\n"
            "symptoms: [{id: A1, says: One, articles: [help-lines]}]\n"
        )
    return {**whole, **changes}


def test_an_article_that_stands_in_no_area_is_a_problem_once_every_area_has_its_file() -> None:
    without = mended("[sm-send-error, sm-down, sm-new-page]", "[sm-send-error, sm-new-page]")
    expected = ("known-issue/sm-down.md", 2, "id", "'sm-down' stands in no file of coverage/")
    assert problems(AREA, **all_areas()) == []
    assert problems(without, **all_areas()) == [expected]
    assert problems(without) == []


def test_process_articles_references_and_retired_ones_need_no_area() -> None:
    process = small.RUNBOOK.replace("tool: secure-messaging\n", "").replace("sub_areas: [send]\n", "")
    process = process.replace("id: sm-send-error", "id: triage-record")
    retired = small.RUNBOOK.replace("id: sm-send-error", "id: sm-old\npublication: retired")
    more = {"runbook/triage-record.md": process, "runbook/sm-old.md": retired}
    assert problems(AREA, **all_areas(**more)) == []


def test_a_covered_area_has_no_gap() -> None:
    good = found()
    [area] = good.areas
    assert [str(area.reached), str(area.desk_rows), str(area.answered), str(area.confirmed)] == [
        "3/3",
        "2/2",
        "3/3",
        "2/3",
    ]
    assert str(area.found) == "-"  # nobody has searched
    assert good.gaps == []
    assert area.teams == ("messaging",)
    assert good.without_file == AREAS[1:]
    assert good.below_floor() == [f"areas without a file of coverage: {', '.join(AREAS[1:])}"]


def test_an_article_in_no_area_is_told_once_every_area_has_its_file() -> None:
    without = mended("[sm-send-error, sm-down, sm-new-page]", "[sm-send-error, sm-new-page]")
    assert [one.id for one in found(without, **all_areas()).unplaced] == ["sm-down"]
    assert found(without).unplaced == ()


def test_an_item_without_a_rule_that_an_example_reaches_is_a_gap() -> None:
    assert gaps(mended("rules: [sm-rules/single], ", "")) == [("T3-2", "no rule")]
    assert gaps(mended("sm-rules/single", "sm-rules/none")) == [("T3-2", "'sm-rules' has no rule 'none'")]
    unreached = RULES.replace("given: {shows: error, followed: yes}", "given: {shows: error, followed: no}")
    lacking = found(AREA, **{"criteria/sm-rules.md": unreached})
    assert [(gap.id, gap.missing) for gap in lacking.gaps] == [("T3-2", "no example ends at sm-rules/single")]
    assert "items reached by a rule: 2/3, and the floor is 100%" in lacking.below_floor()


def test_a_symptom_that_leads_nowhere_is_a_gap() -> None:
    assert gaps(mended(", known_issues: [sm-down]", "")) == [("K01", "no article, rule or known issue")]
    assert gaps(mended("articles: [sm-new-page]}", "articles: [sm-gone]}")) == [
        ("A1", "there is no article 'sm-gone'")
    ]
    low = found(mended(", known_issues: [sm-down]", "")).below_floor()
    assert "rows of the help desk's symptoms that lead somewhere: 1/2, and the floor is 100%" in low


def test_a_row_of_the_desk_is_named_in_an_example_of_its_rule() -> None:
    plain = found(AREA, **{"criteria/sm-rules.md": small.RULES})
    assert [(gap.id, gap.missing) for gap in plain.gaps] == [
        ("K02", "no example of sm-rules/blocked-list is named (K02)")
    ]
    several = small.RULES.replace("name: greyed out", "name: greyed out (K01, K02)")
    assert found(AREA, **{"criteria/sm-rules.md": several}).gaps == []
    longer = small.RULES.replace("name: greyed out", "name: greyed out (K021)")
    assert len(found(AREA, **{"criteria/sm-rules.md": longer}).gaps) == 1


def test_what_search_and_known_issues_do_not_bring_up_is_told() -> None:
    searched = {
        ("secure-messaging", "K01"): Searched(0, {"sm-down": "likely"}),
        ("secure-messaging", "K02"): Searched(3, {}),
        ("secure-messaging", "A1"): Searched(1, {}),
    }
    assert gaps(AREA, searched) == [("K01", "search does not show sm-down among the first 3")]
    low = found(AREA, searched)
    assert str(low.total("found")) == "2/3"
    assert "symptoms whose article is found by search: 2/3, and the floor is 90%" in low.below_floor()
    searched["secure-messaging", "K01"] = Searched(1, {"sm-other": "possible"})
    assert gaps(AREA, searched) == [("K01", "not recognised as sm-down")]
    assert not [said for said in found(AREA, searched).below_floor() if "search" in said]


def test_sources_and_notes_are_counted_by_article_and_team() -> None:
    noted = small.RUNBOOK.replace("sources: [exceptions.en.yml]", "sources: [a, b]\nto_confirm: [One., Two.]")
    told = found(AREA, **{"runbook/sm-send-error.md": noted})
    assert {team: [one.id for one in articles] for team, articles in told.notes().items()} == {
        "messaging": ["sm-send-error"]
    }
    assert told.areas[0].notes == 2
    assert [one.id for one in told.one_source] == ["help-lines", "sm-down", "sm-new-page", "sm-rules"]


def test_one_area_is_reported_by_itself() -> None:
    snapshot = snapshot_of()
    alone = report(snapshot.coverage, snapshot.articles, only="secure-messaging")
    assert (alone.without_file, alone.unplaced, alone.below_floor()) == ((), (), [])
    assert "help-lines" not in [one.id for one in alone.articles]
    missing = report(snapshot.coverage, snapshot.articles, only="sign-in")
    assert missing.below_floor() == ["areas without a file of coverage: sign-in"]
