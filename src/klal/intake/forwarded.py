"""Where a request comes from: the connection's other end, or, if that is a proxy of ours, what the proxy says of its own.

Anybody can send ``X-Forwarded-For``; it counts only as far as the hosts that wrote it are named in ``KLAL_PROXIES``.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from klal.intake.asgi import Headers
from klal.store.configuration import Configuration
from klal.store.guards import Network

HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-real-ip")
"""What only proxies have a say in."""
_LONGEST = 2_000
_PREFIX = 64
"""Bits of an IPv6 address that name a household: whoever has one address of it has all."""

_Address = IPv4Address | IPv6Address


def client_address(headers: Headers, peer: str, configuration: Configuration) -> str:
    """Return where a request comes from, as limits know it.

    Parameters
    ----------
    headers : mapping of bytes to bytes
        Of the request.
    peer : str
        Address of the connection's other end; empty if unknown.
    configuration : Configuration
        Which proxies are believed.

    Returns
    -------
    str
        An IPv4 address, or the /64 network of an IPv6 address; empty if unknown.
    """
    forwarded = headers.get(b"x-forwarded-for")
    return limit_key(peer if forwarded is None else behind_proxies(peer, forwarded.decode("latin-1"), configuration.proxies))


@lru_cache(maxsize=4096)
def behind_proxies(peer: str, forwarded: str, trusted: tuple[Network, ...]) -> str:
    """Return the first address, from the server outwards, that is not a proxy of ours.

    Parameters
    ----------
    peer : str
        Address of the connection's other end.
    forwarded : str
        ``X-Forwarded-For``; each proxy adds at its end whom it was asked by.
    trusted : tuple of networks
        Of the proxies.
    """
    current = peer
    for entry in reversed(forwarded[-_LONGEST:].split(",")):
        if not is_trusted(current, trusted):
            return current
        found = _read(entry)
        if found is None:  # a proxy of ours that passes on what is no address: it is the last one known
            return current
        current = str(found)
    return current


@lru_cache(maxsize=4096)
def is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    """Say whether an address is one of our proxies."""
    found = _read(address) if trusted else None
    return found is not None and any(found in network for network in trusted)


@lru_cache(maxsize=4096)
def limit_key(address: str) -> str:
    """Return what an address counts as: itself, or the network of those that one household has."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), _PREFIX), strict=False))
    return address[:_PREFIX] if found is None else str(found)


def _read(text: str) -> _Address | None:
    """Return an address, with or without brackets and a port; None if it is none."""
    plain = text.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        found = ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
