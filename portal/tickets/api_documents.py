"""What the API of tickets reads and answers, as its description shows it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from portal.criteria.severity import Severity


class NewTicket(BaseModel):
    model_config = ConfigDict(extra="forbid")
    tool: str
    sub_area: str | None = None
    audience: Literal["veteran", "caregiver", "staff"]
    origin: Literal["hrc", "snow", "direct"]
    external_refs: list[str] = Field(max_length=20)
    summary: str = Field(min_length=10, max_length=1000)
    details: str = Field(max_length=2000)
    severity: Severity
    facility: str | None = Field(None, max_length=120)
    ehr: Literal["vista", "oracle_health"] | None = None
    platform: str | None = None
    error_code: str | None = Field(None, pattern=r"^[A-Za-z0-9_. -]{1,40}$")
    criteria: str | None = None
    answers: dict[str, str] | None = None
    known_issue: str | None = None
    known_issues_refused: list[str] = Field([], max_length=50)
    override_reason: str | None = Field(None, max_length=300)


class PossibleIssue(BaseModel):
    id: str
    title: str
    grade: str
    url: str


class FiledTicket(BaseModel):
    number: str
    team: str | None
    state: str
    severity: str
    url: str
    because: str
    possible_known_issues: list[PossibleIssue]


class TicketDocument(BaseModel):
    number: str
    team: str | None
    state: str
    severity: str
    snow_severity: str
    url: str
    because: str
    filed_at: str
    origin: str
    tool: str
    sub_area: str | None
    audience: str
    platform: str | None
    facilities: list[str]
    ehr: str | None
    error_code: str | None
    external_refs: list[str]
    title: str
    summary: str
    details: str
    not_known: list[str]
    known_issue: str | None
    known_issues_refused: list[str]
    caller_text: str


class SubAreaDocument(BaseModel):
    id: str
    name: str


class ToolDocument(BaseModel):
    id: str
    name: str
    in_scope: bool
    team: str
    platforms: list[str]
    audiences: list[str]
    minimum_facts: list[str]
    sub_areas: list[SubAreaDocument]


class ToolList(BaseModel):
    tools: list[ToolDocument]
