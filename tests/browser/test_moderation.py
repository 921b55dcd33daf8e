"""The moderators' queue as people meet it: fifty statements by keyboard, a few by thumb, two at once, and an author who agrees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.house import House
from tests.browser.looking import DESK, PHONE, Open, browsers, check, follow, on_both
from tests.databases import point_store_at
from tests.serving import RunningServer
from tests.waiting import comes_to

pytestmark = pytest.mark.browser

THUMB = {**PHONE, "is_mobile": True}
FIFTY = 50
TALKS = {
    "keys": [f"Our street needs thing number {n}, and soon." for n in range(FIFTY + 2)],
    "two": [f"The town should build house number {n} by the river." for n in range(16)],
    "slow": ["A bench and a lamp and a tree.", "The park needs a gate.", "The bridge needs a roof."],
    "plain": ["Every corner needs a letter box."],
    "thumb": ["צריך ספסל בכל רחוב בעיר.", "אוטובוסים צריכים לנסוע גם בלילה.", "כדאי לנסוע בלילה באוטובוסים.", "קנו אצלנו בזול!"],
    "appeal": [],
    "near": [
        "Buses should run at night.",
        "The night buses should run in the suburbs too.",
        "Every street should have a bench, and the park needs lamps, and the school a new roof.",
        "The market should stay where it is.",
        "Everybody who thinks so is a fool.",
    ],
}


def _furnish(home: Path, cookies: dict[str, str]) -> None:
    """Make the conversations and the moderators; runs in a thread, as Playwright's event loop runs in that of the tests."""
    point_store_at(home, "")
    from django.contrib.auth.models import User
    from django.db import connections
    from django.test import Client

    from klal.services.opening import open_conversation
    from klal.store.models import Conversation, Membership, Participant, Statement

    people = {name: User.objects.create_user(name, f"{name}@example.org", f"{name}-secret-1") for name in ("anna", "boaz")}
    for slug, texts in TALKS.items():
        held = open_conversation(
            "What joins our town?", slug=slug, languages=["en", "he"], seeds=["Every child should reach school safely."]
        )
        Conversation.objects.filter(pk=held.pk).update(moderation_mode="before", next_statement=1000)
        author = Participant.objects.create(conversation=held, label="1000", key=f"author-{slug}")
        Statement.objects.bulk_create(
            Statement(conversation=held, label=str(n), text=text, author=author, language="he" if re.search("[א-ת]", text) else "en")
            for n, text in enumerate(texts, 1)
        )
        for name, one in people.items():
            Membership.objects.create(conversation=held, account=one, role="owner" if name == "anna" else "moderator")
    for name, one in people.items():
        client = Client(SERVER_NAME="localhost")
        client.force_login(one)
        cookies[name] = client.cookies["klal-session"].value
    connections.close_all()


@pytest.fixture(scope="module")
def signed_in() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, signed_in: dict[str, str]) -> Iterator[House]:
    home = tmp_path_factory.mktemp("moderation")
    with RunningServer(home, "--no-worker") as server:
        furnishing = Thread(target=_furnish, args=(home, signed_in))
        furnishing.start()
        furnishing.join()
        assert set(signed_in) == {"anna", "boaz"}
        yield House(home, "", (server,))


@pytest.fixture
def enter(browser: Browser, house: House, signed_in: dict[str, str]) -> Iterator[Open]:
    """Return a function that gives somebody a browser of their own, signed in if they moderate."""
    with browsers(browser) as make:

        def let_in(who: str = "", language: str = "en", size: dict[str, Any] = DESK, **options: Any) -> BrowserContext:
            context = make(language, size, **options)
            if who:
                context.add_cookies([{"name": "klal-session", "value": signed_in[who], "url": house.url()}])
            return context

        yield let_in


def queue(house: House, slug: str) -> str:
    return f"{house.url()}/convene/c/{slug}/moderate/"


def states(house: House, slug: str) -> dict[str, int]:
    query = (
        "SELECT s.state || ' ' || s.reason_code, count(*) FROM store_statement s JOIN store_conversation c ON c.id = s.conversation_id "
        "WHERE c.slug = ? AND NOT s.is_seed GROUP BY 1"
    )
    return {name.strip(): count for name, count in house.rows(query, slug)}


def dealt(page: Page) -> str:
    """Return the statement on the screen, once it is dealt to this browser and not only shown."""
    page.wait_for_function("() => document.querySelector('#stage .steps:not([hidden])') || !document.querySelector('#empty').hidden")
    return page.locator("#stage h2").inner_text() if page.locator("#stage h2").count() else ""


def press(page: Page, *keys: str) -> None:
    """Press keys on a statement, and wait until another one is there."""
    before = dealt(page)
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_function("(text) => document.querySelector('#stage h2')?.innerText !== text", arg=before)


def count_of(page: Page, name: str) -> Any:
    return page.locator(f"[data-count={name}]")


def test_fifty_statements_by_keyboard_alone(house: House, enter: Open, artefacts: Path) -> None:
    page = enter("anna").new_page()
    page.goto(queue(house, "keys"))
    dealt(page)
    check(page, "queue")
    on_both(page, artefacts, "moderate-queue-en")
    page.set_viewport_size(DESK["viewport"])
    page.emulate_media(color_scheme="light")
    page.keyboard.press("r")
    check(page, "reasons")
    on_both(page, artefacts, "moderate-reasons-en")
    page.set_viewport_size(DESK["viewport"])
    page.keyboard.press("Escape")
    for turn in range(FIFTY):
        press(page, *("r", str(1 + turn % 9)) if turn % 5 == 4 else ("a",))
    expect(count_of(page, "waiting")).to_have_text("2")
    expect(count_of(page, "shown")).to_have_text("41")

    def sorted_out() -> tuple[int, ...]:
        found = states(house, "keys")
        return found["accepted"], found["pending"], sum(count for name, count in found.items() if name.startswith("rejected"))

    comes_to((40, 2, 10), sorted_out)
    last = dealt(page)
    press(page, "u")
    expect(page.locator("#said")).to_have_text("Taken back: 1 statement is as it was.")
    expect(count_of(page, "waiting")).to_have_text("3")
    press(page, "a")
    assert dealt(page) == last
    press(page, "m")
    press(page, "s")
    expect(page.locator("#empty")).to_be_visible()
    expect(count_of(page, "second")).to_have_text("1")
    expect(count_of(page, "waiting")).to_have_text("1")


def test_the_list_by_keyboard_and_the_help(house: House, enter: Open, artefacts: Path) -> None:
    page = enter("boaz").new_page()
    page.goto(f"{queue(house, 'two')}?view=list")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_have_attribute("open", "")
    check(page, "list")
    on_both(page, artefacts, "moderate-list-en")
    page.set_viewport_size(DESK["viewport"])
    for key in ("j", "x", "j", "x", "a"):
        page.keyboard.press(key)
    expect(page.locator("#said")).to_have_text("2 accepted.")
    expect(count_of(page, "shown")).to_have_text("3")
    page.locator("#undo").click()
    expect(page.locator("#said")).to_have_text("Taken back: 2 statements are as they were.")
    expect(count_of(page, "shown")).to_have_text("1")


def test_what_is_begun_before_the_queue_is_dealt_stays_and_counts(house: House, enter: Open) -> None:
    page = enter("anna").new_page()
    waiting: list[Route] = []
    page.route("**/more/", lambda route: waiting.append(route))
    page.goto(queue(house, "slow"))
    first = page.locator("#stage h2").inner_text()
    page.locator(".reject summary").click()
    page.get_by_label("A note to the author").fill("One idea at a time, please.")
    expect(page.locator("#stage .steps")).to_be_hidden()
    while not waiting:
        page.wait_for_timeout(20)
    waiting.pop().continue_()
    assert dealt(page) == first
    expect(page.get_by_label("A note to the author")).to_have_value("One idea at a time, please.")
    page.get_by_role("button", name="Several ideas").click()
    expect(count_of(page, "rejected")).to_have_text("1")

    page.goto(queue(house, "slow"))  # and now nothing is dealt at all
    with page.expect_navigation():
        page.keyboard.press("a")
    expect(page.locator("#said")).to_have_text("Accepted.")
    comes_to({"accepted": 1, "pending": 1, "rejected several_ideas": 1}, lambda: states(house, "slow"))
    page.unroute_all(behavior="ignoreErrors")


def test_two_moderators_at_once_are_never_dealt_the_same_one(house: House, enter: Open) -> None:
    pages = [enter(who).new_page() for who in ("anna", "boaz")]
    for page in pages:
        page.goto(queue(house, "two"))
    seen: list[list[str]] = [[], []]
    for _ in range(6):
        for page, mine in zip(pages, seen, strict=True):
            mine.append(dealt(page))
            page.keyboard.press("a")
    assert all(len(set(mine)) == 6 for mine in seen)
    assert not set(seen[0]) & set(seen[1])
    for page in pages:
        expect(page.locator("#refused")).to_be_hidden()
        page.wait_for_function("() => !document.querySelector('#flash').hidden")
    query = (
        "SELECT count(*), count(DISTINCT statement_id) FROM store_moderationact a JOIN store_conversation c ON c.id = a.conversation_id "
        "WHERE c.slug = 'two' AND a.undone IS NULL"
    )
    for page in pages:
        page.goto(queue(house, "two"))
        dealt(page)  # the last decision was sent although its page was left at once
    comes_to([(12, 12)], lambda: house.rows(query))


def test_a_few_by_thumb_in_hebrew(house: House, enter: Open, artefacts: Path) -> None:
    page = enter("anna", "he", THUMB).new_page()
    page.goto(queue(house, "thumb"))
    assert page.locator("html").get_attribute("dir") == "rtl"
    first = dealt(page)
    check(page, "queue he")
    page.emulate_media(color_scheme="light")
    page.screenshot(path=artefacts / "moderate-thumb-he.png", full_page=True)
    page.get_by_role("button", name="לקבל").tap()
    expect(page.locator("#stage h2")).not_to_have_text(first)
    page.screenshot(path=artefacts / "moderate-thumb-he-near.png", full_page=True)
    page.get_by_role("button", name="לקבל").tap()
    dealt(page)
    page.locator(".reject summary").tap()
    page.screenshot(path=artefacts / "moderate-thumb-he-reasons.png", full_page=True)
    page.get_by_role("button", name="כבר נאמר").tap()
    expect(count_of(page, "rejected")).to_have_text("1")
    page.locator(".reject summary").tap()
    page.get_by_role("button", name="פרסומת").tap()
    expect(page.locator("#empty")).to_be_visible()
    expect(count_of(page, "rejected")).to_have_text("2")
    comes_to({"accepted": 2, "rejected duplicate": 1, "rejected spam": 1}, lambda: states(house, "thumb"))


def test_without_scripts_everything_goes_by_forms(house: House, enter: Open) -> None:
    asking, page = (enter(who, java_script_enabled=False).new_page() for who in ("anna", "boaz"))
    asking.goto(queue(house, "plain"))
    follow(asking.locator("#stage button[value=ask_second]"))
    page.goto(f"{queue(house, 'plain')}?tab=second")
    page.get_by_role("button", name="Reject").or_(page.locator(".reject summary")).first.click()
    follow(page.get_by_role("button", name="Unclear"))
    expect(page.locator("#said")).to_have_text("Rejected.")
    follow(page.get_by_role("button", name="Undo"))
    expect(page.locator("#said")).to_have_text("Taken back: 1 statement is as it was.")


def test_side_by_side_other_words_and_an_author_who_agrees(house: House, enter: Open, artefacts: Path) -> None:
    said = "Lamps and benches and trees for the old park, all of it soon."
    author, page = enter("", size=PHONE).new_page(), enter("anna").new_page()
    author.goto(f"{house.url()}/c/near/speak/")
    author.locator("#text").fill(said)
    follow(author.locator("#speak .act, form .act").first)
    expect(author.locator(".fate.waiting")).to_be_visible()

    page.goto(queue(house, "near"))
    dealt(page)
    page.keyboard.press("d")
    expect(page.locator("mark").first).to_be_visible()
    check(page, "pair")
    on_both(page, artefacts, "moderate-pair-en")
    page.set_viewport_size(DESK["viewport"])
    page.get_by_label("New words, that stand for both").fill("Buses should run at night, in the suburbs too.")
    page.get_by_role("button", name="Put these in place of both").click()
    expect(page.locator("#said")).to_have_text(re.compile("Merged"))

    page.goto(f"{queue(house, 'near')}?q=Lamps+and")
    follow(page.locator(".dense .note a").first)
    follow(page.get_by_role("link", name="Other words"))
    page.get_by_label("Other words").fill("The old park needs lamps.")
    page.locator("summary", has_text="Split it").click()
    page.get_by_label("Statement 2").fill("The old park needs benches.")
    check(page, "words")
    on_both(page, artefacts, "moderate-words-en")
    page.set_viewport_size(DESK["viewport"])
    page.get_by_role("button", name="Ask the author").click()
    expect(page.locator("#said")).to_have_text(re.compile("The author was asked"))
    expect(count_of(page, "asked")).to_have_text("1")

    author.reload()
    expect(author.get_by_text("The old park needs benches.")).to_be_visible()
    check(author, "asked")
    on_both(author, artefacts, "moderate-asked-en")
    follow(author.get_by_role("button", name="Yes, put it so"))
    expect(author.get_by_text("Your new words are there.")).to_be_visible()
    comes_to({"accepted": 3, "pending": 3, "rejected replaced": 3}, lambda: states(house, "near"))

    page.goto(queue(house, "near"))
    dealt(page)
    page.keyboard.press("r")
    page.get_by_label("A note to the author").fill("One idea at a time, please.")
    page.get_by_role("button", name="Several ideas").click()
    expect(count_of(page, "rejected")).to_have_text("4")
    page.goto(f"{house.url()}/c/near/moderation/")
    expect(page.get_by_text("1 accepted").or_(page.get_by_text("rejected")).first).to_be_visible()
    check(page, "public")
    on_both(page, artefacts, "moderate-public-en")
    page.set_viewport_size(DESK["viewport"])
    page.goto(f"{queue(house, 'near')}policy/")
    check(page, "policy")
    page.get_by_label("In this conversation (English)").fill("No names of neighbours.")
    follow(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("Saved and published.")).to_be_visible()


def test_an_appeal_is_decided_by_the_other_moderator(house: House, enter: Open, artefacts: Path) -> None:
    author, anna, boaz = enter("", "he", PHONE).new_page(), enter("anna").new_page(), enter("boaz").new_page()
    author.goto(f"{house.url()}/c/appeal/speak/")
    author.locator("#text").fill("כדאי לפתוח את הספרייה גם בשבת.")
    follow(author.locator("#speak .act, form .act").first)
    expect(author).to_have_url(re.compile("/mine/"))  # it has arrived
    anna.goto(queue(house, "appeal"))
    dealt(anna)
    press(anna, "r", "2")
    expect(anna.locator("#said")).to_have_text("Rejected.")
    author.reload()
    expect(author.get_by_text("לא ברור מה נאמר בו.")).to_be_visible()
    author.locator("summary", has_text="לבקש בדיקה חוזרת").click()
    author.locator("textarea[name=why]").fill("זה ברור לגמרי: שעות הפתיחה בשבת.")
    follow(author.locator("button[name=appeal]"))
    expect(author.get_by_text("הבקשה הגיעה")).to_be_visible()
    check(author, "appeal")
    author.emulate_media(color_scheme="light")
    author.screenshot(path=artefacts / "moderate-appeal-author-he.png", full_page=True)
    anna.goto(f"{queue(house, 'appeal')}?tab=appeals")
    expect(anna.get_by_text("You rejected it, so somebody else looks at it again.")).to_be_visible()
    boaz.goto(f"{queue(house, 'appeal')}?tab=appeals")
    check(boaz, "appeals")
    on_both(boaz, artefacts, "moderate-appeals-en")
    boaz.set_viewport_size(DESK["viewport"])
    boaz.get_by_role("button", name="Accept after all").click()
    expect(boaz.get_by_text("The author sees your answer.")).to_be_visible()
    author.reload()
    expect(author.get_by_text("ביקשת בדיקה חוזרת, וההיגד התקבל.")).to_be_visible()
