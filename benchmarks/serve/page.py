"""What a participant's first page costs: server time, bytes on the wire, seconds on a slow line; and what an idle server costs."""

from __future__ import annotations

import http.client
import re
import statistics
import time
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import sync_playwright

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.serve._house import family, home, megabytes
from tests.browser.conftest import FLAGS, find_chromium
from tests.serving import RunningServer

VIEWS = 300
QUIET_SECONDS = 90
SLOW_VISITS, SLOW_LATENCY, SLOW_BITS = 5, 400, 400_000
_TIMES = """() => ({
    painted: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    loaded: performance.getEntriesByType('navigation')[0].loadEventEnd,
})"""
_FILES = re.compile(rb'<(?:link[^>]+rel="(?:stylesheet|icon|modulepreload|preload)"[^>]*|script[^>]+|img[^>]+)>')
_ADDRESS = re.compile(rb'(?:href|src)="([^"]+)"')
HEADERS = {"Accept-Encoding": "gzip", "Accept-Language": "he-IL,he;q=0.9,en;q=0.7", "Accept": "text/html"}


def run(options: Options) -> None:
    with home() as folder, RunningServer(folder, command="demo") as server:
        views = _views(server, 30 if options.quick else VIEWS)
        wire = _wire(server, "/c/demo/")
        slow = _slow_line(server, 1 if options.quick else SLOW_VISITS)
        time.sleep(5 if options.quick else QUIET_SECONDS)
        memory = {str(pid): megabytes(pid) for pid in family(server.process.pid)}
    foreign = [address for address in wire if urlsplit(address).netloc not in {"", urlsplit(server.url).netloc}]
    rows = [
        ["participant page, first view, middle of " + str(len(views)), f"{1000 * views[len(views) // 2]:.1f} ms"],
        ["the slowest 1 %", f"{1000 * views[int(0.99 * len(views))]:.1f} ms"],
        ["bytes before the first vote, headers included", f"{sum(wire.values()) / 1000:.1f} kB in {len(wire)} requests"],
        ["requests to anybody else", str(len(foreign))],
        ["over slow 3G (400 ms, 400 kbit/s) in Chromium: painted, one can vote", f"{slow['painted']:.1f} s"],
        ["… and scripts at work as well", f"{slow['loaded']:.1f} s"],
        [f"the whole server, quiet for {QUIET_SECONDS} s", f"{sum(memory.values()):.0f} MB in {len(memory)} process(es)"],
    ]
    text = (
        "## The participant's page, and an idle server\n\nThe demonstration, served by `klal demo`; views one after the other on one "
        "connection, without a cookie. `python -m benchmarks --out docs/_tables --only serve`\n\n" + table(["", ""], rows)
    )
    publish(options, "serve-page", text, {"views": views, "wire": wire, "memory": memory, "slow": slow})


def _views(server: RunningServer, count: int) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    taken = []
    for _ in range(count + 10):
        began = time.perf_counter()
        connection.request("GET", "/c/demo/", headers=HEADERS)
        answer = connection.getresponse()
        answer.read()
        taken.append(time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(answer.status)
    connection.close()
    return sorted(taken[10:])


def _wire(server: RunningServer, path: str) -> dict[str, int]:
    """Return the bytes of a page and of every file it names, as a browser would load them."""
    size, body = _fetch(server, path)
    wire = {path: size}
    for tag in _FILES.findall(body):
        for address in _ADDRESS.findall(tag):
            full = urljoin(path, address.decode())
            if not full.startswith("data:") and full not in wire:
                wire[full] = _fetch(server, full)[0] if full.startswith("/") else 0
    return wire


def _slow_line(server: RunningServer, visits: int) -> dict[str, float]:
    """Return the seconds until the page is painted and until all is loaded: the middle of first visits by browsers that know nothing."""
    taken: list[dict[str, float]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for _ in range(visits):
            context = browser.new_context(viewport={"width": 390, "height": 844})
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            speed = SLOW_BITS / 8
            line = {"offline": False, "latency": SLOW_LATENCY, "downloadThroughput": speed, "uploadThroughput": speed}
            session.send("Network.emulateNetworkConditions", line)
            page.goto(f"{server.url}/c/demo/", wait_until="load", timeout=60_000)
            page.locator(".choice").first.wait_for(state="visible")
            page.wait_for_timeout(200)
            taken.append(page.evaluate(_TIMES))
            context.close()
        browser.close()
    return {name: statistics.median(one[name] for one in taken) / 1000 for name in taken[0]}


def _fetch(server: RunningServer, path: str) -> tuple[int, Any]:
    import gzip

    status, headers, body = server.get(path, HEADERS)
    if status != 200:
        raise RuntimeError((status, path))
    head = sum(len(name) + len(value) + 4 for name, value in headers.items()) + 19
    return head + len(body), gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
