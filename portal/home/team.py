"""One page for a tool team: what came, what waits and what is due, gathered from every room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.accounts.actor import Actor, Permission, TeamId
from portal.accounts.policy import may_edit
from portal.core.errors import Conflict, NotFound
from portal.core.pii import find_pii, mask
from portal.home import gather, store
from portal.home.work_list import Item, Kind, Said, flag_item, grouped, teams_of_words
from portal.knowledge import service as knowledge
from portal.knowledge.article import Article, ArticleKind, Freshness, Publication, freshness
from portal.knowledge.catalogue import Team
from portal.knowledge.flags import WORKING
from portal.knowledge.snapshot import Snapshot
from portal.search import service as search
from portal.tickets import service as tickets
from portal.tickets.lifecycle import RETURN_WORDS
from portal.tickets.ticket import ReturnReason, State

FIRST_LOOK = timedelta(days=7)
KEPT = timedelta(days=90)  # of misses, overrides and returns
MOST_MISSES = 25
RELEASES = 3


@dataclass(frozen=True, slots=True)
class Growth:
    """A known issue of the team: callers since the last look."""

    row: gather.BoardRow
    new: int


@dataclass(frozen=True, slots=True)
class TeamPage:
    """Everything of one team since `since`. `sees_tickets`: whether this person may read them at all.

    A ticket stands in one list: `not_accepted` had come before, and `arrived` says whether a new one is accepted.
    """

    team: Team
    since: datetime
    sees_tickets: bool
    arrived: list[tickets.TeamTicket]
    not_accepted: list[tickets.TeamTicket]
    returned: list[tickets.Returned]
    answers_due: list[tickets.TeamTicket]
    growth: list[Growth]
    work: list[Item]
    comments: list[knowledge.Flag]
    due: list[Article]
    releases: list[Article]

    @property
    def is_empty(self) -> bool:
        """Is there nothing that anybody has to look at?"""
        waiting = (
            self.arrived,
            self.not_accepted,
            self.returned,
            self.answers_due,
            self.work,
            self.comments,
            self.due,
        )
        return not any(waiting) and not any(one.new for one in self.growth)


def teams_for(actor: Actor, snapshot: Snapshot) -> list[Team]:
    """Whose page the person may open: analysts and admins all teams', others their own."""
    teams = list(snapshot.catalogue.teams.values())
    if actor.may(Permission.TRIAGE) or actor.may(Permission.ADMIN):
        return teams
    return [team for team in teams if TeamId(team.id) in actor.teams]


def choose_team(wanted: str, actor: Actor, snapshot: Snapshot) -> Team:
    """The team of this id, else the person's first. Raises NotFound for one that is not theirs, or when there is none."""
    open_to = teams_for(actor, snapshot)
    own = [team for team in open_to if TeamId(team.id) in actor.teams]
    chosen = [team for team in open_to if team.id == wanted] if wanted else [*own, *open_to]
    if not chosen:
        raise NotFound("There is no such team, or its page is not open to you.")
    return chosen[0]


def team_page(
    team: Team, *, actor: Actor, snapshot: Snapshot, now: datetime, since: datetime | None = None
) -> TeamPage:
    """`since`: else when this person last looked, and a week ago on the first look."""
    since = since or store.find_look(actor.id, team.id) or now - FIRST_LOOK
    own = sorted(tickets.list_of_team(team.id, actor), key=lambda one: one.severity != "critical")
    due = _answers_due(own, now)
    returned = [one for one in tickets.list_returned(since, actor) if one.team == team.id]
    return TeamPage(
        team=team,
        since=since,
        sees_tickets=actor.may(Permission.TICKETS),
        arrived=[one for one in own if one.arrived_at > since and one not in due],
        not_accepted=[one for one in own if one.state is State.ROUTED and one.arrived_at <= since],
        returned=returned,
        answers_due=due,
        growth=_growth(team.id, snapshot, since, now),
        work=work_list(team.id, snapshot, now),
        comments=knowledge.new_comments(snapshot, team.id, since),
        due=due_articles(team.id, snapshot, now),
        releases=_releases(team.id, snapshot, now),
    )


def _answers_due(own: Sequence[tickets.TeamTicket], now: datetime) -> list[tickets.TeamTicket]:
    """Accepted and not answered, and holds whose day has come; the least time left first."""
    accepted = [one for one in own if one.state in (State.ACCEPTED, State.IN_PROGRESS)]
    held = [one for one in own if one.state is State.ON_HOLD and one.due_at and one.due_at <= now]
    return sorted([*accepted, *held], key=lambda one: (one.due_at or now, one.number))


def _growth(team: str, snapshot: Snapshot, since: datetime, now: datetime) -> list[Growth]:
    rows = [row for row in gather.board(snapshot, now) if row.article.owner == team and row.is_open]
    new = tickets.count_reports_after([row.article.id for row in rows], since)
    found = [Growth(row, new.get(row.article.id, 0)) for row in rows]
    return sorted(found, key=lambda one: (-one.new, -one.row.counts.total, one.row.article.title))


def due_articles(team: str, snapshot: Snapshot, now: datetime) -> list[Article]:
    """Due soon, overdue or stale, the oldest date first."""
    own = (
        a for a in snapshot.articles.values() if a.owner == team and a.publication is Publication.PUBLISHED
    )
    late = [a for a in own if freshness(a, now.date()) is not Freshness.CURRENT or a.id in snapshot.stale]
    return sorted(late, key=lambda article: (article.review_by, article.id))


def _releases(team: str, snapshot: Snapshot, now: datetime) -> list[Article]:
    """Of the team, not over yet, the next first."""
    today, found = now.date(), []
    for article in snapshot.of_kind(ArticleKind.RELEASE):
        release = article.release
        if article.owner == team and release and (release.ends is None or release.ends >= today):
            found.append((release.starts is None, release.starts or today, article.title, article))
    ahead = [one for one in found if one[1] >= today]
    return [one[3] for one in sorted(ahead or found, key=lambda one: one[:3])][:RELEASES]


# --- the work list


def work_list(team: str, snapshot: Snapshot, now: datetime) -> list[Item]:
    """Flags, reviews, overrides, returned tickets and misses that wait for this team."""
    decided, after = knowledge.decisions(team), now - KEPT
    articles = snapshot.articles
    items = [
        flag_item(flag.id, flag.kind, flag.place, flag.words, flag.at, articles[flag.article_id])
        for flag in knowledge.open_flags(snapshot, team)
    ]
    for task in knowledge.open_tasks(team):
        article = articles.get(task.subject)
        title = f"{article.title if article else task.subject}: {task.detail}"
        items.append(Item(Kind.REVIEW, task.subject, title, (), 1, task.at, article.id if article else ""))
    items += grouped(Kind.OVERRIDE, _overrides(team, snapshot, after), decided)
    items += grouped(Kind.RETURNED, _returned(team, snapshot, after), decided)
    misses = [
        Said(words, f"“{words}”", "", at)
        for words, at in search.list_misses(after)
        if team in teams_of_words(words, snapshot.catalogue)
    ]
    return [*items, *grouped(Kind.MISS, misses, decided)[:MOST_MISSES]]


def _overrides(team: str, snapshot: Snapshot, after: datetime) -> list[Said]:
    found = []
    for one in knowledge.list_overrides(after):
        article = snapshot.articles.get(one.article_id)
        if article is not None and article.owner == team:
            rule = f"rule {one.rule}" if one.rule else "no rule"
            said, instead = (knowledge.outcome_words(outcome) for outcome in (one.outcome, one.instead))
            title = f"{article.title}, {rule}: it said “{said}”, the agent decided “{instead}”"
            words = mask(one.reason, find_pii(one.reason, snapshot.catalogue.help_numbers))
            found.append(Said(f"{article.id}#{one.rule}#{one.instead}", title, words, one.at, article.id))
    return found


def _returned(team: str, snapshot: Snapshot, after: datetime) -> list[Said]:
    """By the rule that had sent them and the reason; without a decision they count for the team that returned them."""
    events = tickets.list_returned(after)
    rules = knowledge.rules_of([one.evaluation_id for one in events if one.evaluation_id is not None])
    found = []
    for one in events:
        article_id, rule = rules.get(one.evaluation_id or 0, ("", ""))
        article = snapshot.articles.get(article_id)
        if (article.owner if article else one.team) != team:
            continue
        why = RETURN_WORDS[ReturnReason(one.reason)] if one.reason in list(ReturnReason) else one.reason
        sent_by = f"{article.title}, rule {rule or 'none'}" if article else "Filed without rules"
        found.append(
            Said(f"{article_id}#{rule}#{one.reason}", f"{sent_by}: returned as {why}", "", one.at, article_id)
        )
    return found


def find_item(team: Team, kind: str, subject: str, snapshot: Snapshot, now: datetime) -> Item:
    """Raises Conflict when it was decided meanwhile."""
    for item in work_list(team.id, snapshot, now):
        if (item.kind, item.subject) == (kind, subject):
            return item
    raise Conflict("Somebody has decided about this already.")


def decide(
    item: Item,
    team: Team,
    *,
    accepted: bool,
    reason: str,
    article: str,
    snapshot: Snapshot,
    actor: Actor,
    now: datetime,
) -> None:
    """In a transaction. `article`: whose draft takes it up. Raises Invalid for a reason that is too short, NotAllowed."""
    if item.kind is Kind.FLAG:
        answer = WORKING if accepted else reason
        knowledge.answer_flag(
            snapshot, int(item.subject), accepted=accepted, answer=answer, actor=actor, now=now
        )
    else:
        knowledge.decide_task(
            team.id,
            item.kind,
            item.subject,
            accepted=accepted,
            reason=reason,
            actor=actor,
            now=now,
            article=article,
        )


def may_decide(team: Team, actor: Actor) -> bool:
    return may_edit(actor, team.id)
