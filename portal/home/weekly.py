"""The team's page as a mail: counts, numbers, titles of articles and links. Not a word of a ticket, a flag or a search. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date

from portal.home.team import TeamPage
from portal.home.work_list import KIND_LABELS
from portal.tickets.ticket import State
from portal.web.filters import count_words, day_words

Url = Callable[..., str]


def week_of(day: date) -> str:
    """ISO week, such as 2026-W48."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def subject(page: TeamPage) -> str:
    new = sum(one.state is State.ROUTED for one in page.arrived)
    waiting = new + len(page.not_accepted) + len(page.answers_due)
    return (
        f"{page.team.name} team: {count_words(waiting, 'ticket')} to move, "
        f"{count_words(len(page.work), 'item')} on the work list"
    )


def body(page: TeamPage, url: Url) -> str:
    """`url(endpoint, **values)`: an absolute address."""
    since = f"What is new since {day_words(page.since.date())}, and what waits for your team:"
    parts = [f"{since}\n{url('home.show_team', team=page.team.id)}"]
    for title, lines in _sections(page, url):
        if lines:
            parts.append("\n".join([title, *lines]))
    parts.append(f"You get this once a week. Switch it off under My account: {url('accounts.show_account')}")
    return "\n\n".join(parts) + "\n"


def _sections(page: TeamPage, url: Url) -> Iterator[tuple[str, list[str]]]:
    def ticket(number: str) -> str:
        return f"- {number}  {url('tickets.show_ticket', number=number)}"

    def article(id: str, title: str, what: str = "") -> str:
        return f"- {title}{f' ({what})' if what else ''}  {url('knowledge.show_article', article_id=id)}"

    yield "Arrived", [ticket(one.number) for one in page.arrived]
    yield "Accepted by nobody", [ticket(one.number) for one in page.not_accepted]
    yield "Answer due", [ticket(one.number) for one in page.answers_due]
    yield "Returned", [ticket(one.number) for one in page.returned]
    grown = [one for one in page.growth if one.new]
    yield (
        "Known issues",
        [
            article(g.row.article.id, g.row.article.title, f"{count_words(g.new, 'caller')} more")
            for g in grown
        ],
    )
    kinds = Counter(item.kind for item in page.work)
    yield "Work list", [f"- {label}: {kinds[kind]}" for kind, label in KIND_LABELS.items() if kinds[kind]]
    yield "Comments", [f"- {count_words(len(page.comments), 'new comment')}"] if page.comments else []
    yield "Articles to read again", [article(a.id, a.title, f"by {day_words(a.review_by)}") for a in page.due]
    yield "Next release", [article(a.id, a.title) for a in page.releases]
