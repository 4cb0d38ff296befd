import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.first_names import FIRST_NAMES
from portal.core.pii import Finding, Kind, describe, find_pii, mask

HELP_LINES = ["877-327-0022", "800-698-2411", "911", "988"]


def found(text: str, allowed: list[str] | None = None) -> list[tuple[str, str]]:
    return [
        (finding.kind.value, text[finding.start : finding.end]) for finding in find_pii(text, allowed or [])
    ]


def test_spans_are_those_of_the_text_as_given() -> None:
    text = "SSN\u200b is １23\u200b-45-6789, mail &lt;jane%40example.org&gt;"
    assert found(text) == [("ssn", "１23\u200b-45-6789"), ("email", "jane%40example.org")]


@pytest.mark.parametrize(
    "hidden",
    [
        "900\u200b-12\u2060-3456",
        "900\u201312\u20143456",
        "٩٠٠-١٢-٣٤٥٦",
        "𝟗𝟎𝟎-𝟏𝟐-𝟑𝟒𝟓𝟔",
        "9\u03360\u03360\u0336-12-3456",
        "900&#45;12&#x2d;3456",
        "900%2D12%2d3456",
        "%EF%BC%99%EF%BC%90%EF%BC%90-12-3456",
        r"900\u002d12\x2d3456",
        "900%252D12%252D3456",
        "900&amp;#45;12&amp;#45;3456",
        "<b>900</b>-12-3456",
        "900\x00-12-3456",
        "900-12-\n3456",
        "900 dash 12 dash 3456",
    ],
)
def test_a_disguised_number_is_still_found(hidden: str) -> None:
    assert [finding.kind for finding in find_pii(f"see {hidden} there")] == [Kind.SSN]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("SSAN 123-45-6789.pdf", "ssn", "123-45-6789"),
        ("l4: s1234", "ssn_last4", "s1234"),
        ("patient 12345678", "mrn", "12345678"),
        ("MRN:AB123456", "mrn", "AB123456"),
        ("DOB 1950 03 12", "dob", "1950 03 12"),
        ("DOB is March of 1950", "dob", "March of 1950"),
        ("phone # 555.0142", "phone", "555.0142"),
        ("(202) 555 - 0142", "phone", "(202) 555 - 0142"),
        ("12 B Street, Springfield, IL 62704-1234", "address", "12 B Street, Springfield, IL 62704-1234"),
        ("APO AE 09012", "address", "APO AE 09012"),
        ("Ms.Smith waits", "name", "Ms.Smith"),
        ("the caller is John Smith", "name", "John Smith"),
        ("Veteran JOHN SMITH", "name", "JOHN SMITH"),
    ],
)
def test_the_whole_value_is_marked(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]


def test_every_number_of_a_list_is_found() -> None:
    numbers = [f"27190{n:02}" for n in range(40)]
    assert found("Rx " + ", ".join(numbers)) == [("prescription", number) for number in numbers]


@pytest.mark.parametrize(
    "text",
    [
        "born digital, May 2026",
        "DOB mismatch since 11/20/2026",
        "birth year range 1900-2026",
        "last 4 hours 1200 users",
        "ticket 4455667788 is closed",
        "HRC 123456789",
        "Name: Secure Messaging",
        "my name is wrong",
        "it took 179 ms. nobody waits that long",
        "901.83.8246.2",
        "4e218576-4062-7c26-ace4-9d3e19e439b4",
        "0804ebab756f654dff9028a83cf7d168-3980924c94ab1771",
        '@bp.post("/<int:ticket_id>")',
        "Spokane, WA 668",
    ],
)
def test_what_only_looks_personal_passes(text: str) -> None:
    assert found(text) == []


def test_help_lines_pass_however_they_are_written() -> None:
    assert found("call 1 (877) 327-0022, 877.327.0022 or +1-800-698-2411, else 911", HELP_LINES) == []


def test_another_number_beside_a_help_line_is_found() -> None:
    assert found("not 877-327-0022 but 202-555-0142", HELP_LINES) == [("phone", "202-555-0142")]


def test_the_own_reference_passes_and_a_part_of_it_does_not() -> None:
    assert found("record 123456789", ["HRC-123456789"]) == []
    assert found("SSN ends in 6789", ["HRC-123456789"]) == [("ssn_last4", "6789")]


def test_names_warn_and_numbers_block() -> None:
    assert [(finding.kind, finding.certain) for finding in find_pii("Mrs. Smith, 202-555-0142")] == [
        (Kind.NAME, False),
        (Kind.PHONE, True),
    ]


def test_masked_text_reads_on() -> None:
    text = "Mrs. Smith (DOB 3/12/1950, SSN 123-45-6789) at jane@example.org or 202-555-0142, 12 Oak Street"
    masked = "Mrs. S… (DOB [date], SSN [number]) at [email] or [phone], [address]"
    assert mask(text, find_pii(text)) == masked
    assert find_pii(masked) == []


def test_the_message_shows_the_beginning_only() -> None:
    text = "SSN 123-45-6789, Mrs. Smith, last 4 6789"
    ssn, name, last4 = find_pii(text)
    assert describe(ssn, text) == (
        '"123-4…" looks like a Social Security number: take it out, or use the masked text.'
    )
    assert describe(name, text) == 'This may be a name: "Mrs. S…". Replace it by "the Veteran".'
    assert describe(last4, text).startswith('"6…" looks like the last four digits')


def test_a_clinician_is_not_called_a_veteran() -> None:
    text = "Dr. Example answered"
    assert describe(find_pii(text)[0], text) == (
        'This may be a name: "Dr. E…". Replace it by "the clinician".'
    )


def test_a_programme_is_no_person() -> None:
    assert found("Beneficiary Travel runs BTSSS") == []
    assert found("Beneficiary Traver called") == [("name", "Traver")]


def test_a_finding_keeps_no_value() -> None:
    assert "6789" not in repr(find_pii("SSN 123-45-6789"))


PIECES = st.sampled_from(
    [
        *(
            "SSN",
            "ssn:",
            "last 4",
            "L4",
            "EDIPI",
            "ICN",
            "DOB",
            "born",
            "MRN",
            "claim no.",
            "Rx",
            "phone",
            "PO Box",
            "zip",
        ),
        *(
            "123-45-6789",
            "123456789",
            "1234",
            "1012345678V123456",
            "1234567890",
            "3/12/1950",
            "March",
            "12",
            "1950",
        ),
        *(
            "202-555-0142",
            "(202)",
            "555-0142",
            "+1",
            "+44 20 7946 0958",
            "jane@example.org",
            "jane",
            "at",
            "dot",
            "@",
        ),
        *(
            "123 Main Street",
            "Oak Ave",
            "Springfield, IL",
            "62704",
            "Mrs.",
            "Smith",
            "Veteran",
            "name is",
            "John",
        ),
        *(
            " ",
            " ",
            " ",
            ", ",
            "-",
            ".",
            "/",
            "\n",
            ":",
            "(",
            "%2D",
            "&#45;",
            r"\u0031",
            "\u200b",
            "１",
            "%31",
            "é",
            "…",
        ),
        *(
            "[number]",
            "[phone]",
            "[",
            "]",
            "7",
            "T3-2026-000123",
            "877-327-0022",
            "SM98",
            "\x00",
            "\ud800",
            "ﬁ",
        ),
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(st.characters(), max_size=80))


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_spans_lie_in_the_text_and_apart(text: str) -> None:
    done = 0
    for finding in find_pii(text, HELP_LINES):
        assert done <= finding.start < finding.end <= len(text)
        assert describe(finding, text)
        done = finding.end


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_nothing_certain_is_left_after_masking(text: str) -> None:
    assert [finding for finding in find_pii(mask(text, find_pii(text))) if finding.certain] == []


@pytest.mark.parametrize(
    "piece", ["1 ", "1-", "a@", "a.", " at ", "Mr Ab ", "DOB 1/2 ", "&#49;", "%31", "я", "Thanks\n"]
)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        start = time.process_time()
        find_pii(text)
        return time.process_time() - start

    assert seconds(4_000) < 10 * seconds(1_000) + 0.1


def test_findings_compare_by_value() -> None:
    assert find_pii("call 202-555-0142") == [Finding(Kind.PHONE, 5, 17)]


@pytest.mark.parametrize("name", ["symptoms_expected.yml", "symptoms_answers.yml", "named_calls.yml"])
def test_common_first_names_give_no_alarm_in_what_agents_type(name: str) -> None:
    text = (Path(__file__).parents[2] / "data" / name).read_text("utf-8")
    found = [text[one.start : one.end] for one in find_pii(text) if one.kind is Kind.NAME]
    assert [one for one in found if one.split()[0].lower().strip(",") in FIRST_NAMES] == []
