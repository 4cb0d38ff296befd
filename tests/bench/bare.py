"""The yardstick: a Flask page that only renders a template of the same size, and a route that only inserts, same durability."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

from flask import Flask, request

PAGE = """<!doctype html>
<html lang="en"><head><title>{{ title }}</title></head><body>
<header>{% for n in names %}<a href="/{{ n }}">{{ n }}</a>{% endfor %}</header>
<main><h1>{{ title }}</h1>
{% for row in rows %}<section><h2>{{ row.name }}</h2><p>{{ row.text }}</p>
{% if row.more %}<ul>{% for item in row.more %}<li>{{ item }}</li>{% endfor %}</ul>{% endif %}</section>{% endfor %}
</main></body></html>"""


def create_app() -> Flask:
    app = Flask("bare")
    path = Path(os.environ["BENCH_BARE_DB"])
    held = threading.local()
    rows = [
        {
            "name": f"Part {n}",
            "text": "A sentence of the length that articles have. " * 26,
            "more": [f"line {k}" for k in range(6)],
        }
        for n in range(10)
    ]

    template = app.jinja_env.from_string(PAGE)

    def connection() -> sqlite3.Connection:
        if not hasattr(held, "db"):
            held.db = sqlite3.connect(path, timeout=5, isolation_level=None)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
                held.db.execute(f"PRAGMA {pragma}")
            held.db.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT)")
        db: sqlite3.Connection = held.db
        return db

    @app.get("/page")
    def page() -> str:
        return template.render(title="A page", names=[f"n{k}" for k in range(8)], rows=rows)

    @app.post("/insert")
    def insert() -> str:
        db = connection()
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO note (text) VALUES (?)", (request.form.get("text", ""),))
        db.execute("COMMIT")
        return "ok"

    return app
