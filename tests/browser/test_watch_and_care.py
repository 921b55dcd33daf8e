"""Watching and caring as a convenor does it: live while somebody votes, pause, close, take the data, open, name, write; and leaving."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import House, one_process
from tests.browser.looking import DESK, PHONE, Open, browsers, check, follow, picture
from tests.browser.test_participant_pages import all_sent, answer
from tests.waiting import comes_to

pytestmark = pytest.mark.browser

TALK, AT_DESK = "/c/demo/", "/convene/c/demo/"
PAGES = {"watch": "", "settings": "settings/", "names": "settings/names/", "delete": "settings/delete/", "data": "data/", "letter": "news/"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with one_process(tmp_path_factory.mktemp("care")) as found:
        yield found


@pytest.fixture
def enter(browser: Browser) -> Iterator[Open]:
    """Return a function that gives somebody a browser of their own."""
    with browsers(browser) as make:
        yield make


def sign_in(house: House, page: Page) -> None:
    said = next(line for line in house.servers[0].output if "/convene/" in line)
    name, password = re.search(r"name (\S+), password (\S+)\)", said).groups()  # type: ignore[union-attr]
    page.goto(f"{house.url()}/convene/")
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    follow(page.locator("main form .act").first)
    expect(page.locator(".talk").first).to_be_visible()


def figure(page: Page, place: int) -> int:
    return int(page.locator(".numbers dd").nth(place).inner_text().replace(",", ""))


def set_phase(page: Page, house: House, phase: str) -> None:
    page.goto(f"{house.url()}{AT_DESK}settings/")
    follow(page.locator(f'button[name="phase"][value="{phase}"]'))
    expect(page.locator(".good")).to_be_visible()


@pytest.mark.parametrize(("language", "size"), [("en", DESK), ("he", PHONE)])
def test_axe_finds_nothing_on_the_pages_of_care(house: House, enter: Open, artefacts: Path, language: str, size: dict[str, Any]) -> None:
    page = enter(language, size).new_page()
    sign_in(house, page)
    for name, address in PAGES.items():
        page.goto(house.url() + AT_DESK + address)
        check(page, name)
        picture(page, artefacts, f"care-{name}-{language}")
    for name, address in {"leave": "leave/", "news": "news/"}.items():
        page.goto(house.url() + TALK + address)
        check(page, name)
    page.goto(house.url() + TALK)
    answer(page, 1)
    all_sent(page)
    page.goto(f"{house.url()}{TALK}leave/")
    check(page, "leave-ask")
    picture(page, artefacts, f"care-leave-{language}")
    follow(page.locator("main form .act"))
    check(page, "leave-sure")


def test_a_convenor_watches_pauses_closes_takes_the_data_and_opens_again(house: House, enter: Open, tmp_path: Path) -> None:
    watching, voting = enter().new_page(), enter("he", PHONE).new_page()
    said: list[str] = []
    watching.on("console", lambda message: said.append(message.text))
    watching.on("pageerror", lambda error: said.append(str(error)))
    sign_in(house, watching)
    watching.goto(house.url() + AT_DESK)
    people, votes, today = (figure(watching, place) for place in (0, 1, 3))

    voting.goto(house.url() + TALK)
    answer(voting, 7)
    all_sent(voting)
    comes_to((people + 1, True, today + 7), lambda: (figure(watching, 0), figure(watching, 1) >= votes + 7, figure(watching, 3)))
    assert said == []

    set_phase(watching, house, "paused")
    voting.goto(house.url() + TALK)
    expect(voting.locator("#closing")).to_contain_text("השהו")
    expect(voting.locator("#card")).to_have_count(0)
    set_phase(watching, house, "closed")
    watching.goto(f"{house.url()}{AT_DESK}data/")
    with watching.expect_download() as taken:
        watching.locator('form[action$="data/polis/"] button').click()
    taken.value.save_as(tmp_path / "demo.zip")
    with zipfile.ZipFile(tmp_path / "demo.zip") as archive:
        assert "votes.csv" in archive.namelist()
    set_phase(watching, house, "open")
    voting.reload()
    expect(voting.locator("#card")).to_be_visible()


def test_names_that_convenors_give_are_read_on_the_map(house: House, enter: Open, artefacts: Path) -> None:
    page, phone = enter().new_page(), enter("he", PHONE).new_page()
    sign_in(house, page)
    page.goto(f"{house.url()}{AT_DESK}settings/names/")
    page.locator('[name="group_0_en"]').fill("The ones who stay")
    page.locator('[name="group_0_he"]').fill("הנשארים")
    page.locator('[name="x_low_he"]').fill("בית")
    page.locator('[name="x_high_he"]').fill("דרך")
    follow(page.locator("main form .act").last)
    expect(page.locator(".good")).to_be_visible()
    phone.goto(f"{house.url()}{TALK}map/")
    expect(phone.locator("#legend")).to_contain_text("הנשארים")
    expect(phone.locator(".ends")).to_contain_text("בית")
    check(phone, "named map")
    picture(phone, artefacts, "care-named-map-he")


def test_two_owners_at_once_lose_nothing(house: House, enter: Open, artefacts: Path) -> None:
    context = enter()
    first, second = context.new_page(), context.new_page()
    sign_in(house, first)
    for page, text in ((first, "A first sentence about it."), (second, "A second sentence about it.")):
        page.goto(f"{house.url()}{AT_DESK}settings/")
        page.locator("#description_en").fill(text)
    follow(first.locator(".settings > .acts .act"))
    expect(first.locator(".good")).to_be_visible()
    follow(second.locator(".settings > .acts .act"))
    expect(second.locator("#refused")).to_be_visible()
    expect(second.locator("#description_en")).to_have_value("A second sentence about it.")
    expect(second.locator(".sheet")).to_contain_text("A first sentence about it.")
    check(second, "clash")
    picture(second, artefacts, "care-clash-en")
    follow(second.locator(".settings > .acts .act"))
    expect(second.locator(".good")).to_be_visible()


def test_who_leaves_is_gone(house: House, enter: Open, artefacts: Path) -> None:
    page = enter("he", PHONE).new_page()
    page.goto(house.url() + TALK)
    answer(page, 3)
    all_sent(page)
    assert len(house.votes_of(page.context.cookies())) == 3
    key = next(one["value"] for one in page.context.cookies() if one["name"] == "klal-participant").split(".")[0]
    page.goto(f"{house.url()}{TALK}mine/")
    with page.expect_download() as taken:
        page.locator('a[href$="data.json"]').click()
    assert "choice" in Path(taken.value.path()).read_text(encoding="utf-8")
    follow(page.locator('a[href$="leave/"]'))
    follow(page.locator("main form .act"))
    follow(page.locator("main form .act"))
    expect(page.locator(".good")).to_be_visible()
    check(page, "left")
    picture(page, artefacts, "care-left-he")
    assert house.rows("SELECT count(*) FROM store_participant WHERE key = ?", key)[0][0] == 0
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('klal/demo/')).length") == 0
