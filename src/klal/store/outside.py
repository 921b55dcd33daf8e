"""Settings of signing in by another service (OpenID Connect)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from klal.errors import BadSettingError

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class OutsideService:
    """A provider that vouches for people.

    Attributes
    ----------
    issuer : str
        Its address; what it is and can is read from there.
    client_id : str
        How it knows this server.
    client_secret : str
        What it gave this server to prove itself with; not printed.
    name : str
        What people know it as.
    is_open : bool
        Whether everybody it knows may have an account here.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False, default="")
    name: str = ""
    is_open: bool = False


def read_outside(
    given: Mapping[str, str], read: Callable[[Mapping[str, str], str], str], yes: Callable[[Mapping[str, str], str], bool]
) -> OutsideService | None:
    """Return the provider that ``KLAL_OIDC_…`` names, None if there is none.

    Parameters
    ----------
    given : mapping of str to str
        The environment.
    read : callable
        Reads a setting, or the file it is kept in.
    yes : callable
        Reads a setting that is yes or no.

    Raises
    ------
    BadSettingError
        If it cannot be asked, or not safely.
    """
    issuer = given.get("KLAL_OIDC_ISSUER", "").strip().rstrip("/")
    if not issuer:
        return None
    parts = urlsplit(issuer)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise BadSettingError(setting="KLAL_OIDC_ISSUER", found=issuer, needed="the provider's address, such as https://login.example")
    client_id = given.get("KLAL_OIDC_CLIENT_ID", "").strip()
    if not client_id:
        raise BadSettingError(setting="KLAL_OIDC_CLIENT_ID", found="nothing", needed="what the provider calls this server")
    name = given.get("KLAL_OIDC_NAME", "").strip() or parts.hostname
    return OutsideService(issuer, client_id, read(given, "KLAL_OIDC_CLIENT_SECRET"), name, yes(given, "KLAL_OIDC_OPEN"))
