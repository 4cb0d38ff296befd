"""Shapes of the intake's forms. Fields are built from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from wtforms import (
    BooleanField,
    Field,
    FileField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice

from portal.accounts.access import current_actor
from portal.core.errors import Invalid
from portal.criteria.severity import Severity
from portal.criteria.table import FACTS, NOT_SURE
from portal.intake import derive, facts
from portal.intake.filing import PRIVATE_FACTS, Check
from portal.intake.guard import Held
from portal.intake.practice import COUNTS, OUTCOME_WORDS, Answer, Options
from portal.intake.service import CallInput, UrgentInput
from portal.knowledge.catalogue import Catalogue, Fact, FactType
from portal.tickets.references import external_reference
from portal.web.forms import ZONES, PortalForm

TEXT_LEAST, TEXT_MOST = 10, 1000
TEXT_ERROR = "Enter what happens, in one or two sentences (10 characters or more)"
TOOL_ERROR = 'Select the tool, or "Not sure"'
SEVERITY_WORDS = {
    Severity.CRITICAL: "Critical: harm, or the whole system is down",
    Severity.HIGH: "High: a tool, facility or group is stopped",
    Severity.MEDIUM: "Medium: one person is stopped",
    Severity.LOW: "Low: a workaround helps, or it is cosmetic",
}
UNKNOWN = "-unknown"


class IntakeForm(PortalForm):
    """`passed` holds marks of texts whose possible names the agent has read."""

    version = HiddenField()

    def wrong(self, name: str, message: str) -> None:
        self[name].errors = [*self[name].errors, message]

    def hold(self, held: Mapping[str, Held]) -> None:
        for name, found in held.items():
            for message in found.messages:
                self.wrong(name, message)

    @property
    def is_clean(self) -> bool:
        return not any(field.errors for field in self)

    def texts(self, *names: str) -> dict[str, str]:
        return {name: self[name].data or "" for name in names}

    def check_reference(self, catalogue: Catalogue) -> None:
        reference = self["external_ref"].data or ""
        if reference.strip():
            try:
                external_reference(reference, catalogue, derive.origin(current_actor().desk))
            except Invalid as error:
                self.wrong("external_ref", next(iter(error.fields.values()), str(error)))


def choices(pairs: Mapping[str, str], *before: tuple[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in (*before, *pairs.items())]


def tool_choices(catalogue: Catalogue) -> list[SelectChoice]:
    tools = [tool for tool in catalogue.tools.values() if tool.id != "security-privacy"]
    ours = {tool.id: tool.name for tool in tools if tool.in_scope}
    others = {tool.id: f"{tool.name} (not ours)" for tool in tools if not tool.in_scope}
    return choices({**ours, **others}, ("", "Select"), (NOT_SURE, "Not sure"))


class CallForm(IntakeForm):
    key = HiddenField()
    code = HiddenField()
    article = HiddenField()
    urgent = RadioField(
        "Is any of this true?",
        description="Ask first. It changes who is told.",
        choices=choices(FACTS["urgent"].choices),
        validate_choice=False,
    )
    text = TextAreaField(
        "What happens?",
        description="One or two sentences, as the caller says it. No names, numbers or message text.",
    )
    alert_words = StringField(
        "What are the exact words on the screen?",
        description="Ask the caller to read them out, with any code, such as SM98.",
    )
    no_message = BooleanField("No message shown")
    cant_look = BooleanField("Caller can't look now")
    tool = SelectField("Which tool?", validate_choice=False)
    audience = RadioField(
        "Who has the problem?", choices=choices(FACTS["audience"].choices), validate_choice=False
    )
    platform = RadioField(
        "Where does it happen?",
        choices=choices({**FACTS["platform"].choices, NOT_SURE: "Not sure"}),
        validate_choice=False,
    )
    facilities = StringField(
        "Which VA health system?", description="Name or station number. Empty if the caller doesn't know."
    )
    external_ref = StringField(
        "Record number of this call", description="HRC or INC number. You can add it later."
    )

    @property
    def cannot_wait(self) -> bool:
        return self.urgent.data in ("harm", "privacy", "both")

    def check(self, catalogue: Catalogue) -> None:
        """Harm and privacy leave this page with whatever there is."""
        if self.urgent.data not in FACTS["urgent"].choices:
            self.wrong("urgent", "Select whether any of this is true")
        if self.cannot_wait:
            return
        if not TEXT_LEAST <= len((self.text.data or "").strip()) <= TEXT_MOST:
            self.wrong("text", TEXT_ERROR)
        if not (self.alert_words.data or "").strip() and not self.no_message.data and not self.cant_look.data:
            self.wrong("alert_words", "Enter the words on the screen, or tick that there were none")
        if self.tool.data not in catalogue.tools and self.tool.data != NOT_SURE:
            self.wrong("tool", TOOL_ERROR)
        if self.audience.data not in FACTS["audience"].choices:
            self.wrong("audience", "Select who has the problem")
        if self.platform.data not in FACTS["platform"].choices and self.platform.data != NOT_SURE:
            self.wrong("platform", 'Select where it happens, or "Not sure"')
        self.check_reference(catalogue)

    def to_input(self) -> CallInput:
        words = (self.alert_words.data or "").strip()[:300]
        return CallInput(
            urgent=self.urgent.data or "",
            text=(self.text.data or "").strip()[:TEXT_MOST],
            alert_words=words,
            no_words=""
            if words
            else "none"
            if self.no_message.data
            else "cant_look"
            if self.cant_look.data
            else "",
            tool=self.tool.data or "",
            audience=self.audience.data or "",
            platform=self.platform.data or "",
            facilities=(self.facilities.data or "")[:300],
            external_ref=_kept_reference(self),
            code=self.code.data or "",
            article=self.article.data or "",
        )


def _kept_reference(form: CallForm) -> str:
    """What cannot wait is not held up by a number of another form."""
    raw = (form.external_ref.data or "").strip()[:200]
    return raw if not form.cannot_wait or raw.replace(" ", "").isalnum() else ""


class NumberForm(IntakeForm):
    external_ref = StringField("Record number", description="HRC or INC number, or a line that holds it.")


class UrgentForm(IntakeForm):
    text = TextAreaField(
        "What happens?", description="One or two sentences. No names, numbers or message text."
    )
    tool = SelectField("Which tool?", validate_choice=False)
    facilities = StringField("Which VA health system?", description="Name or station number, if known.")
    external_ref = StringField(
        "Record number of this call", description="HRC or INC number. You can add it later."
    )
    told = BooleanField("Caller was told what to do now")

    def check(self, catalogue: Catalogue, *, text_needed: bool = True) -> None:
        text = (self.text.data or "").strip()
        if (text_needed and len(text) < TEXT_LEAST) or len(text) > TEXT_MOST:
            self.wrong("text", TEXT_ERROR)
        if self.tool.data not in catalogue.tools and self.tool.data != NOT_SURE:
            self.wrong("tool", TOOL_ERROR)
        self.check_reference(catalogue)

    def to_input(self, known_issue: str = "") -> UrgentInput:
        return UrgentInput(
            text=(self.text.data or "").strip(),
            tool=self.tool.data or "",
            facilities=(self.facilities.data or "")[:300],
            external_ref=(self.external_ref.data or "").strip()[:200],
            told=bool(self.told.data),
            known_issue=known_issue,
        )


class CallFileForm(PortalForm):
    file = FileField("Add a file")


class CheckForm(IntakeForm):
    title = StringField("Title", description="Short, no names.")
    words = TextAreaField(
        "Description", description="What developers read first. No names, numbers or message text."
    )
    severity = SelectField(
        "Severity",
        choices=choices({s.value: words for s, words in SEVERITY_WORDS.items()}),
        validate_choice=False,
    )
    severity_reason = StringField(
        "Why lower?", description="Only when you choose less than the rules say. 10 to 300 characters."
    )
    external_ref = StringField("Record number of this call", description="HRC or INC number.")
    ref_later = BooleanField("I will add it in wrap-up")
    nobody = BooleanField("No person can be recognised from this text")

    def check(self, catalogue: Catalogue, *, filing: bool) -> None:
        if not 5 <= len((self.title.data or "").strip()) <= 160:
            self.wrong("title", "Enter a title of 5 to 160 characters")
        if not TEXT_LEAST <= len((self.words.data or "").strip()) <= 2000:
            self.wrong("words", "Enter what happens, in 10 to 2,000 characters")
        if self.severity.data not in list(Severity):
            self.wrong("severity", "Select the severity")
        self.check_reference(catalogue)
        if filing and not self.nobody.data:
            self.wrong("nobody", "Tick that no person can be recognised")
        if filing and not (self.external_ref.data or "").strip() and not self.ref_later.data:
            self.wrong("external_ref", "Enter an HRC or INC number, or tick that you will add it in wrap-up")

    def to_check(self) -> Check:
        return Check(
            title=" ".join((self.title.data or "").split()),
            summary=(self.words.data or "").strip(),
            severity=Severity(self.severity.data),
            reason=(self.severity_reason.data or "").strip(),
        )


# --- facts


def _fields(fact: Fact, zone: str) -> dict[str, Any]:
    """The form fields of one fact, by name."""
    hint = {"description": fact.hint}
    match fact.type:
        case FactType.LONG_TEXT:
            own: dict[str, Any] = {fact.id: TextAreaField(fact.label, **hint)}
        case FactType.CHOICE:
            own = {
                fact.id: RadioField(fact.label, choices=choices(fact.choices), validate_choice=False, **hint)
            }
        case FactType.WHEN:
            when = choices({"now": "During this call", "today": "Today at", "earlier": "Earlier, on"})
            own = {
                fact.id: RadioField(fact.label, choices=when, validate_choice=False, **hint),
                f"{fact.id}-time": StringField("Time, such as 14:05"),
                f"{fact.id}-day": StringField("Day"),
                f"{fact.id}-zone": SelectField(
                    "Time zone of the caller",
                    choices=choices({id: name for id, name in ZONES.items() if id}, ("", "Select")),
                    default=zone,
                    validate_choice=False,
                ),
            }
        case FactType.DEVICE:
            own = {
                fact.id: SelectField(
                    fact.label, choices=choices(fact.choices, ("", "Select")), validate_choice=False, **hint
                ),
                f"{fact.id}-version": StringField("Version, if known"),
            }
        case FactType.ATTACHMENT:
            own = {
                fact.id: RadioField(
                    fact.label, choices=choices({"no": "No", "yes": "Yes"}), validate_choice=False, **hint
                ),
                f"{fact.id}-type": SelectField(
                    "Type", choices=choices(facts.FILE_TYPES, ("", "Select")), validate_choice=False
                ),
                f"{fact.id}-size": StringField("Size in MB, if known"),
            }
        case _:
            own = {fact.id: StringField(fact.label, **hint)}
    return {**own, f"{fact.id}{UNKNOWN}": BooleanField("Caller can't say")}


class FactsForm(IntakeForm):
    """Made by `facts_form`; `asked` are its facts."""

    asked: Sequence[Fact] = ()

    def values(self) -> dict[str, str]:
        """What was typed, by field name; of facts that the caller can't say nothing."""
        known = [fact for fact in self.asked if not self[f"{fact.id}{UNKNOWN}"].data]
        every = {name: str(self[name].data or "").strip() for fact in known for name in facts.names(fact)}
        details = (
            {"details": self["details"].data.strip()} if "details" in self and self["details"].data else {}
        )
        return {**every, **details}

    def not_known(self) -> list[str]:
        return [fact.id for fact in self.asked if self[f"{fact.id}{UNKNOWN}"].data]

    def leave_rest(self) -> None:
        """*Caller can't say the rest*: what is open now counts as not known."""
        values = self.values()
        for fact in self.asked:
            if facts.is_open(fact, values, self.not_known()):
                self.unknown(fact).data = True

    def check(self, now: datetime, *, optional: bool = False) -> None:
        """`optional`: what was left empty is left open."""
        values = self.values()
        for fact in self.asked:
            if optional and not values.get(fact.id):
                continue
            if fact.id not in self.not_known():
                said = facts.problem(fact, values, now)
                if said:
                    self.wrong(fact.id, said)
        if len(values.get("details", "")) > 2000:
            self.wrong("details", "Use at most 2,000 characters")

    def guarded(self) -> dict[str, str]:
        """Texts that developers may see."""
        values = self.values()
        return {
            fact.id: values.get(fact.id, "")
            for fact in self.asked
            if fact.public and fact.type not in facts.NEVER_GUARDED and fact.type is not FactType.DEVICE
        }

    def parts(self, fact: Fact) -> list[Field]:
        return [self[name] for name in facts.names(fact)[1:]]

    def unknown(self, fact: Fact) -> Field:
        return self[f"{fact.id}{UNKNOWN}"]


def facts_form(
    asked: Sequence[Fact], zone: str, *, base: type[IntakeForm] = IntakeForm, details: bool = False
) -> type[FactsForm]:
    """A form for just these facts; `base` adds other fields."""
    fields: dict[str, Any] = {"asked": tuple(asked)}
    for fact in asked:
        fields.update(_fields(fact, zone))
    if details:
        fields["details"] = TextAreaField(
            "Anything for the support desks only?",
            description="Not sent to GitHub or Slack. Names and health details belong in the case record, not here.",
        )
    bases = (FactsForm,) if base is IntakeForm else (FactsForm, base)
    return type("FactsFormOfCase", bases, fields)


def private_facts(catalogue: Catalogue) -> list[Fact]:
    return [catalogue.facts[id] for id in PRIVATE_FACTS if id in catalogue.facts]


class PracticeStartForm(IntakeForm):
    """What a practice round is about, and how long it is."""

    key = HiddenField()
    area = SelectField("What are the calls about?", validate_choice=False)
    count = RadioField(
        "How many?",
        description="Fewer where an area has fewer.",
        choices=[SelectChoice(str(count), f"{count} calls") for count in COUNTS],
        validate_choice=False,
    )


class PracticeForm(IntakeForm):
    """One answer to a practice call. What follows the outcome (severity, place, runbook) is asked on the same page."""

    outcome = RadioField("What do you do?", choices=choices(OUTCOME_WORDS), validate_choice=False)
    escalate = RadioField(
        "How severe is it?",
        choices=choices({str(level): words for level, words in SEVERITY_WORDS.items()}),
        validate_choice=False,
    )
    redirect = RadioField("Where do you send it?", validate_choice=False)
    resolve = RadioField("Which runbook?", validate_choice=False)

    def check(self, offered: Options) -> None:
        if self.outcome.data not in OUTCOME_WORDS:
            self.wrong("outcome", "Select what you do")
        elif offered.of(self.outcome.data) and self.target not in offered.of(self.outcome.data):
            self.wrong(self.outcome.data, FOLLOW_UPS[self.outcome.data])

    @property
    def target(self) -> str:
        follow_up = self[self.outcome.data] if self.outcome.data in FOLLOW_UPS else None
        return follow_up.data or "" if follow_up else ""

    def to_answer(self) -> Answer:
        return Answer(self.outcome.data, self.target)


FOLLOW_UPS = {
    "escalate": "Select how severe it is",
    "redirect": "Select where you send it",
    "resolve": "Select the runbook",
}
