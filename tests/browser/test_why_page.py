"""Why somebody stands where they do, as they meet it on the map: both languages, on a phone, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import House, one_process
from tests.browser.looking import PHONE, Open, browsers, check, on_both
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

TALK = "/c/demo/"
TITLE = {"en": "What puts you there", "he": "מה מביא אותך לשם"}
CHANGE = {"en": "What would change it", "he": "מה היה משנה זאת"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with one_process(tmp_path_factory.mktemp("why")) as found:
        yield found


@pytest.fixture
def enter(browser: Browser) -> Iterator[Open]:
    """Return a function that gives somebody a browser of their own."""
    with browsers(browser) as make:
        yield make


def answer(page: Page, count: int) -> None:
    """Vote on so many statements, each once the next one is there."""
    for turn in range(count):
        before = page.locator("#statement").inner_text()
        page.locator(".choice").nth(turn % 2).click()
        page.wait_for_function(
            "(text) => document.querySelector('#statement').innerText !== text || !document.querySelector('#finish').hidden", arg=before
        )


@pytest.mark.parametrize("language", ["en", "he"])
def test_the_reader_finds_why_they_stand_where_they_do(house: House, enter: Open, artefacts: Path, language: str) -> None:
    page = enter(language, PHONE).new_page()
    page.goto(f"{house.url()}{TALK}")
    answer(page, 12)
    me = page.locator("#me")

    def told() -> bool:
        page.goto(f"{house.url()}{TALK}map/")
        return TITLE[language] in me.inner_text()

    wait_until(told, every=1)  # the map is drawn with the new votes
    expect(me.locator("ol.reasons li").first).to_be_visible()
    expect(me).to_contain_text(re.compile("Nobody else sees this|איש מלבדך אינו רואה זאת"))
    summary = me.locator("summary", has_text=CHANGE[language])
    summary.focus()
    page.keyboard.press("Enter")
    expect(summary.locator("xpath=..")).to_have_attribute("open", "")
    check(page, f"why {language}")
    on_both(page, artefacts, f"why-{language}")
