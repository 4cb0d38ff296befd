"""Matching calls with known issues: forty made-up issues in the words of the trade."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from portal.knowledge.article import Article, IssueStatus, Nature
from portal.knowledge.snapshot import Snapshot
from portal.search.documents import documents_of
from portal.search.match import Call, Grade, Kind, Match, Matcher, Scorer
from portal.search.vocabulary import Vocabulary
from tests.unit.search.made import (
    MOVING,
    SPOKANE,
    SUPPLIES_SUNDAY,
    TAMPA,
    a_release,
    a_snapshot,
    an_article,
    an_issue,
)

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


def issue(
    id: str,
    title: str,
    *symptoms: str,
    tool: str = "secure-messaging",
    codes: tuple[str, ...] = (),
    **kw: object,
) -> Article:
    return an_issue(
        id, title, " ".join(symptoms), symptoms=symptoms, article={"tool": tool, "error_codes": codes}, **kw
    )  # type: ignore[arg-type]


ISSUES = [
    issue(
        "reply-oracle",
        "Reply fails at Oracle Health sites",
        "reply is not sent",
        "message bounces",
        codes=("SM98",),
        ehr=("oracle_health",),
    ),
    issue(
        "down",
        "Messages not available",
        "inbox will not open",
        "messaging is down",
        codes=("SM903",),
        error_texts=("We can't load your messages right now",),
    ),
    issue("mailbox", "Mailbox service fails", "inbox is empty", codes=("SM900", "SM903")),
    issue(
        "wrong-list",
        "Wrong care systems in the app",
        "app offers the wrong hospitals to write to",
        platforms=("ios", "android"),
    ),
    issue(
        "612-list",
        "Station list is mixed up",
        "care systems list shows a strange station",
        facilities=("612",),
    ),
    issue(
        "refill-part",
        "Refill partly submitted",
        "only some refills went through",
        "part of the refill request is missing",
        tool="medications",
    ),
    issue(
        "dup-cards",
        "Two cards after the move",
        "prescription shows twice",
        "double medication cards",
        tool="medications",
    ),
    issue(
        "filled-late",
        "Says filled but nothing arrives",
        "status is filled and the bottle never came",
        tool="medications",
    ),
    issue(
        "ccd",
        "Summary and Blue Button differ",
        "download lacks the oracle part",
        tool="medical-records",
        nature=Nature.BY_DESIGN,
        status=None,
    ),
    issue("images", "Images fail to load", "x-ray pictures spin for ever", tool="medical-records"),
    issue("red-dot", "Red dot stays", "notification dot does not go away", tool="landing-page-account"),
    issue(
        "loop", "Sign-in goes round in circles", "sent back to the login page again and again", tool="sign-in"
    ),
    issue(
        "mended",
        "Folders vanished",
        "custom folders are gone",
        status=IssueStatus.FIXED,
        fixed=date(2026, 11, 10),
    ),
    issue(
        "mended-long-ago",
        "Signature vanished",
        "signature is gone",
        status=IssueStatus.FIXED,
        fixed=date(2026, 5, 1),
    ),
    issue("dismissed", "Font looks odd", "letters look strange", status=IssueStatus.DISMISSED),
    *[
        issue(f"other-{n}", f"{what} does not work", f"{what} shows an error on the page", tool=tool)
        for tool, whats in {
            "medical-records": (
                "allergy list",
                "vaccine record",
                "vitals chart",
                "lab report",
                "visit note",
                "condition list",
            ),
            "medications": (
                "allergy banner",
                "print button",
                "sort menu",
                "tracking link",
                "renewal button",
                "pharmacy phone",
            ),
            "secure-messaging": (
                "draft folder",
                "trash folder",
                "contact list",
                "signature box",
                "print thread",
                "search box",
            ),
            "sign-in": (
                "remember me",
                "identity photo",
                "phone code",
                "backup code",
                "email code",
                "verify page",
            ),
        }.items()
        for n, what in ((f"{tool}-{place}", what) for place, what in enumerate(whats))
    ],
]
OTHERS = [
    a_release(
        "new-flow",
        "New way to start a message",
        ("the start a message screen looks different", "where did my team list go"),
    ),
    an_article("runbook", "Reply to a message", "Reply fails, message bounces."),
]
SNAPSHOT = a_snapshot([*ISSUES, *OTHERS], facilities=[MOVING, TAMPA, SPOKANE], maintenance=(SUPPLIES_SUNDAY,))


def a_matcher(snapshot: Snapshot, *scorers: Scorer) -> Matcher:
    documents = documents_of(snapshot, None, {})
    return Matcher(snapshot, documents, Vocabulary(documents), scorers)


MATCHER = a_matcher(SNAPSHOT)


def match(text: str = "", now: datetime = NOW, **kw: object) -> list[Match]:
    return MATCHER.match(Call(text, **kw), now=now)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "tool", "id"),
    [
        ("caller asked for six refills and only some of them went through", "medications", "refill-part"),
        ("veteran sees each prescription twice since the move", "medications", "dup-cards"),
        ("status says filled but the bottle never came in the mail", "medications", "filled-late"),
        ("red notification dot will not go away", "landing-page-account", "red-dot"),
        ("keeps being sent back to the login page", "sign-in", "loop"),
        ("vet says x-ray pictures just spin", "medical-records", "images"),
        ("app offers wrong hospitals to write to", "secure-messaging", "wrong-list"),
        ("her custom folders are all gone", "secure-messaging", "mended"),
    ],
)
def test_the_words_of_a_call_find_the_issue_first(text: str, tool: str, id: str) -> None:
    found = match(text, tool=tool)
    assert found[0].id == id
    assert any(reason.startswith("words “") for reason in found[0].why)


def test_a_clear_call_is_likely_and_names_its_words() -> None:
    (first, *_) = match(
        "asked for six refills, only some refills went through, part of the request is missing",
        tool="medications",
    )
    assert (first.id, first.grade) == ("refill-part", Grade.LIKELY)
    assert "“refills”" in first.why[0]


def test_a_vague_call_is_not_likely() -> None:
    assert all(found.grade is Grade.POSSIBLE for found in match("something shows an error on the page"))


@pytest.mark.parametrize("text", ["", "the of and", "tomato soup recipe"])
def test_nothing_to_go_by_matches_nothing(text: str) -> None:
    assert match(text) == []


def test_a_code_of_one_issue_is_likely_by_itself() -> None:
    (found, *_) = match("cannot answer", error_code="sm 98", facility="668")
    assert (found.id, found.grade, found.why[0]) == ("reply-oracle", Grade.LIKELY, "code SM98")
    assert "an Oracle Health facility" in found.why


def test_a_code_in_the_text_counts_as_well() -> None:
    assert match("got SM98 on the screen")[0].id == "reply-oracle"


def test_a_code_of_two_issues_leaves_it_to_the_words() -> None:
    found = match("SM903")
    assert {f.id for f in found} == {"down", "mailbox"}
    assert all(f.grade is Grade.POSSIBLE for f in found)


def test_a_code_at_a_facility_where_the_issue_cannot_be_is_only_possible() -> None:
    assert match(error_code="SM98", facility="Tampa")[0].grade is Grade.POSSIBLE


def test_the_text_of_the_alert_is_likely() -> None:
    (found, *_) = match("alert: We can’t load your messages right now.")
    assert (found.id, found.grade, found.why[0]) == ("down", Grade.LIKELY, "the text of the alert")


def test_another_tool_weighs_less() -> None:
    assert match("allergy does not work", tool="medications")[0].id == "other-medications-0"
    assert match("allergy does not work", tool="medical-records")[0].id == "other-medical-records-0"


def test_an_issue_of_one_station_is_found_there_and_says_so() -> None:
    (found, *_) = match("care systems list is mixed up", facility="612")
    assert (found.id, "station 612" in found.why) == ("612-list", True)


def test_an_app_issue_weighs_less_on_the_web() -> None:
    on_app, on_web = (match("wrong hospitals to write to", platform=p)[0].p for p in ("ios", "web"))
    assert on_app >= on_web


def test_refused_issues_do_not_come_again() -> None:
    assert "dup-cards" not in [
        found.id for found in match("prescription shows twice", refused=("dup-cards",))
    ]


def test_a_fixed_issue_is_marked_and_offered_for_thirty_days() -> None:
    (found, *_) = match("custom folders are gone", tool="secure-messaging")
    assert found.fixed == date(2026, 11, 10)
    later = [f.id for f in match("custom folders are gone", now=datetime(2026, 12, 12, tzinfo=UTC))]
    assert "mended" not in later
    assert "mended-long-ago" not in [f.id for f in match("signature is gone")]


def test_dismissed_issues_and_other_articles_are_not_offered() -> None:
    assert "dismissed" not in [f.id for f in match("letters look strange font odd")]
    assert "runbook" not in [f.id for f in match("reply fails message bounces")]


def test_by_design_answers_and_releases_are_offered() -> None:
    assert (
        match("download lacks the oracle part, differs from blue button", tool="medical-records")[0].id
        == "ccd"
    )
    assert match("the start a message screen looks different")[0].id == "new-flow"


def test_a_release_that_has_not_begun_is_not_offered() -> None:
    release = a_release("new-flow", "New way to start", ("screen looks different",), starts=date(2026, 12, 1))
    snapshot = a_snapshot([release, *ISSUES])
    found = a_matcher(snapshot).match(Call("screen looks different"), now=NOW)
    assert "new-flow" not in [f.id for f in found]


@pytest.mark.parametrize(
    ("day", "tool", "grade"),
    [
        ("2026-04-04", "secure-messaging", None),
        ("2026-04-05", "secure-messaging", Grade.LIKELY),
        ("2026-04-05", "medications", None),
        ("2026-04-08", "medications", Grade.LIKELY),
        ("2026-04-11", "secure-messaging", Grade.LIKELY),
        ("2026-04-13", "medical-records", Grade.LIKELY),
        ("2026-04-14", "medical-records", Grade.POSSIBLE),
        ("2026-04-18", "secure-messaging", Grade.POSSIBLE),
        ("2026-04-19", "secure-messaging", None),
        ("2026-04-11", "sign-in", None),
        ("2026-04-11", None, Grade.POSSIBLE),
    ],
)
def test_the_move_of_a_facility_is_known_by_its_days(day: str, tool: str | None, grade: Grade | None) -> None:
    now = datetime.fromisoformat(f"{day}T16:00:00+00:00")
    found = [f for f in match("nothing works", now=now, tool=tool, facility="553") if f.kind is Kind.WINDOW]
    assert [f.grade for f in found] == ([grade] if grade else [])


def test_windows_stand_before_everything_and_give_the_reason() -> None:
    found = match(
        "reply fails SM98",
        now=datetime(2026, 4, 10, 12, tzinfo=UTC),
        tool="secure-messaging",
        facility="Detroit",
    )
    assert [f.id for f in found[:2]] == ["window-553", "reply-oracle"]
    assert found[0].why == ("station 553, 1 day before the move", "four sites move")


@pytest.mark.parametrize(("hour", "is_on"), [(5, False), (7, True), (14, True), (15, False)])
def test_maintenance_is_told_by_the_local_hour(hour: int, is_on: bool) -> None:
    sunday = datetime(2026, 11, 22, hour, 30, tzinfo=UTC)  # Denver is seven hours behind
    found = match("order fails", now=sunday, tool="medical-supplies")
    assert [f.id for f in found if f.kind is Kind.MAINTENANCE] == (["supplies-sunday"] if is_on else [])


def test_no_more_than_five_are_given() -> None:
    assert len(match("does not work shows an error on the page allergy vaccine draft print")) <= 5


def test_another_scorer_joins_the_words() -> None:
    matcher = a_matcher(SNAPSHOT, lambda text: {"loop": 50.0})
    assert matcher.match(Call("tomato"), now=NOW)[0].id == "loop"


def test_every_issue_is_found_first_by_its_own_symptom() -> None:
    live = [a for a in ISSUES if a.known_issue and a.known_issue.is_open]
    missed = [
        a.id
        for a in live
        if a.known_issue
        and match(a.known_issue.symptoms[0], tool=a.tool)[:1]
        and match(a.known_issue.symptoms[0], tool=a.tool)[0].id != a.id
    ]
    assert missed == []
    assert all(match(a.known_issue.symptoms[0], tool=a.tool) for a in live if a.known_issue)


def test_a_change_of_status_changes_the_offer() -> None:
    closed = replace(ISSUES[6], known_issue=replace(ISSUES[6].known_issue, status=IssueStatus.MERGED))  # type: ignore[type-var]
    snapshot = a_snapshot([closed, *ISSUES[:6], *ISSUES[7:]])
    found = a_matcher(snapshot).match(Call("prescription shows twice"), now=NOW)
    assert "dup-cards" not in [f.id for f in found]
