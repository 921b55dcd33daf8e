"""What all tests share: where the six public conversations are, if they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last: Playwright leaves an event loop running in the thread of the tests, beside which no other can run."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


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
