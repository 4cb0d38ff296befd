from portal.intake import summary
from portal.knowledge.snapshot import Snapshot


def test_title_names_action_code_and_place(snapshot: Snapshot) -> None:
    tool = snapshot.catalogue.tools["secure-messaging"]
    said = summary.sentences("reply", "Reply")
    made = summary.title(tool, said, code="SM98", alert="", text="", platform="web", station="668")
    assert made == "SM - Reply fails: SM98 (web, station 668)"


def test_title_takes_the_first_words_where_there_is_no_code(snapshot: Snapshot) -> None:
    tool = snapshot.catalogue.tools["medications"]
    said = summary.sentences("", "Refill request")
    made = summary.title(
        tool,
        said,
        code="",
        alert="We couldn't submit these refill requests right now.",
        text="",
        platform="ios",
        station="",
    )
    assert made == "RX - Refill request: We couldn't submit these refill requests right … (iOS app)"


def test_title_without_a_tool_still_says_what_happens() -> None:
    made = summary.title(
        None,
        summary.sentences("", ""),
        code="",
        alert="",
        text="The page stays white",
        platform="",
        station="",
    )
    assert made == "MHV - Problem: The page stays white"


def test_the_part_of_the_tool_gives_the_action_nobody_asked_for() -> None:
    assert summary.action_of({}, "attachments") == "attach"
    assert summary.action_of({"action": "read"}, "attachments") == "read"
    assert summary.action_of({"action": "not_sure"}, None) == ""


def test_ticked_steps_count_as_tried() -> None:
    said = summary.tried(
        {"sm-send-or-load-error": [1, 3]}, {}, {"sm-send-or-load-error": "Send or load error"}
    )
    assert said == "Send or load error: steps 1, 3."


def test_steps_that_could_not_be_done_are_named() -> None:
    titles = {"a": "Sign-in loop", "b": "Error code"}
    assert summary.tried({"a": [1]}, {"a": [2, 3], "b": [1]}, titles) == (
        "Sign-in loop: step 1; could not be done: steps 2, 3. Error code: could not be done: step 1."
    )


def test_steps_are_written_only_where_the_action_is_known() -> None:
    assert summary.sentences("reply", "Reply").steps.startswith("Open the conversation, select Reply")
    assert summary.sentences("", "Account error code").steps == ""
