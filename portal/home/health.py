"""/healthz, /readyz and the OpenAPI document: the three that need no sign-in."""

from __future__ import annotations

import shutil
from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.accounts.access import find_actor, public
from portal.accounts.actor import Permission
from portal.core.config import Config
from portal.core.db import db
from portal.knowledge import api as knowledge_api
from portal.knowledge import service as knowledge
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.search import api as search_api
from portal.search import service as search
from portal.search.access import current_engine
from portal.tickets import api as tickets_api
from portal.web.openapi import document

bp = Blueprint("health", __name__)
OPERATIONS = (*search_api.OPERATIONS, *knowledge_api.OPERATIONS, *tickets_api.OPERATIONS)
VERSION = "0.1.0"
LEAST_FREE = 0.05  # of the disk


@bp.get("/healthz")
@public
def show_health() -> ResponseReturnValue:
    """The process is up; nothing else is said."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@public
def show_readiness() -> ResponseReturnValue:
    """One word per part; 503 when one is not ready. A rebuilding index and a remote that does not answer count as
    ready. Detail for admins only.
    """
    words, details = readiness()
    ready = all(word in ("ok", "ready", "rebuilding", "unreachable") for word in words.values())
    actor = find_actor()
    body: dict[str, Any] = {"ready": ready, **words}
    if actor and actor.may(Permission.ADMIN):
        body["details"] = details
    return jsonify(body), 200 if ready else 503


@bp.get("/api/v1/openapi.json")
@public
def show_openapi() -> ResponseReturnValue:
    return jsonify(document(OPERATIONS, VERSION))


def readiness() -> tuple[dict[str, str], dict[str, str]]:
    """Words for database, content, index and disk, and a sentence each for admins."""
    config: Config = current_app.config["PORTAL"]
    words: dict[str, str] = {}
    details: dict[str, str] = {}
    try:
        db.session.execute(text("SELECT version_num FROM alembic_version"))
        words["database"] = "ok"
    except SQLAlchemyError as error:
        db.session.rollback()
        words["database"], details["database"] = "failed", type(error).__name__
    snapshot = current_snapshot()
    words["content"] = "ok" if snapshot.articles else "empty"
    details["content"] = (
        f"{len(snapshot.articles)} articles at {snapshot.revision[:7]}, content problems: {len(snapshot.problems)}"
    )
    if remote := knowledge.remote_state(knowledge_base()):
        words["remote"] = "unreachable" if remote[0].error else "ok"
        details["remote"] = knowledge.state_words(*remote)
    words["index"] = str(search.index_state(current_engine()))
    usage = shutil.disk_usage(config.instance_dir)
    words["disk"] = "ok" if usage.free / usage.total > LEAST_FREE else "low"
    return words, details
