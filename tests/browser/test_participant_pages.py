"""The participant's pages as people meet them: both languages, light and dark, phone and desk, by keyboard, without scripts, offline."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.house import House, one_process
from tests.browser.looking import PHONE, Open, browsers, check, follow, on_both
from tests.waiting import PATIENCE

pytestmark = pytest.mark.browser

TALK = "/c/demo/"
REPEATED = "every CHILD should learn where the other communities live, and how they live there"
CARD = "#statement"

SHOWN = {"vote", "voted", "change", "finish", "map", "similar", "mine", "code", "closed", "home", "sign-in", "not-found"}
"""Pages kept as pictures."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with one_process(tmp_path_factory.mktemp("pages")) as found:
        found.klal("open", "A talk that is over", "--slug", "over", "--owner", "demo")
        with closing(sqlite3.connect(found.home / "klal.sqlite3", timeout=PATIENCE)) as connection:
            connection.execute("UPDATE store_conversation SET phase = 'closed', revision = revision + 1 WHERE slug = 'over'")
            connection.commit()
        yield found


@pytest.fixture
def enter(browser: Browser) -> Iterator[Open]:
    """Return a function that gives somebody a browser of their own."""
    with browsers(browser) as make:
        yield make


def answer(page: Page, count: int) -> None:
    """Vote on so many statements, each once the next one is there."""
    for turn in range(count):
        if not page.locator("#card").is_visible():
            return
        before = page.locator(CARD).inner_text()
        page.locator(".choice").nth(turn % 2).click()
        page.wait_for_function(
            "(text) => document.querySelector('#statement').innerText !== text || !document.querySelector('#finish').hidden", arg=before
        )


def all_sent(page: Page) -> None:
    page.wait_for_function("() => !Object.keys(localStorage).some((name) => name.includes('/queue/'))")


def shoot(page: Page, folder: Path, name: str) -> None:
    on_both(page, folder, f"page-{name}", whole=name.startswith(("map", "mine")))


@pytest.mark.parametrize("language", ["en", "he"])
def test_axe_finds_nothing_on_any_page(house: House, enter: Open, artefacts: Path, language: str) -> None:
    page = enter(language).new_page()
    home = house.url() + TALK

    def look(name: str, address: str = "") -> None:
        if address:
            page.goto(address)
        check(page, name)
        if name in SHOWN:
            shoot(page, artefacts, f"{name}-{language}")

    look("vote", home)
    assert page.locator("html").get_attribute("lang") == language
    answer(page, 9)
    all_sent(page)
    expect(page.locator("#glance")).to_be_visible()
    page.locator("details.keys summary").click()
    look("voted")
    page.locator("#change").click()
    look("change")
    look("again", f"{home}?again={next(iter(house.votes_of(page.context.cookies())))}")
    page.goto(home)
    answer(page, 30)
    all_sent(page)
    look("finish")
    look("map", f"{home}map/")
    look("speak", f"{home}speak/")
    page.locator("#text").fill(REPEATED[:60])
    expect(page.locator("#near")).to_be_visible()
    look("similar")
    page.locator("#text").fill(REPEATED)
    follow(page.locator("#speak .act"))
    look("repeated")
    page.goto(f"{home}speak/")
    page.locator("#text").fill(f"A statement of mine, in {language}, that nobody else has made")
    follow(page.locator("#speak .act"))
    page.locator(".undo summary").click()
    look("mine")
    look("none-of-kind", f"{home}mine/?show=important")
    look("keep", f"{home}keep/")
    follow(page.locator("main form .act"))
    look("code")
    look("recover", f"{home}recover/")
    page.locator("#code").fill("WRONG")
    follow(page.locator("main form .act"))
    look("wrong-code")
    look("closed", f"{house.url()}/c/over/")
    look("empty-map", f"{house.url()}/c/over/map/")
    look("no-report", f"{house.url()}/c/over/report/")
    look("empty-mine", f"{house.url()}/c/over/mine/")
    look("home", house.url())
    look("not-found", f"{house.url()}/c/nowhere/")
    look("sign-in", f"{house.url()}/convene/")
    page.locator("#name").fill("nobody")
    page.locator("#password").fill("wrong")
    follow(page.locator("main form .act").first)
    look("wrong-sign-in")


def test_convenors_find_their_list(house: House, enter: Open, artefacts: Path) -> None:
    page = enter().new_page()
    said = next(line for line in house.servers[0].output if "/convene/" in line)
    name, password = re.search(r"name (\S+), password (\S+)\)", said).groups()  # type: ignore[union-attr]
    page.goto(f"{house.url()}/convene/")
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    follow(page.locator("main form .act").first)
    expect(page.locator(".talk")).to_have_count(2)
    check(page, "convene")
    shoot(page, artefacts, "convene-en")


def test_nothing_is_loaded_from_elsewhere_and_nothing_complains(house: House, enter: Open) -> None:
    page = enter().new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for address in ("", "map/", "speak/", "mine/", "keep/", "recover/"):
        page.goto(f"{house.url()}{TALK}{address}")
        page.wait_for_load_state("load")
    answer(page, 0)
    assert [url for url in asked if not url.startswith((house.url(), "data:"))] == []
    assert said == []


def test_the_first_page_is_light(house: House, enter: Open) -> None:
    page = enter(size=PHONE).new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(f"{house.url()}{TALK}", wait_until="load")
    page.wait_for_timeout(500)
    while sum(sizes) < 5_000:  # what was loaded is told a moment later
        page.wait_for_timeout(100)
    assert sum(sizes) < 60_000, sizes


def test_the_skip_link_leads_past_the_navigation(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_focus_stays_visible_on_the_way_through_the_page(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        outlined = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(outlined) == "solid", page.evaluate("document.activeElement.outerHTML")
        seen.append(page.evaluate("document.activeElement.value ?? document.activeElement.id"))
    assert {"agree", "disagree", "pass"} <= set(seen)


def test_the_next_statement_is_announced_and_focus_stays_on_the_button(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    page.locator(".choice").nth(1).focus()
    before = page.locator(CARD).inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(CARD)).not_to_have_text(before)
    assert page.evaluate("document.activeElement.value") == "disagree"
    assert page.locator("[aria-live=polite] #statement").count() == 1


@pytest.mark.parametrize(("language", "key"), [("en", "a"), ("he", "ש"), ("en", "1"), ("he", "1")])
def test_keys_vote_in_every_keyboard_language(house: House, enter: Open, language: str, key: str) -> None:
    page = enter(language).new_page()
    page.goto(house.url() + TALK)
    before = page.locator(CARD).inner_text()
    code = "Digit1" if key == "1" else "KeyA"
    page.evaluate("([key, code]) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, code, bubbles: true }))", [key, code])
    expect(page.locator(CARD)).not_to_have_text(before)
    all_sent(page)
    assert list(house.votes_of(page.context.cookies()).values()) == [3]


def test_keys_change_the_last_vote_mark_it_important_and_can_be_switched_off(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    before = page.locator(CARD).inner_text()
    page.keyboard.press("a")
    expect(page.locator(CARD)).not_to_have_text(before)
    page.keyboard.press("u")
    expect(page.locator(CARD)).to_have_text(before)
    assert page.evaluate("document.activeElement.id") == "statement"
    expect(page.locator(".choice").first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("i")
    expect(page.locator("#important")).to_be_checked()
    page.keyboard.press("d")
    expect(page.locator(CARD)).not_to_have_text(before)
    all_sent(page)
    assert list(house.votes_of(page.context.cookies()).values()) == [1]
    page.locator("details.keys summary").click()
    page.locator("#keys-on").uncheck()
    page.reload()
    standing = page.locator(CARD).inner_text()
    page.keyboard.press("a")
    page.wait_for_timeout(300)
    expect(page.locator(CARD)).to_have_text(standing)


def test_keys_leave_a_statement_being_written_alone(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    page.locator(".inline-speak summary").click()
    page.locator("#text").press_sequentially("apd 123")
    expect(page.locator("#text")).to_have_value("apd 123")
    expect(page.locator("#progress")).to_have_attribute("value", "0")


def test_a_double_click_is_one_vote(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    page.locator(".choice").first.dblclick()
    page.wait_for_timeout(400)
    all_sent(page)
    assert len(house.votes_of(page.context.cookies())) == 1


def test_a_vote_may_be_left_as_it_is(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    answer(page, 1)
    standing = page.locator(CARD).inner_text()
    page.locator("#change").click()
    expect(page.locator("#before")).to_be_visible()
    page.locator("#leave-link").click()
    expect(page.locator(CARD)).to_have_text(standing)


def test_whoever_looks_back_comes_to_the_same_statement_though_an_answer_arrives_meanwhile(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    held: list[Route] = []
    page.route("**/votes", lambda route: held.append(route))
    first = page.locator(CARD).inner_text()
    page.locator(".choice").first.click()
    expect(page.locator(CARD)).not_to_have_text(first)
    standing = page.locator(CARD).inner_text()
    page.locator("#change").click()
    expect(page.locator("#before")).to_be_visible()
    with page.expect_response("**/votes"):
        held[0].continue_()
    page.wait_for_timeout(300)  # nothing on the page tells that the script has read the answer
    page.locator("#leave-link").click()
    expect(page.locator(CARD)).to_have_text(standing)


def test_everything_can_be_done_without_scripts(house: House, enter: Open) -> None:
    page = enter(java_script_enabled=False).new_page()
    page.goto(house.url() + TALK)
    first = page.locator(CARD).inner_text()
    page.locator("#important").check()
    follow(page.locator(".choice").first)
    expect(page.locator(CARD)).not_to_have_text(first)
    follow(page.locator("#change"))
    expect(page.locator(CARD)).to_have_text(first)
    expect(page.locator("#important")).to_be_checked()
    follow(page.locator(".choice").nth(1))
    assert list(house.votes_of(page.context.cookies()).values()) == [1]
    page.goto(f"{house.url()}{TALK}mine/")
    follow(page.get_by_role("button", name="Withdraw this vote"))
    assert house.votes_of(page.context.cookies()) == {}
    page.goto(f"{house.url()}{TALK}speak/")
    page.locator("#text").fill("Somebody without scripts has a say as well")
    follow(page.locator("#speak .act"))
    page.locator(".undo summary").click()
    follow(page.get_by_role("button", name="Withdraw this statement"))
    expect(page.locator(".fate.withdrawn")).to_be_visible()
    follow(page.locator(".tongue button"))
    expect(page.locator("html")).to_have_attribute("dir", "rtl")


def test_enter_in_the_important_box_votes_for_nothing(house: House, enter: Open) -> None:
    for scripts in (True, False):
        page = enter(java_script_enabled=scripts).new_page()
        page.goto(house.url() + TALK)
        standing = page.locator(CARD).inner_text()
        page.locator("#important").focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(200)
        expect(page.locator(CARD)).to_have_text(standing)


def test_votes_cast_offline_survive_a_reload_and_are_sent_once(house: House, enter: Open) -> None:
    context = enter(service_workers="allow")
    page = context.new_page()
    page.goto(house.url() + TALK)
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    answer(page, 2)
    all_sent(page)
    context.set_offline(True)
    answer(page, 8)
    expect(page.locator("#saving")).to_contain_text("8 votes wait here")
    page.reload()
    expect(page.locator("#saving")).to_contain_text("8 votes wait here")
    expect(page.locator("#progress-words")).to_have_text(re.compile("^10 of"))
    answer(page, 1)
    context.set_offline(False)
    all_sent(page)
    assert len(house.votes_of(context.cookies())) == 11
    assert house.events_of(context.cookies()) == 11
    expect(page.locator("#saving")).to_have_text("saved")


def test_two_tabs_share_the_votes_that_wait(house: House, enter: Open) -> None:
    context = enter()
    one = context.new_page()
    one.goto(house.url() + TALK)
    answer(one, 1)
    all_sent(one)
    two = context.new_page()
    two.goto(house.url() + TALK)
    context.set_offline(True)
    one.bring_to_front()
    answer(one, 3)
    two.bring_to_front()
    answer(two, 1)
    expect(one.locator("#saving")).to_contain_text("4 votes wait")
    expect(two.locator("#saving")).to_contain_text("4 votes wait")
    context.set_offline(False)
    all_sent(one)
    assert house.events_of(context.cookies()) == 5


def test_an_answer_that_is_lost_on_the_way_doubles_nothing(house: House, enter: Open) -> None:
    context = enter()
    page = context.new_page()
    page.goto(house.url() + TALK)
    lost: list[int] = []

    def lose_once(route: Route) -> None:
        if "key" not in (route.request.post_data or "") or lost:
            route.continue_()
            return
        lost.append(1)
        route.fetch()  # the server stores it, the browser never hears
        route.abort()

    page.route("**/votes", lose_once)
    answer(page, 1)
    all_sent(page)
    assert lost == [1]
    assert house.events_of(context.cookies()) == 1


def test_a_busy_server_is_given_the_time_it_asks_for(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    tries: list[int] = []
    seen: list[bool] = []

    def busy(route: Route) -> None:
        brings_votes = bool(route.request.post_data_json["votes"])  # the page also asks for more to vote on
        tries.extend([1] * brings_votes)
        if brings_votes and not seen:
            route.fulfill(status=503, headers={"Retry-After": "2"}, json={"code": "busy", "message": "busy"})
        else:
            route.continue_()

    page.route("**/votes", busy)
    answer(page, 1)
    expect(page.locator("#saving")).to_contain_text("The server is busy: 1 vote waits here")
    seen.append(True)
    all_sent(page)
    assert len(tries) >= 2
    assert len(house.votes_of(page.context.cookies())) == 1


def test_a_refused_vote_says_why_and_waits_no_more(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    said = "This statement is not open for votes."
    page.route(
        "**/votes",
        lambda route: route.fulfill(
            json={
                "saved": [],
                "refused": [
                    {"key": one["key"], "code": "refused.no_such_statement", "message": said}
                    for one in route.request.post_data_json["votes"]
                ],
                "next": [],
                "voted": 0,
                "remaining": 20,
            }
        ),
    )
    answer(page, 1)
    expect(page.locator("#saving")).to_contain_text(said)
    all_sent(page)


def test_a_browser_without_its_cookie_keeps_its_votes_until_the_page_is_loaded_again(house: House, enter: Open) -> None:
    context = enter(service_workers="block")
    page = context.new_page()
    page.goto(house.url() + TALK)
    context.clear_cookies()
    answer(page, 1)
    expect(page.locator("#saving")).to_contain_text("no longer known")
    page.reload()
    all_sent(page)
    assert len(house.votes_of(context.cookies())) == 1


def test_votes_go_on_where_storage_is_forbidden(house: House, enter: Open) -> None:
    context = enter()
    context.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } })")
    page = context.new_page()
    page.goto(house.url() + TALK)
    answer(page, 2)
    expect(page.locator("#saving")).to_have_text("saved")
    assert len(house.votes_of(context.cookies())) == 2


def test_similar_statements_can_be_voted_on_while_writing(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(f"{house.url()}{TALK}speak/")
    page.locator("#text").press_sequentially("every child should learn about other communities")
    near = page.locator("#near")
    expect(near).to_contain_text("Every child should learn where")
    near.get_by_role("button", name="Agree", exact=True).first.click()
    expect(near.get_by_role("button", name="Agree", exact=True).first).to_have_attribute("aria-pressed", "true")
    all_sent(page)
    assert list(house.votes_of(page.context.cookies()).values()) == [3]
    page.locator("#text").fill("x" * 300)
    expect(page.locator("#room")).to_have_text("20 characters too many")


def test_votes_that_are_missing_for_the_map_are_told_vote_by_vote(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    for missing in (6, 5, 4):
        answer(page, 1)
        expect(page.locator("#glance-words")).to_contain_text(f"{missing} more votes")


def test_the_map_moves_before_ones_eyes(house: House, enter: Open) -> None:
    context = enter(reduced_motion="no-preference")
    watching = context.new_page()
    watching.goto(f"{house.url()}{TALK}map/")
    expect(watching.locator(".you")).to_be_hidden()
    voting = context.new_page()
    voting.goto(house.url() + TALK)
    answer(voting, 12)
    all_sent(voting)
    watching.bring_to_front()
    expect(watching.locator(".you")).to_be_visible()
    expect(watching.locator("#me")).to_contain_text("You stand with group")
    expect(watching.locator("#map-status")).to_contain_text("The map was drawn again")


def test_a_scanned_square_brings_the_recovery_code_along(house: House, enter: Open) -> None:
    page = enter().new_page()
    page.goto(house.url() + TALK)
    answer(page, 1)
    all_sent(page)
    page.goto(f"{house.url()}{TALK}keep/")
    follow(page.locator("main form .act"))
    expect(page.locator(".square svg")).to_be_visible()
    code = page.locator("#code").inner_text()
    context = enter()
    other = context.new_page()
    asked: list[str] = []
    other.on("request", lambda request: asked.append(request.url))
    other.goto(f"{house.url()}{TALK}recover/#{code}")
    expect(other.locator("#code")).to_have_value(code)
    assert other.url.endswith("/recover/")
    assert not any(code in url.partition("#")[0] for url in asked)
    follow(other.locator("main form .act"))
    expect(other.locator(".my-vote")).to_have_count(1)
    assert house.votes_of(context.cookies()) == house.votes_of(page.context.cookies())


def test_forced_colours_and_a_page_four_times_as_large_still_work(house: House, enter: Open) -> None:
    page = enter(forced_colors="active", size={"viewport": {"width": 320, "height": 256}}).new_page()
    page.goto(house.url() + TALK)
    before = page.locator(CARD).inner_text()
    page.locator(".choice").first.click()
    expect(page.locator(CARD)).not_to_have_text(before)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320


def test_targets_are_large_enough_for_a_thumb(house: House, enter: Open) -> None:
    page = enter(size=PHONE).new_page()
    for address in ("", "speak/", "mine/"):
        page.goto(f"{house.url()}{TALK}{address}")
        sizes = page.evaluate(
            "[...document.querySelectorAll('button, .ways a, .act, summary, label.important, label.tick')]"
            ".filter((one) => one.offsetParent).map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().height])"
        )
        assert [one for one in sizes if one[1] < 47.9] == []
