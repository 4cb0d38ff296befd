"""A real mail server in the test's process: keeps what it takes, and answers as it is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.postgres.conftest import free_port

logging.getLogger("mail.log").setLevel(logging.WARNING)

OK = "250 taken"


class Inbox:
    """`answer` is what the next mails hear; `on_data` runs when a mail has come whole, before it is answered."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.port = 0
        self.answer = OK
        self.on_data: Callable[[], None] = lambda: None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer == OK:
            self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.on_data()
        return self.answer


@contextmanager
def mail_server() -> Iterator[Inbox]:
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    inbox.port = controller.port
    try:
        yield inbox
    finally:
        controller.stop()
