"""Pictures that articles show."""

from __future__ import annotations

from flask import Response

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.knowledge import service
from portal.knowledge.access import knowledge_base
from portal.knowledge.views.page import bp


@bp.get("/images/<name>")
@requires(Permission.READ)
def show_picture(name: str) -> Response:
    """Under one name there is never another picture, so a browser need not ask again."""
    data = service.read_picture(knowledge_base(), name)
    answer = Response(data, mimetype=f"image/{name.rpartition('.')[2]}")
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
