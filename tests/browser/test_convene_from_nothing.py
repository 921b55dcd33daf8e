"""From an empty installation to an open conversation with ten seed statements, as somebody new would do it; then taking part once."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import House
from tests.browser.looking import DESK, PHONE, Open, browsers, check, follow, picture
from tests.serving import RunningServer
from tests.waiting import comes_to

pytestmark = pytest.mark.browser

QUESTION = {"en": "What should our neighbourhood look like in ten years?", "he": "איך תיראה השכונה שלנו בעוד עשר שנים?"}
PURPOSE = {"en": "A plan that we bring to the council together.", "he": "תוכנית שנביא יחד אל מועצת העיר."}
SEEDS = {
    "en": (
        "Every street should have a bench.",
        "Buses should run at night.",
        "Cars should be kept out of the centre.",
        "Schools should open their yards in the afternoon.",
        "The market should stay where it is.",
        "New houses should have at most four floors.",
        "Every child should be able to walk to school safely.",
        "The old cinema should become a house for everybody.",
        "We should plant a tree for every new flat.",
        "Shops should be allowed to open on every day of the week.",
    ),
    "he": (
        "בכל רחוב צריך להיות ספסל.",
        "צריך אוטובוסים גם בלילה.",
        "כדאי לסגור את המרכז למכוניות.",
        "חצרות בתי הספר צריכות להיות פתוחות אחר הצהריים.",
        "השוק צריך להישאר במקומו.",
        "בבניינים חדשים צריך להגביל את הגובה לארבע קומות.",
        "כל ילד צריך להגיע לבית הספר ברגל בבטחה.",
        "הקולנוע הישן צריך להפוך לבית לכולם.",
        "על כל דירה חדשה צריך לטעת עץ.",
        "מותר לחנויות להיות פתוחות בכל יום בשבוע.",
    ),
}
CHANNEL = {"en": "Library poster", "he": "כרזה בספרייה"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server on an empty folder: no account, no conversation."""
    home = tmp_path_factory.mktemp("empty")
    with RunningServer(home) as server:
        yield House(home, "", (server,))


@pytest.fixture
def enter(browser: Browser) -> Iterator[Open]:
    """Return a function that gives somebody a browser of their own."""
    with browsers(browser) as make:
        yield make


class Newcomer:
    """Somebody who opens a conversation; what they press and fill in is counted."""

    def __init__(self, page: Page, house: House, language: str) -> None:
        self.page, self.house, self.language = page, house, language
        self.pressed = self.filled = 0
        self.began = time.monotonic()

    def press(self, selector: str) -> None:
        self.pressed += 1
        follow(self.page.locator(selector).first)

    def fill(self, selector: str, text: str) -> None:
        self.filled += 1
        self.page.locator(selector).fill(text)

    def sign_in(self, name: str) -> None:
        """As a host does who has just installed klal: make an account on the terminal, open its link."""
        printed = self.house.klal("account", "add", name, "--link")
        token = re.search(r"token=[-\w]+", printed)
        assert token is not None, printed
        self.page.goto(f"{self.house.url()}/convene/sign-in/link/?{token.group()}")
        self.press("main form .act")
        expect(self.page).to_have_url(f"{self.house.url()}/convene/")

    def create(self, look: Callable[[str], None]) -> None:
        """Go the four steps."""
        code = self.language
        look("list-empty")
        self.press("main .acts .act")
        look("question")
        self.fill(f"#topic_{code}", QUESTION[code])
        self.fill(f"#shared_purpose_{code}", PURPOSE[code])
        self.press("form.words .act")
        expect(self.page).to_have_url(re.compile("/create/statements/$"))
        self.fill("#lines", "\n".join(SEEDS[code]))
        look("statements")
        self.press("#sow .act")
        expect(self.page).to_have_url(re.compile("/create/rules/$"))
        look("rules")
        self.press("form.rules .act")
        expect(self.page).to_have_url(re.compile("/create/look/$"))
        look("look")
        self.press("main form .act")
        expect(self.page).to_have_url(re.compile(r"/share/\?opened=1$"))


def slug_of(page: Page) -> str:
    found = re.search("/convene/c/([^/]+)/", page.url)
    assert found is not None, page.url
    return found.group(1)


def seeds_in(house: House, slug: str) -> list[str]:
    query = (
        "SELECT s.text FROM store_statement s JOIN store_conversation c ON c.id = s.conversation_id "
        "WHERE c.slug = ? AND s.state = 'accepted' AND s.is_seed ORDER BY s.id"
    )
    return [text for (text,) in house.rows(query, slug)]


@pytest.mark.parametrize(("language", "size"), [("he", PHONE), ("en", DESK)], ids=["he-phone", "en-desk"])
def test_from_nothing_to_an_open_conversation_and_one_who_takes_part(
    house: House, enter: Open, artefacts: Path, language: str, size: dict[str, Any]
) -> None:
    context = enter(language, size)
    page = context.new_page()
    newcomer = Newcomer(page, house, language)

    def look(name: str) -> None:
        check(page, name)
        picture(page, artefacts, f"convene-{name}-{language}")

    newcomer.sign_in(f"new-{language}")
    newcomer.create(look)
    seconds = time.monotonic() - newcomer.began
    slug = slug_of(page)
    assert seeds_in(house, slug) == list(SEEDS[language])
    assert house.rows("SELECT phase FROM store_conversation WHERE slug = ?", slug) == [("open",)]
    counted = {"pressed": newcomer.pressed, "filled": newcomer.filled, "seconds_with_axe_and_pictures": round(seconds, 1)}
    (artefacts / f"convene-from-nothing-{language}.json").write_text(json.dumps(counted), encoding="utf-8")
    assert (newcomer.pressed, newcomer.filled) == (6, 3)

    page.screenshot(path=artefacts / f"convene-opened-{language}.png", full_page=True)
    page.locator("#channel").fill(CHANNEL[language])
    follow(page.locator("#channels form.row > .act").last)
    expect(page.locator("#channels .good")).to_be_visible()
    look("share")
    link = page.locator("ul.channels a[id^=link-]").first.get_attribute("href")
    assert link is not None
    poster = f"{house.url()}/convene/c/{slug}/share/poster/?languages="
    sheet = {"he": "he", "en": "he,en"}[language]
    page.goto(poster + sheet)
    look(f"poster-{sheet}")
    page.pdf(path=artefacts / f"poster-{sheet}.pdf", prefer_css_page_size=True)

    guest = enter(language, PHONE).new_page()
    guest.goto(link)
    expect(guest.locator("#statement")).to_be_visible()
    guest.locator(".choice").first.click()
    guest.wait_for_function("() => !Object.keys(localStorage).some((name) => name.includes('/queue/'))")
    query = "SELECT p.channel, p.language FROM store_participant p JOIN store_conversation c ON c.id = p.conversation_id WHERE c.slug = ?"
    code = link.rpartition("from=")[2]
    comes_to([(code, language)], lambda: house.rows(query, slug))
    page.goto(f"{house.url()}/convene/c/{slug}/share/")
    assert page.locator("ul.channels .came").first.inner_text() in {"1 person", "אדם אחד"}
    page.goto(f"{house.url()}/convene/")
    look("list")
    page.goto(f"{house.url()}/convene/c/{slug}/seeds/")
    look("seeds")


def test_without_scripts_mistakes_are_told_and_nothing_is_lost(house: House, enter: Open, artefacts: Path) -> None:
    page = enter("he", PHONE, java_script_enabled=False).new_page()
    newcomer = Newcomer(page, house, "he")
    newcomer.sign_in("plain")
    page.goto(f"{house.url()}/convene/new/")
    page.locator("#shared_purpose_he").fill(PURPOSE["he"])
    newcomer.press("form.words .act")
    expect(page.locator("#topic-wrong-he")).to_be_visible()
    assert page.locator("#shared_purpose_he").input_value() == PURPOSE["he"]
    page.locator("#in-en").check()
    page.locator("#topic_he").fill(QUESTION["he"])
    page.locator("#topic_en").fill(QUESTION["en"])
    newcomer.press("form.words .act")
    page.locator("#lines").fill("\n".join((*SEEDS["he"], SEEDS["he"][0], "א" * 300)))
    newcomer.press("#sow .act")
    expect(page.locator(".mend-row")).to_have_count(2)
    expect(page.locator(".sown li")).to_have_count(10)
    page.screenshot(path=artefacts / "convene-mend-he.png", full_page=True)
    follow(page.locator(".mend-row .quiet").first)
    page.locator(".mend-row textarea").first.fill("זה משפט קצר דיו בשביל כולם.")
    follow(page.locator(".mend .act"))
    expect(page.locator(".mend-row")).to_have_count(0)
    expect(page.locator(".sown li")).to_have_count(11)
    newcomer.press("#sow .act")
    page.locator(".dates summary").click()
    page.locator("#closes_at").fill("2001-01-01T10:00")
    newcomer.press("form.rules .act")
    expect(page.locator("#closes_at-wrong")).to_be_visible()
    page.locator("#closes_at").fill("")
    page.locator("#opens_at").fill("2199-12-31T10:00")
    page.locator("[name=voters][value=invited]").check()
    newcomer.press("form.rules .act")
    expect(page.frame_locator(".phone iframe").first.locator("h1")).to_have_text(QUESTION["he"])
    expect(page.frame_locator(".phone iframe").last.locator("h1")).to_have_text(QUESTION["en"])
    follow(page.locator("a.back"))
    assert page.locator("#opens_at").input_value() == "2199-12-31T10:00"
    newcomer.press("form.rules .act")
    page.screenshot(path=artefacts / "convene-look-two-he.png", full_page=True)
    newcomer.press("main form .act")
    expect(page.locator(".lede")).to_contain_text("2199")
    slug = slug_of(page)
    page.goto(f"{house.url()}/convene/c/{slug}/invited/")
    page.locator("#ids").fill("1001\n1002\n1001\n")
    follow(page.locator("form.ids .act"))
    expect(page.locator(".made")).to_be_visible()
    page.screenshot(path=artefacts / "convene-invited-he.png", full_page=True)
    with page.expect_download() as waiting:
        page.locator(".made .act").click()
    lines = Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["id", "1001", "1002"]
    guest = enter("he", PHONE, java_script_enabled=False).new_page()
    guest.goto(lines[1].split(",")[1])
    guest.screenshot(path=artefacts / "convene-come-he.png")
    follow(guest.locator("main form .act"))
    expect(guest).to_have_url(f"{house.url()}/c/{slug}/")
