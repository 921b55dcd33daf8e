"""Listen on many connections and report when each update came: listen.py PORT SLUG LISTENERS SECONDS.

Prints ``connected`` and the seconds it took, listens for so long, then prints for each update (by its revision) the monotonic times at
which the first, the 99th hundredth and the last listener had it.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sys
import time

import uvloop

PORT, SLUG, LISTENERS, SECONDS = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
REQUEST = (
    f"GET /c/{SLUG}/events HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nAccept: text/event-stream\r\nAccept-Language: he-IL,he;q=0.9,en;q=0.7\r\n"
    "User-Agent: Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
    f"Referer: http://127.0.0.1:{PORT}/c/{SLUG}/\r\nCookie: klal-participant=AAAAAAAAAAAAAAAAAAAAAA.0.BBBBBBBBBBBBBBBBBBBBBB\r\n\r\n"
).encode()
REVISION = re.compile(rb'"revision":(\d+)')
arrivals: dict[int, list[float]] = {}


class Listener(asyncio.Protocol):
    def __init__(self, heard: asyncio.Semaphore) -> None:
        self.heard, self.first = heard, True

    def connection_made(self, transport) -> None:
        transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        for revision in REVISION.findall(data):
            arrivals.setdefault(int(revision), []).append(now)
            if self.first:
                self.first = False
                self.heard.release()


async def main() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    loop, heard = asyncio.get_running_loop(), asyncio.Semaphore(0)
    started, transports = time.monotonic(), []
    for _ in range(LISTENERS // 100):
        made = await asyncio.gather(*(loop.create_connection(lambda: Listener(heard), "127.0.0.1", PORT) for _ in range(100)))
        transports += [transport for transport, _ in made]
    for _ in range(LISTENERS):
        await heard.acquire()
    print(json.dumps({"connected": time.monotonic() - started}), flush=True)
    await asyncio.sleep(SECONDS)
    found = {}
    for revision, times in arrivals.items():
        times.sort()
        found[revision] = {
            "count": len(times),
            "first": times[0],
            "p99": times[int(0.99 * LISTENERS) - 1 if len(times) >= LISTENERS else -1],
            "last": times[-1],
        }
    print(json.dumps(found), flush=True)


uvloop.run(main())
