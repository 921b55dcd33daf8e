"""Whether the settings can be read, are known, and fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from urllib.parse import urlsplit

from klal.errors import BadSettingError
from klal.services.checking.finding import Finding, Grade, doubtful, fine, wrong
from klal.store.configuration import Configuration

SECRETS = (
    "KLAL_DATABASE_URL",
    "KLAL_MAIL_URL",
    "KLAL_METRICS_TOKEN",
    "KLAL_OIDC_CLIENT_SECRET",
    "KLAL_SECRET_KEY",
    "KLAL_SECRET_KEY_OLD",
)
"""Settings that may be kept in a file instead, named by a twin that ends in ``_FILE``."""
KNOWN = (
    *SECRETS,
    *(f"{name}_FILE" for name in SECRETS),
    "KLAL_DEBUG",
    "KLAL_HOME",
    "KLAL_HOSTS",
    "KLAL_HTTPS",
    "KLAL_LANGUAGE",
    "KLAL_LIMITS",
    "KLAL_LOG",
    "KLAL_LOG_ADDRESSES",
    "KLAL_LOG_LEVEL",
    "KLAL_MAIL_FROM",
    "KLAL_OIDC_CLIENT_ID",
    "KLAL_OIDC_ISSUER",
    "KLAL_OIDC_NAME",
    "KLAL_OIDC_OPEN",
    "KLAL_PROXIES",
    "KLAL_TLS_CERTIFICATE",
    "KLAL_TLS_KEY",
    "KLAL_URL",
)
SHORTEST_SECRET = 32
_FEWEST_LETTERS = 10
_OWN = ("localhost", "127.0.0.1", "[::1]", "::1")
_UNREAD = "a secret that is not read here, and is not used for anything"


def unreadable(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield every setting that cannot be used, not only the first.

    Parameters
    ----------
    environment : mapping of str to str
        As given to the server; nothing is made or written.
    """
    left = {**environment, "KLAL_SECRET_KEY": _UNREAD}
    for _ in range(len(KNOWN)):
        try:
            Configuration.from_environment(left)
        except BadSettingError as error:
            yield Finding("setting", Grade.ERROR, error=error)
            name = str(error.facts["setting"])
            family = name if name in left else name.rpartition("_")[0]
            left = {one: value for one, value in left.items() if not one.startswith(family)}
            left["KLAL_SECRET_KEY"] = _UNREAD
        else:
            return


def unknown(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield every setting that klal does not know, with the name that may be meant."""
    for name in sorted(environment):
        if not name.startswith("KLAL_") or name in KNOWN:
            continue
        near = get_close_matches(name, KNOWN, n=1, cutoff=0.7)
        yield doubtful("unknown_near", name=name, near=near[0]) if near else doubtful("unknown", name=name)
    if not environment.get("KLAL_OIDC_ISSUER") and any(name.startswith("KLAL_OIDC_") for name in environment):
        yield doubtful("oidc_without_issuer")


def secret(found: Configuration) -> Iterator[Finding]:
    """Yield whether the secret key can be guessed, or read by others."""
    path = found.home / "secret-key"
    is_own = path.exists() and path.read_text(encoding="utf-8").strip() == found.secret_key
    if len(found.secret_key) < SHORTEST_SECRET:
        yield wrong("secret_short", length=len(found.secret_key), needed=SHORTEST_SECRET)
    elif len(set(found.secret_key)) < _FEWEST_LETTERS:
        yield wrong("secret_weak")
    elif is_own and path.stat().st_mode & 0o077:
        yield wrong("secret_readable", path=str(path))
    else:
        yield fine("secret_fine")
    if is_own and found.engine == "postgresql":
        yield doubtful("secret_in_home", path=str(path))


def is_public(found: Configuration) -> bool:
    """Say whether the server is meant for others than those at this machine."""
    return any(host not in _OWN for host in found.hosts) or (bool(found.url) and urlsplit(found.url).hostname not in _OWN)


def names(found: Configuration) -> Iterator[Finding]:
    """Yield whether names, address and https fit each other."""
    problems = [*_hosts(found), *_address(found), *_https(found), *_proxies(found)]
    yield from problems or [fine("names_fine", hosts=", ".join(found.hosts) or "localhost")]


def _hosts(found: Configuration) -> Iterator[Finding]:
    for host in found.hosts:
        if host == "*":
            yield wrong("host_any")
        elif "/" in host or host.rpartition(":")[2].isdigit():
            yield wrong("host_form", host=host)
    if not found.hosts and (found.https or found.url):
        yield wrong("hosts_missing")


def _address(found: Configuration) -> Iterator[Finding]:
    if not found.url:
        if is_public(found):
            yield doubtful("url_missing")
        return
    parts = urlsplit(found.url)
    host = parts.hostname or ""
    if found.hosts and not any(_is_under(host, one) for one in found.hosts):
        yield wrong("url_host", url=found.url, host=host)
    if (parts.scheme == "https") != found.https:
        yield wrong("url_https", url=found.url) if parts.scheme == "https" else wrong("url_http", url=found.url)


def _is_under(host: str, name: str) -> bool:
    return name in {host, "*"} or (name.startswith(".") and (host == name[1:] or host.endswith(name)))


def _https(found: Configuration) -> Iterator[Finding]:
    if is_public(found) and not found.https:
        yield doubtful("https_missing")


def _proxies(found: Configuration) -> Iterator[Finding]:
    if any(network.prefixlen == 0 for network in found.proxies):
        yield wrong("proxies_all")
    if is_public(found) and found.https and found.tls_certificate is None and not found.guards.proxies:
        yield doubtful("proxies_missing")
