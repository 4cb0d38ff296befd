"""Similar tickets and text search among 100,000: `python -m tests.bench.bench_tickets [HOW MANY]`. Prints p50 and p99 in ms.

Of processor time: nothing waits for anything but the disk's cache, and the machine may be shared. The tickets are the
symptoms of the help desk in other words, put straight into the database, with rare words strewn in.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time
from typing import Any

import yaml
from sqlalchemy import insert

from portal.accounts.actor import Actor, Desk, Role
from portal.app import create_app
from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import db, transaction
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.search.access import current_engine
from portal.tickets import finding, queue_store, service
from portal.tickets.access import current_index
from portal.tickets.finding import Asked
from portal.tickets.models import Event, Ticket
from portal.tickets.queue import Filters
from portal.tickets.ticket import ticket_number
from tests.factories import make_user
from tests.symptoms_table import DATA

STATES = (
    ("closed",) * 8
    + ("linked",) * 6
    + ("resolved", "routed", "in_progress", "new", "on_hold", "back_to_tier2")
)
RARE = [f"word{n}" for n in range(6000)]
OFTEN = list(accumulate(1 / (n + 3) for n in range(6000)))
TARGET = 100.0


def reworded(chance: random.Random, text: str) -> str:
    """A fifth of the words left out, some of everybody's own put in."""
    kept = [word for word in text.split() if chance.random() > 0.2]
    return " ".join([*kept, *chance.choices(RARE, cum_weights=OFTEN, k=8)])


def rows(count: int, now: datetime) -> list[dict[str, Any]]:
    chance = random.Random(11)
    symptoms = yaml.safe_load((DATA / "symptoms_expected.yml").read_text(encoding="utf-8"))
    empty = dict.fromkeys(
        ("route_because", "severity_because", "alert_words", "override_reason", "caller_text"), ""
    )
    made = []
    for n in range(1, count + 1):
        one = chance.choice(symptoms)
        call = one["call"]
        made.append(
            {
                **empty, "id": n, "number": ticket_number(now.year, n), "filed_by": 1, "desk": chance.choice(("hrc", "esd")),
                "filed_at": now - timedelta(minutes=5 * (count - n)), "state_at": now, "origin": "hrc", "version": 1,
                "tool": call.get("tool", ""), "team": "messaging", "state": chance.choice(STATES), "severity": "medium",
                "snow_severity": "medium", "audience": "veteran", "error_code": call.get("code"), "privacy": n % 1000 == 0,
                "facilities": [str(chance.randint(500, 640))], "facts": {}, "not_known": [], "shown": [], "refused": [],
                "title": f"SM - {reworded(chance, one['says'])} (web)", "summary": reworded(chance, one["facts"]),
                "details": reworded(chance, one["says"]),
            }
        )  # fmt: skip
    return made


def fill(count: int, now: datetime) -> None:
    made = rows(count, now)
    for start in range(0, count, 5000):
        part = made[start : start + 5000]
        with transaction():
            db.session.execute(insert(Ticket), part)
            filed = [
                {"ticket_id": one["id"], "at": one["filed_at"], "kind": "filed", "data": {}} for one in part
            ]
            db.session.execute(insert(Event), filed)


def timed(name: str, calls: Sequence[Callable[[], object]]) -> float:
    times = []
    for call in calls:
        start = process_time()
        call()
        times.append((process_time() - start) * 1000)
    cuts = quantiles(times, n=100)
    print(f"{name:38} p50 {cuts[49]:8.2f}   p99 {cuts[98]:8.2f}   n {len(times)}", flush=True)
    return cuts[98]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        config = Config(
            secret_key="b" * 40,
            database_url=f"sqlite:///{home / 'portal.db'}",
            instance_dir=home,
            index_dir=home / "index",
            testing=True,
        )
        app = create_app(config)
        with app.app_context():
            db.create_all()
            knowledge_base().sync(utcnow())
            make_user(Role.AGENT)
            analyst, agent = make_user(Role.ANALYST), make_user(email="esd@example.org", desk=Desk.ESD)
            fill(count, utcnow() - timedelta(minutes=5))
            start = perf_counter()
            finding.rebuild(current_index(), utcnow())
            print(f"{count} tickets indexed in {perf_counter() - start:.0f} s")
            got = measure(count, analyst, agent)
    for name, p99 in got.items():
        print(f"{name:38} p99 {p99:8.2f}  target {TARGET:6.1f}  {'met' if p99 <= TARGET else 'MISSED'}")


def measure(count: int, analyst: Actor, agent: Actor) -> dict[str, float]:
    chance, now, index = random.Random(3), utcnow(), current_index()
    catalogue, codes = current_snapshot().catalogue, current_engine().loaded().code_forms
    picked = [
        service.get_ticket(ticket_number(now.year, n), analyst)
        for n in (chance.randrange(1, count + 1) for _ in range(300))
        if n % 1000
    ]

    def similar(who: Actor) -> list[Callable[[], object]]:
        return [lambda one=one: finding.similar_tickets(index, one, actor=who, now=now) for one in picked]  # type: ignore[misc]

    def search(who: Actor, texts: list[str]) -> list[Callable[[], object]]:
        def one(asked: Asked) -> Callable[[], object]:
            return lambda: finding.search_tickets(index, asked, actor=who, now=now, page=1)

        return [one(Asked(text, catalogue, codes)) for text in texts]

    def listed(who: Actor, texts: list[str]) -> list[Callable[[], object]]:
        """A page of all tickets, filtered by words."""

        def one(words: str) -> Callable[[], object]:
            def go() -> object:
                asked = Asked(words, catalogue, codes)
                ids = tuple(finding.matching_ids(index, asked, actor=who, now=now))
                filters = Filters(words=words, matching=ids)
                return queue_store.list_queue("all", filters, who, now, 1)

            return go

        return [one(words) for words in texts]

    summaries = [one.summary.split() for one in picked]
    words = [" ".join(chance.sample(said, min(len(said), chance.randint(1, 3)))) for said in summaries]
    phrases = [f'"{" ".join(said[:2])}"' for said in summaries]
    numbers = [one.number if n % 2 else one.error_code or one.number for n, one in enumerate(picked)]
    return {
        name: timed(name, calls)
        for name, calls in (
            ("similar, analyst", similar(analyst)),
            ("similar, agent of one desk", similar(agent)),
            ("search, one to three words", search(analyst, words)),
            ("search, agent of one desk", search(agent, words)),
            ("list filtered by words", listed(analyst, words)),
            ("search, phrase", search(analyst, phrases)),
            ("search, number or code", search(analyst, numbers)),
        )
    }


if __name__ == "__main__":
    main()
