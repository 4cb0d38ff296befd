"""The form of catalogue.yml, facilities.yml and error_codes.yml; each model gives its frozen value."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from portal.knowledge import catalogue as values
from portal.knowledge.schema import Day, Id, Line, Platform, Strict, Text

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
Zone = Annotated[str, AfterValidator(_zone)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0)]


class TeamModel(Strict):
    id: Id
    name: Line
    phrase: Line
    queue: Line
    labels: Words = ()
    board: str = ""
    auto_route: values.AutoRoute = values.AutoRoute.ALWAYS
    calendar: Id | None = None

    def value(self) -> values.Team:
        return values.Team(**dict(self))


class SubAreaModel(Strict):
    id: Id
    name: Line
    words: Words = ()
    team: Id | None = None


class ToolModel(Strict):
    id: Id
    name: Line
    short: Line
    title_stem: Line
    team: Id
    in_scope: Flag
    label: Line | None = None
    staff_team: Id | None = None
    route: Id | None = None
    shows_others: Flag = False
    platforms: tuple[Platform, ...] = ()
    audiences: tuple[Literal["veteran", "caregiver", "staff"], ...] = ()
    minimum_facts: tuple[Word, ...] = ()
    words: Words = ()
    sub_areas: tuple[SubAreaModel, ...] = ()

    def value(self) -> values.Tool:
        areas = tuple(values.SubArea(**dict(area)) for area in self.sub_areas)
        return values.Tool(**dict(self) | {"sub_areas": areas})


class HoursModel(Strict):
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(min_length=1)
    opens: Time
    closes: Time
    zone: Zone

    def value(self) -> values.Hours:
        return values.Hours(tuple(DAYS.index(day) for day in self.days), self.opens, self.closes, self.zone)


class HolidayModel(Strict):
    name: Line
    month: Annotated[int, Field(strict=True, ge=1, le=12)]
    day: Annotated[int, Field(strict=True, ge=1, le=31)] | None = None
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] | None = None
    nth: Literal[-1, 1, 2, 3, 4] | None = None

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
    what: Text
    how: Text
    phone: str = ""
    url: Annotated[str, StringConstraints(pattern=r"^(https://\S+)?$")] = ""
    hours: Literal["always"] | tuple[HoursModel, ...] = ()
    hours_text: Line
    hand_over: values.HandOver
    say: Text
    have_ready: Words = ()
    words: Words = ()
    tools: tuple[Id, ...] = ()
    to_confirm: str = ""

    def value(self) -> values.Route:
        own = dict(self)
        hours = own.pop("hours")
        always = hours == "always"
        spans = () if always else tuple(span.value() for span in hours)
        return values.Route(**own, always_open=always, hours=spans)


class FactModel(Strict):
    id: Word
    label: Line
    hint: str = ""
    type: values.FactType
    choices: Mapping[str, Line] = Field(default_factory=dict)
    platforms: tuple[Platform, ...] = ()
    public: Flag
    error: Line
    limit: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 120
    answered_by: tuple[Word, ...] = ()
    not_asked_if: Mapping[str, tuple[Word, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_choices(self) -> FactModel:
        if self.type is values.FactType.CHOICE and len(self.choices) < 2:
            raise ValueError("a fact of type choice needs at least two choices")
        return self

    def value(self) -> values.Fact:
        return values.Fact(**dict(self))


class TargetsModel(Strict):
    response_hours: Count
    resolution_hours: Count


class SeverityModel(Strict):
    hours: Literal["clock", "business"]
    calendar: Id | None = None
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
    pattern: Annotated[str, AfterValidator(_form)]
    example: Line
    accepted: Flag
    advice: Line

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
    hours_text: Line
    use: Line

    def value(self) -> values.HelpLine:
        return values.HelpLine(**dict(self))


class MaintenanceModel(Strict):
    id: Id
    name: Line
    tool: Id
    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    opens: Time
    closes: Time
    zone: Zone
    say: Text

    def value(self) -> values.Maintenance:
        return values.Maintenance(**dict(self) | {"day": DAYS.index(self.day)})


class PublishedTimeModel(Strict):
    says: Line
    source: Line


class AlarmModel(Strict):
    urgent: Literal["harm", "privacy"]
    line: Line
    button: Line
    words: Words

    def value(self) -> values.Alarm:
        return values.Alarm(**dict(self))


class CriticalModel(Strict):
    call: Line
    after_minutes: Count


class QueuesModel(Strict):
    tier3: Line
    tier2: Line


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
    cutover: Day
    note: str = ""


class FacilityModel(Strict):
    station: Annotated[str, StringConstraints(pattern=r"^\d{3}[A-Z0-9]{0,2}$")]
    name: Line
    zone: Zone
    ehr: Literal["vista", "oracle_health", ""] = ""
    window: WindowModel | None = None

    def value(self) -> values.Facility:
        window = values.Window(**dict(self.window)) if self.window else None
        return values.Facility(**dict(self) | {"window": window})


class FacilitiesModel(Strict):
    facilities: tuple[FacilityModel, ...]


class CodeModel(Strict):
    code: Line
    http: str = ""
    meaning: Line
    seen_as: Line
    tool: Id | None = None
    next_step: Line
    goes_to: Literal["tier1_2", "tier3", "elsewhere", "check_known_issues"]
    route: Id | None = None
    article: Id | None = None
    confirmed: Flag
    tier2: Flag = False
    aliases: Words = ()


class CodesModel(Strict):
    codes: tuple[CodeModel, ...]
