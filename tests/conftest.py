"""What all tests share: where the six public conversations are, if they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import (  # noqa: F401 - fixtures, found by name
    database,
    postgresql,
    postgresql_database,
    postgresql_template,
    sqlite_database,
    sqlite_template,
)

CONVERSATIONS = (
    "15-per-hour-seattle",
    "american-assembly.bowling-green",
    "brexit-consensus",
    "canadian-electoral-reform",
    "scoop-hivemind.ubi",
    "vtaiwan.uberx",
)


HERE = Path(__file__).resolve().parent
BESIDE = frozenset({"browser", "deploy", "faults", "intake", "worker"})
"""Folders whose tests start servers, workers or browsers beside themselves: once more if they fail, and no other test ever."""

LONG = ("test_five_participants", "test_participant_pages", "test_watch_and_care", "test_report_page", "test_convene_from_nothing")

# the same examples each time, however long a busy machine takes for one; KLAL_EXPLORE=1 looks for new ones
settings.register_profile("same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("explore" if os.environ.get("KLAL_EXPLORE") else "same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last: Playwright leaves an event loop running in the thread of the tests, beside which no other can run.

    Of those the files that take longest come first, so that no process works on one of them when the others are done.
    """
    last = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None) * (1 + last.get(item.path.stem, len(LONG))))
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).parts[0] in BESIDE:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin a test that is run once more with a house of its own: the one it failed in may be half changed."""
    if getattr(item, "execution_count", 1) == 1:
        return
    for found in item._fixtureinfo.name2fixturedefs.values():  # type: ignore[attr-defined] # pytest has no public way
        for one in found:
            if one.scope == "module":
                one.finish(item._request)  # type: ignore[attr-defined]


def shared_folder() -> Path:
    given = os.environ.get("KLAL_SHARED")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def public_conversations() -> Path:
    folder = shared_folder() / "data" / "polis"
    if not folder.is_dir():
        pytest.skip("the six public conversations are not here; set KLAL_SHARED to the folder that has data/polis")
    return folder


@pytest.fixture(params=CONVERSATIONS)
def public_conversation(request: pytest.FixtureRequest, public_conversations: Path) -> Path:
    return public_conversations / str(request.param)
