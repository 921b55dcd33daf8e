"""Where the server listens, and under which names it may be called."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress

from klal.errors import AddressInUseError, BadOptionError

BACKLOG = 4096
"""Connections that may wait to be taken: a hall full of phones connects within a second."""
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not listened on


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address.

    Parameters
    ----------
    host : str
        A name or number of this machine.
    port : int
        0 for any that is free.

    Raises
    ------
    AddressInUseError
        If another program listens there.
    BadOptionError
        If this machine has no such address, or does not let us use it.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError:
        raise BadOptionError(option="--host", found=host, needed="a name or number of this machine") from None
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUseError(address=f"{host}:{port}") from None
        if error.errno == errno.EACCES:
            raise BadOptionError(option="--port", found=str(port), needed="a port that you may use, such as one above 1023") from None
        raise BadOptionError(option="--host", found=host, needed="a name or number of this machine") from None
    return found


def own_names(host: str) -> tuple[str, ...]:
    """Return the names under which a server may be called if its settings name none.

    Parameters
    ----------
    host : str
        What it listens on.

    Returns
    -------
    tuple of str
        This machine's own names for itself; with ``host`` that, or all addresses of this machine if it listens on all.
    """
    names = ["localhost", "127.0.0.1", "[::1]"]
    if host in _EVERYWHERE:
        names += [socket.gethostname(), *_own_addresses()]
    else:
        names.append(f"[{host}]" if ":" in host else host)
    return tuple(dict.fromkeys(name.lower() for name in names))


def shown_address(host: str, listening: socket.socket, scheme: str = "http") -> str:
    """Return the address to type into a browser on this machine."""
    port = listening.getsockname()[1]
    name = "127.0.0.1" if host in _EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}:{port}/"


def _own_addresses() -> list[str]:
    """Return the numbers this machine is reached by; nothing is sent to find out."""
    found = []
    with suppress(OSError):  # the machine may not know its own name
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):  # there may be no network
        probe.connect(("192.0.2.1", 9))  # an address that belongs to nobody: only the way there is looked up
        found.append(probe.getsockname()[0])
    return [f"[{one.split('%')[0]}]" if ":" in one else one for one in found]
