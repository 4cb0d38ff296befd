"""What each end of a call shows: receipt, note, what to say, what to do next in the case system. Pure.

An ending is kept on the intake, since the texts it was made of are dropped when the call ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from portal.intake import notes, summary
from portal.intake.case import Case
from portal.knowledge.article import Article
from portal.knowledge.catalogue import Catalogue, HandOver, Route
from portal.knowledge.picture import without_pictures
from portal.knowledge.render import items, to_text
from portal.search.match import Kind, Match
from portal.tickets.ticket import Receipt, TicketDraft

RESULTS = {
    "works_now": "Result: works now",
    "explained": "Explained to the caller",
    "will_try_later": "Result: caller will try later",
}
LEADS = {
    "works_now": "The caller says that it works now.",
    "explained": "Explained to the caller. Nothing is said to work now.",
    "will_try_later": "The caller will try it later. Not counted as solved.",
}
ROUTE_LINK = re.compile(r"\]\(/articles/route/([a-z0-9-]+)\)")
STEP_WORDS = 14  # of each step in a note: what it is for, and what to do
MOST_STEPS = 50
KEEP_OPEN = "Paste the note and keep the record open until the caller has tried it."
CLOSE = "Paste the note and close the record."
SAY_FILED = (
    "I have passed this to {team}. They don't call people themselves. We will contact you. "
    "Until then please call your facility if you need your care team."
)
SAY_ANSWERED = {
    "works_now": "I'm glad this works now. Please call us again if it comes back.",
    "explained": "Thank you for calling. Please call us again if anything about this is not clear.",
    "will_try_later": "Please try this when you can, and call us again if it does not help.",
}
SAY_HANDED = "A colleague with more tools will go on with this. You will not have to explain it again."
SAY_PRIVACY = (
    "Thank you for telling us. Please close that page and do not open it again. I am reporting this to a small group of people "
    "who are cleared for it. Your VA facility also has a Privacy Officer you can call."
)
SAY_CRITICAL = (
    "If this is an emergency, hang up and call 911. For medicine you need now, call the pharmacy on the label. "
    "I am reporting the problem right away."
)


@dataclass(frozen=True, slots=True)
class Ending:
    """`what`: one line for My calls. `note` is in the Dynamics shape; `snow_severity` and the incident make it a work note."""

    title: str
    lead: str
    what: str
    note: str = ""
    say: str = ""
    next: tuple[str, ...] = ()
    ticket: str = ""
    report: str = ""
    article: str = ""
    route: str = ""
    result: str = ""
    snow_severity: str = ""

    def stored(self) -> dict[str, Any]:
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
            if value
        }


def caller_text(case: Case) -> str:
    """What the caller is told when a ticket is filed: the table's own words, else the usual ones with the team's name."""
    if case.article is not None and case.article.say and not case.record.check.get("triage"):
        return case.article.say
    catalogue = case.snapshot.catalogue
    team = catalogue.teams.get(case.decision.team or (case.tool.team if case.tool else ""))
    return SAY_FILED.format(team=team.phrase if team and team.id != "tier3" else "the support team")


def filed(case: Case, draft: TicketDraft, number: str, state: str, team: str | None) -> Ending:
    catalogue = case.snapshot.catalogue
    known = catalogue.teams.get(team or "")
    name = case.tool.name if case.tool else "a tool that is not known yet"
    if state == "routed" and known:
        lead = f"With {known.phrase}, in the queue “{known.queue}”."
    else:
        lead = f"In triage for {known.name}." if known else f"In triage: {name}."
    return Ending(
        title=f"{number} filed",
        lead=lead,
        what=draft.title,
        note=_filed_note(case, draft, number, critical=False),
        say=draft.caller_text,
        next=(f"Paste the note into the record and route it to the queue “{catalogue.queue_name}”.",),
        ticket=number,
        snow_severity=draft.snow_severity.capitalize(),
    )


def critical(case: Case, draft: TicketDraft, number: str, report: Receipt | None) -> Ending:
    catalogue = case.snapshot.catalogue
    more = f" The caller is counted as report {report.number} too." if report else ""
    return Ending(
        title=f"Filed as Critical: {number}",
        lead=f"The Tier 3 analysts see it at the top of their queue.{more}",
        what=f"Critical: {draft.title}",
        note=_filed_note(case, draft, number, critical=True),
        say=draft.caller_text,
        next=(
            f"Paste the note into the record and route it to the queue “{catalogue.queue_name}”.",
            "Add the facts that the team needs as soon as the caller is safe.",
        ),
        ticket=number,
        report=report.number if report else "",
        article=report.known_issue_id if report else "",
        snow_severity=draft.snow_severity.capitalize(),
    )


def _filed_note(case: Case, draft: TicketDraft, number: str, *, critical: bool) -> str:
    facts = case.snapshot.catalogue.facts
    basis = draft.basis
    return notes.filed(
        notes.Filed(
            number=number,
            tool=case.tool.name if case.tool else "tool not known",
            severity=draft.severity.capitalize(),
            because=draft.override_reason or draft.severity_because,
            criteria=basis.article_id if basis else "",
            revision=basis.revision if basis else "",
            text=draft.summary,
            alert=draft.alert_words,
            code=draft.error_code or "",
            where=", ".join(filter(None, (case.platform_words(), case.facility_words()))),
            when=draft.facts.get("occurred_at", ""),
            tried=draft.facts.get("tried", ""),
            not_this=tuple(titles(case, draft.refused)),
            none_fitted=case.record.none_fitted_at is not None,
            not_known=tuple(facts[id].label for id in draft.not_known if id in facts),
            told=draft.caller_text,
            critical=critical,
        )
    )


def titles(case: Case, ids: Sequence[str]) -> list[str]:
    articles = case.snapshot.articles
    return [articles[id].title for id in ids if id in articles]


def reported(article: Article, receipt: Receipt, workaround_told: bool, case: Case) -> Ending:
    issue = article.known_issue
    status = str(issue.status).replace("_", " ") if issue and issue.status else "open"
    told = issue.caller_text if issue else ""
    return Ending(
        title=f"Added to “{article.title}”",
        lead=f"Report {receipt.count}, receipt {receipt.number}."
        + ("" if receipt.is_new else " This record was already counted, so nothing was added."),
        what=f"Report on “{article.title}”",
        note=notes.reported(
            article.title,
            article.id,
            status,
            receipt.number,
            " ".join(map(to_text, issue.workaround)) if issue and workaround_told else "",
            told,
            words=case.record.text,
            where=", ".join(filter(None, (case.platform_words(), case.facility_words()))),
            record=case.record.external_ref,
        ),
        say=told,
        next=(
            "Paste the note, then close or hold the record as your desk does.",
            "New answers show under this number.",
        ),
        report=receipt.number,
        article=article.id,
    )


def answered(
    article: Article | None, steps: Sequence[int], result: str, *, words: str, catalogue: Catalogue
) -> Ending:
    """`result` is a key of RESULTS: nothing is called solved that the caller did not confirm. No article: one's own answer."""
    say = say_of(article, steps)
    told = (to_text(without_pictures(line)) for line in _done(article, steps))
    done = tuple(summary.first_words(line, STEP_WORDS) for line in told)
    contact = contact_of(article, steps, catalogue) if article and result == "explained" else None
    title = article.title if article else "your own answer"
    return _answered(title, article.id if article else "", result, say, words, done, contact)


def answered_with_match(match: Match, words: str) -> Ending:
    """Explained: a by-design answer, a release, a window or maintenance."""
    article = match.id if match.kind is Kind.ARTICLE else ""
    return _answered(match.title, article, "explained", match.say, words)


def _answered(
    title: str,
    article_id: str,
    result: str,
    say: str,
    words: str,
    steps: Sequence[str] = (),
    contact: Route | None = None,
) -> Ending:
    told = say or SAY_ANSWERED[result]
    name = contact.name if contact else ""
    return Ending(
        title=f"Answered with “{title}”",
        lead=LEADS[result],
        what=f"Answered: {title}",
        note=notes.answered(title, RESULTS[result], told, steps=steps, words=words, contact=name),
        say=told,
        next=(KEEP_OPEN if result == "will_try_later" else CLOSE,),
        article=article_id,
        route=contact.id if contact else "",
        result=result,
    )


def say_of(article: Article | None, steps: Sequence[int] = ()) -> str:
    """What the article lets be read out: its own section, or the text of a known issue or a release.

    On a card of several cases the last of the steps done says which it was.
    """
    if article is None:
        return ""
    case = max((step for step in steps if step in article.say_by_step), default=None)
    if case is not None:
        return article.say_by_step[case]
    section, kind = article.section("say"), article.known_issue or article.release
    return " ".join(section.markdown.split()) if section else kind.caller_text if kind else ""


def contact_of(article: Article, steps: Sequence[int], catalogue: Catalogue) -> Route | None:
    """The one place that the caller turns to, as the steps done (of none: all) or the workaround name it; None of several."""
    lines = _done(article, steps) or _done(article, range(1, MOST_STEPS))
    lines += article.known_issue.workaround if article.known_issue else ()
    named = dict.fromkeys(id for line in lines for id in ROUTE_LINK.findall(line) if id in catalogue.routes)
    routes = [catalogue.routes[id] for id in named]
    called = [route for route in routes if route.hand_over in (HandOver.PHONE, HandOver.SELF_SERVICE)]
    return called[0] if len(called) == 1 else None


def _done(article: Article | None, steps: Sequence[int]) -> tuple[str, ...]:
    """What to do in these steps of the card, without what should be seen then."""
    section = article.section("do") if article else None
    lines = [line.partition(" => ")[0] for line in items(section)] if section else []
    return tuple(line for number, line in enumerate(lines, 1) if number in steps)


HAND_OVER = {
    HandOver.TICKET_ELSEWHERE: "Paste the note and send the record there. It does not go to the MHV Tier 3 queue.",
    HandOver.PHONE: "Tell the caller where to call, paste the note and close the record.",
    HandOver.CALL_AGENDA: "Put the case on the agenda of the next call with them. No status can be promised.",
    HandOver.SELF_SERVICE: "Paste the note and close the record when the caller knows the way.",
}


def elsewhere(route: Route, because: str, words: str = "") -> Ending:
    return Ending(
        title=f"This goes to: {route.name}",
        lead="Not Tier 3.",
        what=f"Sent to {route.name}",
        note=notes.elsewhere(
            because or f"this goes to {route.name}", route.name, route.phone, route.say, words
        ),
        say=route.say,
        next=(HAND_OVER[route.hand_over],),
        route=route.id,
    )


def handed_over(case: Case, tried: str = "", because: str = "") -> Ending:
    """`tried`: what was done by the runbooks of the call. `because`: why, where the rules said otherwise."""
    number, queue = case.record.number, case.snapshot.catalogue.tier2_queue
    alert = case.record.alert_words
    questions = [case.decision.next_question.ask] if case.decision.next_question else []
    return Ending(
        title="Handed to Tier 2 with all answers",
        lead=f"Any Tier 2 agent opens {number} and goes on at the same page.",
        what="Handed to Tier 2",
        note=notes.handed_over(
            number,
            happens=(
                ("Happens", case.record.text),
                ("Alert", f'"{alert}"' if alert and alert not in case.codes else ""),
                ("Code", ", ".join(case.codes)),
                ("Where", ", ".join(filter(None, (case.platform_words(), case.facility_words())))),
                ("Tried", tried),
                ("Why to Tier 2", because),
            ),
            answers=[(question.ask or question.id, said) for question, said in case.given()],
            not_this=titles(case, case.record.refused),
            questions=questions,
            told=SAY_HANDED,
            checked=bool(case.record.check.get("issues_checked")),
        ),
        say=SAY_HANDED,
        next=(
            f"Paste the note and route the record to the queue “{queue}”.",
            f"The number to look up is {number}.",
        ),
    )


def private(number: str) -> Ending:
    return Ending(
        title="Filed as security or privacy",
        lead=f"{number}. Only cleared staff can read it.",
        what="Security or privacy report",
        note=notes.privacy(number),
        say=SAY_PRIVACY,
        next=(
            "Paste the note into the record. Write no details anywhere else.",
            "The facility has a Privacy Officer. No further steps until VA supplies the written procedure.",
        ),
        ticket=number,
    )


GONE = "What was typed, and the note, are no longer kept."


def without_words(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """The end of an old call: what came of it, with its numbers, and no words of anybody's."""
    kept = {name: value for name, value in outcome.items() if name not in ("note", "say", "next")}
    return {**kept, "lead": GONE, "what": outcome.get("title", "")}


TAKEN_BACK = "Taken back"
DROPPED = {"misclick": "Misclick", "hung_up": "Caller hung up", "other": "Other reason"}


def dropped(because: str) -> Ending:
    """No receipt and no note: nothing came of the call."""
    return Ending(
        title="Dropped",
        lead=f"{because}. Nothing was filed, and what was typed is gone.",
        what=f"Dropped: {because[:1].lower()}{because[1:]}",
    )
