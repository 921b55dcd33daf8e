"""Send votes to a server and report how many were answered and how fast: load_votes.py SETTINGS (JSON).

Every vote is a new one, of one of many participants, on a statement this participant has not voted on; connections are kept alive. A
closed loop sends the next vote of a connection when the last is answered; an open loop sends at a steady rate whatever the answers do,
and counts the time from when a vote was due.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections import deque

import uvloop

from klal.domain.identity import Identity, to_cookie

HEADERS = (
    "User-Agent: Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36\r\n"
    "Accept: */*\r\nAccept-Language: he-IL,he;q=0.9,en;q=0.7\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nContent-Type: application/json\r\n"
)


class Votes:
    """An endless supply of new votes: all participants vote on one statement, then on the next."""

    def __init__(self, settings: dict) -> None:
        port, slug = settings["port"], settings["slug"]
        self.statements = settings["statements"]
        self.first_key = settings["first_key"]
        name, secret = settings["name"], settings["secret"]
        self.heads = [
            (
                f"POST /c/{slug}/votes HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
                f"Referer: http://127.0.0.1:{port}/c/{slug}/\r\n{HEADERS}"
                f"Cookie: klal-participant={to_cookie(Identity(f'{name}{n:018d}'), slug, secret)}\r\nContent-Length: "
            ).encode()
            for n in range(settings["participants"])
        ]
        self.sent = 0

    def next(self) -> bytes:
        turn, who = divmod(self.sent, len(self.heads))
        statement = self.statements[(turn + who) % len(self.statements)]
        body = b'{"votes":[{"key":%d,"statement":%d,"choice":"%b","important":false}],"language":"he"}' % (
            self.first_key + turn,
            statement,
            (b"agree", b"disagree", b"pass")[self.sent % 3],
        )
        self.sent += 1
        return b"%b%d\r\n\r\n%b" % (self.heads[who], len(body), body)


class Connection(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, on_answer) -> None:
        self.on_answer = on_answer
        self.since = 0.0
        self.buffer = b""

    def connection_made(self, transport) -> None:
        self.transport = transport

    def send(self, request: bytes, since: float) -> None:
        self.since = since
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self.buffer.find(b"content-length: ") + 16
        length = int(self.buffer[at : self.buffer.find(b"\r\n", at)])
        if len(self.buffer) < head + 4 + length:
            return
        status, body = int(self.buffer[9:12]), self.buffer[head + 4 :]
        self.buffer = b""
        self.on_answer(self, status, body)

    def connection_lost(self, exc) -> None:
        if exc is not None:
            raise SystemExit(f"the server closed a connection: {exc}")


class Load:
    def __init__(self, settings: dict) -> None:
        self.settings = settings
        self.votes = Votes(settings)
        self.times: list[tuple[float, float]] = []
        self.refused: dict[str, int] = {}
        self.free: deque[Connection] = deque()
        self.due: deque[float] = deque()
        self.ends = float("inf")

    def count(self, connection: Connection, status: int, body: bytes) -> None:
        now = time.perf_counter()
        if status == 200 and b'"refused":[]' in body:
            self.times.append((now, now - connection.since))
        else:
            key = f"{status} {body[:80].decode(errors='replace')}"
            self.refused[key] = self.refused.get(key, 0) + 1

    def closed(self, connection: Connection, status: int, body: bytes) -> None:
        self.count(connection, status, body)
        now = time.perf_counter()
        if now < self.ends:
            connection.send(self.votes.next(), now)

    def opened(self, connection: Connection, status: int, body: bytes) -> None:
        self.count(connection, status, body)
        if self.due:
            connection.send(self.votes.next(), self.due.popleft())
        else:
            self.free.append(connection)

    async def run(self) -> dict:
        rate, seconds, warm = self.settings["rate"], self.settings["seconds"], self.settings["warm"]
        loop = asyncio.get_running_loop()
        answer = self.opened if rate else self.closed
        connections = [
            (await loop.create_connection(lambda: Connection(answer), "127.0.0.1", self.settings["port"]))[1]
            for _ in range(self.settings["connections"])
        ]
        started = time.perf_counter()
        self.ends = started + warm + seconds
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        if rate:
            self.free.extend(connections)
            await self._pace(started, rate)
        else:
            for connection in connections:
                connection.send(self.votes.next(), time.perf_counter())
            await asyncio.sleep(warm + seconds)
        seconds = self.ends - started - warm
        await asyncio.sleep(0.5)
        measured = sorted(took for at, took in self.times if started + warm <= at <= self.ends)
        return {
            "votes": len(self.times),
            "per_second": len(measured) / seconds,
            "p50_ms": 1000 * measured[len(measured) // 2],
            "p99_ms": 1000 * measured[int(len(measured) * 0.99)],
            "max_ms": 1000 * measured[-1],
            "refused": self.refused,
            "turns": self.votes.sent // len(self.votes.heads) + 1,
        }

    def stop(self) -> None:
        """End an open loop early."""
        self.ends = time.perf_counter()

    async def _pace(self, started: float, rate: int) -> None:
        sent = 0
        while (now := time.perf_counter()) < self.ends:
            while sent < (now - started) * rate:
                due = started + sent / rate
                sent += 1
                if self.free:
                    self.free.popleft().send(self.votes.next(), due)
                else:
                    self.due.append(due)
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    print(json.dumps(uvloop.run(Load(json.loads(sys.argv[1])).run())))
