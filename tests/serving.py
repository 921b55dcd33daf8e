"""A klal server of the test's own: ``klal serve`` in a process, on a free port, with its own folder or database."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.postgresql import free_port
from tests.waiting import PATIENCE

SECRET = "a secret for tests only, long enough to be taken"
"""The one of ``tests.databases.point_store_at``: a test in this process can sign cookies for the server."""


class RunningServer:
    """``klal COMMAND --port …``, ready when made; ``stop`` ends it as a service manager would, ``kill`` as a power cut would.

    Attributes
    ----------
    url : str
        ``http://127.0.0.1:port``, without a slash at the end.
    output : list of str
        What it has printed.
    """

    def __init__(
        self,
        home: Path,
        *options: str,
        command: str = "serve",
        database_url: str = "",
        port: int = 0,
        environment: Mapping[str, str] | None = None,
        scheme: str = "http",
    ) -> None:
        self.port = port or free_port()
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.output: list[str] = []
        settings = {"KLAL_HOME": str(home), "KLAL_DATABASE_URL": database_url, "KLAL_SECRET_KEY": SECRET, "KLAL_LANGUAGE": "en"}
        words = [str(Path(sys.executable).with_name("klal")), command, "--port", str(self.port), *options]
        home.mkdir(parents=True, exist_ok=True)
        self.log = home / f"server-{self.port}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                words, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, **settings, **(environment or {})}
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def errors(self) -> str:
        """What it has written to standard error."""
        return self.log.read_text(encoding="utf-8")

    def stop(self, seconds: float = PATIENCE) -> int:
        """Ask it to end, wait until it has, and return its exit code; nothing happens the second time."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._ended(seconds)

    def kill(self) -> None:
        """End it without warning."""
        self.process.kill()
        self._ended(PATIENCE)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (lower case) and body."""
        return self.request("GET", path, headers=headers)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def vote(self, slug: str, cookie: str | None, votes: Any, language: str = "en", **headers: str) -> tuple[int, Any]:
        """Send votes as the page does, again where the server is busy and says when to come back; return the last status and answer."""
        deadline = time.monotonic() + PATIENCE
        while True:
            status, answer, again = self.vote_once(slug, cookie, votes, language, **headers)
            if status != 503 or time.monotonic() + again > deadline:
                return status, answer
            time.sleep(again)

    def vote_once(self, slug: str, cookie: str | None, votes: Any, language: str = "en", **headers: str) -> tuple[int, Any, int]:
        """Send votes once; return status, answer and after how many seconds to come back."""
        sent = {"origin": self.url, "content-type": "application/json", **headers}
        if cookie is not None:
            sent["cookie"] = f"klal-participant={cookie}"
        body = json.dumps({"votes": votes, "language": language}).encode()
        status, found, answer = self.request("POST", f"/c/{slug}/votes", body, sent)
        return status, json.loads(answer), int(found.get("retry-after", 0))

    def _wait_until_ready(self) -> None:
        """Wait until it has said its own address last, as it does when it is ready; one that does not get there says why."""
        deadline = time.monotonic() + PATIENCE
        while not any(line.endswith(f"{self.url}/") for line in self.output[-1:]):
            if time.monotonic() > deadline or not self._reader.is_alive():
                raise RuntimeError(f"klal did not get ready: {self.output}\n{self.errors}")
            time.sleep(0.01)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line.rstrip("\n"))

    def _ended(self, seconds: float) -> int:
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE)
            raise
        self._reader.join(seconds)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code
