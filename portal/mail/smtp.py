"""The one place that speaks to the mail server. Its answers are kept as numbers: their words may hold addresses."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from types import TracebackType

from portal.core.config import Config

SECONDS = 10.0  # for the connection and for each answer


class Refused(Exception):
    """This mail will never pass (5xx)."""


class Later(Exception):
    """This mail may pass later (4xx, or an unclear end)."""


class Stopped(Exception):
    """No mail passes now: the server is away, or refuses our sign-in or sender. The queue is kept."""


class Mailbox:
    """One connection for a pass, opened with the first mail."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.server: smtplib.SMTP | None = None

    def __enter__(self) -> Mailbox:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.server is not None:
            try:
                self.server.quit()
            except (OSError, smtplib.SMTPException):
                self.server.close()
            self.server = None

    def send(self, message: EmailMessage) -> None:
        """Raises Refused, Later or Stopped."""
        server = self.server = self.server or self._open()
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = max((code for code, _ in error.recipients.values()), default=550)
            raise _by_code(code, "the receiver") from None
        except smtplib.SMTPSenderRefused as error:
            raise Stopped(f"the mail server refused the sender ({error.smtp_code})") from None
        except smtplib.SMTPResponseException as error:
            raise _by_code(error.smtp_code, "the mail") from None
        except (OSError, smtplib.SMTPException) as error:
            self.server = None
            server.close()
            raise Later(f"the connection ended before the answer ({type(error).__name__})") from None

    def _open(self) -> smtplib.SMTP:
        config = self.config
        try:
            server = smtplib.SMTP(
                config.mail_host,
                config.mail_port,
                local_hostname=_greeting(config.public_host),
                timeout=SECONDS,
            )
        except (OSError, smtplib.SMTPException) as error:
            raise Stopped(f"the mail server cannot be reached ({type(error).__name__})") from None
        try:
            if config.mail_starttls:
                server.starttls(context=ssl.create_default_context())
            if config.mail_user:
                server.login(config.mail_user, config.mail_password)
        except smtplib.SMTPAuthenticationError as error:
            server.close()
            raise Stopped(f"the mail server refused the sign-in ({error.smtp_code})") from None
        except (OSError, smtplib.SMTPException) as error:
            server.close()
            raise Stopped(
                f"the mail server did not agree on encryption or sign-in ({type(error).__name__})"
            ) from None
        return server


def _greeting(host: str) -> str:
    """Given, since the library would ask the name server; an address stands in brackets."""
    return host if any(c.isalpha() for c in host) else f"[{host}]"


def _by_code(code: int, what: str) -> Exception:
    said = f"the mail server refused {what} ({code})"
    return Refused(said) if 500 <= code < 600 else Later(said)
