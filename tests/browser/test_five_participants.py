"""Five people take part in the demonstration, each in their own way, in a real browser, on both kinds of house."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

import klal
from klal.domain.identity import new_identity, to_cookie
from klal.domain.language import Language, get
from tests.browser.house import House, one_process, two_and_two
from tests.browser.looking import MILLISECONDS
from tests.postgresql import PostgresServer
from tests.serving import SECRET
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.browser

EN, HE = get("en"), get("he")
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1280, "height": 800}}

Open = Callable[..., BrowserContext]
Shoot = Callable[[Page, str], None]


@pytest.fixture(scope="module", params=["one-process", "two-web-two-worker"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("house")
    if request.param == "one-process":
        with one_process(home) as found:
            yield found
    else:
        postgresql: PostgresServer = request.getfixturevalue("postgresql")
        with two_and_two(home, postgresql, "klal_five") as found:
            yield found


@pytest.fixture
def open_browser(browser: Browser) -> Iterator[Open]:
    """Return a function that gives somebody a browser of their own."""
    opened: list[BrowserContext] = []

    def give(**options: object) -> BrowserContext:
        context = browser.new_context(**{"locale": "en-GB", **options})  # type: ignore[arg-type]
        context.set_default_timeout(MILLISECONDS)
        opened.append(context)
        return context

    yield give
    for one in opened:
        one.close()


@pytest.fixture
def shoot(artefacts: Path, house: House) -> Shoot:
    kind = "postgresql" if house.database_url else "sqlite"

    def shot(page: Page, name: str) -> None:
        page.screenshot(path=artefacts / f"five-{kind}-{name}.png", full_page=True)

    return shot


def button(page: Page, key: str, tongue: Language = EN) -> object:
    return page.locator("#card").get_by_role("button", name=re.compile(re.escape(tongue.text(f"pages.vote.{key}"))))


def vote(page: Page, key: str, tongue: Language = EN) -> str:
    """Answer the statement on the card, wait for the next one, and return what was answered."""
    said = page.locator("#statement")
    text = said.inner_text()
    button(page, key, tongue).click()  # type: ignore[attr-defined]
    expect(said).not_to_have_text(text)
    return text


def all_saved(page: Page) -> None:
    """Wait until the browser has nothing left to send."""
    page.wait_for_function("() => Object.keys(localStorage).every((key) => !/queue/.test(key) || /^(\\[\\])?$/.test(localStorage[key]))")


def test_without_javascript(house: House, open_browser: Open, shoot: Shoot) -> None:
    context = open_browser(**DESK, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{house.url(0)}/c/demo/")
    for turn in range(8):
        vote(page, ("agree", "disagree", "pass")[turn % 3])
    shoot(page, "1-no-javascript")
    assert len(house.votes_of(context.cookies())) == 8

    page.goto(f"{house.url(1)}/c/demo/speak/")
    page.get_by_label(EN.text("pages.speak.label")).fill("Neighbours who disagree should eat together once a month.")
    page.get_by_role("button", name=EN.text("pages.speak.send")).click()
    expect(page.get_by_text(EN.text("pages.speak.thanks_shown"))).to_be_visible()
    expect(page.get_by_text("Neighbours who disagree should eat together once a month.").first).to_be_visible()
    assert len(house.votes_of(context.cookies())) == 9

    page.goto(f"{house.url(0)}/c/demo/map/")
    expect(page.locator("#canvas svg.cloud")).to_be_visible()
    expect(page.get_by_role("heading", name=EN.text("pages.map.you_title"))).to_be_visible()
    shoot(page, "1-no-javascript-map")


def test_in_hebrew_on_a_phone_and_on_a_second_device(house: House, open_browser: Open, shoot: Shoot) -> None:
    context = open_browser(**PHONE, locale="he-IL")
    page = context.new_page()
    page.goto(f"{house.url(0)}/c/demo/")
    assert page.locator("html").get_attribute("dir") == "rtl"
    shoot(page, "2-hebrew-phone-start")
    for turn in range(8):
        said = page.locator("#statement")
        before = said.inner_text()
        button(page, ("disagree", "agree")[turn % 2], HE).tap()  # type: ignore[attr-defined]
        expect(said).not_to_have_text(before)
    all_saved(page)
    mine = house.votes_of(context.cookies())
    assert len(mine) == 8
    shoot(page, "2-hebrew-phone")

    page.goto(f"{house.url(1)}/c/demo/keep/")
    page.get_by_role("button", name=HE.text("pages.keep.make")).tap()
    code = page.locator("#code").inner_text()
    shoot(page, "2-hebrew-phone-code")

    second = open_browser(**DESK, locale="he-IL")
    other = second.new_page()
    other.goto(f"{house.url(1)}/c/demo/recover/")
    other.get_by_label(HE.text("pages.recover.label")).fill(code.lower().replace("-", " "))
    other.get_by_role("button", name=HE.text("pages.recover.send")).click()
    expect(other.get_by_text(HE.text("pages.recover.done"))).to_be_visible()
    expect(other.locator(".my-vote")).to_have_count(8)
    shoot(other, "2-hebrew-second-device")
    assert house.votes_of(second.cookies()) == mine

    # a vote changed on the second device is changed for the first one too
    first = other.locator(".my-vote").first
    statement = int(first.locator("input[name=statement]").first.input_value())
    wanted = {1: "agree", 2: "agree", 3: "disagree"}[mine[statement]]
    first.get_by_role("button", name=HE.text(f"pages.vote.{wanted}"), exact=True).click()
    expect(other.get_by_text(HE.text("pages.mine.saved"))).to_be_visible()
    assert house.votes_of(context.cookies()) == {**mine, statement: 3 if wanted == "agree" else 1}


def test_offline_for_a_while(house: House, open_browser: Open, shoot: Shoot) -> None:
    context = open_browser(**PHONE)
    page = context.new_page()
    page.goto(f"{house.url(0)}/c/demo/")
    vote(page, "agree")
    all_saved(page)
    context.set_offline(True)
    for key in ("disagree", "agree", "pass"):
        vote(page, key)
    expect(page.locator("#saving")).not_to_be_empty()
    shoot(page, "3-offline")
    assert len(house.votes_of(context.cookies())) == 1
    context.set_offline(False)
    all_saved(page)
    assert len(house.votes_of(context.cookies())) == 4
    assert house.events_of(context.cookies()) == 4
    page.reload()
    expect(page.locator("#progress")).to_have_attribute("value", "4")


def test_by_keyboard_alone(house: House, open_browser: Open, shoot: Shoot) -> None:
    context = open_browser(**DESK, reduced_motion="reduce", color_scheme="dark")
    page = context.new_page()
    page.goto(f"{house.url(1)}/c/demo/")
    said = page.locator("#statement")
    for key in "adpadp":
        before = said.inner_text()
        page.keyboard.press(key)
        expect(said).not_to_have_text(before)
    before = said.inner_text()
    page.get_by_role("button", name=re.compile("^Agree")).first.focus()
    page.keyboard.press("Enter")
    expect(said).not_to_have_text(before)
    all_saved(page)
    assert sorted(house.votes_of(context.cookies()).values()) == [1, 1, 2, 2, 3, 3, 3]
    shoot(page, "4-keyboard")

    _walk_to(page, EN.text("pages.nav.speak"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/speak/")
    page.keyboard.press("Tab")
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == "text":
            break
        page.keyboard.press("Tab")
    page.keyboard.type("Grandparents and grandchildren should write the story of their family together.")
    _walk_to(page, EN.text("pages.speak.send"))
    page.keyboard.press("Enter")
    expect(page.get_by_text(EN.text("pages.speak.thanks_shown"))).to_be_visible()
    expect(page.locator(".receipt .fate").first).to_have_text(EN.text("pages.mine.shown"))
    shoot(page, "4-keyboard-receipt")


def test_at_a_desk_watching_the_map_move(house: House, open_browser: Open, shoot: Shoot) -> None:
    watcher = open_browser(**DESK)
    desk = watcher.new_page()
    desk.goto(f"{house.url(0)}/c/demo/")
    for _ in range(9):
        vote(desk, "agree")
    all_saved(desk)
    desk.goto(f"{house.url(0)}/c/demo/map/")
    you = desk.locator("#canvas .you")
    expect(you).to_be_visible()
    _be_at_rest(house)
    desk.reload()
    shoot(desk, "5-desk-map")
    drawn = desk.locator("#canvas .cloud .dots").first.get_attribute("d")

    visitor = open_browser(**PHONE)
    page = visitor.new_page()
    page.goto(f"{house.url(1)}/c/demo/")
    for turn in range(10):
        vote(page, "disagree" if turn % 4 else "agree")
    all_saved(page)
    # the watcher's page hears of it by itself, and says so
    expect(desk.locator("#map-status")).not_to_be_empty()
    expect(desk.locator("#canvas .cloud")).to_have_count(1)
    # the map itself moves once it is not one person alone who moves it
    seeds = [row[0] for row in house.rows("SELECT id FROM store_statement WHERE is_seed ORDER BY id LIMIT 12")]
    for turn in range(6):
        votes = [
            {"key": key, "statement": one, "choice": ("agree", "disagree")[(key + turn) % 3 == 0], "important": False}
            for key, one in enumerate(seeds, 1)
        ]
        status, _ = house.servers[turn % len(house.servers)].vote("demo", to_cookie(new_identity(), "demo", SECRET), votes)
        assert status == 200
    expect(desk.locator("#canvas .cloud .dots").first).not_to_have_attribute("d", drawn)
    expect(you).to_be_visible()
    shoot(desk, "5-desk-map-moved")
    expect(desk.locator("#me h3").first).to_be_visible()


def test_a_receipt_tells_what_became_of_a_statement(house: House, open_browser: Open, shoot: Shoot) -> None:
    author = open_browser(**DESK)
    page = author.new_page()
    page.goto(f"{house.url(0)}/c/demo/speak/")
    page.get_by_label(EN.text("pages.speak.label")).fill("A year of travel between our communities should be open to every age.")
    page.get_by_role("button", name=EN.text("pages.speak.send")).click()
    page.wait_for_url("**/mine/**")
    statement = max(house.votes_of(author.cookies()))
    others = [row[0] for row in house.rows("SELECT id FROM store_statement WHERE is_seed ORDER BY id LIMIT 8")]
    for turn, choice in enumerate(["agree", "agree", "disagree", "pass", "agree", "agree"]):
        # only votes of people on the map are told, so these vote on more than one statement
        votes = [{"key": key, "statement": one, "choice": choice, "important": False} for key, one in enumerate([statement, *others], 1)]
        status, answer = house.servers[turn % len(house.servers)].vote("demo", to_cookie(new_identity(), "demo", SECRET), votes)
        assert (status, answer["saved"]) == (200, [vote["key"] for vote in votes])
    counted = page.get_by_text(EN.text("pages.mine.tally", agree=4, disagree=1, passed=1))
    _reload_until(page, counted)
    shoot(page, "6-receipt")


def test_what_was_said_goes_out_and_comes_in_again(house: House, tmp_path: Path) -> None:
    for kind, name in (("polis", "polis.zip"), ("parquet", "demo.parquet")):
        first, second = tmp_path / f"first-{name}", tmp_path / f"second-{name}"
        house.klal("export", "demo", "--format", kind, "--out", str(first))
        slug = f"again-{kind}"
        house.klal("import", str(first), "--slug", slug)
        house.klal("export", slug, "--format", kind, "--out", str(second))
        if kind == "parquet":
            assert first.read_bytes() == second.read_bytes()
        assert klal.read_conversation(first).log == klal.read_conversation(second).log


def _walk_to(page: Page, name: str) -> None:
    """Press Tab until the thing of this name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.innerText || '').trim()") == name:
            return
    raise AssertionError(f"nothing called {name} can be reached by Tab")


def _be_at_rest(house: House) -> None:
    """Wait until every vote is on the map."""
    wait_until(lambda: house.rows("SELECT changes - analysed_changes FROM store_conversation WHERE slug = ?", "demo") == [(0,)])


def _reload_until(page: Page, wanted: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not wanted.count():  # type: ignore[attr-defined]
        assert time.monotonic() < deadline, "it never came"
        page.wait_for_timeout(500)
        page.reload()
