"""How often one person may ask in a minute; counted in this process."""

from __future__ import annotations

from threading import Lock

from portal.core.errors import TooMany


class Pace:
    """At most `most` requests of one person in a minute of the clock."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = Lock()
        self._minute = -1
        self._taken: dict[int, int] = {}

    def take(self, person: int, seconds: float) -> None:
        """One request at this moment (seconds of any steady clock); raises TooMany when the minute is used up."""
        with self._lock:
            if int(seconds // 60) != self._minute:
                self._minute, self._taken = int(seconds // 60), {}
            taken = self._taken[person] = self._taken.get(person, 0) + 1
        if taken > self.most:
            raise TooMany("That is more searches than a person types. Wait a minute.")
