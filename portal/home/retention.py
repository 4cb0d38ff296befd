"""What leaves the database, and when. Without a setting everything is kept for ever, but for what expires by itself.

| tables | rule |
|---|---|
| ticket, event, question, link, attachment, intake, | PORTAL_KEEP_TICKET_TEXT_DAYS after the end: words and files go, |
| evaluation, spike | the rows stay |
| audit | PORTAL_KEEP_AUDIT_DAYS: its oldest rows go, the rest is still proved |
| search_miss, task about failed searches | PORTAL_KEEP_SEARCHES_DAYS |
| mail | PORTAL_KEEP_MAIL_DAYS, once it was sent or has failed |
| session, sign_in_attempt, idempotency_key | at their end; 15 minutes; 7 days |
| intake that nobody goes on with | 30 days: the words go |
| notice, notice_seen; bulk_move, bulk_ticket; ticket_view | 30 days; 7 days; a day |
| external_ref, rejection, report, counter, issue_made, issue_seen | no words of anybody's: kept, for the figures |
| follow, saved_view, team_look, api_token, user, grant | somebody's own: kept until they or an admin take them away |
| article_revision, content_head, content_conflict, draft, flag, | about articles and the portal, not about callers: kept |
| task, practice_attempt, job_done | |
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.accounts import service as accounts
from portal.accounts.actor import COMMAND_LINE
from portal.core.config import Config
from portal.core.db import transaction
from portal.core.removal import Removal, empty_log, overwrite_freed
from portal.home.work_list import Kind
from portal.intake import service as intake
from portal.knowledge import service as knowledge
from portal.knowledge.snapshot import Snapshot
from portal.mail import service as mail
from portal.search import service as search
from portal.tickets import file_store, redacting, retaining
from portal.tickets.word_index import WordIndex

Take = Callable[[Sequence[int], bool], Mapping[str, int]]
"""(ids of rows, whether they really go) -> table, or table.column, and how much of it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`due`: ids of what is old at a moment. `take` runs in a transaction with at most `at_once` of them."""

    what: str
    setting: str
    days: int
    at_once: int
    due: Callable[[datetime], list[int]]
    take: Take


def rules(config: Config, snapshot: Snapshot, now: datetime) -> list[Rule]:
    """Those that a setting switches on, in their order."""
    texts, searches = config.keep_ticket_text_days, config.keep_searches_days
    ended = retaining.Of(now - timedelta(days=texts), texts, intake.clear_words, now)

    def shorten(ids: Sequence[int]) -> int:
        return accounts.shorten_audit(ids, config.secret_key, now)

    def misses_decided(before: datetime) -> list[int]:
        return knowledge.list_old_tasks(Kind.MISS, before)

    text, found, sent, log = (
        f"PORTAL_KEEP_{name}_DAYS" for name in ("TICKET_TEXT", "SEARCHES", "MAIL", "AUDIT")
    )
    every = (
        Rule("tickets", text, texts, 50, retaining.list_due,
             _words(snapshot, lambda removal, ids: retaining.take_out(removal, ids, ended))),
        Rule("calls", text, texts, 200, intake.list_expired, _rows("intake", intake.clear_words)),
        Rule("reasons against the rules", text, texts, 200, knowledge.list_old_reasons,
             _words(snapshot, knowledge.remove_reasons)),
        Rule("new problems", text, texts, 200, retaining.list_decided_spikes,
             _words(snapshot, retaining.remove_from_spikes)),
        Rule("failed searches", found, searches, 500, search.list_old_misses, _rows("search_miss", search.delete_misses)),
        Rule("decisions about them", found, searches, 500, misses_decided, _rows("task", knowledge.delete_tasks)),
        Rule("mails", sent, config.keep_mail_days, 500, mail.list_ended, _rows("mail", mail.delete_ended)),
        Rule("audit log", log, config.keep_audit_days, 5000, accounts.list_old_audit, _rows("audit", shorten)),
    )  # fmt: skip
    return [one for one in every if one.days]


def _words(snapshot: Snapshot, take: Callable[[Removal, Sequence[int]], object]) -> Take:
    def run(ids: Sequence[int], apply: bool) -> Mapping[str, int]:
        removal = retaining.everything(snapshot, apply=apply)
        take(removal, ids)
        return removal.found

    return run


def _rows(table: str, take: Callable[[Sequence[int]], int]) -> Take:
    return lambda ids, apply: {table: take(ids) if apply else len(ids)}


def look(rule: Rule, now: datetime) -> tuple[int, Mapping[str, int]]:
    """What would go: how many, and how much by table. Nothing is changed."""
    ids, found = rule.due(now - timedelta(days=rule.days)), Counter[str]()
    for start in range(0, len(ids), rule.at_once):
        found.update(by_table(rule.take(ids[start : start + rule.at_once], False)))
    return len(ids), found


def retain(
    config: Config,
    snapshot: Snapshot,
    index: WordIndex,
    *,
    now: datetime,
    say: Callable[[str], object] = str,
    seconds: float = float("inf"),
) -> bool:
    """Take out what is due, a transaction for each batch, so that it goes on where it was stopped, whatever stopped it.

    False when the seconds were over before all was done. The audit log gets counts, never words.
    """
    until, taken = time.monotonic() + seconds, False
    for rule in rules(config, snapshot, now):
        ids = rule.due(now - timedelta(days=rule.days))
        for start in range(0, len(ids), rule.at_once):
            if time.monotonic() >= until:
                return False
            _take(rule, ids[start : start + rule.at_once], now)
            taken = True
            say(f"{rule.what}: {min(start + rule.at_once, len(ids))} of {len(ids)}")
        if ids and rule.what == "tickets":
            redacting.clean_index(index, now)
    with transaction():
        overwrite_freed()
        gone = accounts.clear_expired(now) + retaining.clear_expired(now) + intake.abandon_old(now)
    say(f"{gone} rows that had expired")
    file_store.sweep(config.attachments_dir)
    if taken:
        empty_log()
    return True


def _take(rule: Rule, ids: Sequence[int], now: datetime) -> None:
    with transaction():
        accounts.hold_lock("retention")
        overwrite_freed()
        found = by_table(rule.take(ids, True))
        if found and "audit" not in found:  # that one says so itself
            accounts.audit(COMMAND_LINE, "retention", rule.what, in_words(found), now)


def by_table(found: Mapping[str, int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for place, count in found.items():
        counts[place.partition(".")[0]] += count
    return +counts


def in_words(found: Mapping[str, int]) -> str:
    return ", ".join(f"{table} {count}" for table, count in sorted(found.items()))


def settings_in_words(config: Config) -> list[str]:
    """How long what is kept, for admins."""
    kept = {
        "Words of ended tickets and calls": config.keep_ticket_text_days, "Audit log": config.keep_audit_days,
        "Failed searches": config.keep_searches_days, "Sent mails": config.keep_mail_days,
    }  # fmt: skip
    return [f"{what}: {f'{days} days' if days else 'for ever'}" for what, days in kept.items()]
