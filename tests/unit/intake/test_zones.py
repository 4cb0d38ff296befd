"""Zones of facilities and those that a form offers."""

from datetime import date

import pytest

from portal.knowledge.snapshot import Snapshot
from portal.web.forms import ZONES, offered_zone, zone_words

WINTER, SUMMER = date(2026, 11, 25), date(2026, 7, 1)


@pytest.mark.parametrize("day", [WINTER, SUMMER])
@pytest.mark.parametrize(
    ("zone", "offered"),
    [
        ("America/Detroit", "America/New_York"),
        ("America/Indiana/Indianapolis", "America/New_York"),
        ("America/Indiana/Knox", "America/Chicago"),
        ("America/Boise", "America/Denver"),
        ("America/Phoenix", "America/Phoenix"),
        ("Pacific/Pago_Pago", ""),
    ],
)
def test_a_zone_is_offered_as_the_one_with_the_same_clock(zone: str, offered: str, day: date) -> None:
    assert offered_zone(zone, day) == offered


def test_every_facility_has_a_zone_that_the_form_offers(snapshot: Snapshot) -> None:
    zones = {place.name: offered_zone(place.zone, WINTER) for place in snapshot.facilities.values()}
    assert len(zones) > 15
    assert set(zones.values()) <= set(ZONES) - {"", "America/Puerto_Rico"}
    assert {name for name, zone in zones.items() if zone == "America/Denver"} == {"Boise"}


def test_zones_are_named_in_words() -> None:
    assert zone_words("America/Detroit", WINTER) == "Eastern"
    assert zone_words("Pacific/Pago_Pago", WINTER) == "Pago Pago"
