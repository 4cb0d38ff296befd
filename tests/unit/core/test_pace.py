"""A person's searches in a minute."""

import pytest

from portal.core.errors import TooMany
from portal.web.pace import Pace


def test_the_fourth_of_three_in_a_minute_is_refused_and_the_next_minute_is_new() -> None:
    pace = Pace(3)
    for second in (60.0, 61.0, 119.9):
        pace.take(1, second)
    with pytest.raises(TooMany):
        pace.take(1, 119.9)
    pace.take(2, 119.9)
    pace.take(1, 120.0)
