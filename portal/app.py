"""Wires rooms, extensions, error pages and commands: the one place that knows them all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from flask import Flask, url_for
from flask_migrate import Migrate
from whitenoise import WhiteNoise

from portal.accounts import cli as accounts_cli
from portal.accounts import sessions
from portal.accounts import views as accounts_views
from portal.accounts.access import current_actor, find_actor
from portal.accounts.actor import Actor, Permission
from portal.accounts.policy import may_keep_issue
from portal.core import config as settings
from portal.core import log
from portal.core.clock import utcnow
from portal.core.config import ROOT, Config
from portal.core.db import db, engine_options, transaction
from portal.core.errors import Unavailable
from portal.home import cli as home_cli
from portal.home import health
from portal.home import models as home_models  # noqa: F401  tables must be known to migrations
from portal.home import shell as home_shell
from portal.home import views as home_views
from portal.intake import models as intake_models  # noqa: F401  tables must be known to migrations
from portal.intake import service as intake
from portal.intake import views as intake_views
from portal.knowledge import access as knowledge_access
from portal.knowledge import api as knowledge_api
from portal.knowledge import cli as knowledge_cli
from portal.knowledge import views as knowledge_views
from portal.knowledge.article import Article
from portal.knowledge.content_store import ContentStore, Seal
from portal.knowledge.remote import Remote
from portal.knowledge.service import Follower, KnowledgeBase
from portal.mail import cli as mail_cli
from portal.mail import models as mail_models  # noqa: F401  tables must be known to migrations
from portal.search import access as search_access
from portal.search import api as search_api
from portal.search import cli as search_cli
from portal.search import views as search_views
from portal.search.service import SearchEngine
from portal.tickets import access as tickets_access
from portal.tickets import api as tickets_api
from portal.tickets import cli as tickets_cli
from portal.tickets import following
from portal.tickets import service as tickets
from portal.tickets import views as tickets_views
from portal.tickets.references import is_like_ticket, recognise
from portal.tickets.ticket import Counts
from portal.tickets.word_index import WordIndex
from portal.web import errors, filters, htmx, security, shell
from portal.web.pace import Pace

SEARCH_WAITS = 1.0  # seconds that a save waits at most, so that its author finds it
MIGRATIONS = ROOT / "portal" / "core" / "migrations"
VIEWS = (
    accounts_views, home_views, health, knowledge_views, search_views, intake_views, tickets_views, tickets_views.issues,
)  # fmt: skip
APIS = (search_api, knowledge_api, tickets_api)
COMMANDS = (accounts_cli.group, knowledge_cli.group, search_cli.group, tickets_cli.group, mail_cli.group)


def create_app(config: Config | None = None) -> Flask:
    """Build the portal; raises ConfigError, or UnmarkedEndpoint when a view does not say who may enter."""
    config = config or settings.from_env(os.environ)
    log.set_up(config.log_format)
    app = Flask(
        "portal", root_path=str(ROOT / "portal"), template_folder=str(ROOT / "templates"), static_folder=None
    )
    app.config.update(
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url),
        PORTAL=config,
        TESTING=config.testing,
    )
    app.static_folder = str(ROOT / "static")
    app.jinja_environment = filters.Pages
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)
    security.init_app(app, config)
    htmx.init_app(app)
    filters.init_app(app, config)
    _knowledge(app, config)
    for room in (*VIEWS, *APIS):
        app.register_blueprint(room.bp)
    for room in APIS:
        security.csrf.exempt(room.bp)
    for commands in COMMANDS:
        app.cli.add_command(commands)
    knowledge_cli.group.add_command(home_cli.coverage)
    mail_cli.group.add_command(home_cli.weekly_mail)
    mail_cli.group.add_command(home_cli.daily_digest)
    tickets_cli.group.add_command(home_cli.retention_command)
    shell.init_app(app, home_shell.SHELL)
    errors.init_app(app)
    _slots(app)
    tickets_access.init_app(app)
    sessions.init_app(app, config)  # last: the policy table needs every endpoint
    _static(app, config)
    return app


def _knowledge(app: Flask, config: Config) -> None:
    repository, seal = config.content_repository, Seal(config.secret_key.encode())
    store = ContentStore(repository, seal, trust_remote=config.content_trust_remote)
    remote = (
        Remote(repository, config.content_remote, config.content_branch) if config.content_remote else None
    )
    base = KnowledgeBase(store, config.content_dir, remote)
    if remote:

        def run(act: Callable[[], object]) -> None:
            with app.app_context():
                act()

        follower = Follower(base, config.content_sync_seconds, run)
        base.saved, app.extensions[knowledge_access.FOLLOWER] = follower.soon, follower
    app.extensions[knowledge_access.EXTENSION] = base
    connect_rewriting(app, base)
    app.extensions[search_access.EXTENSION] = SearchEngine(config.index_dir, base.snapshot)
    app.extensions[search_access.PACE] = Pace(config.searches_per_minute)
    app.extensions[tickets_access.EXTENSION] = WordIndex(config.index_dir)


def connect_rewriting(app: Flask, base: KnowledgeBase) -> None:
    """What is right of knowledge keeps commits and words of articles too."""

    def follow(commits: Mapping[str, str]) -> None:
        with transaction():
            intake.replace_revisions(commits)
        engine: SearchEngine = app.extensions[search_access.EXTENSION]
        if not engine.rebuild():
            raise Unavailable("The search index is being written; the rest follows with the next try.")

    base.rewritten = follow


def _slots(app: Flask) -> None:
    """What left rooms show of right ones."""

    def number_url(raw: str) -> str | None:
        found = recognise(raw, knowledge_access.current_snapshot().catalogue)
        actor = find_actor()
        if found is None and actor and actor.may(Permission.FILE) and is_like_ticket(raw):
            return url_for("home.look_up", number=raw.strip())
        if found is None or actor is None:
            return None
        if actor.may(Permission.FILE):
            return url_for("home.look_up", number=found.value)
        is_ticket = found.kind == "ticket" and actor.may(Permission.TICKETS)
        return url_for("tickets.show_ticket", number=found.value) if is_ticket else None

    def counts_of(
        article: Article, actor: Actor, now: datetime
    ) -> tuple[Counts, tickets.Spread | None] | None:
        counts = tickets.report_counts([article.id], now).get(article.id)
        inside = may_keep_issue(actor, article.owner)
        return (counts, tickets.spread_of(article.id) if inside else None) if counts else None

    app.extensions[tickets_access.CALL_TEXTS] = intake.remove_words
    app.extensions[search_views.NUMBER_SLOT] = number_url
    app.extensions[search_views.TICKETS_SLOT] = tickets_views.find.count_found
    app.extensions[search_views.REPORTS_SLOT] = tickets.report_counts

    def saved() -> bool:
        following.follow(knowledge_access.knowledge_base(), utcnow())
        return search_access.current_engine().catch_up_within(SEARCH_WAITS)

    def cases_of(ids: Sequence[int], actor: Actor) -> Mapping[int, tuple[str, str]]:
        named = {
            decision: (f"call {number}", "") for decision, number in intake.calls_of_decisions(ids).items()
        }
        for decision, (number, may_open) in tickets.tickets_of_decisions(ids, actor).items():
            url = url_for("tickets.show_ticket", number=number) if may_open else ""
            named[decision] = (number, url)
        return named

    def held(key: str, name: str) -> bool:
        return (
            tickets.are_open(team=name) if key == "teams" else key == "tools" and tickets.are_open(tool=name)
        )

    app.extensions[knowledge_views.PANEL] = counts_of
    app.extensions[knowledge_views.HELD] = held
    app.extensions[knowledge_views.CASES] = cases_of
    app.extensions[knowledge_views.FOLLOWS] = lambda id: tickets.is_following(current_actor(), id)
    app.extensions[knowledge_views.TELL] = tickets.tell_of_text
    app.extensions[knowledge_access.SAVED] = saved


def _static(app: Flask, config: Config) -> None:
    """WhiteNoise answers /static/vendor/ before Flask: hashed names, pre-compressed, kept for a year."""
    app.add_url_rule("/static/<path:filename>", endpoint="static", build_only=True)
    noise = WhiteNoise(app.wsgi_app, max_age=31536000, immutable_file_test=lambda _path, _url: True)
    if config.vendor_dir.is_dir():
        noise.add_files(str(config.vendor_dir), prefix="static/vendor/")
    app.wsgi_app = noise  # type: ignore[method-assign]
