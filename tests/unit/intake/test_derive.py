import pytest

from portal.accounts.actor import Desk
from portal.intake.derive import codes_in, fact_values, guess_tool, origin, sub_area, usual_audience
from portal.knowledge.snapshot import Snapshot


@pytest.mark.parametrize("text", ["error sm 98 again", "SM-98", "it says SM98", "sm98!"])
def test_one_code_however_it_is_written(snapshot: Snapshot, text: str) -> None:
    assert codes_in(text, snapshot.codes) == ["SM98"]


def test_a_number_that_is_no_code_is_none(snapshot: Snapshot) -> None:
    assert codes_in("it fails since 30 days at station 668", snapshot.codes) == []


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("cant message my doctor", "secure-messaging"),
        ("refill of my prescription is late", "medications"),
        ("the lab result does not show", "medical-records"),
        ("Login.gov does not let me sign in", "sign-in"),
        ("hearing aid batteries cannot be ordered", "medical-supplies"),
        ("cannot cancel my appointment", "appointments"),
    ],
)
def test_words_name_the_tool(snapshot: Snapshot, text: str, tool: str) -> None:
    guess = guess_tool(text, [], snapshot.codes, list(snapshot.catalogue.tools.values()))
    assert guess is not None
    assert guess.tool == tool


def test_a_code_comes_before_words(snapshot: Snapshot) -> None:
    guess = guess_tool(
        "my refill page says SM98", ["SM98"], snapshot.codes, list(snapshot.catalogue.tools.values())
    )
    assert guess is not None
    assert (guess.tool, guess.because) == ("secure-messaging", "code SM98")


def test_words_of_two_tools_choose_nothing(snapshot: Snapshot) -> None:
    assert (
        guess_tool("messages and refills", [], snapshot.codes, list(snapshot.catalogue.tools.values()))
        is None
    )


def test_the_article_the_agent_came_from_comes_last(snapshot: Snapshot) -> None:
    tools, article = list(snapshot.catalogue.tools.values()), snapshot.articles["sm-attachment-refused"]
    guess = guess_tool("it does not work", [], snapshot.codes, tools, article)
    assert guess is not None
    assert (guess.tool, guess.sub_area) == ("secure-messaging", "attachments")


def test_the_number_corrects_what_the_desk_says() -> None:
    assert (usual_audience(Desk.HRC), usual_audience(Desk.ESD), usual_audience(Desk.HRC, "snow")) == (
        "veteran",
        "staff",
        "staff",
    )
    assert (origin(Desk.HRC), origin(Desk.HRC, "snow"), origin(Desk.NONE)) == ("hrc", "snow", "direct")


def test_one_other_caller_makes_several_people() -> None:
    given = {
        "urgent": "no",
        "audience": "veteran",
        "platform": "web",
        "desk": Desk.HRC,
        "facility": {"ehr": "vista"},
    }
    assert fact_values(**given, others=0) == {
        "urgent": "no", "audience": "veteran", "platform": "web", "desk": "hrc", "several_people": "no", "ehr": "vista",
    }  # fmt: skip
    assert fact_values(**given, others=1)["several_people"] == "yes"


def test_an_unknown_platform_is_not_asked_again() -> None:
    facts = fact_values(urgent="no", audience="veteran", platform="", desk=Desk.HRC, others=0, facility={})
    assert facts["platform"] == "not_sure"


def test_the_part_of_the_tool_is_the_one_named_first(snapshot: Snapshot) -> None:
    tool = snapshot.catalogue.tools["secure-messaging"]
    assert sub_area("Reply to the care team fails every time", tool) == "reply"
    assert sub_area("care team is not on the list", tool) == "find-team"
    assert sub_area("it does not work", tool) is None
