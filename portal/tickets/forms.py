"""Shapes of the forms on a ticket's page. What a move needs stands in its table; here is only how it is typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import UnboundField
from wtforms.validators import DataRequired, Length
from wtforms.widgets import HiddenInput

from portal.core.errors import Invalid
from portal.criteria.table import FACTS
from portal.knowledge.catalogue import Fact, FactType
from portal.knowledge.issue_draft import IssueDraft
from portal.knowledge.snapshot import Snapshot
from portal.knowledge.source import clean
from portal.tickets.guard import DoubtfulText, PersonalData, masked_of
from portal.tickets.known_issue import linkable
from portal.tickets.lifecycle import HOLD_WORDS, RETURN_WORDS, Given
from portal.tickets.question import Ask, read_asks
from portal.tickets.ticket import HoldReason
from portal.web.forms import PortalForm

REASON_LABELS = {
    "route": "Why this team?",
    "return": "What does the team need, or why is it not theirs?",
    "not-tier3": "Why is it not for Tier 3?",
    "unlink": "Why is it not this known issue?",
    "reopen": "Why is it opened again?",
    "withdraw": "Why is it withdrawn?",
}
NOTE_LABELS = {"link": "Why? (optional)", "hold": "What exactly is waited for? (optional)"}
HINTS = {
    "reason": "Stays on the ticket, in the portal.",
    "follow_up": "Then the ticket is due again.",
    "caller_text": "May be read out word for word: plain, short, no names, no promise of time.",
    "duplicate_of": "Such as T3-2026-000123.",
    "note": "Only Tier 3 and the teams see it.",
    "questions": "May be read out word for word. Answers to choose from stand behind the question mark: Does it work in the "
    "app? Yes / No. For a day: When did it begin? (date)",
}
SEEN_HINT = "The help desk sees it too."  # of the words that go with a hold


class TicketForm(PortalForm):
    """`version`: of the ticket as the person saw it. Ids begin with `prefix_id`, since a page holds many forms.

    `doubtful`: its caller text may be used all the same, if the person says so.
    """

    doubtful = False
    version = IntegerField("Version", widget=HiddenInput())

    def name_ids(self, prefix_id: str) -> None:
        for name, field in self._fields.items():
            field.id = f"{prefix_id}-{name.replace('_', '-')}"

    def renew(self, version: int) -> None:
        """Send it again on this version, and no longer on the one that came with it."""
        self.version.raw_data, self.version.data = None, version

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        """With the masked text of the field for which it was asked."""
        super().process(formdata, *args, **kwargs)
        sent = self.meta.wrap_formdata(self, formdata) or {}
        if (name := sent.get("masked", "")) in self._fields:
            self._fields[name].data = masked_of(name, self._fields[name].data or "", sent)

    def refuse(self, error: Invalid) -> None:
        """Its messages beside their fields, with the masked text to use instead."""
        self.add_errors(error.fields)
        if isinstance(error, PersonalData):
            for name in self._fields.keys() & error.fields.keys():
                self._fields[name].masked = error.masked(self._fields[name].data or "")
        self.doubtful = isinstance(error, DoubtfulText)

    @property
    def seen_version(self) -> int:
        return self.version.data or 0


class FileForm(TicketForm):
    file = FileField("Add a file")


class WithdrawFileForm(TicketForm):
    reason = StringField("Why is the file withdrawn?")


class MoveForm(TicketForm):
    """The fields of every move; one move shows and reads only those of its row."""

    team = SelectField("Team", validate_choice=False)
    reason = TextAreaField("Why?")
    hold_reason = SelectField("What does it wait for?", validate_choice=False)
    follow_up = StringField("Follow-up date")
    return_reason = SelectField("Reason", validate_choice=False)
    route = SelectField("Where does it go?", validate_choice=False)
    duplicate_of = StringField("Number of the other ticket")
    known_issue = SelectField("Known issue", validate_choice=False)
    caller_text = TextAreaField("To the caller")
    note = TextAreaField("Internal note (optional)")
    facts = SelectMultipleField("What is not known so far", validate_choice=False)
    questions = TextAreaField("Your own questions, one a line")
    as_it_is = BooleanField("Use this text as it is")
    all_the_same = BooleanField("Do it all the same")

    def offer(self, move: str, snapshot: Snapshot) -> None:
        """Choices, labels and ids for the move of this name."""
        catalogue = snapshot.catalogue
        self.team.choices = choices((team.id, team.name) for team in catalogue.teams.values())
        self.hold_reason.choices = choices(
            (str(r), _capital(w)) for r, w in HOLD_WORDS.items() if r is not HoldReason.CALLER
        )
        self.return_reason.choices = choices((str(r), _capital(w)) for r, w in RETURN_WORDS.items())
        self.route.choices = choices((route.id, route.name) for route in catalogue.routes.values())
        self.known_issue.choices = choices((issue.id, issue.title) for issue in linkable(snapshot))
        self.reason.label.text = REASON_LABELS.get(move, self.reason.label.text)
        self.note.label.text = NOTE_LABELS.get(move, self.note.label.text)
        self.name_ids(move)

    def given(self) -> Given:
        return Given(
            team=self.team.data or "",
            reason=self.reason.data or "",
            hold_reason=self.hold_reason.data or "",
            follow_up=_day(self.follow_up.data or ""),
            return_reason=self.return_reason.data or "",
            route=self.route.data or "",
            duplicate_of=(self.duplicate_of.data or "").strip().upper(),
            known_issue=self.known_issue.data or "",
            caller_text=self.caller_text.data or "",
            note=self.note.data or "",
            questions=(
                *(Ask(fact=fact) for fact in self.facts.data or ()),
                *read_asks(self.questions.data or ""),
            ),
        )


def choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice("", "Select"), *(SelectChoice(value, words) for value, words in pairs)]


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


class CallerTextForm(TicketForm):
    caller_text = TextAreaField("To the caller")
    as_it_is = BooleanField("Use this text as it is")


class NoteForm(TicketForm):
    note = TextAreaField("Internal note")


class CorrectForm(TicketForm):
    title = StringField("Title", [Length(max=200, message="Enter at most 200 characters")])
    summary = TextAreaField("What happens?", [Length(max=4000, message="Enter at most 4000 characters")])
    alert_words = TextAreaField(
        "What are the exact words on the screen?", [Length(max=1000, message="Enter at most 1000 characters")]
    )
    error_code = StringField("Code", [Length(max=80, message="Enter at most 80 characters")])
    details = TextAreaField(
        "For the support desks only", [Length(max=8000, message="Enter at most 8000 characters")]
    )


class AssessForm(TicketForm):
    severity = SelectField("Severity", validate_choice=False)
    tool = SelectField("Tool", validate_choice=False)
    reason = TextAreaField("Why?")


def correct_form(facts: Sequence[Fact]) -> type[CorrectForm]:
    """With a field for each fact that was not known, `fact_` and its id; empty where it still is not."""
    fields = {f"fact_{fact.id}": _fact_field(fact) for fact in facts}
    return type("CorrectFormWithFacts", (CorrectForm,), fields)


def _fact_field(fact: Fact) -> UnboundField:
    if fact.type is FactType.CHOICE:
        choices = [SelectChoice("", "Not known"), *(SelectChoice(*pair) for pair in fact.choices.items())]
        return SelectField(fact.label, choices=choices, validate_choice=False)
    kind = TextAreaField if fact.type is FactType.LONG_TEXT else StringField
    return kind(fact.label, description=fact.hint)


class DismissForm(PortalForm):
    reason = TextAreaField("Why is it no new problem?")


class ReferenceForm(PortalForm):
    external_ref = StringField(
        "Record number", [DataRequired("Enter the number of the record"), Length(max=200)]
    )


class IssueForm(PortalForm):
    """A known issue in a minute. `tickets`: what it is made from; `key`: the same form makes one, however often it is sent."""

    key = HiddenField()
    tickets = HiddenField()
    title = StringField("Title", description="As a caller would say it, with the code.")
    tool = SelectField("Tool", validate_choice=False)
    status = RadioField(
        "How sure is it?",
        choices=[
            SelectChoice("suspected", "Suspected: we are looking"),
            SelectChoice("confirmed", "Confirmed: it is broken"),
        ],
        default="suspected",
        validate_choice=False,
    )
    symptoms = TextAreaField("Signs", description="One a line, in callers' words.")
    error_texts = TextAreaField("Texts on the screen", description="One a line, word for word.")
    error_codes = StringField("Codes", description="Such as SM98, SM99.")
    caller_text = TextAreaField("Say", description="Read out word for word by every desk; promises nothing.")
    not_this = StringField("Not this if")
    workaround = TextAreaField("Workaround", description="One step a line, at most three.")
    facilities = StringField("Stations", description="Such as 668, 687. Empty: everywhere.")
    ehr = SelectField(
        "Health record",
        choices=[
            SelectChoice("", "Any"),
            *(SelectChoice(n, FACTS["ehr"].choices[n]) for n in ("vista", "oracle_health")),
        ],
        validate_choice=False,
    )
    platforms = SelectMultipleField(
        "Where it happens",
        choices=[SelectChoice(*pair) for pair in FACTS["platform"].choices.items()],
        validate_choice=False,
    )
    nobody_meant = BooleanField("What looks like a name or number of a person is nobody's")

    def show(self, draft: IssueDraft) -> None:
        """The draft in the fields, as somebody might have typed it."""
        for name in ("title", "tool", "status", "caller_text", "not_this"):
            self[name].data = str(getattr(draft, name))
        for name in ("symptoms", "error_texts", "workaround"):
            self[name].data = "\n".join(getattr(draft, name))
        for name in ("error_codes", "facilities"):
            self[name].data = ", ".join(getattr(draft, name))
        self.ehr.data, self.platforms.data = next(iter(draft.ehr), ""), list(draft.platforms)

    def to_draft(self, seen: IssueDraft) -> IssueDraft:
        """What is in the fields; `seen`: the draft of its tickets, which knows what has no field."""
        return IssueDraft(
            title=_line(self.title.data),
            tool=self.tool.data or "",
            status=self.status.data or "",
            symptoms=_lines(self.symptoms.data),
            error_texts=_lines(self.error_texts.data),
            error_codes=_names(self.error_codes.data),
            caller_text=_line(self.caller_text.data),
            not_this=_line(self.not_this.data),
            workaround=_lines(self.workaround.data),
            facilities=_names(self.facilities.data),
            ehr=(self.ehr.data,) if self.ehr.data else (),
            platforms=tuple(self.platforms.data or ()),
            since=seen.since,
            seen=seen.seen,
        )


def _line(text: str | None) -> str:
    return " ".join(clean(text or "").split())


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple(filter(None, map(_line, clean(text or "").split("\n"))))


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"[^\s,;]+", clean(text or "").upper())))


class RedactForm(TicketForm):
    words = TextAreaField("Words to take out")


class BackForm(PortalForm):
    """`number`: what was looked up, to come back to its card."""

    number = HiddenField()
