from __future__ import annotations

from datetime import date, time

import pytest
import small_content as small

from portal.core.problem import Problem
from portal.knowledge.article import Article, ArticleKind, Confidence, IssueStatus, Nature, Publication
from portal.knowledge.article_types import ARTICLE_TYPES, sections_below
from portal.knowledge.catalogue import AutoRoute, Hours, Window
from portal.knowledge.parse import parse_article, parse_catalogue, parse_codes, parse_facilities

SPAN = "{days: [mon], closes: '17:00', zone: America/New_York,"


def article(path: str, text: str | None = None) -> Article:
    found, problems = parse_article(path, (text or small.FILES[path]).encode(), "b1")
    assert problems == []
    assert found is not None
    return found


def problems_of(path: str, text: str) -> list[tuple[str, int | None, str]]:
    found, problems = parse_article(path, text.encode(), "b1")
    assert found is None
    assert {one.file for one in problems} == {path}
    return [(one.key, one.line, one.message) for one in problems]


def test_a_runbook_is_read_whole() -> None:
    one = article("runbook/sm-send-error.md")
    assert (one.id, one.kind, one.title) == ("sm-send-error", ArticleKind.RUNBOOK, "A message cannot be sent")
    assert (one.tool, one.sub_areas, one.owner) == ("secure-messaging", ("send",), "messaging")
    assert (one.readers, one.confidence) == (("agent",), Confidence.NOT_VALIDATED)
    assert (one.publication, one.review_by) == (Publication.PUBLISHED, date(2027, 2, 18))
    assert one.say == "I'm sorry this isn't working. Let me note what you see."
    assert [section.slug for section in one.sections] == [
        "use-when",
        "ask",
        "do",
        "say",
        "stop-and-escalate-if",
        "more-about-it",
    ]
    do = one.section("do")
    assert do is not None
    assert do.markdown == "1. Copy the text => nothing gets **lost**\n2. Sign in again"
    assert do.line == 20
    assert (one.path, one.blob_id, one.body_line) == ("runbook/sm-send-error.md", "b1", 14)


def test_a_known_issue_has_its_facts() -> None:
    issue = article("known-issue/sm-down.md").known_issue
    assert issue is not None
    assert (issue.nature, issue.status) == (Nature.FAULT, IssueStatus.WORKAROUND_AVAILABLE)
    assert (issue.symptoms, issue.workaround) == (("cannot send",), ("Try again in an hour.",))
    assert issue.since == date(2026, 11, 20)
    assert issue.is_open


def test_criteria_carry_their_table_and_what_to_say() -> None:
    one = article("criteria/sm-rules.md")
    assert one.table is not None
    assert [rule.id for rule in one.table.rules] == ["blocked-list", "try-first", "single"]
    assert one.say == "I have passed this on. We will call you back."
    assert one.intro == "Who keeps the list decides."


def test_a_release_has_its_dates_and_words() -> None:
    release = article("release/sm-new-page.md").release
    assert release is not None
    assert (release.starts, release.ends, release.will_hear) == (
        date(2026, 11, 1),
        None,
        ("the page looks new",),
    )


def test_a_code_that_looks_like_a_number_is_text() -> None:
    one = article("runbook/sm-send-error.md", small.RUNBOOK.replace("[SM98]", "[801]"))
    assert one.error_codes == ("801",)


def test_headings_in_code_blocks_are_no_sections() -> None:
    text = small.REFERENCE + "\n```\n# not a title\n## not a section\n```\n~~~~\n## nor this\n```\n~~~~\n"
    assert [section.slug for section in article("reference/help-lines.md", text).sections] == [
        "answer",
        "all-lines",
    ]


def test_the_file_must_lie_where_its_type_and_id_say() -> None:
    assert problems_of("runbook/other.md", small.RUNBOOK) == [
        ("id", 2, "is sm-send-error, but the file is other.md")
    ]
    assert ("type", 3, "is runbook, but the file lies in reference/") in problems_of(
        "reference/sm-send-error.md", small.RUNBOOK
    )
    assert problems_of("notes/x.md", "")[0][2].startswith("is not <type>/<id>.md")
    assert problems_of("runbook/../x.md", "")[0][2].startswith("is not <type>/<id>.md")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("owner: messaging\n", "", ("owner", 2, "is missing")),
        ("aliases:", "alias:", ("alias", 10, "is not a known key here")),
        ("[send error]", "send error", ("aliases", 10, "must be a list")),
        ("2027-02-18", "soon", ("review_by", 8, "must be a date such as 2027-03-01")),
        ("2027-02-18", "'2027-02-18'", ("review_by", 8, "must be a date such as 2027-03-01")),
        ("Copy the text, sign", "x" * 161, ("summary", 9, "is longer than 160 characters")),
        (
            "tool: secure-messaging",
            "tool: Secure Messaging",
            ("tool", 5, "must be an id: lower-case letters, digits and hyphens, at most 80"),
        ),
        (
            "tool: secure",
            "confidence: sure\ntool: secure",
            ("confidence", 5, "is not one of 'wip', 'not_validated', 'validated' or 'archived'"),
        ),
        ("sources: [exceptions.en.yml]", "sources: []", ("sources", 12, "needs at least 1")),
        ("sub_areas: [send]", "sub_areas: [send, true]", ("sub_areas[1]", 6, "must be text")),
        ("## Do\n", "## Make\n", ("## Do", 14, "is missing: a runbook has this section")),
        ("Sending fails with an error.\n", "", ("## Use when", 14, "is empty")),
        ("## Ask\n", "# Ask\n", ("# Ask", 17, "the title is the only h1: use ##")),
        ("## More about it", "## Ask", ("## Ask", 30, "stands twice")),
    ],
)
def test_each_mistake_is_named_with_key_and_line(old: str, new: str, expected: tuple[str, int, str]) -> None:
    assert old in small.RUNBOOK
    found = problems_of("runbook/sm-send-error.md", small.RUNBOOK.replace(old, new, 1))
    assert expected in found


def test_a_mistake_inside_a_rule_has_its_own_line() -> None:
    text = small.RULES.replace("severity: medium, collect", "severity: urgent, collect")
    (problem,) = problems_of("criteria/sm-rules.md", text)
    assert problem[:2] == ("rules[2].then.severity", 27)


def test_a_body_over_the_limit_is_refused() -> None:
    (problem,) = problems_of("reference/help-lines.md", small.REFERENCE + "x" * 66_000)
    assert problem[2] == "is larger than 64 KB: split the article"


@pytest.mark.parametrize("kind", list(ArticleKind))
def test_every_type_has_an_entry_with_an_example_that_parses(kind: ArticleKind) -> None:
    assert ARTICLE_TYPES[kind].kind is kind
    path = next(path for path in small.FILES if path.startswith(f"{kind}/"))
    assert article(path).kind is kind


def test_sections_that_the_card_links_to_are_opened_under_it() -> None:
    path = "runbook/sm-send-error.md"
    text = small.RUNBOOK + "\n## Limits\n### How large\n6 MB\n"

    def below(body: str) -> tuple[list[str], list[str]]:
        opened, others = sections_below(article(path, body))
        return [one.slug for one in opened], [one.slug for one in others]

    assert below(text) == ([], ["more-about-it", "limits"])
    assert below(text.replace("Sign in again", "Compare [sizes](#limits)")) == (["limits"], ["more-about-it"])
    assert below(text.replace("the same error", "[too large](#how-large)")) == (["limits"], ["more-about-it"])
    assert below(text.replace("See [the rules]", "See [limits](#limits), [the rules]"))[0] == []


def test_the_catalogue_becomes_values() -> None:
    catalogue, problems = parse_catalogue(small.CATALOGUE.encode())
    assert problems == []
    assert catalogue is not None
    assert catalogue.teams["messaging"].auto_route is AutoRoute.ALWAYS
    assert [area.id for area in catalogue.tools["secure-messaging"].sub_areas] == ["send", "read"]
    route = catalogue.routes["coordinator"]
    assert route.hours == (Hours((0, 1), time(8), time(20), "America/New_York"),)
    assert (route.always_open, catalogue.routes["login"].always_open) == (False, True)
    assert catalogue.targets["high"].resolution_hours == 48
    assert catalogue.synonyms == (("rx", "prescription"),)
    assert catalogue.maintenance[0].day == 6
    assert catalogue.help_numbers == {"800-555-0100", "877-327-0022"}


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        (
            "minimum_facts: [alert_words]",
            "minimum_facts: [shoe_size]",
            "tools[0].minimum_facts[0]",
            "no fact 'shoe_size'",
        ),
        ("in_scope: false, route: coordinator", "in_scope: false", "tools[1].route", "needs a route"),
        ("tools: [secure-messaging]", "tools: [telepathy]", "routes[0].tools[0]", "no tool 'telepathy'"),
        ("id: read", "id: send", "tools[0].sub_areas[1].id", "stands twice"),
        (
            "- {id: login,",
            "- {id: login, name: X, what: X, how: X, hours_text: X, hand_over: phone, say: X}\n  - {id: login,",
            "routes[2].id",
            "stands twice",
        ),
        ("say: Please call them.", "say: Slack them.", "routes[1].say", "do not know the word “Slack”"),
        ("say: Please call them.", "say: Call 202-555-0199.", "routes[1].say", "personal data"),
    ],
)
def test_a_dangling_name_in_the_catalogue_hides_nothing(old: str, new: str, key: str, words: str) -> None:
    assert old in small.CATALOGUE
    catalogue, problems = parse_catalogue(small.CATALOGUE.replace(old, new, 1).encode())
    assert catalogue is not None
    assert [one.key for one in problems] == [key]
    assert words in problems[0].message
    assert problems[0].line is not None


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("'INC\\d{7,}'", "'(A+)+'", "numbers[0].pattern", "plain form"),
        ("'INC\\d{7,}'", "'[9-0]'", "numbers[0].pattern", "not a regular expression"),
        ("INC0123456", "INC1", "numbers[0]", "does not fit"),
        ('opens: "08:00"', 'opens: "8 am"', "routes[0].hours[0].opens", "must be a time"),
        ("zone: America/New_York", "zone: Eastern", "routes[0].hours[0].zone", "not a time zone"),
        ("hours: always", "hours: sometimes", "routes[1].hours", "is not one of 'always'"),
        ("in_scope: true", "in_scope: yes", "tools[0].in_scope", "must be true or false"),
        ("hours: clock", "hours: business", "severity", "need a calendar"),
        *(
            (
                "synonyms:",
                f"calendars: [{{id: c, hours: [{hours}], holidays: [{day}]}}]\nsynonyms:",
                key,
                words,
            )
            for hours, day, key, words in (
                (f"{SPAN} opens: '1:30'}}", "", "calendars[0]", "clocks change then"),
                (
                    f"{SPAN} opens: '8:00'}}",
                    "{name: X, month: 2, day: 29}",
                    "calendars[0].holidays[0]",
                    "no day 29",
                ),
                (
                    f"{SPAN} opens: '8:00'}}",
                    "{name: X, month: 2, nth: 1}",
                    "calendars[0].holidays[0]",
                    "needs a day",
                ),
            )
        ),
        (
            "{response_hours: 1,",
            "{response_hours: soon,",
            "severity.targets.critical.response_hours",
            "whole number",
        ),
    ],
)
def test_a_catalogue_of_the_wrong_form_is_none(old: str, new: str, key: str, words: str) -> None:
    assert old in small.CATALOGUE
    catalogue, problems = parse_catalogue(small.CATALOGUE.replace(old, new, 1).encode())
    assert catalogue is None
    assert key in [one.key for one in problems]
    assert words in " ".join(one.message for one in problems)
    assert all(one.line for one in problems)


@pytest.mark.parametrize("form", [r"\d{7,10}", r"INC\d{7,}", r"T3-\d{4}-\d{6}", r"(?:CS|CAS)-?[A-Z0-9]{5}"])
def test_plain_number_forms_are_taken(form: str) -> None:
    text = small.CATALOGUE.replace("INC\\d{7,}", form)
    messages = [one.message for one in parse_catalogue(text.encode())[1]]
    assert not [message for message in messages if "plain form" in message]


def test_facilities_and_codes_become_values() -> None:
    facilities, problems = parse_facilities(small.FACILITIES.encode())
    assert problems == []
    assert facilities is not None
    assert (facilities["668"].ehr, facilities["668"].window) == ("oracle_health", None)
    assert facilities["515"].window == Window(date(2026, 4, 11), "Spring")
    codes, problems = parse_codes(small.CODES.encode())
    assert problems == []
    assert codes is not None
    assert (codes["SM98"].http, codes["SM98"].aliases, codes["SM98"].line) == ("400", ("SM-098",), 2)


def test_a_code_that_stands_twice_is_a_problem() -> None:
    twice = small.CODES + small.CODES.removeprefix("codes:\n")
    codes, problems = parse_codes(twice.encode())
    assert codes is not None
    assert problems == [Problem("error_codes.yml", "codes[1].code", "'SM98' stands twice", 12)]
