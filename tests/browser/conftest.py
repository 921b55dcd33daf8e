"""A real Chromium for all browser tests, and pages to look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.looking import MILLISECONDS

ARTEFACTS = Path(__file__).resolve().parents[2] / "artefacts"
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """Return the Chromium to drive: the one named by KLAL_CHROMIUM, or the first one on the path."""
    return os.environ.get("KLAL_CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a fresh Chromium; Playwright gives it an empty profile of its own."""
    path = find_chromium()
    if path is None:
        pytest.skip(f"no Chromium here: install one of {', '.join(NAMES)}, or name it in KLAL_CHROMIUM")
    expect.set_options(timeout=MILLISECONDS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=MILLISECONDS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Return the folder for screenshots, not kept in git."""
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS
