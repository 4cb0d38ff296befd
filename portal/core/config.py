"""Settings: a frozen `Config`, read once from the environment (names begin `PORTAL_`) and then from `instance/portal.env`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ROOT = Path(__file__).resolve().parents[2]
PASSWORD_LEAST = 12  # characters
KEEP_LEAST, KEEP_MOST = 30, 36_500  # days
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# A file, ssh (also as user@host:path) or https; a password in it would end up in errors of git.
_REMOTE = re.compile(
    r"(?:file://)?/[^\s]+|ssh://(?:[\w.-]+@)?[\w.\[\]:-]+/\S+|[\w.-]+@[\w.-]+:[^\s-]\S*|https://[\w.\[\]:-]+/\S+"
)
_BRANCH = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|[./](?=[A-Za-z0-9_-])(?!lock$)){0,99}")
ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")


class ConfigError(Exception):
    """Every mistake in the settings, one per line."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings. Paths are absolute; durations carry their unit in the name."""

    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    instance_dir: Path = ROOT / "instance"
    content_dir: Path = ROOT / "content"
    index_dir: Path = ROOT / "search_index"
    vendor_dir: Path = ROOT / "static" / "vendor"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    threads: int = 4
    public_url: str = "http://127.0.0.1:8000"
    timezone: str = "America/New_York"
    demo: bool = False
    demo_password: str = field(default="", repr=False)
    notice: str = ""
    idle_minutes: int = 15
    session_hours: int = 12
    log_format: str = "text"
    searches_per_minute: int = 600
    close_after_days: int = 3
    keep_ticket_text_days: int = 0  # of these four: 0 keeps for ever
    keep_audit_days: int = 0
    keep_searches_days: int = 0
    keep_mail_days: int = 0
    content_remote: str = field(default="", repr=False)
    content_branch: str = "main"
    content_trust_remote: bool = False
    content_sync_seconds: int = 60
    mail_host: str = ""  # empty: mail is not set up
    mail_port: int = 587
    mail_from: str = ""
    mail_starttls: bool = True
    mail_user: str = ""
    mail_password: str = field(default="", repr=False)
    scan_command: tuple[str, ...] = ()  # empty: attached files are not scanned, so nobody can open them
    testing: bool = False

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def public_host(self) -> str:
        return urlsplit(self.public_url).hostname or "localhost"

    @property
    def attachments_dir(self) -> Path:
        return self.instance_dir / "attachments"

    @property
    def content_repository(self) -> Path:
        return self.instance_dir / "content.git"


def read_env_file(path: Path) -> dict[str, str]:
    """`NAME=value` lines of a settings file; blank lines and lines that begin with # are skipped. No file: nothing."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def from_env(env: Mapping[str, str]) -> Config:
    """Read the settings; raises ConfigError that names every mistake at once."""
    instance = Path(env.get("PORTAL_INSTANCE_DIR") or ROOT / "instance").resolve()
    values = {
        **read_env_file(instance / "portal.env"),
        **{k: v for k, v in env.items() if k.startswith("PORTAL_")},
    }
    mistakes: list[str] = []

    def text(name: str, default: str) -> str:
        return values.get(f"PORTAL_{name}", "").strip() or default

    def number(name: str, default: int, least: int, most: int) -> int:
        raw = text(name, str(default))
        if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
            mistakes.append(f"PORTAL_{name} must be a whole number from {least} to {most}, not '{raw}'")
            return default
        return int(raw)

    def command(name: str) -> tuple[str, ...]:
        try:
            return tuple(shlex.split(text(name, "")))
        except ValueError:
            mistakes.append(f"PORTAL_{name} has a quote that is not closed")
            return ()

    host, port = text("HOST", "127.0.0.1"), number("PORT", 8000, 1, 65535)
    demo = text("DEMO", "0") == "1"
    config = Config(
        secret_key=text("SECRET_KEY", ""),
        database_url=text("DATABASE_URL", f"sqlite:///{instance / 'portal.db'}"),
        instance_dir=instance,
        content_dir=Path(text("CONTENT_DIR", str(ROOT / "content"))).resolve(),
        index_dir=Path(text("INDEX_DIR", str(ROOT / "search_index"))).resolve(),
        host=host,
        port=port,
        workers=number("WORKERS", 2, 1, 64),
        threads=number("THREADS", 4, 1, 64),
        public_url=text("PUBLIC_URL", f"http://{host}:{port}").rstrip("/"),
        timezone=text("TIMEZONE", "America/New_York"),
        demo=demo,
        demo_password=text("DEMO_PASSWORD", ""),
        notice=text("NOTICE", ""),
        idle_minutes=number("IDLE_MINUTES", 15, 3, 24 * 60),
        session_hours=number("SESSION_HOURS", 12, 1, 7 * 24),
        log_format=text("LOG_FORMAT", "text"),
        searches_per_minute=number("SEARCHES_PER_MINUTE", 600, 10, 1_000_000),
        close_after_days=number("CLOSE_AFTER_DAYS", 3, 0, 365),
        keep_ticket_text_days=number("KEEP_TICKET_TEXT_DAYS", 0, 0, KEEP_MOST),
        keep_audit_days=number("KEEP_AUDIT_DAYS", 0, 0, KEEP_MOST),
        keep_searches_days=number("KEEP_SEARCHES_DAYS", 0, 0, KEEP_MOST),
        keep_mail_days=number("KEEP_MAIL_DAYS", 0, 0, KEEP_MOST),
        content_remote=text("CONTENT_REMOTE", ""),
        content_branch=text("CONTENT_BRANCH", "main"),
        content_trust_remote=text("CONTENT_TRUST_REMOTE", "0") == "1",
        content_sync_seconds=number("CONTENT_SYNC_SECONDS", 60, 1, 24 * 3600),
        mail_host=text("MAIL_HOST", ""),
        mail_port=number("MAIL_PORT", 587, 1, 65535),
        mail_from=text("MAIL_FROM", ""),
        mail_starttls=text("MAIL_STARTTLS", "1") == "1",
        mail_user=text("MAIL_USER", ""),
        mail_password=text("MAIL_PASSWORD", ""),
        scan_command=command("SCAN_COMMAND"),
    )
    if len(config.secret_key) < 32:
        mistakes.append("PORTAL_SECRET_KEY is missing or shorter than 32 characters (make run writes one)")
    if demo and host not in LOOPBACK:
        mistakes.append(
            f"PORTAL_DEMO=1 is refused when the portal listens on {host}: demo accounts are for loopback only"
        )
    if demo and len(config.demo_password) < PASSWORD_LEAST:
        mistakes.append(
            f"PORTAL_DEMO=1 needs PORTAL_DEMO_PASSWORD, the password of the demo accounts, of at least {PASSWORD_LEAST} "
            "characters (make run without any setting makes one)"
        )
    if config.log_format not in ("text", "json"):
        mistakes.append(f"PORTAL_LOG_FORMAT must be text or json, not '{config.log_format}'")
    if (
        urlsplit(config.public_url).scheme not in ("http", "https")
        or not urlsplit(config.public_url).hostname
    ):
        mistakes.append(f"PORTAL_PUBLIC_URL must begin with http:// or https://, not '{config.public_url}'")
    try:
        ZoneInfo(config.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        mistakes.append(f"PORTAL_TIMEZONE is not a known zone: '{config.timezone}'")
    if config.content_remote and not _REMOTE.fullmatch(config.content_remote):
        mistakes.append(
            "PORTAL_CONTENT_REMOTE must be an absolute path, an ssh or an https address, without a password"
        )
    if not _BRANCH.fullmatch(config.content_branch):
        mistakes.append(f"PORTAL_CONTENT_BRANCH is no name of a branch: '{config.content_branch}'")
    mistakes += _mail_mistakes(config) + _keep_mistakes(config)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return config


def _keep_mistakes(config: Config) -> list[str]:
    """What is younger than KEEP_LEAST is still worked with: notices, figures, undoing."""
    names = ("keep_ticket_text_days", "keep_audit_days", "keep_searches_days", "keep_mail_days")
    return [
        f"PORTAL_{name.upper()} must be 0, which keeps for ever, or at least {KEEP_LEAST}"
        for name in names
        if 0 < getattr(config, name) < KEEP_LEAST
    ]


def _mail_mistakes(config: Config) -> list[str]:
    if not config.mail_host:
        return []
    found = []
    if not ADDRESS.fullmatch(config.mail_from):
        found.append(
            "PORTAL_MAIL_FROM must be the address that mail comes from, when PORTAL_MAIL_HOST is set"
        )
    if config.mail_user and not config.mail_starttls and config.mail_host not in LOOPBACK:
        found.append("PORTAL_MAIL_USER needs PORTAL_MAIL_STARTTLS=1: a password does not travel in clear")
    return found
