"""Accounts as convenors meet them: in by link, password and code; a colleague invited and let in; a browser signed out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.house import House
from tests.browser.looking import MILLISECONDS, axe, check_width, follow, settle
from tests.serving import RunningServer
from tests.web.convene.accounts import path_in

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
LOCALES = {"en": "en-GB", "he": "he-IL"}
ADDRESSES = {"en": "192.0.2.1", "he": "192.0.2.2"}
"""As a proxy tells them: tries are counted by address."""
NAMES = {"en": ("Dana", "Noa Levi"), "he": ("דנה", "נועה לוי")}
TOPICS = {"en": "What joins our town?", "he": "מה מחבר את העיר שלנו?"}
PASSWORD = "seven quiet benches"

Open = Callable[[], Page]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("accounts")
    with RunningServer(home, "--no-worker", environment={"KLAL_PROXIES": "127.0.0.1"}) as server:
        yield House(home, "", (server,))


@pytest.fixture(params=[("he", PHONE), ("en", DESK)], ids=["he-phone", "en-desk"])
def place(request: pytest.FixtureRequest, browser: Browser, house: House) -> Iterator[tuple[str, Open]]:
    """Return a language, and a function that gives somebody a browser of their own in it."""
    language, size = request.param
    given: list[BrowserContext] = []

    def make() -> Page:
        scheme = "dark" if (language == "he") == (len(given) % 2 == 0) else "light"  # both for each page: in the other language
        shown = {"locale": LOCALES[language], "color_scheme": scheme, "reduced_motion": "reduce", **size}
        context = browser.new_context(base_url=house.url(), extra_http_headers={"X-Forwarded-For": ADDRESSES[language]}, **shown)
        context.set_default_timeout(MILLISECONDS)
        given.append(context)
        return context.new_page()

    yield language, make
    for context in given:
        context.close()


def check(page: Page, folder: Path, name: str) -> None:
    """Keep a picture, and hold a page to axe and to its width on the narrowest screen."""
    settle(page)
    page.screenshot(path=folder / f"accounts-{name}.png", full_page=True)
    found = axe(page)
    assert found.violations_count == 0, f"{name}\n{found.generate_report()}"
    check_width(page, name)


def press(page: Page, value: str) -> None:
    follow(page.locator(f"button[value='{value}']").first)


def sign_in(page: Page, name: str) -> None:
    page.goto("/convene/sign-in/")
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    follow(page.locator("main form .act").first)


def test_from_the_first_link_to_a_colleague_at_work(house: House, place: tuple[str, Open], artefacts: Path) -> None:
    language, make = place
    name, colleague = NAMES[language]

    def look(page: Page, what: str) -> None:
        check(page, artefacts, f"{what}-{language}")

    link = path_in(house.klal("account", "add", name, "--email", f"dana-{language}@example.org", "--link"))
    house.klal("open", TOPICS[language], "--slug", f"town-{language}", "--owner", name)
    people = f"/convene/c/town-{language}/people/"
    page = make()
    page.goto(people)
    expect(page).to_have_url(f"{house.url()}/convene/sign-in/?next={people}")
    look(page, "sign-in")
    page.locator("#email").fill("nobody@example.org")
    follow(page.locator("main form .act").last)
    look(page, "link-mailed")
    page.goto(link)
    look(page, "link")
    follow(page.locator("main form .act"))

    page.goto("/convene/account/")
    page.locator("#new").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.locator("#again").press("Enter")
    expect(page.locator(".good")).to_be_visible()
    page.locator("#token-name").fill("our website")
    page.locator("#token-name").press("Enter")
    expect(page.locator("#token")).to_contain_text("klal_")
    look(page, "token")

    page.goto("/convene/account/second-step/")
    press(page, "begin")
    look(page, "second-step")
    phone = TOTP(base32(page.locator("#secret-key").inner_text()))
    phone.time = time.time()
    page.locator("#code").fill(f"{phone.token():06d}")
    press(page, "confirm")
    expect(page.locator(".codes li")).to_have_count(10)
    written = page.locator(".codes li").first.inner_text()
    look(page, "codes")
    page.goto("/convene/account/")
    look(page, "account")

    other = make()
    sign_in(other, name)
    expect(other.locator("#code")).to_be_focused()
    look(other, "code")
    phone.time = time.time() + 30  # the code of this half minute was used up
    other.locator("#code").fill(f"{phone.token():06d}")
    other.locator("#code").press("Enter")
    other.wait_for_url(f"{house.url()}/convene/")
    page.reload()
    follow(page.locator("button[name='one']").first)
    expect(page.locator(".good")).to_be_visible()
    other.goto(people)
    expect(other.locator("#password")).to_be_visible()
    sign_in(other, name)
    other.locator("#code").fill(written)
    other.locator("#code").press("Enter")
    other.wait_for_url(f"{house.url()}/convene/")

    page.goto(people)
    page.locator("#email").fill("noa@example.org")
    press(page, "invite")
    invitation = page.locator("#link").input_value()
    look(page, "invited")

    guest = make()
    guest.goto(invitation)
    look(guest, "invitation")
    guest.locator("#name").fill(colleague)
    guest.locator("#password").fill(PASSWORD)
    guest.locator("#again").fill(PASSWORD)
    guest.locator("#again").press("Enter")
    guest.wait_for_url(f"{house.url()}/convene/c/town-{language}/")
    assert guest.goto(people).status == 403  # type: ignore[union-attr]

    page.goto(people)
    expect(page.locator(".people > li")).to_have_count(2)
    page.locator(".people summary").last.click()
    look(page, "people")
    page.locator(".set-role select").last.select_option("owner")
    follow(page.locator("button[value='role']").last)
    expect(page.locator(".good")).to_be_visible()
    assert guest.goto(people).status == 200  # type: ignore[union-attr]
    page.goto(f"/convene/c/town-{language}/log/")
    expect(page.locator(".deeds > li")).to_have_count(3)
    look(page, "log")
    page.goto("/convene/account/delete/")
    look(page, "delete")


def base32(secret: str) -> bytes:
    import base64

    plain = secret.replace(" ", "")
    return base64.b32decode(plain + "=" * (-len(plain) % 8))
