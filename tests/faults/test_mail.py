"""The sender is killed when the server has the mail and has not answered yet: it comes again under the same Message-ID."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import select, update

from portal.app import MIGRATIONS, create_app
from portal.core.clock import utcnow
from portal.core.config import ROOT, Config
from portal.core.db import db, transaction
from portal.mail import service
from portal.mail.models import Mail
from portal.mail.service import Letter
from tests.mailserver import mail_server

SECRET = "faults-of-mail" * 4


def test_killed_between_send_and_mark(tmp_path: Path) -> None:
    with mail_server() as inbox:
        config = Config(
            secret_key=SECRET, database_url=f"sqlite:///{tmp_path / 'portal.db'}", instance_dir=tmp_path,
            index_dir=tmp_path / "index", mail_host="127.0.0.1", mail_port=inbox.port, mail_from="portal@example.org",
            mail_starttls=False, testing=True,
        )  # fmt: skip
        env = {
            **os.environ, "PORTAL_SECRET_KEY": SECRET, "PORTAL_INSTANCE_DIR": str(tmp_path),
            "PORTAL_INDEX_DIR": str(tmp_path / "index"), "PORTAL_MAIL_HOST": "127.0.0.1",
            "PORTAL_MAIL_PORT": str(inbox.port), "PORTAL_MAIL_FROM": config.mail_from, "PORTAL_MAIL_STARTTLS": "0",
        }  # fmt: skip
        app = create_app(config)
        with app.app_context():
            upgrade(directory=str(MIGRATIONS))
            with transaction():
                assert service.queue_mail(
                    Letter("test", "a", "A", "A\n", address="x@example.org"), config, utcnow()
                )
            sender = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "portal", "mail", "run"],
                cwd=ROOT, env=env, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            inbox.on_data = lambda: os.kill(sender.pid, signal.SIGKILL)
            assert sender.wait(timeout=60) == -signal.SIGKILL
            inbox.on_data = lambda: None
            assert service.send_due(config) == service.Pass(), "the lease of the dead sender still runs"
            with transaction():
                db.session.execute(update(Mail).values(lease_until=utcnow()))
            time.sleep(0.01)
            assert service.send_due(config).delivered == 1
            assert db.session.scalar(select(Mail.state)) == "delivered"
            db.session.remove()
            db.engine.dispose()
        first, second = inbox.mails
        assert first["Message-ID"] == second["Message-ID"]
