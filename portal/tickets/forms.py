"""Shapes of the forms on a ticket's page. What a move needs stands in its table; here is only how it is typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import UnboundField
from wtforms.validators import DataRequired, Length
from wtforms.widgets import HiddenInput

from portal.knowledge.catalogue import Fact, FactType
from portal.knowledge.snapshot import Snapshot
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

    @property
    def seen_version(self) -> int:
        return self.version.data or 0


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

    def offer(self, move: str, snapshot: Snapshot) -> None:
        """Choices, labels and ids for the move of this name."""
        catalogue = snapshot.catalogue
        self.team.choices = _choices((team.id, team.name) for team in catalogue.teams.values())
        self.hold_reason.choices = _choices(
            (str(r), _capital(w)) for r, w in HOLD_WORDS.items() if r is not HoldReason.CALLER
        )
        self.return_reason.choices = _choices((str(r), _capital(w)) for r, w in RETURN_WORDS.items())
        self.route.choices = _choices((route.id, route.name) for route in catalogue.routes.values())
        self.known_issue.choices = _choices((issue.id, issue.title) for issue in linkable(snapshot))
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


def _choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
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


class ReferenceForm(PortalForm):
    external_ref = StringField(
        "Record number", [DataRequired("Enter the number of the record"), Length(max=200)]
    )


class BackForm(PortalForm):
    """`number`: what was looked up, to come back to its card."""

    number = HiddenField()
