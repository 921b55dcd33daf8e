"""Settings that keep an instance safe: which proxies are believed, how much one address may send, which keys signed before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network

from klal.domain.limits import DEFAULTS, Limit, Rate, read_limits
from klal.errors import BadSettingError

Network = IPv4Network | IPv6Network
SHORTEST_SECRET = 32
"""Fewest characters of a secret key: nobody tries that many."""
LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
"""This machine itself."""


@dataclass(frozen=True, slots=True)
class Guards:
    """What guards an instance.

    Attributes
    ----------
    old_secret_keys : tuple of str
        Keys that signed cookies and links before: what they signed is still believed, and signed anew.
    proxies : tuple of networks
        Proxies in front of the server, which say where a request comes from and whether by https; empty for none.
    limits : mapping of Limit to Rate
        How much may come from one address.
    """

    old_secret_keys: tuple[str, ...] = field(repr=False, default=())
    proxies: tuple[Network, ...] = ()
    limits: Mapping[Limit, Rate] = field(default_factory=lambda: dict(DEFAULTS))


def read_guards(given: Mapping[str, str], read: Callable[[Mapping[str, str], str], str]) -> Guards:
    """Read them from the environment.

    Parameters
    ----------
    given : mapping of str to str
        The environment.
    read : callable
        Reads a secret by its name, from its file if it is given as one.

    Raises
    ------
    BadSettingError
        If a setting cannot be used.
    """
    return Guards(
        old_secret_keys=tuple(read(given, "KLAL_SECRET_KEY_OLD").split()),
        proxies=_networks(given.get("KLAL_PROXIES", "")),
        limits=_limits(given.get("KLAL_LIMITS", "")),
    )


def refuse_short_secret(key: str) -> None:
    """Refuse to serve with a secret key that could be guessed.

    Raises
    ------
    BadSettingError
        If it is too short.
    """
    if len(key) < SHORTEST_SECRET:
        needed = f"at least {SHORTEST_SECRET}, such as from: openssl rand -base64 48. Put the one of before into KLAL_SECRET_KEY_OLD"
        raise BadSettingError(setting="KLAL_SECRET_KEY", found=f"{len(key)} characters", needed=needed)


def _networks(text: str) -> tuple[Network, ...]:
    found = []
    for part in text.replace(",", " ").split():
        try:
            found.append(ip_network(part, strict=False))
        except ValueError as error:
            needed = "networks of proxies, such as 127.0.0.1, 10.0.0.0/8 or fd00::/8, with commas between"
            raise BadSettingError(setting="KLAL_PROXIES", found=part, needed=needed) from error
    return tuple(found)


def _limits(text: str) -> dict[Limit, Rate]:
    try:
        return read_limits(text)
    except ValueError as error:
        names = ", ".join(Limit)
        needed = f"name=burst/per_minute or name=off, with commas between; the names are {names}"
        raise BadSettingError(setting="KLAL_LIMITS", found=str(error), needed=needed) from error
