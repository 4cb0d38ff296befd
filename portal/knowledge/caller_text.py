"""What may be read out to a caller word for word: no personal data, no names and words from inside."""

from __future__ import annotations

import re
from collections.abc import Collection

from portal.core.pii import find_pii

_INSIDE = re.compile(
    r"\b(?:tier\s*[0-9]|dynamics|servicenow|github|slack|datadog|jira|zenhub|toggles?|feature flags?|vets-api"
    r"|vets-website|apis?|back ?end|endpoints?|cutover|known issue|root cause|SCTASK|MPI|EDIPI|ICN)\b",
    re.IGNORECASE,
)


def check_caller_text(text: str, allowed: Collection[str]) -> list[str]:
    """Messages; `allowed`: published numbers, which may be said."""
    found = [f"callers do not know the word “{word}”" for word in dict.fromkeys(_INSIDE.findall(text))]
    if any(finding.certain for finding in find_pii(text, allowed)):
        found.append("holds what looks like personal data or a number that is not in the catalogue")
    return found
