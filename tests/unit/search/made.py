"""Made-up content for the tests and timings of search: articles, a catalogue, snapshots."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, time
from typing import Any

from portal.knowledge.article import (
    Article,
    ArticleKind,
    Confidence,
    IssueStatus,
    KnownIssue,
    Nature,
    Publication,
    Release,
)
from portal.knowledge.catalogue import Catalogue, ErrorCode, Facility, HandOver, Maintenance, Route, Window
from portal.knowledge.snapshot import Snapshot

SYNONYMS = (
    ("rx", "prescription", "medication"),
    ("sm", "secure messaging"),
    ("doctor", "provider", "care team"),
)


def an_article(id: str, title: str = "", body: str = "", **kw: Any) -> Article:
    values: dict[str, Any] = {
        "id": id,
        "kind": ArticleKind.RUNBOOK,
        "title": title or id.replace("-", " "),
        "tool": "secure-messaging",
        "sub_areas": (),
        "owner": "messaging",
        "readers": ("agent",),
        "platforms": (),
        "confidence": Confidence.VALIDATED,
        "publication": Publication.PUBLISHED,
        "review_by": date(2030, 1, 1),
        "aliases": (),
        "error_codes": (),
        "depends_on": (),
        "sources": (),
        "to_confirm": (),
        "summary": "",
        "say": "",
        "intro": "",
        "sections": (),
        "body": body,
        "path": f"runbook/{id}.md",
        "blob_id": "",
    }
    return Article(**{**values, **kw})


def an_issue(
    id: str, title: str = "", body: str = "", *, article: dict[str, Any] | None = None, **kw: Any
) -> Article:
    values: dict[str, Any] = {
        "nature": Nature.FAULT,
        "status": IssueStatus.CONFIRMED,
        "symptoms": (),
        "error_texts": (),
        "workaround": (),
        "caller_text": "We know about this.",
        "not_this": "",
        "since": None,
        "fixed": None,
        "facilities": (),
        "ehr": (),
        "platforms": (),
        "merged_into": None,
        "github": None,
    }
    issue = KnownIssue(**{**values, **kw})
    return an_article(id, title, body, kind=ArticleKind.KNOWN_ISSUE, known_issue=issue, **(article or {}))


def a_release(id: str, title: str, will_hear: tuple[str, ...], **kw: Any) -> Article:
    values: dict[str, Any] = {
        "toggle": None,
        "rollout": "all",
        "starts": None,
        "ends": None,
        "will_hear": will_hear,
        "caller_text": "The screen is new.",
    }
    return an_article(id, title, kind=ArticleKind.RELEASE, release=Release(**{**values, **kw}))


def a_code(code: str, meaning: str, **kw: Any) -> ErrorCode:
    values: dict[str, Any] = {
        "http": "",
        "seen_as": "",
        "tool": "secure-messaging",
        "next_step": "",
        "goes_to": "tier3",
        "route": None,
        "article": None,
        "confirmed": True,
        "aliases": (),
    }
    return ErrorCode(code=code, meaning=meaning, **{**values, **kw})


def a_route(id: str, name: str, what: str, words: tuple[str, ...] = ()) -> Route:
    return Route(
        id=id,
        name=name,
        what=what,
        how="Call them.",
        phone="",
        url="",
        always_open=False,
        hours=(),
        hours_text="",
        hand_over=HandOver.PHONE,
        say="Another team takes care of this.",
        have_ready=(),
        words=words,
        tools=(),
    )


CODES = (
    a_code("SM98", "Sending to an Oracle Health recipient failed", http="400", next_step="Retry once."),
    a_code("SM151", "Blocked at facility level", http="422"),
    a_code("SM903", "Service temporarily unavailable", http="503", seen_as="messaging not available"),
    a_code("SM900", "Mailbox service down", http="503"),
    a_code("RX99LOCKED", "The prescription record is locked", tool="medications", http="409"),
    a_code("801", "User must act", tool="landing-page-account"),
    a_code("MDOT_invalid", "Veteran not found", tool="medical-supplies"),
    a_code("state mismatch", "Answer does not belong to the request", tool="sign-in"),
)


def a_snapshot(
    articles: Iterable[Article],
    *,
    revision: str = "r1",
    codes: Iterable[ErrorCode] = CODES,
    routes: Iterable[Route] = (),
    facilities: Iterable[Facility] = (),
    maintenance: tuple[Maintenance, ...] = (),
    synonyms: tuple[tuple[str, ...], ...] = SYNONYMS,
) -> Snapshot:
    catalogue = Catalogue(
        tools={},
        teams={},
        routes={route.id: route for route in routes},
        facts={},
        synonyms=synonyms,
        targets={},
        hours_kind="clock",
        number_forms=(),
        help_lines=(),
        maintenance=maintenance,
        critical_call="",
        critical_minutes=15,
        queue_name="",
        tier2_queue="",
    )
    return Snapshot(
        revision=revision,
        articles={article.id: article for article in articles},
        catalogue=catalogue,
        codes={code.code: code for code in codes},
        facilities={facility.station: facility for facility in facilities},
        problems=(),
    )


MOVING = Facility(
    "553", "Detroit", "America/Detroit", "oracle_health", Window(date(2026, 4, 11), "four sites move")
)
TAMPA = Facility("673", "Tampa", "America/New_York", "vista", None)
SPOKANE = Facility("668", "Spokane", "America/Los_Angeles", "oracle_health", None)
SUPPLIES_SUNDAY = Maintenance(
    "supplies-sunday",
    "Supplies closed",
    "medical-supplies",
    6,
    time(0),
    time(8),
    "America/Denver",
    "Try later.",
)

_SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "la",
    "me",
    "ni",
    "po",
    "ru",
    "sa",
    "te",
    "vi",
    "xo",
    "zu",
    "ka",
    "le",
    "mi",
    "no",
    "pu",
    "ta",
    "re",
    "si",
    "do",
    "fu",
]
_PLAIN = [
    "message",
    "doctor",
    "prescription",
    "refill",
    "record",
    "download",
    "result",
    "facility",
    "account",
    "sign",
    "code",
    "error",
    "screen",
    "button",
    "care",
    "team",
    "appointment",
    "allergy",
    "note",
    "image",
    "report",
    "label",
    "pharmacy",
    "status",
    "renew",
    "attach",
    "folder",
    "draft",
    "reply",
    "block",
    "verify",
    "identity",
    "caller",
    "reload",
    "browser",
    "phone",
    "portal",
    "page",
    "list",
    "missing",
    "wrong",
    "late",
    "double",
    "blank",
    "slow",
    "alert",
    "upload",
    "photo",
    "print",
]


def many_articles(count: int, seed: int = 7) -> list[Article]:
    """Articles of about 360 words whose words are as unevenly spread as those of a language; one in seven is an issue."""
    rng = random.Random(seed)
    made = ["".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))) for _ in range(6000)]
    vocabulary = list(dict.fromkeys(_PLAIN + made))
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    articles = []
    for number in range(count):
        said = rng.choices(vocabulary, weights, k=360)
        body = "\n\n".join(
            f"## {' '.join(said[at : at + 3]).capitalize()}\n\n{' '.join(said[at + 3 : at + 60])}."
            for at in range(0, 360, 60)
        )
        title = " ".join(rng.choices(vocabulary, weights, k=6)).capitalize()
        aliases = (" ".join(rng.choices(vocabulary, weights, k=3)),)
        tool = rng.choice(("secure-messaging", "medications", "medical-records", "sign-in"))
        if number % 7 == 0:
            symptoms = tuple(" ".join(rng.choices(vocabulary, weights, k=7)) for _ in range(4))
            articles.append(
                an_issue(
                    f"issue-{number}",
                    title,
                    body,
                    symptoms=symptoms,
                    article={"tool": tool, "aliases": aliases},
                )
            )
        else:
            articles.append(an_article(f"article-{number}", title, body, tool=tool, aliases=aliases))
    return articles


def said_by_callers(count: int, words: tuple[int, int], seed: int = 11) -> list[str]:
    """Made-up questions in the same uneven words, some with a typo or a code."""
    rng = random.Random(seed)
    articles = many_articles(200)
    texts = []
    for _ in range(count):
        source = rng.choice(articles).body.replace("#", "").split()
        chosen = rng.sample(source, rng.randint(*words))
        if rng.random() < 0.1:
            chosen.append("SM903")
        texts.append(" ".join(chosen))
    return texts
