"""Small writes that a page causes but nobody waits for: made in a transaction of their own when the answer
has been sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Response, after_this_request, current_app
from sqlalchemy.exc import OperationalError

from portal.core.db import transaction
from portal.core.errors import Unavailable

logger = logging.getLogger(__name__)


def after_answer(write: Callable[[], None]) -> None:
    """Note `write` for when this request is answered; when the database is busy or full, it is logged and
    dropped.
    """

    @after_this_request
    def arrange(response: Response) -> Response:
        on_close(response, write)
        return response


def after_close(act: Callable[[], None]) -> None:
    """Do `act` when this request is answered, in no transaction: for what takes long."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def run() -> None:
        with app.app_context():
            act()

    @after_this_request
    def arrange(response: Response) -> Response:
        response.call_on_close(run)
        return response


def on_close(response: Response, write: Callable[[], object]) -> None:
    """As after_answer, for code that has the response in hand."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def run() -> None:
        with app.app_context():
            try:
                with transaction():
                    write()
            except (Unavailable, OperationalError) as error:
                logger.warning("a journal entry was dropped: %s", error)

    response.call_on_close(run)
