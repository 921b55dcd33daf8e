"""Look at pages as people do: on a phone and at a desk, in both languages, light and dark, and as narrow as a screen can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
LOCALES = {"en": "en-GB", "he": "he-IL"}
SCHEMES = ("light", "dark")

Open = Callable[..., BrowserContext]


@contextmanager
def browsers(browser: Browser) -> Iterator[Open]:
    """Return a function that gives somebody a browser of their own; all are closed in the end."""
    given: list[BrowserContext] = []

    def make(language: str = "en", size: dict[str, Any] = DESK, **options: Any) -> BrowserContext:
        context = browser.new_context(locale=LOCALES[language], **{"reduced_motion": "reduce", **size, **options})
        context.set_default_timeout(30_000)
        given.append(context)
        return context

    try:
        yield make
    finally:
        for context in given:
            context.close()


def check(page: Page, name: str) -> None:
    """Hold a page to axe in light and dark, and to its width on the narrowest screen: a 1280 pixel page at 400 %."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name} {scheme}\n{found.generate_report()}"
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320, name
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")


def picture(page: Page, folder: Path, name: str, *, whole: bool = True) -> None:
    """Keep a page as it is, in light and dark."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=folder / f"{name}-{scheme}.png", full_page=whole)
    page.emulate_media(color_scheme="light")


def on_both(page: Page, folder: Path, name: str, *, whole: bool = True) -> None:
    """Keep a page as a phone and as a desk show it."""
    for device, size in (("phone", PHONE), ("desk", DESK)):
        page.set_viewport_size(size["viewport"])  # type: ignore[arg-type]
        picture(page, folder, f"{name}-{device}", whole=whole)
