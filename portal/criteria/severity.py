"""Severity on the two scales that one ticket carries: Tier 3's own and that of the ServiceNow template (same
four words).

The hours belong to the catalogue, since a team may change them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

Stopped = Literal["system", "group", "one", "none"]


class Severity(StrEnum):
    """From the most severe down: the order of the members is the order of the scale."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


def highest(a: Severity, b: Severity) -> Severity:
    scale = list(Severity)
    return min(a, b, key=scale.index)


def severity(
    harm: bool, stopped: Stopped, workaround: bool, *, wish: bool = False, cannot_work: bool = False
) -> tuple[Severity, Severity]:
    """(Tier 3 scale, ServiceNow scale). The questions count in this order: the first that is true decides.

    `group` is a tool, a facility or a group of people; `system` is everybody. `cannot_work`: the one person
    who is stopped cannot do their job meanwhile, which ServiceNow ranks higher.
    """
    if harm or stopped == "system":
        own = Severity.CRITICAL
    elif stopped == "group":
        own = Severity.HIGH
    elif stopped == "one" and not workaround:
        own = Severity.MEDIUM
    else:
        own = Severity.LOW
    return own, snow_severity(own, cannot_work=cannot_work, wish=wish)


def snow_severity(
    own: Severity, *, cannot_work: bool = False, outage: bool = False, wish: bool = False
) -> Severity:
    """The ServiceNow word for a Tier 3 severity that a rule or a person has set."""
    match own:
        case Severity.CRITICAL:
            return Severity.CRITICAL
        case Severity.HIGH:
            return Severity.CRITICAL if outage else Severity.HIGH
        case Severity.MEDIUM:
            return Severity.HIGH if cannot_work else Severity.MEDIUM
        case Severity.LOW:
            return Severity.LOW if wish else Severity.MEDIUM
