"""``klal serve``: the server."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import click

from klal.cli.errors import reader_language

if TYPE_CHECKING:
    from klal.intake.application import KlalApplication
    from klal.intake.tls import Certificate
    from klal.store.configuration import Configuration

ROLES = ("all", "web", "intake", "events")


@dataclass(frozen=True, slots=True)
class Beside:
    """What a server does beside answering: start workers when votes have come in, and do the chores, such as sending mail."""

    worker: bool = True
    chores: bool = True


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all of this machine's.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on; 0 for any.")
@click.option("--role", default="all", show_default=True, type=click.Choice(ROLES), help="What this process serves.")
@click.option("--no-worker", is_flag=True, help="Leave the analysis to `klal worker` processes.")
@click.option("--no-chores", is_flag=True, help="Leave mail and whatever else has to be done in time to other processes.")
def command(host: str, port: int, role: str, no_worker: bool, no_chores: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """Serve conversations: pages, votes and live events.

    One process serves everything and starts a worker process when votes have come in. Settings are read from KLAL_HOME,
    KLAL_DATABASE_URL, KLAL_HOSTS and others; the tables are created or updated first.
    """
    beside = Beside(worker=not no_worker and role == "all", chores=not no_chores and role in {"all", "web"})
    serve(host, port, role=role, beside=beside, on_ready=announce, before=welcome if beside.chores else lambda: None)


def welcome() -> None:
    """Say how the first account is made, where there is none; nobody has one that others could know."""
    from django.contrib.auth.models import User

    if not User.objects.exists():
        click.echo(reader_language().text("hosting.account.first").strip())


def announce(address: str) -> None:
    """Say that the server is ready."""
    from klal.domain.language import Phrase

    click.echo(reader_language().text("serve.ready", address=Phrase(address)))


def serve(
    host: str,
    port: int,
    *,
    role: str,
    beside: Beside,
    on_ready: Callable[[str], None],
    before: Callable[[], None] = lambda: None,
) -> None:
    """Listen, bring the tables up to date, and serve until told to stop.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        0 for any that is free.
    role : str
        One of ``ROLES``.
    beside : Beside
        What else this process does.
    on_ready : callable
        Called with the server's address once it answers.
    before : callable
        Called when the store is open, before anything is served.

    Raises
    ------
    AddressInUseError
        If another program listens there.
    BadOptionError, BadSettingError
        If the address or a setting cannot be used.
    """
    from klal.intake.addresses import listen, own_names, shown_address

    with listen(host, port) as listening:
        os.environ.setdefault("KLAL_HOSTS", ",".join(own_names(host)))
        from klal.intake.logs import set_up_logs
        from klal.store.opening import configuration, open_store

        set_up_logs(configuration(), process="serve")
        certificate = _certificate(configuration())
        open_store(migrate=True)
        before()
        from django.conf import settings

        from klal.intake.application import KlalApplication, Role
        from klal.intake.server import run
        from klal.worker.chores import Chores

        part = Role(role)
        application = KlalApplication(part, configuration(), settings.ALLOWED_HOSTS, _pages() if part.serves(Role.WEB) else None)
        helpers: list[_Helper] = [*([_worker(application)] if beside.worker else []), *([Chores()] if beside.chores else [])]

        def ready() -> None:
            for one in helpers:
                one.start()
            on_ready(shown_address(host, listening, "http" if certificate is None else "https"))

        def stop() -> None:
            for one in helpers:
                one.stop()

        run(application, [listening], certificate=certificate, on_ready=ready, on_stop=stop)


class _Helper(Protocol):
    """What runs beside the server."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


def _certificate(configuration: Configuration) -> Certificate | None:
    from klal.intake.tls import Certificate

    certificate, key = configuration.tls_certificate, configuration.tls_key
    return Certificate(certificate, key) if certificate is not None and key is not None else None


def _worker(application: KlalApplication) -> _Helper:
    from klal.worker.child import Supervisor

    found = Supervisor()
    if application.events is not None:
        application.events.on_arrival = found.expect
    return found


def _pages() -> object:
    from klal.web.wsgi import application

    return application
