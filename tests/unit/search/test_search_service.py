"""The whole of search over a made-up knowledge base, with an index on disk."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.knowledge.article import ArticleKind, Confidence, IssueStatus, Publication
from portal.knowledge.catalogue import Alarm
from portal.knowledge.snapshot import Snapshot
from portal.search import service
from portal.search.engine import IndexState, SearchEngine, load
from portal.search.match import Call
from portal.search.ranking import Filters, Place
from portal.search.search_index import SCHEMA_HASH
from portal.search.vocabulary import Vocabulary
from tests.unit.search.made import a_code, a_route, a_snapshot, an_article, an_issue, many_articles

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
FILLER = "Open the page, look at the list and ask the caller what stands there. " * 3


def base() -> Snapshot:
    return a_snapshot(
        [
            an_article(
                "write-team",
                "Message a care team",
                f"Choose New message. {FILLER}",
                aliases=("cant message my doctor",),
            ),
            an_article("attach", "Attachment refused", f"The file of a message is too large. {FILLER}"),
            an_article(
                "blocked",
                "Blocked by the facility",
                f"Shown with SM151 as well. {FILLER}",
                error_codes=("SM151",),
            ),
            an_article(
                "late", "Refill is late", f"Ask when the refill was sent. {FILLER}", tool="medications"
            ),
            an_article(
                "status", "Prescription status words", f"What each status says. {FILLER}", tool="medications"
            ),
            an_article(
                "rules",
                "Messages: when to escalate",
                f"A message that fails twice. {FILLER}",
                kind=ArticleKind.CRITERIA,
            ),
            an_article("old", "Message in the old portal", FILLER, publication=Publication.DRAFT),
            an_article("past", "Message archive", FILLER, confidence=Confidence.ARCHIVED),
            an_article("inner", "Message routing inside", FILLER, readers=("tool_team",)),
            an_issue(
                "down",
                "Messages not available",
                f"Alert on the message page. {FILLER}",
                article={"error_codes": ("SM903",)},
            ),
            an_issue(
                "was-down",
                "Messages vanished",
                f"A message was gone. {FILLER}",
                status=IssueStatus.FIXED,
                fixed=date(2026, 1, 2),
            ),
            an_article("not-yours", "Where it goes", f"It is not ours. {FILLER}", kind=ArticleKind.REFERENCE),
        ],
        routes=[
            a_route("uae", "Appointments team", "See, book or cancel an appointment", ("cancel my visit",))
        ],
    )


class Content:
    """Stands for the content store: the snapshot that is served now."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def __call__(self) -> Snapshot:
        return self.snapshot


@pytest.fixture
def content() -> Content:
    return Content(base())


@pytest.fixture
def engine(tmp_path: Path, content: Content) -> SearchEngine:
    engine = SearchEngine(tmp_path, content)
    assert engine.catch_up()
    return engine


def ids(engine: SearchEngine, text: str, **filters: str) -> list[str]:
    return [
        found.document.id
        for found in service.search(engine, text, filters=Filters(**filters), now=NOW).page.items
    ]


@pytest.mark.parametrize("typed", ["SM151", "sm 151", "SM-151", "sm_151"])
def test_a_code_gives_its_card_then_the_articles_that_carry_it(engine: SearchEngine, typed: str) -> None:
    assert ids(engine, typed)[:2] == ["code-SM151", "blocked"]


def test_a_code_is_answered_before_words_and_says_so(engine: SearchEngine) -> None:
    results = service.search(engine, "cant message anybody SM903", now=NOW)
    assert [found.document.id for found in results.page.items[:2]] == ["code-SM903", "down"]
    assert results.page.items[1].why[0] == "code SM903"
    assert results.codes == ("SM903",)


def test_an_http_status_gives_the_codes_that_have_it_after_their_articles(engine: SearchEngine) -> None:
    assert set(ids(engine, "HTTP 503")[:2]) == {"code-SM903", "code-SM900"}


def test_a_callers_very_words_come_first(engine: SearchEngine) -> None:
    results = service.search(engine, "Can't message my doctor", now=NOW)
    assert results.page.items[0].document.id == "write-team"
    assert results.page.items[0].place is Place.EXACT


def test_live_issues_then_answers_then_rules_among_good_hits(engine: SearchEngine) -> None:
    places = [found.place for found in service.search(engine, "message", now=NOW).page.items]
    assert places == sorted(places)
    assert ids(engine, "message")[0] == "down"


def test_a_weak_known_issue_does_not_stand_above_a_strong_answer(engine: SearchEngine) -> None:
    assert ids(engine, "attachment refused message file too large")[0] == "attach"


def test_drafts_archived_and_other_peoples_articles_are_out(engine: SearchEngine) -> None:
    everything = ids(engine, "message portal archive routing inside", readers=("agent",))  # type: ignore[arg-type]
    assert not {"old", "past", "inner"} & set(everything)
    assert "inner" in ids(engine, "message routing inside")


def test_synonyms_find_what_the_words_do_not_and_can_be_switched_off(engine: SearchEngine) -> None:
    found = service.search(engine, "rx status", now=NOW)
    assert found.page.items[0].document.id == "status"
    assert found.page.items[0].why == ("“status”", "“prescription” (same meaning)")
    assert found.also_searched == ("prescription",)  # "medication" stands in no article
    assert service.search(engine, "rx", synonyms=False, now=NOW).page.total == 0


def test_a_typo_is_mended_and_said(engine: SearchEngine) -> None:
    results = service.search(engine, "attachmnet refused", now=NOW)
    assert results.corrected == "attachment refused"
    assert results.page.items[0].document.id == "attach"


def test_known_words_codes_and_names_are_not_corrected(engine: SearchEngine) -> None:
    assert service.search(engine, "messages SM151 refills xylophone", now=NOW).corrected == ""


def test_words_written_together_or_cut_short_are_mended(engine: SearchEngine) -> None:
    assert service.search(engine, "careteam", now=NOW).corrected == "care team"
    assert service.search(engine, "prescr status", now=NOW).corrected == "prescription status"


def test_function_words_alone_are_looked_for_in_titles(engine: SearchEngine) -> None:
    assert ids(engine, "where it") == ["not-yours"]


def test_quoted_words_must_stand_together(engine: SearchEngine) -> None:
    assert ids(engine, '"message that fails"') == ["rules"]


def test_nothing_found_offers_the_nearest(engine: SearchEngine) -> None:
    results = service.search(engine, "prescribing zebras", now=NOW)
    assert results.page.total == 0
    assert "status" in [suggestion.id for suggestion in results.nearest]


def test_routes_are_found_by_the_words_for_them(engine: SearchEngine) -> None:
    assert ids(engine, "cancel appointment")[0] == "route-uae"


def test_facets_count_what_choosing_them_would_leave(engine: SearchEngine) -> None:
    results = service.search(engine, "message refill", now=NOW)
    for facet, counts in results.facets.items():
        for value, count in counts.items():
            left = service.search(engine, "message refill", filters=Filters(**{facet: value}), now=NOW)
            assert left.page.total == count, (facet, value)


def test_filters_keep_what_holds_for_every_tool(engine: SearchEngine, content: Content) -> None:
    assert {"late"} <= set(ids(engine, "refill", tool="medications"))
    assert ids(engine, "refill", tool="secure-messaging") == []


def test_overdue_articles_stand_lower(tmp_path: Path) -> None:
    same = "Reset the page and look again."
    snapshot = a_snapshot(
        [
            an_article("a-late", "Reset", same, review_by=date(2020, 1, 1)),
            an_article("b-fresh", "Reset", same),
        ]
    )
    engine = SearchEngine(tmp_path, Content(snapshot))
    engine.catch_up()
    assert ids(engine, "page again") == ["b-fresh", "a-late"]


def test_pages_hold_ten_and_the_last_page_is_the_end(tmp_path: Path) -> None:
    articles = [an_article(f"a{n:02}", f"Reset number {n}", "Reset the page.") for n in range(23)]
    engine = SearchEngine(tmp_path, Content(a_snapshot(articles)))
    engine.catch_up()
    page = service.search(engine, "reset page", page=3, now=NOW).page
    assert (page.total, page.number, page.pages, len(page.items)) == (23, 3, 3, 3)
    assert service.search(engine, "reset page", page=99, now=NOW).page.number == 3


def test_a_changed_article_is_seen_and_a_removed_one_is_gone(engine: SearchEngine, content: Content) -> None:
    articles = dict(content.snapshot.articles)
    articles["late"] = replace(articles["late"], title="Parcel has not come", body="Call the carrier.")
    del articles["attach"]
    content.snapshot = replace(content.snapshot, revision="r2", articles=articles)
    engine.catch_up_soon(wait_seconds=10)
    assert engine.state() is IndexState.READY
    assert ids(engine, "carrier parcel") == ["late"]
    assert ids(engine, "attachment") == []
    counted, afresh = engine.loaded().vocabulary, Vocabulary(engine.loaded().documents)
    assert (+counted.words, +counted.stems, counted.size) == (+afresh.words, +afresh.stems, afresh.size)


def test_who_saved_finds_every_change_even_right_after_another(
    engine: SearchEngine, content: Content
) -> None:
    for number, words in enumerate(("zebra crossing", "yellow submarine", "violet evening")):
        articles = dict(content.snapshot.articles)
        articles["late"] = replace(articles["late"], title=words, body=words)
        content.snapshot = replace(content.snapshot, revision=f"next {number}", articles=articles)
        assert engine.catch_up_within(10)
        assert ids(engine, words) == ["late"]


def test_who_saved_does_not_wait_for_ever(engine: SearchEngine, content: Content) -> None:
    content.snapshot = replace(content.snapshot, revision="next")
    assert not engine.catch_up_within(0)


def test_another_worker_finds_a_new_article_with_its_first_search(
    engine: SearchEngine, content: Content, tmp_path: Path
) -> None:
    other = SearchEngine(tmp_path, content)
    assert ids(other, "vermicelli") == []  # its memory and its reader of the index are in place
    new = an_article("pasta", "Vermicelli is not on the list", "Ask what it is.")
    content.snapshot = replace(
        content.snapshot, revision="r2", articles={**content.snapshot.articles, "pasta": new}
    )
    assert engine.catch_up()  # the worker that published
    with held_for_writing(
        tmp_path
    ):  # and a third one writes: the other does not need the lock to see what is there
        found = service.search(other, "vermicelli", now=NOW)
    assert [one.document.id for one in found.page.items] == ["pasta"]
    assert (found.notice, found.is_old) == ("", False)


def test_a_search_that_cannot_wait_longer_says_so_and_the_next_does_not_wait(
    engine: SearchEngine, content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WAIT_SECONDS", 0.05)
    new = an_article("pasta", "Vermicelli is not on the list", "Ask what it is.")
    with held_for_writing(tmp_path):
        content.snapshot = replace(
            content.snapshot, revision="r2", articles={**content.snapshot.articles, "pasta": new}
        )
        results = service.search(engine, "vermicelli", now=NOW)
        assert (results.page.total, results.notice, results.is_old) == (0, service.OLD_NOTICE, True)
        monkeypatch.setattr(service, "WAIT_SECONDS", 60.0)
        assert service.search(engine, "vermicelli", now=NOW).is_old  # one waited for this revision: not again
    assert engine.catch_up()
    assert service.search(engine, "vermicelli", now=NOW).page.total == 1


@contextmanager
def held_for_writing(root: Path) -> Iterator[None]:
    """Another process is writing the index."""
    with (root / SCHEMA_HASH / "writer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_an_article_that_is_gone_is_not_shown_before_the_index_knows(
    engine: SearchEngine, content: Content
) -> None:
    articles = {id: article for id, article in content.snapshot.articles.items() if id != "attach"}
    content.snapshot = replace(content.snapshot, revision="r2", articles=articles)
    engine._load(content.snapshot)
    assert ids(engine, "attachment refused") == []


def test_without_an_index_a_plain_scan_answers_and_says_so(tmp_path: Path, content: Content) -> None:
    engine = SearchEngine(tmp_path, content)
    engine.catch_up_soon = lambda wait_seconds=0.0: None  # type: ignore[method-assign]
    assert engine.state() is IndexState.MISSING
    results = service.search(engine, "attachment refused", now=NOW)
    assert results.page.items[0].document.id == "attach"
    assert results.notice == service.SCAN_NOTICE
    assert service.search(engine, "SM151", now=NOW).page.items[0].document.id == "code-SM151"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_damaged_index_answers_at_once_and_mends_itself(engine: SearchEngine, tmp_path: Path) -> None:
    for file in tmp_path.glob("*/build-*/*"):
        if file.suffix in (".seg", ".trm", ".pst"):
            file.write_bytes(b"\0" * 64)
    again = SearchEngine(tmp_path, engine._snapshot)
    first = service.search(again, "attachment refused", now=NOW)
    assert first.page.items[0].document.id == "attach"
    deadline = time.monotonic() + 10
    while service.search(again, "attachment refused", now=NOW).notice and time.monotonic() < deadline:
        time.sleep(0.02)
    assert again.diagnose() == []


def test_the_doctor_names_what_differs(engine: SearchEngine, content: Content) -> None:
    assert engine.diagnose() == []
    articles = {**content.snapshot.articles, "new": an_article("new", "New")}
    del articles["late"]
    content.snapshot = replace(content.snapshot, revision="r2", articles=articles)
    assert engine.diagnose() == [
        "The index is not at the revision of the content.",
        "Missing from the index: new",
        "In the index but not in the content: late",
    ]


def test_the_doctor_says_when_there_is_no_index(tmp_path: Path, content: Content) -> None:
    assert SearchEngine(tmp_path, content).diagnose() == [
        "The index is not at the revision of the content.",
        "The index cannot be read: there is none.",
    ]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    engine = SearchEngine(tmp_path_factory.mktemp("index"), Content(base()))
    engine.catch_up()
    yield engine
    engine.index.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(
        st.text(max_size=1200), st.from_regex(r'[a-z"“* \-.\'’_/\\]{0,40}( sm[- _]?\d{1,4})?', fullmatch=True)
    )
)
def test_search_suggestions_and_matching_never_fail_on_any_text(shared: SearchEngine, text: str) -> None:
    results = service.search(shared, text, now=NOW)
    assert len(results.page.items) <= 10
    service.suggest(shared, text)
    service.match_known_issues(shared, Call(text, error_code=text[:20], facility=text[:10]), now=NOW)


def found_of(tmp_path: Path, snapshot: Snapshot, text: str) -> list[str]:
    engine = SearchEngine(tmp_path, lambda: snapshot)
    assert engine.catch_up()
    return [hit.document.id for hit in service.search(engine, text, now=NOW).page.items]


def test_the_words_of_one_symptom_count_more_than_the_same_words_in_several(tmp_path: Path) -> None:
    scattered = ("refill late", "refill gone", "grey button", "label torn")
    snapshot = a_snapshot(
        [
            an_article("apart", "Labels", FILLER, aliases=scattered),
            an_article("whole", "Parcels", FILLER, aliases=("refill button", "parcel lost", "wrong address")),
        ]
    )
    assert found_of(tmp_path, snapshot, "button of the refill") == ["whole", "apart"]


def test_an_odd_spelling_counts_no_more_than_the_usual_one(tmp_path: Path) -> None:
    others = [an_article(f"doctor-{n}", f"Doctor {n}", f"The doctor. {FILLER}") for n in range(8)]
    odd = an_article("odd", "Dr", f"The dr. {FILLER}", aliases=("dr",))
    asked = an_article("asked", "Doctor", f"The answer of the doctor is late. {FILLER}", aliases=("late",))
    snapshot = a_snapshot([odd, asked, *others], synonyms=(("doctor", "dr"),))
    assert found_of(tmp_path, snapshot, "late dr")[0] == "asked"


def test_the_beginning_of_a_long_code_finds_every_card_that_begins_so(tmp_path: Path) -> None:
    codes = [
        a_code("CLM_002_CLAIM_EXISTS", "A claim exists", tool="travel"),
        a_code("CLM_020_INVALID_AUTH", "Not authorised", tool="travel"),
        a_code("CLM_020_EMPTY_STATUS", "No status", tool="travel"),
    ]
    snapshot = a_snapshot([an_article("claims", "Claims", FILLER)], codes=codes)
    assert found_of(tmp_path, snapshot, "clm 002")[0] == "code-CLM_002_CLAIM_EXISTS"
    assert sorted(found_of(tmp_path, snapshot, "clm-020")) == [
        "code-CLM_020_EMPTY_STATUS",
        "code-CLM_020_INVALID_AUTH",
    ]


def test_the_card_of_a_code_comes_first_by_its_other_name_too(tmp_path: Path) -> None:
    article = an_article("locked", "Locked", FILLER, aliases=("code 101",), error_codes=("101",))
    codes = [a_code("101", "More than one id", tool="sign-in", aliases=("code 101",))]
    assert found_of(tmp_path, a_snapshot([article], codes=codes), "code 101") == ["code-101", "locked"]


def test_what_was_masked_is_not_searched(tmp_path: Path) -> None:
    numbers = an_article(
        "numbers", "Phone number", f"A number to phone. {FILLER}", aliases=("number", "phone")
    )
    late = an_article("late", "Refill is late", f"The refill is late. {FILLER}")
    snapshot = a_snapshot([numbers, late])
    assert found_of(tmp_path, snapshot, "[number] refill late [phone]") == ["late"]
    assert found_of(tmp_path, snapshot, "[number] [phone]") == []
    assert found_of(tmp_path, snapshot, "number") == ["numbers"]


def test_after_a_change_of_text_memory_is_what_a_fresh_load_gives() -> None:
    before = load(a_snapshot(many_articles(60)))
    article = replace(
        before.snapshot.articles["article-1"], body="A zyzzyva and a zyzzyva sat in the pharmacy."
    )
    other = replace(before.snapshot.articles["article-2"], body="The zyzzyva again.")
    changed = {**before.snapshot.articles, article.id: article, other.id: other}
    snapshot = replace(before.snapshot, revision="next", articles=changed)
    after, fresh = load(snapshot, before), load(snapshot)
    assert after.suggester is before.suggester
    for name in ("documents", "ids_by_code", "code_forms", "ids_by_name"):
        assert getattr(after, name) == getattr(fresh, name)
    assert after.corrected("zyzzyba") == fresh.corrected("zyzzyba") == "zyzzyva"
    alarms = (Alarm("harm", "Call now", "Call", ("quagmire",)),)
    alarmed = replace(snapshot, revision="alarm", catalogue=replace(snapshot.catalogue, alarms=alarms))
    assert load(alarmed, after).speller.knows("quagmire")
    renamed = replace(article, title="Quokka in the pharmacy")
    snapshot = replace(snapshot, revision="last", articles={**changed, article.id: renamed})
    assert [line.label for line in load(snapshot, after).suggester.suggest("quok")] == [
        "Quokka in the pharmacy"
    ]
