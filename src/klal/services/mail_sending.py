"""The last step of a mail: a mail server, encrypted where it can be, or a terminal where no mail server is set up."""

from __future__ import annotations

import ssl
import sys
from typing import Any

from django.core.mail.backends import console, smtp
from django.core.mail.utils import DNS_NAME


class ServerMail(smtp.EmailBackend):
    """A mail server, encrypted from the beginning (``smtps``), by STARTTLS (``smtp``), or not at all (``smtp+plain``).

    With a user, a server that offers no STARTTLS gets no password. Without one, as with a relay on the same machine, encryption is used
    if it is offered, whoever signed the certificate: the alternative would be none.
    """

    def open(self) -> bool:
        """Connect, encrypt and sign in; say whether that was needed."""
        if self.connection:
            return False
        made = self.connection_class(self.host, self.port, **self._connecting())
        try:
            self._encrypt(made)
            if self.username and self.password:
                made.login(self.username, self.password)
        except BaseException:
            made.close()
            raise
        self.connection = made
        return True

    def _connecting(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"local_hostname": DNS_NAME.get_fqdn(), "timeout": self.timeout}
        return {**facts, "context": self.ssl_context} if self.use_ssl else facts

    def _encrypt(self, made: Any) -> None:
        if not self.use_tls:
            return
        made.ehlo()
        if self.username:
            made.starttls(context=self.ssl_context)
        elif made.has_extn("starttls"):
            made.starttls(context=anyones())


def anyones() -> ssl.SSLContext:
    """Return a way to speak encrypted with whoever answers, without asking who that is."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found.check_hostname = False
    found.verify_mode = ssl.CERT_NONE
    return found


class TerminalMail(console.EmailBackend):
    """No mail server: mails are printed on standard error, where a host who has just begun can read them."""

    def __init__(self, *facts: Any, **more: Any) -> None:
        super().__init__(*facts, **{"stream": sys.stderr, **more})
