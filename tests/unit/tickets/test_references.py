"""Numbers are recognised alone or behind their label, never inside a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.tickets.references import cut, external_reference, recognise, reference_words
from portal.tickets.ticket import Reference
from tests.unit.tickets.made import CATALOGUE


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1234567", "hrc", "1234567"),
        (" 1234567890 ", "hrc", "1234567890"),
        ("HRC 1234567", "hrc", "1234567"),
        ("HRC1112223", "hrc", "1112223"),
        ("hrc1112223", "hrc", "1112223"),
        ("HRC-1112223", "hrc", "1112223"),
        ("hrc#1112223", "hrc", "1112223"),
        ("Record HRC1112223", "hrc", "1112223"),
        ("Record #: 1234567", "hrc", "1234567"),
        ("Dynamics case no. 1234567", "hrc", "1234567"),
        ("INC0123456", "incident", "INC0123456"),
        ("inc 0123456", "incident", "INC0123456"),
        ("INC-0123456", "incident", "INC0123456"),
        ("Incident: INC0123456.", "incident", "INC0123456"),
        ("ServiceNow incident number INC0123456", "incident", "INC0123456"),
        ("SCTASK0123456", "sctask", "SCTASK0123456"),
        ("t3-2026-000123", "ticket", "T3-2026-000123"),
        ("T3\u20112026\u2011000123", "ticket", "T3-2026-000123"),
        ("T3 2026 000123", "ticket", "T3-2026-000123"),
        ("Ticket T3-2026-000123", "ticket", "T3-2026-000123"),
        ("r-000456", "report", "R-000456"),
        ("Receipt R 000456", "report", "R-000456"),
        ("I-000789", "intake", "I-000789"),
        ("INC0123456 | somebody | can't sign in", "incident", "INC0123456"),
        ("1234567\tMessaging\tIn Progress", "hrc", "1234567"),
        ("\uff11\uff12\uff13\uff14\uff15\uff16\uff17", "hrc", "1234567"),
    ],
)
def test_a_lone_number_or_a_pasted_line_is_recognised(text: str, kind: str, value: str) -> None:
    number = recognise(text, CATALOGUE)
    assert number is not None
    assert (number.kind, number.value) == (kind, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "cannot open 1234567",
        "ticket 1234567 is slow",
        "801",
        "SM98",
        "123-45-6789",
        "877-327-0022",
        "1234567 7654321",
        "123 4567",
        "INC012",
        "HRC805",
        "cannot open HRC1112223",
        "record",
        "T3-2026-123",
        "#" * 500,
        "I cannot send",
    ],
)
def test_a_sentence_a_code_and_a_phone_number_are_no_record_numbers(text: str) -> None:
    assert recognise(text, CATALOGUE) is None


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error_and_what_is_found_has_a_known_form(text: str) -> None:
    number = recognise(text, CATALOGUE)
    assert number is None or number.kind in {"hrc", "incident", "sctask", "ticket", "report", "intake"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("INC0123456 - caller cannot reply (In Progress)", "INC0123456"),
        ("MHV Tier 3 | 1234567 | Entered Queue 11/21/2026", "1234567"),
        ("1234567 1234567", "1234567"),
        ("call about HRC1112223, second one", "1112223"),
    ],
)
def test_a_pasted_line_is_cut_down_to_its_number(text: str, value: str) -> None:
    number = cut(text, CATALOGUE)
    assert number is not None
    assert number.value == value


def test_two_numbers_in_one_line_are_not_guessed_between() -> None:
    assert cut("1234567 or 7654321", CATALOGUE) is None


def test_digits_are_an_hrc_record_and_inc_is_servicenow() -> None:
    assert external_reference("1234567", CATALOGUE) == Reference("hrc", "1234567")
    assert external_reference("inc0123456", CATALOGUE) == Reference("snow", "INC0123456")
    assert reference_words(Reference("hrc", "1234567")) == "HRC 1234567"
    assert reference_words(Reference("snow", "INC0123456")) == "INC0123456"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SCTASK0123456", "Ask for an incident (INC)"),
        ("T3-2026-000123", "Enter an HRC or INC number, for example INC0123456"),
        ("none yet", "Enter an HRC or INC number, for example INC0123456"),
    ],
)
def test_what_is_no_record_number_is_refused_with_advice(text: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        external_reference(text, CATALOGUE)
    assert refused.value.fields == {"external_ref": message}
