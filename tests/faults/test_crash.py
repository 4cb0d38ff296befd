"""kill -9 in the middle of filing, and many people at once, against a real server: what was acknowledged is there, once."""

from __future__ import annotations

import re
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.server import Person, Server
from tests.web.test_intake import CALL, CHECK, FACTS

ROUNDS, FILERS, BEFORE_THE_KILL = 3, 6, 15


def rows(server: Server, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


def file_until_it_dies(server: Server, token: str, who: int, acknowledged: list[str]) -> None:
    """Add the number of every filing that was answered with 201."""
    for place in range(10_000):
        key = f"crash-{who}-{time.monotonic_ns()}"
        try:
            answer = server.file(token, key, external_refs=[f"{4_000_000 + place}", f"INC{1_000_000 + who}"])
        except OSError:
            return
        assert answer.status == 201, answer.text
        acknowledged.append(answer.json()["number"])


def test_kill_in_the_middle_loses_no_acknowledged_ticket(server: Server) -> None:
    token = server.token("agent@example.org")
    acknowledged: list[str] = []
    for _ in range(ROUNDS):
        enough, deadline = len(acknowledged) + BEFORE_THE_KILL, time.monotonic() + 20
        with ThreadPoolExecutor(FILERS) as pool:
            filers = [
                pool.submit(file_until_it_dies, server, token, who, acknowledged) for who in range(FILERS)
            ]
            while len(acknowledged) < enough and time.monotonic() < deadline:
                time.sleep(0.01)
            server.kill()
            for filer in filers:
                filer.result()
        assert server.start() < 10
    numbers = Counter(row[0] for row in rows(server, "SELECT number FROM ticket"))
    assert len(set(acknowledged)) == len(acknowledged) >= ROUNDS * BEFORE_THE_KILL
    assert {number: numbers[number] for number in acknowledged} == dict.fromkeys(acknowledged, 1)
    assert set(numbers.values()) == {1}
    parts = {
        number: (events, references)
        for number, events, references in rows(
            server,
            "SELECT t.number, (SELECT count(*) FROM event e WHERE e.ticket_id = t.id),"
            " (SELECT count(*) FROM external_ref r WHERE r.ticket_id = t.id) FROM ticket t",
        )
    }
    assert {parts[number][1] for number in acknowledged} == {2}
    assert all(events >= 1 for events, _ in parts.values())  # also of those that nobody heard of
    assert rows(server, "PRAGMA integrity_check") == [("ok",)]


def test_the_same_key_after_a_crash_gives_the_same_ticket(server: Server) -> None:
    token = server.token("agent@example.org")
    first = server.file(token, "before-the-crash")
    server.kill()
    server.start()
    again = server.file(token, "before-the-crash")
    assert (first.status, again.status) == (201, 201)
    assert again.json() == first.json()


def test_two_hundred_filings_at_once_give_two_hundred_numbers(server: Server) -> None:
    token = server.token("agent@example.org")
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda place: server.file(token, f"many-{place}"), range(200)))
    assert Counter(answer.status for answer in answers) == {201: 200}
    assert len({answer.json()["number"] for answer in answers}) == 200


def to_check(person: Person) -> str:
    """Through the pages of the guided intake; gives the path of the last one."""
    key = re.search(
        r'name="key"[^>]*value="([^"]+)"', person.get("/intake?key=" + str(time.monotonic_ns())).text
    )
    assert key
    path = person.post("/intake", key=key[1], **CALL).headers["location"]
    while not path.endswith("/check"):
        page = person.get(path).text
        if path.endswith("/known-issues"):
            shown = dict.fromkeys(re.findall(r'name="shown" value="([^"]+)"', page))
            answer = person.post(path, shown=list(shown))
        elif path.endswith("/questions"):
            answer = person.post(path, asked="repeats", **{"answer-repeats": "yes"})
        else:
            answer = person.post(path, **FACTS)
        assert answer.status == 303, answer.text
        path = answer.headers["location"]
    return path


@pytest.mark.parametrize("tabs", [1, 2])
def test_fifty_submits_of_one_call_file_one_ticket(server: Server, tabs: int) -> None:
    first = server.sign_in("agent@example.org")
    path = to_check(first)
    page = first.get(path)
    people = [first, *(server.sign_in("agent@example.org") for _ in range(tabs - 1))]
    for person in people:
        page = person.get(path)
    seen = re.search(r'name="version"[^>]*value="(\d+)"', page.text)
    assert seen
    before = rows(server, "SELECT count(*) FROM ticket")[0][0]

    def submit(place: int) -> str:
        person = people[place % tabs]
        copy = Person(server, person.cookie, person.csrf)
        answer = copy.post(path, version=seen[1], **{**CHECK, "severity": "high"})
        assert answer.status == 303, re.sub(r"<[^>]+>|\s+", " ", answer.text)
        return answer.headers["location"]

    with ThreadPoolExecutor(50) as pool:
        ends = set(pool.map(submit, range(50)))
    assert ends == {path.replace("/check", "/end")}
    assert rows(server, "SELECT count(*) FROM ticket")[0][0] == int(str(before)) + 1
