"""Instance settings: environment variables ``KLAL_*``, each with a ``KLAL_*_FILE`` twin for secrets kept in files."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from klal.errors import BadSettingError
from klal.store.guards import LOOPBACK, Guards, Network, read_guards
from klal.store.outside import OutsideService, read_outside

Engine = Literal["sqlite", "postgresql"]
LogForm = Literal["plain", "json"]
_SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16384;"
_LOCK_SECONDS = 10
_MAIL_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_NO_SENDER = "klal@localhost"
"""On mails that go to the terminal."""
_POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    # a database whose machine or network has gone without a word is given up within seconds, not hours
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """How this instance is set up.

    Attributes
    ----------
    home : Path
        Folder of the embedded database and of files; made when first needed.
    database_url : str
        ``postgresql://user:password@host:port/name``, with settings of libpq such as ``?sslmode=verify-full`` if wanted; empty for the
        embedded database in ``home``.
    secret_key : str
        Signs cookies; made once and kept in ``home`` if not given. Not printed.
    hosts : tuple of str
        Names under which the server may be called; empty for this machine only.
    https : bool
        Whether browsers reach the server by https, so that cookies may say so.
    url : str
        Address of the server as people reach it, such as ``https://klal.example``, for links in mail; empty if unknown.
    mail_url : str
        ``smtp://user:password@host:port`` (STARTTLS: always with a user, else where the server offers it), ``smtps://…`` (encrypted from
        the beginning), ``smtp+plain://…`` (never encrypted) or ``file:///folder``; where it is empty, mails are printed on standard error.
    mail_from : str
        Address that mail is sent from.
    tls_certificate, tls_key : Path or None
        Files of the server's own certificate chain and key; None where something else does https, or nobody.
    metrics_token : str
        Lets a program read ``/metrics`` from anywhere; empty: from this machine and private networks only.
    log : {'plain', 'json'}
        Form of the log.
    log_level : str
        ``debug``, ``info`` (one line a request), ``warning`` or ``error``; empty: what the command finds right.
    log_addresses : bool
        Whether the lines of requests name the addresses people come from.
    outside : OutsideService or None
        Another service that convenors may sign in by.
    guards : Guards
        Proxies that are believed, limits for each address, and secret keys of before.
    """

    home: Path
    database_url: str = field(repr=False, default="")
    secret_key: str = field(repr=False, default="")
    hosts: tuple[str, ...] = ()
    https: bool = False
    url: str = ""
    mail_url: str = field(repr=False, default="")
    mail_from: str = ""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    metrics_token: str = field(repr=False, default="")
    log: LogForm = "plain"
    log_level: str = ""
    log_addresses: bool = False
    outside: OutsideService | None = None
    guards: Guards = field(default_factory=Guards)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Configuration:
        """Read the settings.

        Parameters
        ----------
        environment : mapping of str to str, optional
            Instead of the process's own.

        Returns
        -------
        Configuration
            Checked.

        Raises
        ------
        BadSettingError
            If a setting cannot be used.
        """
        given = os.environ if environment is None else environment
        home = Path(given.get("KLAL_HOME") or "klal-data").absolute()
        certificate, key = _tls_files(given)
        return cls(
            home=home,
            database_url=_database_url(_read(given, "KLAL_DATABASE_URL")),
            secret_key=_read(given, "KLAL_SECRET_KEY") or _own_secret(home),
            hosts=tuple(host.strip() for host in given.get("KLAL_HOSTS", "").split(",") if host.strip()),
            https=_yes(given, "KLAL_HTTPS") or certificate is not None,
            url=_public_url(given.get("KLAL_URL", "")),
            mail_url=_mail_url(_read(given, "KLAL_MAIL_URL")),
            mail_from=given.get("KLAL_MAIL_FROM", ""),
            tls_certificate=certificate,
            tls_key=key,
            metrics_token=_read(given, "KLAL_METRICS_TOKEN"),
            log=cast(LogForm, _one_of(given, "KLAL_LOG", ("plain", "json"))),
            log_level=_one_of(given, "KLAL_LOG_LEVEL", ("", "debug", "info", "warning", "error")),
            log_addresses=_yes(given, "KLAL_LOG_ADDRESSES"),
            outside=read_outside(given, _read, _yes),
            guards=read_guards(given, _read),
        )

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """Return the keys whose signatures are believed, first the one that signs."""
        return (self.secret_key, *self.guards.old_secret_keys)

    @property
    def proxies(self) -> tuple[Network, ...]:
        """Return the proxies that are believed: those named, else this machine's own where https is, for it may end there."""
        return self.guards.proxies or (LOOPBACK if self.https else ())

    @property
    def engine(self) -> Engine:
        """Return which database it is."""
        return "postgresql" if self.database_url else "sqlite"

    @property
    def sqlite_path(self) -> Path:
        """Return the file of the embedded database."""
        return self.home / "klal.sqlite3"

    def django_database(self) -> dict[str, Any]:
        """Return the entry of Django's ``DATABASES``."""
        if self.engine == "sqlite":
            return {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": self.sqlite_path,
                # a writer takes the lock when it begins, so that two of them wait for each other instead of failing half-way
                "OPTIONS": {"init_command": _SQLITE_PRAGMAS, "transaction_mode": "IMMEDIATE", "timeout": _LOCK_SECONDS},
            }
        parts = urlsplit(self.database_url)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {**_POSTGRESQL_OPTIONS, **dict(parse_qsl(parts.query))},
        }

    @property
    def sends_mail(self) -> bool:
        """Say whether there is a way to send mail, an address to send it from, and an address that links may name."""
        return bool(self.mail_url and self.mail_from and self.url)

    def django_mail(self) -> dict[str, Any]:
        """Return Django's ``EMAIL_…`` settings."""
        parts = urlsplit(self.mail_url)
        found: dict[str, Any] = {"DEFAULT_FROM_EMAIL": self.mail_from or _NO_SENDER}
        if not self.mail_url:
            return found | {"EMAIL_BACKEND": "klal.services.mail_sending.TerminalMail"}
        if parts.scheme == "file":
            return found | {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": parts.path}
        return found | {
            "EMAIL_BACKEND": "klal.services.mail_sending.ServerMail",
            "EMAIL_HOST": unquote(parts.hostname or ""),
            "EMAIL_PORT": parts.port or _MAIL_PORTS[parts.scheme],
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_SSL": parts.scheme == "smtps",
            "EMAIL_USE_TLS": parts.scheme == "smtp",
            "EMAIL_TIMEOUT": 10,
        }


def _public_url(url: str) -> str:
    needed = "the server's address, such as https://klal.example"
    parts = urlsplit(_checked_url("KLAL_URL", url, {"http", "https"}, needed))
    if url and (not parts.hostname or parts.path not in {"", "/"}):
        raise BadSettingError(setting="KLAL_URL", found=url, needed=needed)
    return url.rstrip("/")


def _mail_url(url: str) -> str:
    needed = "smtp://user:password@host:port, smtps://…, smtp+plain://…, file:///folder, or nothing"
    return _checked_url("KLAL_MAIL_URL", url, {*_MAIL_PORTS, "file"}, needed)


def _database_url(url: str) -> str:
    return _checked_url("KLAL_DATABASE_URL", url, {"postgresql", "postgres"}, "postgresql://user:password@host:port/name, or nothing")


def _checked_url(setting: str, url: str, schemes: set[str], needed: str) -> str:
    """Refuse a url of another kind, or with a port that is none, without repeating what may be a password."""
    if not url:
        return url
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadSettingError(setting=setting, found="a url whose host or port is none", needed=needed) from None
    if parts.scheme not in schemes:
        raise BadSettingError(setting=setting, found=parts.scheme + "://…", needed=needed)
    return url


def _tls_files(given: Mapping[str, str]) -> tuple[Path | None, Path | None]:
    """Return the files of certificate and key; one file may hold both."""
    certificate, key = given.get("KLAL_TLS_CERTIFICATE", ""), given.get("KLAL_TLS_KEY", "")
    if key and not certificate:
        raise BadSettingError(
            setting="KLAL_TLS_CERTIFICATE", found="nothing, but a KLAL_TLS_KEY", needed="the file of the certificate chain"
        )
    if not certificate:
        return None, None
    return Path(certificate).absolute(), Path(key or certificate).absolute()


def _one_of(given: Mapping[str, str], name: str, choices: Sequence[str]) -> str:
    value = given.get(name, "").lower() or choices[0]
    if value not in choices:
        raise BadSettingError(setting=name, found=value, needed=" / ".join(choice for choice in choices if choice))
    return value


def _read(given: Mapping[str, str], name: str) -> str:
    """Return a setting, from its file if it is given as one."""
    path = given.get(f"{name}_FILE")
    if not path:
        return given.get(name, "")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettingError(setting=f"{name}_FILE", found=path, needed="a text file that can be read") from error


def _yes(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "").lower()
    if value not in {"", "0", "1", "no", "yes", "false", "true"}:
        raise BadSettingError(setting=name, found=value, needed="yes or no")
    return value in {"1", "yes", "true"}


def _own_secret(home: Path) -> str:
    """Return the secret kept beside the database, made on first use and readable by its owner only."""
    path = home / "secret-key"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            made = home / f"secret-key.{secrets.token_hex(4)}"
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                os.link(made, path)  # of two processes starting at once the first one's secret stands
            except FileExistsError:
                pass
            finally:
                made.unlink()
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSettingError(setting="KLAL_HOME", found=str(home), needed="a folder that can be written") from error
