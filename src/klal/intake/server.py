"""Serve until told to stop."""

from __future__ import annotations

import gc
import resource
import socket
import sys
from collections.abc import Callable, Sequence

import uvicorn

from klal.intake.addresses import BACKLOG
from klal.intake.application import KlalApplication
from klal.intake.connections import Connection, drop_stuck
from klal.intake.tls import Certificate

_KEEP_ALIVE_SECONDS = 75
"""Long enough for a participant to read a statement and think."""
_GRACE_SECONDS = 10
_DOORS = 16
"""The event loop takes one new connection from each socket per turn; with one socket a hall full of phones would wait at a busy server."""
_SWITCH_SECONDS = 0.001
"""How soon a thread that waits for the interpreter gets it: the writer of the votes takes it up several times a batch, and pages are drawn
in threads as well."""
_TICKS = 50
"""Of a tenth of a second each, between two looks at the connections and at the certificate."""


class _Server(uvicorn.Server):
    """Uvicorn's server that says when it is ready, and lets listeners go before it waits for the rest."""

    def __init__(
        self,
        config: uvicorn.Config,
        application: KlalApplication,
        certificate: Certificate | None,
        on_ready: Callable[[], None],
        on_stop: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._application, self._certificate, self._on_ready, self._on_stop = application, certificate, on_ready, on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what there is now stays, and need not be looked through again and again
        self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS == 0:
            drop_stuck(self.server_state.connections)
            if self._certificate is not None:
                self._certificate.renew()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._application.events is not None:
            self._application.events.close()
        await super().shutdown(sockets)
        self._on_stop()


def run(
    application: KlalApplication,
    sockets: Sequence[socket.socket],
    *,
    certificate: Certificate | None = None,
    on_ready: Callable[[], None] = lambda: None,
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT; requests that have begun are answered, and votes that wait are stored.

    Parameters
    ----------
    application : KlalApplication
        What to serve.
    sockets : sequence of socket
        That listen already.
    certificate : Certificate, optional
        For https; without it plain HTTP is spoken.
    on_ready, on_stop : callable
        Called once requests are answered, and once they are no longer.
    """
    _allow_many_connections()
    config = uvicorn.Config(
        application,
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        backlog=BACKLOG,
    )
    config.load()
    config.ssl = None if certificate is None else certificate.context
    sys.setswitchinterval(_SWITCH_SECONDS)
    doors = [one.dup() for one in sockets for _ in range(_DOORS - 1)]
    _Server(config, application, certificate, on_ready, on_stop).run([*sockets, *doors])


def _allow_many_connections() -> None:
    """Raise the limit of open files as far as the system lets us: every listener is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
