"""The lists of the catalogue as forms: every shipped entry goes through its form and comes back as it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from portal.knowledge.front_matter import load_yaml
from portal.knowledge.listings import LISTINGS, Entry, cell
from portal.knowledge.service import check_folder
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.views.entry_form import EntryForm, Group, Part, labels_in
from portal.knowledge.yaml_text import rewritten

CONTENT = Path(__file__).parents[3] / "content"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return check_folder(CONTENT)[0]


def values(file: str) -> dict[str, object]:
    loaded, problems = load_yaml(file, (CONTENT / file).read_bytes())
    assert loaded is not None, problems
    return loaded.values


def sent(parts: Sequence[Part]) -> dict[str, list[str]]:
    """What a browser sends of these parts when nobody touches them."""
    found: dict[str, list[str]] = {}
    for part in parts:
        if not isinstance(part, Group):
            found[part.id[2:]] = [*part.values] if part.field.shape in ("choices", "names") else [part.value]
        elif part.rows is None:
            found |= sent(part.parts)
        else:
            found[f"{part.id[2:]}-rows"] = [str(len(part.rows))]
            found[part.id[2:]] = ["always"] if part.is_word else []
            found |= sent(part.rows)
    return found


def form_of(snapshot: Snapshot, key: str, name: str | None, entry: Entry) -> dict[str, list[str]]:
    return sent(EntryForm(snapshot, {}).parts(LISTINGS[key].fields_of(name), entry))


@pytest.mark.parametrize("key", LISTINGS)
def test_an_entry_that_nobody_touched_is_what_it_was(snapshot: Snapshot, key: str) -> None:
    listing = LISTINGS[key]
    held = values(listing.file)
    entries = listing.entries(held)
    assert entries
    for name, entry in entries.items():
        typed = listing.typed(entry, form_of(snapshot, key, name, entry), name)
        assert listing.with_entry(held, name, typed) == held, name
        assert cell(entry)


@pytest.mark.parametrize("key", LISTINGS)
def test_an_entry_that_is_typed_anew_says_the_same(snapshot: Snapshot, key: str) -> None:
    """But for what is only another way to say it: a default, an empty text."""
    listing = LISTINGS[key]
    held = values(listing.file)
    for name, entry in [*listing.entries(held).items()][:6]:
        form = form_of(snapshot, key, None, entry)
        typed = listing.typed({}, form, None)
        left_out = {one: value for one, value in entry.items() if one not in typed}
        assert [cell({**typed, **left_out}[one]) for one in entry] == [*map(cell, entry.values())], name
        assert set(map(str, left_out.values())) <= {"", "[]", "False", "always", "120"}


def test_rows_come_change_and_go(snapshot: Snapshot) -> None:
    tool = LISTINGS["tools"].entries(values("catalogue.yml"))["secure-messaging"]
    form = form_of(snapshot, "tools", "secure-messaging", tool)
    form |= {
        "sub_areas-0-name": ["Find a team"],
        "sub_areas-1-gone": ["y"],
        "sub_areas-2-id": [""],
        "sub_areas-2-name": [""],
        "sub_areas-2-words": [""],
        "sub_areas-14-id": ["new"],
        "sub_areas-14-words": ["one\r\n two, three "],
        "in_scope": ["false"],
        "label": [""],
    }
    typed = LISTINGS["tools"].typed(tool, form, "secure-messaging")
    before, after = tool["sub_areas"], typed["sub_areas"]
    assert isinstance(before, list)
    assert isinstance(after, list)
    assert after[0] == {**before[0], "name": "Find a team"}
    assert after[1:-1] == before[3:]
    assert after[-1] == {"id": "new", "words": ["one", "two, three"]}
    assert typed["in_scope"] is False
    assert "label" not in typed


def test_words_of_a_form_become_what_the_file_holds(snapshot: Snapshot) -> None:
    facility = LISTINGS["facilities"].typed(
        {}, {"station": ["999"], "window-cutover": ["2027-02-30"], "window-note": ["x"]}, None
    )
    assert facility == {"station": "999", "window": {"cutover": "2027-02-30", "note": "x"}}
    fact = LISTINGS["facts"].typed(
        {}, {"choices": ["yes: Yes\nno: No: not"], "not_asked_if": ["q: a, b"], "limit": ["40"]}, None
    )
    assert fact == {
        "choices": {"yes": "Yes", "no": "No: not"},
        "not_asked_if": {"q": ["a", "b"]},
        "limit": 40,
    }
    holiday = LISTINGS["calendars"].typed(
        {}, {"holidays-rows": ["1"], "holidays-0-month": ["12"], "holidays-0-nth": ["-1"], "id": ["x"]}, None
    )
    assert holiday == {"id": "x", "holidays": [{"month": 12, "nth": -1}]}
    route = LISTINGS["routes"].typed({"hours": [{"days": ["mon"]}]}, {"hours": ["always"]}, "r")
    assert route["hours"] == "always"


def test_a_new_entry_stands_where_it_belongs() -> None:
    codes, facilities = LISTINGS["codes"], LISTINGS["facilities"]
    after = codes.with_entry(values("error_codes.yml"), None, {"code": "SMX", "tool": "medications"})
    tools = [row.get("tool") for row in codes.entries(after).values()]
    assert tools[[*codes.entries(after)].index("SMX") - 1] == "medications"
    stations = [
        *facilities.entries(facilities.with_entry(values("facilities.yml"), None, {"station": "600"}))
    ]
    assert stations == sorted(stations)
    assert "600" in stations


def test_every_field_of_the_schema_has_its_own_place(snapshot: Snapshot) -> None:
    for listing in LISTINGS.values():
        parts = EntryForm(snapshot, {}).parts(listing.fields_of(None), {})
        assert len(labels_in(parts)) >= len(listing.fields) > 0
        assert set(listing.columns) <= {field.key for field in listing.fields}


def test_problems_stand_at_the_part_that_they_are_about(snapshot: Snapshot) -> None:
    said = {"words[1]": ["is empty"], "sub_areas[0].id": ["is missing"], "choices.a": ["is empty"]}
    rows = {"sub_areas": [{"name": "x"}]}
    parts = EntryForm(snapshot, said).parts(LISTINGS["tools"].fields_of("x"), rows)
    boxes = {part.id: part for part in parts}
    words, areas = boxes["f-words"], boxes["f-sub_areas"]
    assert words.problems == ("is empty",)
    assert isinstance(areas, Group)
    assert areas.rows
    assert areas.has_problem
    assert not areas.is_folded
    assert areas.rows[0].parts[0].problems == ("is missing",)


def test_a_day_and_a_flag_are_written_as_such() -> None:
    text = (CONTENT / "facilities.yml").read_text()
    held = values("facilities.yml")
    new = LISTINGS["facilities"].with_entry(
        held,
        None,
        {"station": "999", "name": "No", "zone": "America/Denver", "window": {"cutover": date(2027, 1, 2)}},
    )
    line = '  - {station: "999", name: "No", zone: America/Denver, window: {cutover: 2027-01-02}}\n'
    assert rewritten(text, new) == text + line
