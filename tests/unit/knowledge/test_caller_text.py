from __future__ import annotations

import pytest

from portal.knowledge.caller_text import check_caller_text, check_reading_out

TEAMS, PUBLISHED = ("messaging team", "MHV Tier 3"), ("3 business days", "45 days", "1 year")


@pytest.mark.parametrize(
    "word",
    [
        *(
            "Tier 3",
            "tier III",
            "GitHub",
            "ServiceNow",
            "Dynamics",
            "Slack",
            "toggle",
            "mhv_messages_redesign",
        ),
        *(
            "INC0123456",
            "HRC 1234567",
            "T3-2026-000123",
            "R-000456",
            "SCTASK",
            "MVI",
            "SM_UPLOAD_ATTACHMENT_ERROR",
        ),
        *("VistA", "CPRS", "Oracle Health", "Cerner", "triage group"),
    ],
)
def test_words_from_inside_are_named(word: str) -> None:
    assert check_caller_text(f"It is in {word} now.", ()) == [f"callers do not know the word “{word}”"]


@pytest.mark.parametrize(
    "text",
    [
        "You can see it in My VA Health or on VA.gov, under Medical records.",
        "The number on your screen is SM98. Please try again.",
        "Call 911 in an emergency.",
        "Your facility moved to a new record system.",
    ],
)
def test_words_that_callers_know_pass(text: str) -> None:
    assert check_caller_text(text, ()) == []


def test_staff_know_the_systems_of_staff_but_no_tiers() -> None:
    said = "Please save it to CPRS again. Your triage group stays as it is."
    assert check_caller_text(said, (), to_staff=True) == []
    assert len(check_caller_text(said, ())) == 2
    assert check_caller_text("Tier 3 has it.", (), to_staff=True) == ["callers do not know the word “Tier 3”"]


def test_published_numbers_may_be_said_and_others_not() -> None:
    assert check_caller_text("Please call 877-327-0022.", {"877-327-0022"}) == []
    assert len(check_caller_text("Please call 877-327-0023.", {"877-327-0022"})) == 1


@pytest.mark.parametrize(
    ("text", "promise"),
    [
        ("We will fix it within 24 hours.", "We will fix it within 24 hours"),
        ("You will hear from us by tomorrow.", "You will hear from us by tomorrow"),
        ("It is back by Monday.", "by Monday"),
        ("It is back by the end of the week.", "by the end of"),
        ("We'll call you soon.", "We'll call you soon"),
        ("Soon we will know more.", "Soon we will"),
        ("Someone will get back to you in a few days.", "Someone will get back to you in a few days"),
        ("The team is going to look at it shortly.", "The team is going to look at it shortly"),
        ("We will answer in 3 business days.", "We will answer in 3 business days"),
        ("Expect it within an hour.", "within an hour"),
        ("It works again tomorrow.", "It works again tomorrow"),
        ("Please wait. The refill page is back on Monday.", "The refill page is back on Monday"),
    ],
)
def test_promises_of_time_are_quoted(text: str, promise: str) -> None:
    assert check_reading_out(text, TEAMS, PUBLISHED) == [f"promises a time: “{promise}”"]


@pytest.mark.parametrize(
    "text",
    [
        "Care teams take up to three business days.",
        "Conversations close after 45 days without a new message.",
        "You can look at one year at a time.",
        "If it is still there tomorrow, we will pass it to the team.",
        "If you need the information today, your care team can look it up for you.",
        "I am reporting this right away. They do not call people; we will contact you.",
        "How many days of medicine do you have left?",
        "It is closed every Sunday until 8 a.m. Mountain time.",
        "Care teams often need a few days.",
        "Please try again tomorrow and see if it works.",
        "The page works again. Please look at it tomorrow.",
        "If the page opens tomorrow, all is well.",
    ],
)
def test_published_times_and_what_is_no_promise_pass(text: str) -> None:
    assert check_reading_out(text, TEAMS, PUBLISHED) == []


def test_a_time_that_no_source_publishes_is_no_time_to_name() -> None:
    said = "“4 days” is no published time: leave it out, or add it to published_times in the catalogue"
    assert check_reading_out("Care teams take 4 days.", TEAMS, PUBLISHED) == [said]


def test_teams_are_not_named() -> None:
    assert check_reading_out("The Messaging team has it.", TEAMS, ()) == [
        "callers do not know “messaging team”"
    ]
    assert check_reading_out("The team that looks after messages has it.", TEAMS, ()) == []
