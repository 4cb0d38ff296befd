"""A new known issue from a checked template: what an analyst says of it becomes the whole file of the article. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from portal.knowledge.article import ArticleKind, IssueStatus
from portal.knowledge.catalogue import Catalogue, Tool
from portal.knowledge.fields import order_of
from portal.knowledge.new_article import first_text
from portal.knowledge.source import Value, set_values, split

MAY_BEGIN = (IssueStatus.SUSPECTED, IssueStatus.CONFIRMED)
REVIEWED_AFTER = timedelta(days=14)  # nobody but the analyst has read it
TITLE_MOST, SUMMARY_MOST, ID_MOST = 120, 160, 60
NOT_THIS = "The screen shows other words or another code."
SAY = (
    "Other people have called about this too, and we are looking at it. I am adding your call to our report. "
    "Please try again later. If you need your care team now, call your VA facility. In an emergency, hang up and call 911."
)
SAY_TO_STAFF = (
    "Others have called about this too, and we are looking at it. I am adding your call to our report. "
    "Please try again later. Nobody has to report it a second time."
)


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """`facilities`, `ehr` and `platforms` say where it happens; empty is everywhere. `seen`: where it is known from."""

    title: str = ""
    tool: str = ""
    status: str = IssueStatus.SUSPECTED
    symptoms: tuple[str, ...] = ()
    error_texts: tuple[str, ...] = ()
    error_codes: tuple[str, ...] = ()
    caller_text: str = SAY
    not_this: str = NOT_THIS
    workaround: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    ehr: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    since: date | None = None
    seen: str = "calls to the help desks, as Tier 3 sees them"


def say_of(tool: Tool | None) -> str:
    """What callers are told until somebody knows more; written to pass every check of texts that are read out."""
    return SAY_TO_STAFF if tool is not None and tool.audiences == ("staff",) else SAY


def id_of(draft: IssueDraft, catalogue: Catalogue, taken: Collection[str]) -> str:
    """Of tool and title, with a number where it is taken; the tool keeps it apart from addresses of the portal itself."""
    tool = catalogue.tools.get(draft.tool)
    stem = _slug(tool.title_stem or tool.short) if tool else "issue"
    words = _slug(draft.title)
    name = f"{stem}-{words if len(words) <= ID_MOST else words[:ID_MOST].rpartition('-')[0]}".strip("-")
    numbers = (f"{name}-{count}" for count in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbers if one not in taken)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def text_of(draft: IssueDraft, article_id: str, catalogue: Catalogue, today: date) -> str:
    """The file: nobody of the owning team has read it yet, so its confidence is `wip`."""
    tool = catalogue.tools.get(draft.tool)
    owner = tool.team if tool else ""
    text = first_text(ArticleKind.KNOWN_ISSUE, article_id, draft.title, owner, today + REVIEWED_AFTER)
    values: dict[str, Value] = {
        "tool": draft.tool,
        "status": str(draft.status),
        "summary": _summary(draft),
        "symptoms": draft.symptoms,
        "caller_text": draft.caller_text,
        "not_this": draft.not_this,
        "since": draft.since or today,
        "sources": [f"{draft.seen}, {today}"],
        "to_confirm": ["All of this, by the owning team: an analyst published it while it was happening."],
    }
    for name in ("error_texts", "error_codes", "workaround", "facilities", "ehr", "platforms"):
        if getattr(draft, name):
            values[name] = getattr(draft, name)
    source = split(text)
    assert source is not None  # first_text writes front matter
    head = set_values(source, values, order_of(ArticleKind.KNOWN_ISSUE)).text
    return head.removesuffix(source.body) + "Nothing more is known yet.\n"


def _summary(draft: IssueDraft) -> str:
    signs = "; ".join(draft.symptoms) or draft.title
    return signs if len(signs) <= SUMMARY_MOST else f"{signs[: SUMMARY_MOST - 1].rsplit(' ', 1)[0]}…"
