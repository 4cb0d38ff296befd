"""Typed texts and the guard: what must be masked before a page goes on, and what may be a name. Pure.

Certain findings hold a text back; possible names only warn, once, and the same text sent again passes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from portal.core.pii import describe, find_pii, mask


@dataclass(frozen=True, slots=True)
class Held:
    """One text that does not pass. `places`: kind and position for the audit, never the value."""

    field: str
    messages: tuple[str, ...]
    masked: str
    certain: bool
    mark: str
    places: tuple[str, ...]


def mark_of(text: str) -> str:
    """Stands for one text whose possible names were read by the agent."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]


def held_texts(
    texts: Mapping[str, str], allowed: Collection[str], passed: Collection[str] = ()
) -> dict[str, Held]:
    """Field -> why its text is held. `allowed`: published numbers and the call's own; `passed`: marks of texts read before."""
    found = {}
    for field, text in texts.items():
        findings = find_pii(text, allowed)
        certain = any(finding.certain for finding in findings)
        if not findings or (not certain and mark_of(text) in passed):
            continue
        found[field] = Held(
            field,
            tuple(dict.fromkeys(describe(finding, text) for finding in findings)),
            mask(text, findings),
            certain,
            mark_of(text),
            tuple(f"{finding.kind}@{finding.start}-{finding.end}" for finding in findings),
        )
    return found


def masked(text: str, allowed: Collection[str]) -> str:
    """The text with everything masked that looks personal."""
    return mask(text, find_pii(text, allowed))
