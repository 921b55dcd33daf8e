"""The perception check as people take it: on a phone and by keyboard, in both languages, light and dark, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import House, one_process
from tests.browser.looking import PHONE, Open, browsers, check, on_both
from tests.waiting import PATIENCE

pytestmark = pytest.mark.browser

TALK = "/c/demo/"
ENOUGH = 18


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with one_process(tmp_path_factory.mktemp("guesses")) as found:
        yield found


@pytest.fixture
def enter(browser: Browser) -> Iterator[Open]:
    """Return a function that gives somebody a browser of their own."""
    with browsers(browser) as make:
        yield make


def vote_without_scripts(page: Page, address: str) -> None:
    """Vote on enough statements to be placed, by the forms alone."""
    page.goto(address)
    for turn in range(ENOUGH):
        page.locator(".choice").nth(turn % 2).click()


def until_placed(page: Page, address: str) -> None:
    """Open the perception check until the next analysis has placed somebody."""
    for _ in range(int(2 * PATIENCE)):
        page.goto(address)
        if page.locator("#share").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.locator("main").inner_text())


@pytest.mark.parametrize("language", ["en", "he"])
def test_somebody_guesses_by_keyboard_and_sees_how_it_is(language: str, house: House, enter: Open, artefacts: Path) -> None:
    plain = enter(language, PHONE, java_script_enabled=False)
    vote_without_scripts(plain.new_page(), house.url() + TALK)
    context = enter(language, PHONE)
    context.add_cookies(plain.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    until_placed(page, f"{house.url()}{TALK}guess/")
    expect(page.locator("#share")).to_have_attribute("type", "range")
    page.locator(".guess .card button").click()
    expect(page.locator("#move")).to_be_visible()
    page.locator("#share").press("ArrowUp")
    expect(page.locator("#move")).to_be_hidden()
    expect(page.locator("#share")).to_have_attribute("aria-valuetext", page.locator("#share-words").inner_text())
    page.locator("#spread").press("ArrowUp")
    check(page, f"guess {language}")
    on_both(page, artefacts, f"guess-{language}")
    page.set_viewport_size(PHONE["viewport"])
    count = 0
    while page.locator("#share").count():
        number = page.locator(".guess .progress p").inner_text()
        page.locator("#share").press("ArrowUp")
        page.locator(".guess .card button").press("Enter")
        expect(page.locator(".guess .progress p", has_text=number)).to_have_count(0)
        count += 1
    expect(page.locator(".ready li")).to_have_count(count)
    check(page, f"guess-ready {language}")
    page.locator("[name=reveal]").press("Enter")
    expect(page.locator(".answers .row")).to_have_count(count)
    check(page, f"guess-answers {language}")
    on_both(page, artefacts, f"guess-answers-{language}")
    page.goto(f"{house.url()}{TALK}map/")
    expect(page.locator(".guess-link .lede")).to_be_visible()
    check(page, f"guess-map {language}")


def test_guessing_works_without_scripts(house: House, enter: Open) -> None:
    page = enter("en", PHONE, java_script_enabled=False).new_page()
    vote_without_scripts(page, house.url() + TALK)
    until_placed(page, f"{house.url()}{TALK}guess/")
    page.locator("#share").fill("30")
    page.locator("#spread").fill("10")
    page.locator(".guess .card button").click()
    page.locator("[name=reveal]").click()
    expect(page.locator(".answers .row")).to_have_count(1)
    expect(page.locator(".answers .figure").first).to_contain_text("30%")
    check_text = page.locator(".answers .row .note").inner_text()
    assert "You guessed" in check_text
