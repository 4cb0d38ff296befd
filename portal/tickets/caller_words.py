"""Whether a text may be read out to the caller: what stops it, and what a person may decide otherwise about. Pure."""

from __future__ import annotations

from portal.knowledge.caller_text import check_caller_text, check_reading_out
from portal.knowledge.catalogue import Catalogue


def doubts(text: str, catalogue: Catalogue, *, to_staff: bool) -> list[str]:
    """What is wrong when it is read out, as sentences: inside words, teams, promises of time, hard sentences.

    Personal data is no doubt but a refusal, which check_personal_data raises before this is asked. Staff may hear team names.
    """
    teams = [] if to_staff else [team.phrase.removeprefix("the ") for team in catalogue.teams.values()]
    found = [
        *check_caller_text(text, catalogue.help_numbers, to_staff=to_staff),
        *check_reading_out(text, teams, catalogue.published_times),
    ]
    return [f"{words[0].upper()}{words[1:]}." for words in dict.fromkeys(found)]
