"""What a host sees of a running server: health, figures and lines of the log, and nobody's name in any of them."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from klal.intake.measures import BOUNDS, Histogram, MeasuredStore, Measures
from klal.intake.monitoring import Monitoring
from klal.store.configuration import Configuration
from tests.intake.asgi import ask, http_scope
from tests.intake.conversations import cookie_of, make_conversation, vote
from tests.postgresql import PostgresServer
from tests.serving import RunningServer
from tests.waiting import wait_until


def value(metrics: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", metrics, re.MULTILINE)
    assert found, (name, metrics)
    return float(found[1])


def test_figures_and_lines_name_nobody(database: Configuration) -> None:
    """One server is asked for everything, with a proxy's header, a query and cookies on the way."""
    from klal.store.models import Conversation

    _, statements = make_conversation()
    settings = {"KLAL_LOG": "json", "KLAL_LOG_LEVEL": "info", "KLAL_METRICS_TOKEN": "watchword"}
    with RunningServer(database.home, "--no-worker", database_url=database.database_url, environment=settings) as server:
        me = cookie_of()
        assert server.vote("here", me, [vote(statements[0])])[0] == 200
        assert server.get("/c/here/?from=secret", {"cookie": f"klal-participant={me}"})[0] == 200
        assert server.get("/c/nowhere/")[0] == 404
        assert server.get("/", {"host": "evil.example"})[0] == 400
        assert server.request("QUERY", "/")[0] == 403
        assert server.get("/healthz")[2] == b'{"status":"ok"}'
        status, _, ready = server.get("/readyz")
        assert (status, json.loads(ready)["status"], json.loads(ready)["migrated"]) == (200, "ok", True)
        status, headers, body = server.get("/metrics")
        assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert server.get("/metrics", {"x-forwarded-for": "127.0.0.1"})[0] == 403
        assert server.get("/metrics", {"x-forwarded-for": "203.0.113.9", "authorization": "Bearer watchword"})[0] == 200
        assert server.get("/metrics", {"via": "1.1 proxy", "authorization": "Bearer wrong"})[0] == 403
        assert server.request("POST", "/metrics")[0] == 405
        lines = [json.loads(line) for line in server.errors.splitlines()]
    text = body.decode()
    assert value(text, "klal_votes_total") == 1
    assert value(text, "klal_conversations") == Conversation.objects.count()
    assert value(text, "klal_conversations_to_analyse") == 1
    assert value(text, "klal_database_bytes") > 10_000
    assert value(text, 'klal_batch_seconds_bucket{le="+Inf"}') >= 1
    assert value(text, 'klal_requests_total{method="GET",path="/c/<slug>/",status="200"}') == 1
    assert value(text, 'klal_requests_total{method="other",path="/",status="403"}') == 1
    requests = {(one["method"], one["path"], one["status"]) for one in lines if one["logger"] == "klal.requests"}
    assert {("POST", "/c/<slug>/votes", 200), ("GET", "/c/<slug>/", 200), ("GET", "/c/<slug>/", 404), ("GET", "/metrics", 403)} <= requests
    refused = [one for one in lines if one["logger"].startswith("django")]
    assert sum("evil.example" in one["message"] for one in refused) == 1
    assert not any("traceback" in one for one in refused)
    for everything in (text, json.dumps([{**one, "pid": 0} for one in lines])):
        for secret in ("secret", me, "127.0.0.1", "203.0.113", "nowhere", '"here"', "/here"):
            assert secret not in everything, secret


def test_addresses_are_logged_for_who_asks(tmp_path: Path) -> None:
    settings = {"KLAL_LOG_LEVEL": "info", "KLAL_LOG_ADDRESSES": "yes"}
    with RunningServer(tmp_path, "--no-worker", environment=settings) as server:
        server.get("/")
        server.get("/healthz")
        server.get("/c/nowhere/events")
        lines = server.errors.splitlines()
    for path in ("/", "/healthz", "/c/<slug>/events"):
        assert any(re.search(rf"serve klal.requests: GET {re.escape(path)} \d+ [\d.]+ ms 127\.0\.0\.1$", line) for line in lines), path


def test_readiness_follows_the_database(postgresql_database: Configuration, postgresql: PostgresServer) -> None:
    """Alive all the time; ready while the database is."""
    url = postgresql_database.database_url
    with RunningServer(postgresql_database.home, "--no-worker", "--no-chores", database_url=url) as server:
        assert server.get("/readyz")[0] == 200
        postgresql.stop()
        try:
            wait_until(lambda: server.get("/readyz")[0] == 503)
            assert json.loads(server.get("/readyz")[2])["status"] == "unavailable"
            assert server.get("/healthz")[0] == 200
            assert value(server.get("/metrics")[2].decode(), "klal_database_up") == 0
        finally:
            postgresql.start()
        wait_until(lambda: server.get("/readyz")[0] == 200)


@pytest.mark.parametrize(
    ("client", "status"), [(("10.0.0.7", 1), 200), (("8.8.8.8", 1), 403), (("fe80::1%eth0", 1), 200), (None, 403), (("name", 1), 403)]
)
def test_figures_are_for_near_networks(database: Configuration, client: Any, status: int) -> None:
    found = Monitoring("", Measures(), {"listeners": ("Listeners", lambda: 3)})

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await found({**scope, "client": client}, send)

    answered = asyncio.run(ask(application, http_scope("GET", "/metrics")))
    assert answered.status == status
    assert (b"klal_listeners 3.0" in answered.body) == (status == 200)


def test_steps_of_a_histogram_add_up() -> None:
    found = Histogram()
    for seconds in (0.0005, 0.001, 0.02, 100.0):
        found.note(seconds)
    steps = dict(found.steps())
    assert (steps["0.001"], steps["0.01"], steps["0.025"], steps[str(BOUNDS[-1])], steps["+Inf"]) == (2, 2, 3, 3, 4)


def test_a_batch_that_fails_is_counted_and_not_hidden() -> None:
    class Broken:
        closed = False

        def store(self, ballots: Any) -> Any:
            raise ZeroDivisionError

        def close(self) -> None:
            self.closed = True

    counts, store = Measures(), Broken()
    measured = MeasuredStore(store, counts)
    with pytest.raises(ZeroDivisionError):
        measured.store([])
    measured.close()
    assert (counts.failures, counts.ballots, store.closed) == (1, 0, True)
