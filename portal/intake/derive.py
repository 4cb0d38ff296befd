"""What a call tells by itself: codes in its words, the tool, who has the problem, facts for the criteria. Pure.

Everything here is shown with its reason and can be changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.accounts.actor import Desk
from portal.criteria.table import NOT_SURE
from portal.search.said import Guess as Guess
from portal.search.said import codes_in as codes_in
from portal.search.said import guess_tool as guess_tool
from portal.search.said import sub_area as sub_area

SEVERAL = 1  # other callers in 24 hours: with this one, more than one person


def usual_audience(desk: Desk, system: str = "") -> str:
    """Who mostly calls this desk; the form of the record number corrects it (INC: ServiceNow, so staff)."""
    if system:
        return "staff" if system == "snow" else "veteran"
    return "staff" if desk is Desk.ESD else "veteran"


def origin(desk: Desk, system: str = "") -> str:
    """hrc, snow or direct."""
    by_desk = {Desk.HRC: "hrc", Desk.TIER2: "hrc", Desk.ESD: "snow"}
    return system if system in ("hrc", "snow") else by_desk.get(desk, "direct")


def fact_values(
    *, urgent: str, audience: str, platform: str, desk: Desk, others: int, facility: Mapping[str, str]
) -> dict[str, str]:
    """Facts of the criteria that the call gives. `others`: callers with the same in 24 hours; `facility`: its own facts."""
    return {
        "urgent": urgent or "no",
        "audience": audience,
        "platform": platform or NOT_SURE,
        "desk": desk.value,
        "several_people": "yes" if others >= SEVERAL else "no",
        **facility,
    }
