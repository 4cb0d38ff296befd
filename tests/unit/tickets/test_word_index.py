"""The file of words: found again, replaced, one writer at a time, thrown away when it is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.tickets.word_index import NOTHING, Entry, IndexAway, Noted, WordIndex


@pytest.fixture
def index(tmp_path: Path) -> WordIndex:
    made = WordIndex(tmp_path)
    assert made.add(
        [
            Entry(1, 1, ["repli", "fail", "sm98"], ["4100231"], ["open", "deskhrc"]),
            Entry(2, 1, ["repli", "not", "sent", "sm", "98"], ["tls1.2"], ["deskesd"]),
            Entry(3, 1, ["inbox", "empti", "fail"], [], ["open", "private"]),
        ],
        Noted(7, "then"),
    )
    return made


def test_words_codes_and_phrases_are_found_newest_first(index: WordIndex) -> None:
    assert index.find([[("repli",)]], [], 10) == [2, 1]
    assert index.find([[("sm98",), ("sm", "98")]], [], 10) == [2, 1]
    assert index.find([[("fail",)], [("inbox",)]], [], 10) == [3]
    assert index.find([[("98", "sm")]], [], 10) == []
    assert index.find([[("tls1.2",)]], [], 10) == [2]
    assert index.find([[("repli",)]], [["open"], ["deskhrc", "teamx"]], 10) == [1]
    assert index.find([[("repli",)]], [], 1) == [2]
    assert index.find([], [], 10) == []


def test_the_nearest_say_most_of_the_rare_words(index: WordIndex) -> None:
    assert index.often({"repli", "fail", "inbox", "nobody"}) == {"repli": 2, "fail": 2, "inbox": 1}
    assert index.nearest({"repli", "not", "sent"}, [], 10) == [2, 1]
    assert index.nearest({"repli", "fail"}, [["open"]], 1) == [1]
    assert index.nearest({"nobody"}, [], 10) == []


def test_a_ticket_is_replaced_when_its_version_is_another(index: WordIndex) -> None:
    assert index.add([Entry(1, 1, ["unseen"], [], []), Entry(2, 2, ["label"], [], [])], Noted(5, "before"))
    assert index.find([[("unseen",)]], [], 10) == []
    assert index.find([[("label",)]], [], 10) == [2]
    assert index.find([[("sent",)]], [], 10) == []
    assert index.versions() == {1: 1, 2: 2, 3: 1}
    assert index.held([2, 9]) == {2: 2}
    assert index.noted() == Noted(7, "then")


def test_a_rebuild_takes_the_place_of_everything(index: WordIndex) -> None:
    assert index.rebuild([([Entry(9, 1, ["new"], [], [])], Noted(3, "now"))])
    assert index.versions() == {9: 1}
    assert index.noted() == Noted(3, "now")
    assert index.rebuild([])
    assert index.versions() == {}


def test_one_process_writes_at_a_time(index: WordIndex, tmp_path: Path) -> None:
    with index.writing() as is_mine:
        assert is_mine
        assert not WordIndex(tmp_path).add([], NOTHING)
        assert not WordIndex(tmp_path).rebuild([])


def test_without_a_file_nothing_is_found_and_a_damaged_one_goes(index: WordIndex, tmp_path: Path) -> None:
    (file,) = (tmp_path / "tickets").glob("words-*.db")
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"nothing that SQLite knows" * 400)
    with pytest.raises(IndexAway):
        index.find([[("repli",)]], [], 10)
    assert not index.exists
    assert index.find([[("repli",)]], [], 10) == []
    assert index.noted() == NOTHING
