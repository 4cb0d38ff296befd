"""Several senders at once on PostgreSQL: each mail goes out once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from flask import Flask

from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import transaction
from portal.mail import service
from portal.mail.service import Letter
from tests.filing import at_once
from tests.mailserver import mail_server


def test_six_senders_deliver_forty_mails_once(postgres_app: Flask) -> None:
    config: Config = postgres_app.config["PORTAL"]
    with mail_server() as inbox:
        mailing = replace(
            config,
            mail_host="127.0.0.1",
            mail_port=inbox.port,
            mail_from="p@example.org",
            mail_starttls=False,
        )
        with postgres_app.app_context(), transaction():
            for place in range(40):
                letter = Letter("test", f"many:{place}", f"Mail {place}", "Text\n", address="x@example.org")
                assert service.queue_mail(letter, mailing, utcnow())
            assert not service.queue_mail(letter, mailing, utcnow())
        at_once(postgres_app, 6, lambda _place: str(service.send_due(mailing).delivered))
        assert Counter(mail["Subject"] for mail in inbox.mails) == {f"Mail {place}": 1 for place in range(40)}
