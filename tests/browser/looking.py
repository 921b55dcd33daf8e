"""Look at pages as people do: on a phone and at a desk, in both languages, light and dark, and as narrow as a screen can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page

from tests.waiting import PATIENCE

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
LOCALES = {"en": "en-GB", "he": "he-IL"}
SCHEMES = ("light", "dark")

MILLISECONDS = 1000 * PATIENCE
"""As Playwright counts: how long anything may take."""
_TRIES = 5

Open = Callable[..., BrowserContext]


@contextmanager
def browsers(browser: Browser) -> Iterator[Open]:
    """Return a function that gives somebody a browser of their own; all are closed in the end."""
    given: list[BrowserContext] = []

    def make(language: str = "en", size: dict[str, Any] = DESK, **options: Any) -> BrowserContext:
        context = browser.new_context(locale=LOCALES[language], **{"reduced_motion": "reduce", **size, **options})
        context.set_default_timeout(MILLISECONDS)
        given.append(context)
        return context

    try:
        yield make
    finally:
        for context in given:
            context.close()


def follow(pressed: Locator) -> None:
    """Press what leads to another page, and wait until that page is there."""
    with pressed.page.expect_navigation(wait_until="load"):
        pressed.click()


def settle(page: Page) -> None:
    """Wait until a page is whole: read to its end, drawn, and not on its way to another."""
    page.wait_for_load_state("load")
    page.wait_for_function("() => document.body && document.readyState === 'complete'")


def axe(page: Page) -> AxeResults:
    """Return what axe finds; a page that turned into another meanwhile is looked at again."""
    for turn in range(_TRIES):
        settle(page)
        try:
            return Axe().run(page)
        except Error as error:
            if turn == _TRIES - 1 or not _was_left(error):
                raise
    raise AssertionError("the last try returns or raises")


def _was_left(error: Error) -> bool:
    """Say whether a page was looked at while it went away, or before it was there."""
    signs = ("navigat", "Execution context was destroyed", "documentElement", "axe is not defined", "Cannot find context")
    return any(sign in error.message for sign in signs)


def check(page: Page, name: str) -> None:
    """Hold a page to axe in light and dark, and to its width on the narrowest screen: a 1280 pixel page at 400 %."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = axe(page)
        assert found.violations_count == 0, f"{name} {scheme}\n{found.generate_report()}"
    check_width(page, name)
    page.emulate_media(color_scheme="light")


def check_width(page: Page, name: str) -> None:
    """Hold a page to its width on the narrowest screen."""
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320, name
    page.set_viewport_size(size)  # type: ignore[arg-type]


def picture(page: Page, folder: Path, name: str, *, whole: bool = True) -> None:
    """Keep a page as it is, in light and dark."""
    settle(page)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=folder / f"{name}-{scheme}.png", full_page=whole)
    page.emulate_media(color_scheme="light")


def on_both(page: Page, folder: Path, name: str, *, whole: bool = True) -> None:
    """Keep a page as a phone and as a desk show it."""
    for device, size in (("phone", PHONE), ("desk", DESK)):
        page.set_viewport_size(size["viewport"])  # type: ignore[arg-type]
        picture(page, folder, f"{name}-{device}", whole=whole)
