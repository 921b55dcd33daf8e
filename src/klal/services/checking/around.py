"""Whether what the server needs around it is there: certificate, mail server, proxy, a provider to sign in by, a port."""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.core.mail import EmailMessage, get_connection

from klal.services.checking.finding import Finding, doubtful, fine, wrong
from klal.services.checking.settings import is_public
from klal.services.mail_sending import anyones
from klal.store.configuration import Configuration

SOON = timedelta(days=14)
"""A certificate that runs out in less should have been renewed."""
_SECONDS = 5.0


def certificate(found: Configuration) -> Iterator[Finding]:
    """Yield whether the server's own certificate can be used, for how long, and for which name."""
    if found.tls_certificate is None or found.tls_key is None:
        return
    from cryptography import x509

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(found.tls_certificate, found.tls_key, password="")
        read = x509.load_pem_x509_certificates(found.tls_certificate.read_bytes())[0]
    except (OSError, ValueError) as error:
        yield wrong("certificate_unusable", path=str(found.tls_certificate), reason=str(getattr(error, "reason", None) or error))
        return
    left = read.not_valid_after_utc - datetime.now(UTC)
    problems = []
    if left < SOON:
        ends = read.not_valid_after_utc.date().isoformat()
        problems.append(wrong("certificate_old", date=ends) if left < timedelta(0) else doubtful("certificate_soon", date=ends))
    host = urlsplit(found.url).hostname
    if host and not _covers(read, host):
        problems.append(wrong("certificate_name", host=host))
    if found.tls_key.stat().st_mode & 0o007:
        problems.append(wrong("certificate_readable", path=str(found.tls_key)))
    yield from problems or [fine("certificate_fine", days=left.days)]


def _covers(read: Any, host: str) -> bool:
    from cryptography import x509

    try:
        alternatives = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    names = [*alternatives.get_values_for_type(x509.DNSName), *map(str, alternatives.get_values_for_type(x509.IPAddress))]
    return any(name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:]) for name in names)


def mail(found: Configuration, recipient: str = "") -> Iterator[Finding]:
    """Yield whether mail can be sent; the mail server is greeted, and gets a mail only if a recipient is named."""
    scheme = urlsplit(found.mail_url).scheme
    if not scheme:
        yield doubtful("mail_terminal") if is_public(found) else fine("mail_terminal_fine")
        return
    if not found.sends_mail or "@" not in found.mail_from:
        yield wrong("mail_incomplete")
    if scheme == "smtp+plain" and urlsplit(found.mail_url).password:
        yield doubtful("mail_plain")
    try:
        _greet(recipient)
    except (OSError, smtplib.SMTPException) as error:
        yield wrong("mail_away", reason=" ".join(f"{type(error).__name__}: {error}".split())[:300])
    else:
        yield fine("mail_sent", recipient=recipient) if recipient else fine("mail_fine", host=urlsplit(found.mail_url).hostname or scheme)


def _greet(recipient: str) -> None:
    sender = get_connection()
    try:
        sender.open()
        if recipient:
            sender.send_messages([EmailMessage("klal", "klal check --mail-to", None, [recipient])])
    finally:
        sender.close()


def public_address(found: Configuration) -> Iterator[Finding]:
    """Yield whether klal answers where people look for it, through whatever is in front."""
    if not found.url:
        return
    status, body = _fetch(f"{found.url}/healthz")
    if status == 200 and b'"ok"' in body:
        yield fine("url_answers", url=found.url)
    else:
        yield doubtful("url_silent", url=found.url, found=status or body.decode("utf-8", "replace")[:200])


def provider(found: Configuration) -> Iterator[Finding]:
    """Yield whether the provider that people may sign in by is there."""
    if found.outside is None:
        return
    status, body = _fetch(f"{found.outside.issuer}/.well-known/openid-configuration")
    try:
        issuer = json.loads(body).get("issuer") if status == 200 else None
    except (ValueError, AttributeError):
        issuer = None
    if issuer is None:
        yield wrong("provider_away", issuer=found.outside.issuer)
    elif str(issuer).rstrip("/") != found.outside.issuer:
        yield wrong("provider_other", issuer=found.outside.issuer, found=str(issuer))
    else:
        yield fine("provider_fine", name=found.outside.name)


def port(found: Configuration, host: str, number: int) -> Iterator[Finding]:
    """Yield whether klal can listen, or does already.

    Parameters
    ----------
    found : Configuration
        Of this instance.
    host : str
        Address of this machine.
    number : int
        Port.
    """
    try:
        with socket.create_server((host, number)):
            yield fine("port_free", port=str(number))
            return
    except PermissionError:
        yield wrong("port_closed", port=str(number))
        return
    except OSError:
        pass
    scheme = "http" if found.tls_certificate is None else "https"
    status, _ = _fetch(f"{scheme}://{host}:{number}/healthz", anyones())
    yield fine("port_ours", port=str(number)) if status == 200 else doubtful("port_taken", port=str(number))


def _fetch(url: str, context: ssl.SSLContext | None = None) -> tuple[int, bytes]:
    """Return status and body; 0 and the reason if nobody answers."""
    asked = Request(url, headers={"User-Agent": "klal check"})  # noqa: S310 - http and https only
    try:
        with urlopen(asked, timeout=_SECONDS, context=context) as answer:  # noqa: S310 - as above
            return answer.status, answer.read(100_000)
    except HTTPError as error:
        with error:
            return error.code, b""
    except (OSError, ValueError) as error:
        return 0, str(getattr(error, "reason", error)).encode()
