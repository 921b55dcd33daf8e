"""``/healthz``, ``/readyz`` and ``/metrics``: for whoever watches the server, without a word on any person or conversation.

``/metrics`` answers this machine and private networks, unless the question came through a proxy, and whoever brings the token.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from klal.intake.asgi import Headers, Scope, Send, encode, send_bytes
from klal.intake.measures import Histogram, Measures

if TYPE_CHECKING:
    from klal.services.health import Readiness

HEALTH, READY, METRICS = "/healthz", "/readyz", "/metrics"
PATHS = frozenset({HEALTH, READY, METRICS})
_FORWARDED = (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via")
_PLAIN = ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))

_HELP = {
    "analysis_lag_seconds": "For how long votes have waited for the analysis, where they wait longest",
    "conversations": "Conversations in the database",
    "conversations_to_analyse": "Conversations with votes that no map shows yet",
    "statements_to_moderate": "Statements that wait for a moderator",
    "mails_waiting": "Mails that wait to be sent",
    "mails_delayed": "Mails that wait because they could not be sent at once",
    "database_bytes": "Size of the database",
}


class Monitoring:
    """Answers those who watch.

    Parameters
    ----------
    token : str
        Opens ``/metrics`` to who brings it; empty: nobody from outside.
    measures : Measures
        What this process has counted.
    gauges : mapping of str to (str, callable)
        What is to be seen at this moment: the figure's name, what it means, and how to find it.
    """

    def __init__(self, token: str, measures: Measures, gauges: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        self._token, self._measures, self._gauges = token, measures, gauges

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Answer one request."""
        headers: Headers = dict(scope["headers"])
        if scope["method"] not in {"GET", "HEAD"}:
            await send_bytes(send, 405, b"", (*_PLAIN, (b"allow", b"GET, HEAD")))
        elif scope["path"] == HEALTH:
            await send_bytes(send, 200, b'{"status":"ok"}')
        elif scope["path"] == READY:
            found = await asyncio.to_thread(_readiness)
            await send_bytes(send, 200 if found.is_ready else 503, encode(found.as_dict()))
        elif not self._may_see(scope, headers):
            await send_bytes(send, 403, b"For this machine, private networks, or who brings KLAL_METRICS_TOKEN.\n", _PLAIN)
        else:
            await send_bytes(send, 200, await asyncio.to_thread(self._metrics), _PLAIN)

    def _may_see(self, scope: Scope, headers: Headers) -> bool:
        given = headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        if self._token and hmac.compare_digest(given, self._token.encode("utf-8")):
            return True
        return not any(name in headers for name in _FORWARDED) and _is_near((scope.get("client") or ("",))[0])

    def _metrics(self) -> bytes:
        from prometheus_client import CollectorRegistry, generate_latest  # loaded where somebody watches only

        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collector(self._families))
        return generate_latest(registry)

    def _families(self) -> Iterable[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        counts = self._measures
        yield CounterMetricFamily("klal_votes", "Votes stored by this process", value=counts.votes)
        yield CounterMetricFamily("klal_ballots", "Requests that brought votes or asked for the next statement", value=counts.ballots)
        yield CounterMetricFamily("klal_batch_failures", "Batches of votes that could not be stored at first", value=counts.failures)
        yield _histogram("klal_batch_seconds", "How long it took to store a batch of votes", counts.batches)
        yield _histogram("klal_page_seconds", "How long it took to draw a page", counts.drawing)
        pages = CounterMetricFamily("klal_requests", "Requests of pages", labels=("method", "path", "status"))
        for (method, path, status), count in sorted(counts.copied_pages().items()):
            pages.add_metric((method, path, str(status)), count)
        yield pages
        for name, (meaning, find) in self._gauges.items():
            yield GaugeMetricFamily(f"klal_{name}", meaning, value=find())
        figures = _figures()
        yield GaugeMetricFamily("klal_database_up", "Whether the database answers", value=float(bool(figures)))
        for name, value in figures.items():
            yield GaugeMetricFamily(f"klal_{name}", _HELP[name], value=value)


def _readiness() -> Readiness:
    from klal.services.health import health  # the tables can be named once the store is open

    return health.readiness()


def _figures() -> dict[str, float]:
    from klal.services.health import health

    return health.figures()


class _Collector:
    """What Prometheus's registry asks."""

    def __init__(self, collect: Callable[[], Iterable[Any]]) -> None:
        self.collect = collect


def _histogram(name: str, meaning: str, found: Histogram) -> Any:
    from prometheus_client.core import HistogramMetricFamily

    return HistogramMetricFamily(name, meaning, buckets=found.steps(), sum_value=found.seconds)


def _is_near(address: str) -> bool:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return found.is_loopback or found.is_private or found.is_link_local
