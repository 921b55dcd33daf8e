"""The log: one line for everything that happened, plain for reading or as JSON for a program, the same for all processes.

No line names a person: no cookie, no query, no token, and an address only if the host has asked for it. Addresses of pages appear with
placeholders, as ``/c/<slug>/map/``.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from klal.store.configuration import Configuration

_EXTRA = ("method", "path", "status", "milliseconds", "address")
_NEEDLESS = ("uvicorn.error", "uvicorn.asgi", "asyncio", "django.template", "django.db.backends", "django.utils.autoreload")
requests = logging.getLogger("klal.requests")
"""One line a request, at level ``info``."""


def set_up_logs(configuration: Configuration, *, process: str, level: str = "warning") -> None:
    """Send what this process has to tell to standard error.

    Parameters
    ----------
    configuration : Configuration
        Says in which form, and how much.
    process : str
        What it is, such as ``serve``.
    level : str
        What to tell if the configuration does not say.
    """
    number = logging.getLevelNamesMapping()[(configuration.log_level or level).upper()]
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines(process) if configuration.log == "json" else PlainLines(process))
    handler.addFilter(_without_what_is_asked_for)
    logging.basicConfig(level=number, handlers=[handler], force=True)
    for name in _NEEDLESS:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    logging.getLogger("django.request").setLevel(logging.ERROR)  # a page that is not there is no fault of the server


def note_request(method: str, path: str, status: int, seconds: float, address: str = "") -> None:
    """Write the line of a request.

    Parameters
    ----------
    method, path : str
        The path with placeholders.
    status : int
        0 if the other side left before it was answered.
    seconds : float
        That it took.
    address : str
        Where it came from, if the host wants to know.
    """
    facts = {"method": method, "path": path, "status": status, "milliseconds": round(1000 * seconds, 1)}
    requests.info("%s %s %d %.1f ms%s", *facts.values(), f" {address}" if address else "", extra={**facts, "address": address})


class PlainLines(logging.Formatter):
    """For reading.

    Parameters
    ----------
    process : str
        Named in every line.
    """

    def __init__(self, process: str) -> None:
        super().__init__(f"%(asctime)s %(levelname)s {process} %(name)s: %(message)s")


class JsonLines(logging.Formatter):
    """For programs: one object a line, a traceback as one text in it.

    Parameters
    ----------
    process : str
        Named in every line.
    """

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        found: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "pid": record.process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        found |= {name: record.__dict__[name] for name in _EXTRA if record.__dict__.get(name) not in {None, ""}}
        if record.exc_info:
            found["traceback"] = self.formatException(record.exc_info)
        return json.dumps(found, ensure_ascii=False, default=str)


def shape_of(route: str) -> str:
    """Return a route of Django's as it is told: names of placeholders only.

    Examples
    --------
    >>> shape_of("c/<slug:slug>/map/")
    '/c/<slug>/map/'
    """
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", route)


def route_of(request: Any) -> str:
    """Return the address of a Django request with placeholders, without what it says of a person or a conversation."""
    found = getattr(request, "resolver_match", None)
    if found is not None:
        return shape_of(found.route)
    return "/static/…" if request.path.startswith("/static/") else "(none)"


def _without_what_is_asked_for(record: logging.LogRecord) -> bool:
    """Take from Django's own lines the address that was asked for, and the traceback of what is no fault."""
    if record.name == "django.security.DisallowedHost":
        record.msg, record.args = "A request under a foreign name was refused: %.80r is none of KLAL_HOSTS.", (_host_in(record),)
        record.exc_info = None
    elif (asked := getattr(record, "request", None)) is not None and record.name.startswith("django."):
        record.msg, record.args = "%s: %s %s", (str(record.msg).partition(":")[0], asked.method, route_of(asked))
    return True


def _host_in(record: logging.LogRecord) -> str:
    asked = getattr(record, "request", None)
    return "" if asked is None else str(asked.META.get("HTTP_HOST", ""))
