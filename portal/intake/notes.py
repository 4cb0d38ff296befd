"""Case notes for Dynamics and ServiceNow, one for each end of an intake. Pure.

Plain text of at most 80 columns, one line a fact, what is empty left out. What a caller may hear is always a line of its own.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS = 80


@dataclass(frozen=True, slots=True)
class Filed:
    """What a note on a filed ticket says. `criteria` and `revision` are empty for a case no rule decided."""

    number: str
    tool: str
    severity: str
    because: str
    criteria: str = ""
    revision: str = ""
    text: str = ""
    alert: str = ""
    code: str = ""
    where: str = ""
    when: str = ""
    tried: str = ""
    not_this: tuple[str, ...] = ()
    none_fitted: bool = False
    not_known: tuple[str, ...] = ()
    told: str = ""
    critical: bool = False


def sentence(text: str) -> str:
    """With a full stop, and without line breaks."""
    text = " ".join(text.split())
    return text if not text or text.rstrip("”\"'")[-1:] in (*".!?", "") else f"{text}."


def filed(case: Filed) -> str:
    source = f" ({case.criteria}, rev {case.revision[:7]})" if case.criteria else ""
    happens = _line(
        ("Happens", case.text),
        ("Alert", f'"{case.alert}"' if case.alert else ""),
        ("Code", case.code),
        ("Where", case.where),
        ("When", case.when),
    )
    return note(
        "CRITICAL, patient safety." if case.critical else "",
        f"Escalated to MHV Tier 3: {case.number}, {case.tool}, severity {case.severity}.",
        f"Reason: {sentence(case.because)[:-1]}{source}." if case.because else "",
        happens,
        _line(
            ("Tried", case.tried),
            ("Known issues checked, not this", "; ".join(case.not_this)),
            ("Known issues checked", "none fitted" if case.none_fitted and not case.not_this else ""),
        ),
        _line(("Not known", ", ".join(label.rstrip("?") for label in case.not_known))),
        _line(("Caller was told", case.told)),
    )


def reported(
    title: str,
    article_id: str,
    status: str,
    number: str,
    workaround: str,
    told: str,
    ticket: str = "",
    *,
    words: str = "",
    where: str = "",
    record: str = "",
) -> str:
    return note(
        _line(("Caller says", words), ("Where", where), ("Record", record)),
        f'Known issue "{title}" ({article_id}), {status}.',
        f"Caller added as report {number}.",
        f"CRITICAL, patient safety: ticket {ticket} filed as well." if ticket else "",
        _line(("Workaround given", workaround)),
        _line(("Caller was told", told)),
    )


def answered(
    title: str, result: str, told: str, *, steps: Sequence[str] = (), words: str = "", contact: str = ""
) -> str:
    """`steps`: those done, in a few words each. `contact`: whom the caller was told to turn to."""
    return note(
        _line(("Caller says", words)),
        f'Answered with "{title}".',
        _line(("Steps done", "; ".join(steps))),
        f"{sentence(result)}{f' Caller was told to contact {sentence(contact)}' if contact else ''}",
        _line(("Caller was told", told)),
    )


def elsewhere(because: str, route: str, phone: str, told: str, words: str = "") -> str:
    return note(
        _line(("Caller says", words)),
        f"Not MHV Tier 3: {sentence(because)}",
        f"Sent to {route}{f', {phone}' if phone else ''}.",
        _line(("Caller was told", told)),
    )


def handed_over(
    number: str,
    *,
    happens: Sequence[tuple[str, str]] = (),
    answers: Sequence[tuple[str, str]] = (),
    not_this: Sequence[str] = (),
    questions: Sequence[str] = (),
    told: str = "",
    checked: bool = True,
) -> str:
    """`happens`, `answers`: names with what was said, in the order of the pages. `checked`: known issues were looked at."""
    return note(
        f"To Tier 2: intake {number}{', known issues checked' if checked else ''}.",
        _line(*happens),
        _line(("Known issues checked, not this", "; ".join(not_this))),
        _line(("Answers", "; ".join(f"{ask.rstrip('?')}: {said}" for ask, said in answers))),
        _line(("Open questions", " ".join(questions))),
        _line(("Caller was told", told)),
    )


def privacy(number: str) -> str:
    return note(f"Security/privacy report {number}; no details here by design.")


def service_now(text: str, incident: str, severity: str = "") -> str:
    """The same as a work note: the incident first, its severity last but what the caller was told."""
    lines = text.split("\n")
    at = next((place for place, line in enumerate(lines) if line.startswith("Caller was told:")), len(lines))
    own = [f"SNOW severity: {severity}"] if severity else []
    return "\n".join([*([incident] if incident else []), *lines[:at], *own, *lines[at:]])


def note(*lines: str) -> str:
    """Wrapped, without empty lines."""
    return "\n".join(
        textwrap.fill(line, COLUMNS, break_long_words=False, break_on_hyphens=False) for line in lines if line
    )


def _line(*parts: tuple[str, str]) -> str:
    return " ".join(f"{name}: {sentence(value)}" for name, value in parts if value)
