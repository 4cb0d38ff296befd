from __future__ import annotations

from datetime import UTC, datetime, timedelta

from portal.mail.message import Letter, build, next_try

AT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def built(subject: str = "Your team", key: str = "weekly:sm") -> bytes:
    letter = Letter("weekly", key, subject, "Two flags wait – see the page.\n", to_user_id=1)
    message = build(
        letter, sender="portal@example.org", to="editor@example.org", host="tier3.example.org", at=AT
    )
    return message.as_bytes()


def test_a_letter_keeps_its_message_id_and_date_and_another_reason_has_another() -> None:
    assert built() == built()
    assert b"Date: Mon, 23 Nov 2026 07:00:00 +0000" in built()
    ids = {
        line
        for raw in (built(), built(key="weekly:rx"))
        for line in raw.splitlines()
        if b"Message-ID" in line
    }
    assert len(ids) == 2
    assert all(line.endswith(b"@tier3.example.org>") for line in ids)


def test_no_line_break_reaches_a_header() -> None:
    raw = built("Your team\r\nBcc: somebody@example.org\x0b\u2028X: y")
    head = raw.partition(b"\r\n\r\n")[0]
    assert not [line for line in head.splitlines() if line.startswith((b"Bcc", b"X:"))]


def test_waits_double_up_to_a_quarter_of_an_hour_and_end_after_four_hours() -> None:
    for tries, least, most in ((1, 5, 6.25), (2, 10, 12.5), (4, 40, 50), (30, 900, 1125)):
        due = next_try(tries, AT, AT + timedelta(minutes=1))
        assert due is not None
        assert least <= (due - AT).total_seconds() - 60 <= most
    assert next_try(30, AT, AT + timedelta(hours=4)) is None
