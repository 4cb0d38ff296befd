"""The whole text of the catalogue, the facilities or the codes in the editor; their forms stand in entries.py."""

from __future__ import annotations

from flask import Response

from portal.accounts.access import current_actor
from portal.core.clock import utcnow
from portal.knowledge import service
from portal.knowledge.service import Opened, PersonalData, Refused, Verdict, Work
from portal.knowledge.views.page import nobody_meant
from portal.web.htmx import render_page


def file_page(
    opened: Opened,
    work: Work,
    message: str,
    found: Verdict,
    *,
    refused: Refused | None,
    errors: dict[str, str] | None,
    status: int,
) -> Response:
    return render_page(
        "knowledge/file.html",
        opened=opened,
        work=work,
        message=message,
        problems=[*found.own, *found.others, *(() if nobody_meant() else found.personal)],
        is_refused=refused is not None,
        only_personal=isinstance(refused, PersonalData),
        personal=found.personal or nobody_meant(),
        nobody_meant=nobody_meant(),
        errors=errors or {},
        writers=service.writers(work.article_id, current_actor(), utcnow()),
        status=status,
    )
