"""A mail server of the tests' own: takes mails on a free port, or refuses them, or takes its time."""

from __future__ import annotations

import base64
import email
import email.policy
import socketserver
import ssl
import threading
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.waiting import PATIENCE


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    server: _Listening

    def handle(self) -> None:
        desk, self.encrypted = self.server.desk, False
        desk.connections += 1
        if desk.is_slow.is_set():
            desk.go_on.wait(PATIENCE)
        self.say("220 mail.test")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if not getattr(self, f"do_{verb.lower()}", self.unknown)(rest):
                return

    def finish(self) -> None:
        super().finish()
        if self.encrypted:
            self.connection.close()

    def say(self, *lines: str) -> bool:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        return True

    def unknown(self, _: str) -> bool:
        return self.say("502 no such command")

    def do_ehlo(self, _: str) -> bool:
        offers = ["STARTTLS"] if self.server.desk.tls is not None and not self.encrypted else []
        offers += ["AUTH PLAIN"] if self.server.desk.password else []
        words = ["mail.test", *offers]
        return self.say(*(f"250{' ' if n == len(words) - 1 else '-'}{word}" for n, word in enumerate(words)))

    def do_starttls(self, _: str) -> bool:
        assert self.server.desk.tls is not None
        self.say("220 go ahead")
        try:
            self.connection = self.server.desk.tls.wrap_socket(self.connection, server_side=True)
        except OSError:
            return False
        self.rfile, self.wfile, self.encrypted = self.connection.makefile("rb"), self.connection.makefile("wb", 0), True
        return True

    def do_auth(self, rest: str) -> bool:
        password = base64.b64decode(rest.split()[1]).split(b"\0")[2].decode()
        self.server.desk.passwords.append((password, self.encrypted))
        return self.say("235 welcome" if password == self.server.desk.password else "535 who are you?")

    def do_mail(self, _: str) -> bool:
        return self.say("250 ok")

    do_rset = do_noop = do_mail

    def do_rcpt(self, _: str) -> bool:
        return self.say(self.server.desk.answer)

    def do_data(self, _: str) -> bool:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        found = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.server.desk.took(found, encrypted=self.encrypted)
        return self.say("250 taken")

    def do_quit(self, _: str) -> bool:
        self.say("221 bye")
        return False


class _Listening(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    desk: MailServer


class MailServer:
    """Takes mails.

    Attributes
    ----------
    mails : list of (EmailMessage, bool)
        Taken, and whether they came encrypted.
    answer : str
        To each recipient: ``250 ok``, ``550 nobody``, ``451 later``.
    """

    def __init__(self, *, port: int = 0, certificate: tuple[Path, Path] | None = None, password: str = "") -> None:
        self.tls: ssl.SSLContext | None = None
        if certificate is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)
        self.password, self.answer, self.connections = password, "250 ok", 0
        self.mails: list[tuple[EmailMessage, bool]] = []
        self.passwords: list[tuple[str, bool]] = []
        self.is_slow, self.go_on, self._counting = threading.Event(), threading.Event(), threading.Lock()
        self._listening = _Listening(("127.0.0.1", port), _Talk)
        self._listening.desk = self
        self.port = int(self._listening.server_address[1])
        threading.Thread(target=self._listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self) -> MailServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.go_on.set()
        self._listening.shutdown()
        self._listening.server_close()

    def took(self, mail: Any, *, encrypted: bool) -> None:
        with self._counting:
            self.mails.append((mail, encrypted))
