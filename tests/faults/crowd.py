"""People who vote and do not give up: what a server does not acknowledge is sent again, with the same key, as the page does."""

from __future__ import annotations

import http.client
import json
import threading
from random import Random
from types import TracebackType
from typing import Any

from klal.domain.identity import Identity, new_identity
from tests.intake.conversations import cookie_of

CHOICES = ("agree", "disagree", "pass", None)
PATIENCE = 0.05


class Crowd:
    """Threads that vote at a port until told to stop.

    Attributes
    ----------
    acknowledged : dict
        (participant's key, client key) to (statement, choice), of every vote a server said it had stored.
    refusals : list of int
        Statuses other than 200.
    hints : list of str
        ``Retry-After`` of those.
    """

    def __init__(self, port: int, statements: list[int], *, threads: int = 6, pause: float = 0.0) -> None:
        self.port, self.statements, self.pause = port, statements, pause
        self.acknowledged: dict[tuple[str, int], tuple[int, str | None]] = {}
        self.refusals: list[int] = []
        self.hints: list[str | None] = []
        self.enough, self.now = threading.Event(), threading.Event()
        self.threads = [threading.Thread(target=self._vote, args=(Random(seed),)) for seed in range(threads)]

    def __enter__(self) -> Crowd:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.now.set()
        self.finish()

    def finish(self) -> None:
        """Let everybody send what they have in hand, and stop."""
        self.enough.set()
        for thread in self.threads:
            thread.join()

    def _vote(self, chance: Random) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        who, key = new_identity(), 0
        while not self.enough.wait(self.pause):
            key += 1
            if key > 40:
                who, key = new_identity(), 1
            statement, choice = chance.choice(self.statements), chance.choice(CHOICES)
            self._send_until_stored(connection, who, {"key": key, "statement": statement, "choice": choice})
        connection.close()

    def _send_until_stored(self, connection: http.client.HTTPConnection, who: Identity, vote: dict[str, Any]) -> None:
        headers = {
            "origin": f"http://127.0.0.1:{self.port}",
            "content-type": "application/json",
            "cookie": f"klal-participant={cookie_of(who)}",
        }
        body = json.dumps({"votes": [vote], "language": "en"})
        while not self.now.is_set():
            try:
                connection.request("POST", "/c/here/votes", body, headers)
                answer = connection.getresponse()
                content = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                connection.close()  # the server is gone: again, on a new connection
            else:
                if answer.status == 200:
                    assert content["saved"] == [vote["key"]], content
                    self.acknowledged[who.key, vote["key"]] = vote["statement"], vote["choice"]
                    return
                self.refusals.append(answer.status)
                self.hints.append(answer.headers.get("retry-after"))
            self.now.wait(PATIENCE)
