from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from klal.intake.logs import note_request, set_up_logs
from klal.store.configuration import Configuration


@pytest.fixture(autouse=True)
def own_root() -> Iterator[None]:
    """Give the root logger back as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for one in list(root.handlers):
        root.removeHandler(one)
    for one in handlers:
        root.addHandler(one)
    root.setLevel(level)


def test_a_fault_is_one_line_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(Configuration(Path(), log="json"), process="worker")
    try:
        {}["by\nzero"]
    except KeyError:
        logging.getLogger("klal.test").exception("It %s.", "broke")
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert (found["process"], found["level"], found["logger"], found["message"]) == ("worker", "error", "klal.test", "It broke.")
    assert found["traceback"].endswith("KeyError: 'by\\nzero'")


@pytest.mark.parametrize(("level", "told"), [("", 0), ("info", 1), ("error", 0)])
def test_requests_are_told_when_asked_for(capsys: pytest.CaptureFixture[str], level: str, told: int) -> None:
    set_up_logs(Configuration(Path(), log_level=level), process="serve")
    note_request("GET", "/c/<slug>/", 200, 0.0123, "203.0.113.9")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == told
    assert all(line.endswith("INFO serve klal.requests: GET /c/<slug>/ 200 12.3 ms 203.0.113.9") for line in lines)


def test_djangos_own_lines_lose_the_address_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    from django.test import RequestFactory
    from django.urls import ResolverMatch

    set_up_logs(Configuration(Path(), log="json"), process="serve")
    request = RequestFactory().get("/c/here/come/secret/?code=secret")
    request.resolver_match = ResolverMatch(lambda: None, (), {}, route="c/<slug:slug>/come/<code>/")
    try:
        {}["key"]
    except KeyError:
        logging.getLogger("django.request").error(
            "%s: %s", "Internal Server Error", request.path, exc_info=sys.exc_info(), extra={"request": request, "status_code": 500}
        )
    logging.getLogger("django.security.DisallowedHost").error("Invalid HTTP_HOST header", extra={})
    fault, foreign = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert "secret" not in json.dumps(fault)
    assert "/c/<slug>/come/<code>/" in fault["message"]
    assert "KLAL_HOSTS" in foreign["message"]
