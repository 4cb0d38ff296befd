"""The form of catalogue.yml, facilities.yml and error_codes.yml; each model gives its frozen value.

Title and description of a key are label and hint of its field in the forms for admins.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from portal.knowledge import catalogue as values
from portal.knowledge.schema import Day, Id, Line, MaybeLine, Platform, Strict, Text

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A form is plain signs, classes and counts: nothing that could take long on a long number.
_PLAIN_FORM = re.compile(
    r"(?:[A-Z0-9-]|\\d|\[[A-Z0-9-]+\]|\(\?:|\||\)(?![*+{])|(?<![|(])(?:\{\d{1,2}(?:,\d{0,2})?\}|[?+]))+"
)


def _time(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", value):
        hour, minute = value.split(":")
        return time(int(hour), int(minute))
    raise ValueError('must be a time such as "08:00"')


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError):
        raise ValueError(f"'{value}' is not a time zone such as America/New_York") from None
    return value


def _form(value: str) -> str:
    if not _PLAIN_FORM.fullmatch(value):
        raise ValueError("must be a plain form: letters, digits, \\d, [..], {2,5}, ?, + and (?:a|b)")
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return value


Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,79}$")]
Words = tuple[Line, ...]
Time = Annotated[time, BeforeValidator(_time)]
Zone = Annotated[MaybeLine, AfterValidator(_zone)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0)]


class TeamModel(Strict):
    id: Id
    name: Line
    phrase: Line = Field(description="As agents hear of it: “the messaging team”.")
    queue: Line = Field(description="Its queue, as tickets name it.")
    labels: Words = Field((), description="One a line.")
    board: MaybeLine = ""
    auto_route: values.AutoRoute = Field(
        values.AutoRoute.ALWAYS,
        title="Route to it at once",
        description="Never: Tier 3 looks at its tickets first.",
    )
    calendar: Id | None = Field(None, description="Only where its hours differ from those of the targets.")

    def value(self) -> values.Team:
        return values.Team(**dict(self))


class SubAreaModel(Strict):
    id: Id
    name: Line
    words: Words = Field((), description="As callers say it, one a line.")
    team: Id | None = Field(None, description="Only where it is not the tool’s.")


class ToolModel(Strict):
    id: Id
    name: Line
    short: Line = Field(title="Short name")
    title_stem: Line = Field(title="Titles begin with", description="As in “SM - Reply fails”.")
    team: Id
    in_scope: Flag = Field(title="Ours")
    label: Line | None = Field(None, description="The developers’ label.")
    staff_team: Id | None = Field(
        None, title="Team for staff", description="Takes it when staff has the problem."
    )
    route: Id | None = Field(None, description="Where it goes when it is not ours.")
    shows_others: Flag = Field(
        False, title="Shows other tools", description="Their known issues fit its calls too."
    )
    platforms: tuple[Platform, ...] = ()
    audiences: tuple[Literal["veteran", "caregiver", "staff"], ...] = Field((), title="Who uses it")
    minimum_facts: tuple[Word, ...] = Field((), title="Facts a ticket needs")
    words: Words = Field((), description="As callers and agents name it, one a line.")
    sub_areas: tuple[SubAreaModel, ...] = Field((), title="Parts of the tool")

    def value(self) -> values.Tool:
        areas = tuple(values.SubArea(**dict(area)) for area in self.sub_areas)
        return values.Tool(**dict(self) | {"sub_areas": areas})


class HoursModel(Strict):
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(min_length=1)
    opens: Time = Field(description="Such as 08:00.")
    closes: Time = Field(description="Such as 20:00.")
    zone: Zone = Field(title="Time zone", description="Such as America/New_York.")

    def value(self) -> values.Hours:
        return values.Hours(tuple(DAYS.index(day) for day in self.days), self.opens, self.closes, self.zone)


class HolidayModel(Strict):
    name: Line
    month: Annotated[int, Field(strict=True, ge=1, le=12)]
    day: Annotated[int, Field(strict=True, ge=1, le=31)] | None = Field(
        None, description="Of the month; or a weekday with its number."
    )
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] | None = None
    nth: Literal[-1, 1, 2, 3, 4] | None = Field(
        None, title="Which one", description="-1: the last of the month."
    )

    @model_validator(mode="after")
    def _is_one_day(self) -> HolidayModel:
        if (self.day is None) == (self.weekday is None) or (self.weekday is None) != (self.nth is None):
            raise ValueError("needs a day of the month, or a weekday with its nth (-1: the last)")
        if self.day is not None and self.day > monthrange(2023, self.month)[1]:
            raise ValueError(f"month {self.month} has no day {self.day} in every year")
        return self

    def value(self) -> values.Holiday:
        weekday = DAYS.index(self.weekday) if self.weekday else None
        return values.Holiday(**dict(self) | {"weekday": weekday})


class CalendarModel(Strict):
    id: Id
    hours: tuple[HoursModel, ...] = Field(min_length=1)
    holidays: tuple[HolidayModel, ...] = ()

    @model_validator(mode="after")
    def _never_when_clocks_change(self) -> CalendarModel:
        """Between 1:00 and 3:00 a time of the wall clock may come twice or not at all."""
        if any(
            time(1) < at < time(3) and at != time(2)
            for span in self.hours
            for at in (span.opens, span.closes)
        ):
            raise ValueError(
                "hours cannot begin or end between 1:00 and 3:00 but at 2:00: clocks change then"
            )
        return self

    def value(self) -> values.Calendar:
        hours = tuple(span.value() for span in self.hours)
        return values.Calendar(self.id, hours, tuple(one.value() for one in self.holidays))


class RouteModel(Strict):
    id: Id
    name: Line
    what: Text = Field(title="What it takes")
    how: Text = Field(title="How it goes there", description="What the agent does.")
    phone: MaybeLine = ""
    url: Annotated[str, StringConstraints(pattern=r"^(https://\S+)?$")] = Field(
        "", title="Web address", description="Begins with https://."
    )
    hours: Literal["always"] | tuple[HoursModel, ...] = Field((), title="Opening hours")
    hours_text: Line = Field(title="Hours in words")
    hand_over: values.HandOver = Field(title="How a case leaves us")
    say: Text = Field(description="May be read out word for word; promises nothing.")
    have_ready: Words = Field((), description="What the caller needs, one a line.")
    words: Words = Field((), description="Search finds the route by them, one a line.")
    tools: tuple[Id, ...] = ()
    to_confirm: MaybeLine = Field("", title="To be confirmed", description="What no published source states.")

    def value(self) -> values.Route:
        own = dict(self)
        hours = own.pop("hours")
        always = hours == "always"
        spans = () if always else tuple(span.value() for span in hours)
        return values.Route(**own, always_open=always, hours=spans)


class FactModel(Strict):
    id: Word
    label: Line = Field(title="Question", description="As the intake asks it.")
    hint: MaybeLine = ""
    type: values.FactType
    choices: Mapping[str, Line] = Field(
        default_factory=dict, description="One a line, such as windows: Windows."
    )
    platforms: tuple[Platform, ...] = Field((), description="Asked only there; none ticked: everywhere.")
    public: Flag = Field(title="May go to developers")
    error: Line = Field(title="When nothing is entered", description="What the form says then.")
    limit: Annotated[int, Field(strict=True, ge=1, le=10_000)] = Field(120, title="Most characters")
    answered_by: tuple[Word, ...] = Field((), description="Questions of rules that ask the same.")
    not_asked_if: Mapping[str, tuple[Word, ...]] = Field(
        default_factory=dict, description="One a line, such as question: answer, answer."
    )

    @model_validator(mode="after")
    def _has_choices(self) -> FactModel:
        if self.type is values.FactType.CHOICE and len(self.choices) < 2:
            raise ValueError("a fact of type choice needs at least two choices")
        return self

    def value(self) -> values.Fact:
        return values.Fact(**dict(self))


class TargetsModel(Strict):
    response_hours: Count = Field(title="First response, hours")
    resolution_hours: Count = Field(title="Resolution, hours")


class SeverityModel(Strict):
    hours: Literal["clock", "business"] = Field(title="Which hours count")
    calendar: Id | None = Field(None, description="Counts for business hours only.")
    targets: Mapping[Literal["critical", "high", "medium", "low"], TargetsModel] = Field(min_length=4)

    @model_validator(mode="after")
    def _knows_its_hours(self) -> SeverityModel:
        if self.hours == "business" and self.calendar is None:
            raise ValueError("business hours need a calendar")
        return self


class NumberModel(Strict):
    id: Word
    system: Literal["hrc", "snow", "portal"]
    label: Line
    pattern: Annotated[MaybeLine, AfterValidator(_form)] = Field(
        title="Form", description="Of the whole number in capitals, such as INC\\d{7,}."
    )
    example: Line = Field(description="A number that has this form.")
    accepted: Flag = Field(title="Taken as a number of a record")
    advice: Line = Field(description="What agents read about it.")

    @model_validator(mode="after")
    def _example_fits(self) -> NumberModel:
        if not re.fullmatch(self.pattern, self.example):
            raise ValueError(f"the example {self.example} does not fit the pattern")
        return self

    def value(self) -> values.NumberForm:
        return values.NumberForm(**dict(self))


class HelpLineModel(Strict):
    name: Line
    number: Line
    hours_text: Line = Field(title="Hours in words")
    use: Line = Field(title="For what")

    def value(self) -> values.HelpLine:
        return values.HelpLine(**dict(self))


class MaintenanceModel(Strict):
    id: Id
    name: Line
    tool: Id
    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    opens: Time = Field(title="Begins", description="Local time, such as 00:00.")
    closes: Time = Field(title="Ends", description="Such as 08:00.")
    zone: Zone = Field(title="Time zone", description="Such as America/Denver.")
    say: Text = Field(description="May be read out word for word; promises nothing.")

    def value(self) -> values.Maintenance:
        return values.Maintenance(**dict(self) | {"day": DAYS.index(self.day)})


class PublishedTimeModel(Strict):
    says: Line = Field(title="Time", description="As texts may say it, such as 3 days.")
    source: Line = Field(description="Where it is published.")


class AlarmModel(Strict):
    urgent: Literal["harm", "privacy"] = Field(title="What it is about")
    line: Line = Field(description="Stands above the results.")
    button: Line
    words: Words = Field(description="As callers say it, one a line.")

    def value(self) -> values.Alarm:
        return values.Alarm(**dict(self))


class CriticalModel(Strict):
    call: Line = Field(title="Number to call")
    after_minutes: Count = Field(title="Minutes until then")


class QueuesModel(Strict):
    tier3: Line = Field(title="Queue of Tier 3")
    tier2: Line = Field(title="Queue of Tier 2")


class CatalogueModel(Strict):
    teams: tuple[TeamModel, ...] = Field(min_length=1)
    tools: tuple[ToolModel, ...] = Field(min_length=1)
    routes: tuple[RouteModel, ...] = ()
    facts: tuple[FactModel, ...] = ()
    synonyms: tuple[Annotated[Words, Field(min_length=2)], ...] = ()
    calendars: tuple[CalendarModel, ...] = ()
    severity: SeverityModel
    numbers: tuple[NumberModel, ...] = ()
    help_lines: tuple[HelpLineModel, ...] = ()
    maintenance: tuple[MaintenanceModel, ...] = ()
    alarms: tuple[AlarmModel, ...] = ()
    published_times: tuple[PublishedTimeModel, ...] = ()
    critical: CriticalModel
    queues: QueuesModel

    def value(self) -> values.Catalogue:
        return values.Catalogue(
            tools={tool.id: tool.value() for tool in self.tools},
            teams={team.id: team.value() for team in self.teams},
            routes={route.id: route.value() for route in self.routes},
            facts={fact.id: fact.value() for fact in self.facts},
            synonyms=self.synonyms,
            targets={name: values.Targets(**dict(hours)) for name, hours in self.severity.targets.items()},
            hours_kind=self.severity.hours,
            calendars={one.id: one.value() for one in self.calendars},
            calendar=self.severity.calendar,
            number_forms=tuple(number.value() for number in self.numbers),
            help_lines=tuple(line.value() for line in self.help_lines),
            maintenance=tuple(one.value() for one in self.maintenance),
            critical_call=self.critical.call,
            critical_minutes=self.critical.after_minutes,
            queue_name=self.queues.tier3,
            tier2_queue=self.queues.tier2,
            alarms=tuple(alarm.value() for alarm in self.alarms),
            published_times=tuple(time.says for time in self.published_times),
        )


class WindowModel(Strict):
    cutover: Day = Field(title="Day of the move")
    note: MaybeLine = ""


class FacilityModel(Strict):
    station: Annotated[str, StringConstraints(pattern=r"^\d{3}[A-Z0-9]{0,2}$")] = Field(
        description="Its number, such as 668 or 610A4."
    )
    name: Line
    zone: Zone = Field(title="Time zone", description="Such as America/New_York.")
    ehr: Literal["vista", "oracle_health", ""] = Field("", title="Health record")
    window: WindowModel | None = Field(None, title="Move to Oracle Health")

    def value(self) -> values.Facility:
        window = values.Window(**dict(self.window)) if self.window else None
        return values.Facility(**dict(self) | {"window": window})


class FacilitiesModel(Strict):
    facilities: tuple[FacilityModel, ...]


class CodeModel(Strict):
    code: Line
    http: MaybeLine = Field("", title="HTTP status")
    meaning: Line
    seen_as: Line = Field(description="What the caller sees.")
    tool: Id | None = None
    next_step: Line = Field(description="Begins with who acts.")
    goes_to: Literal["tier1_2", "tier3", "elsewhere", "check_known_issues"]
    route: Id | None = Field(None, description="Where it goes when it goes elsewhere.")
    article: Id | None = Field(None, description="Id of the article that explains it.")
    confirmed: Flag = Field(description="Yes: a source states the next step.")
    tier2: Flag = Field(
        False, title="For Tier 2 too", description="What a desk cannot do of it is handed to Tier 2."
    )
    aliases: Words = Field((), title="Other spellings", description="One a line.")


class CodesModel(Strict):
    codes: tuple[CodeModel, ...]
