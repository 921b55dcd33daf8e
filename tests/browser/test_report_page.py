"""The report as people meet it: on a phone and a desk, in light and dark, in both directions, by eye, keyboard and ear."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from klal.domain import language
from klal.report import build_report, map_svg, render_html
from tests.browser.looking import MILLISECONDS, axe
from tests.report.sample import HEBREW, sample

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
HEBREW_TALK = {"topic": "איך כדאי שהעיר שלנו תנוע?", "description": "כתבו מה ישפר את הרחובות.", "texts": HEBREW}
AGES = {"age": ("18–34", "35–64", "65 and older", None)}
PLACES = {"מקום": ("צפון", "מרכז", "דרום", "Jerusalem and around")}
CASES = {
    "en": ("en", {"groups": 2, "statements": 14, "people": 300, "url": "https://example.org/", "ranks": AGES}),
    "he": ("he", {"groups": 3, "statements": 14, "people": 300, "ranks": PLACES, **HEBREW_TALK}),
    "one-cloud": ("en", {"groups": 1, "statements": 24}),
    "five-groups": ("he", {"groups": 5, "statements": 24, "people": 400, **HEBREW_TALK}),
    "hard": (
        "en",
        {
            "groups": 2,
            "statements": 6,
            "topic": "W" * 90,
            "ranks": {"a feature without end " * 20: ("x" * 200, "中文" * 60, "short")},
            "texts": ("A statement without end " * 40, "x" * 300, "中文陳述沒有空格" * 30, HEBREW[0]),
        },
    ),
}

Open = Callable[..., Page]
SEEN_FOCUS = """[document.activeElement, document.activeElement.closest('label')]
    .some((one) => one && getComputedStyle(one).outlineStyle === 'solid')"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a report of each case, written to disk as people get it."""
    folder = tmp_path_factory.mktemp("reports")
    for name, (code, options) in CASES.items():
        tongue = language.get(code)
        report = build_report(*sample(**options), language=tongue)
        (folder / f"{name}.html").write_text(render_html(report, tongue), encoding="utf-8")
        (folder / f"{name}.svg").write_text(map_svg(report, tongue), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in CASES}


@pytest.fixture
def visit(browser: Browser, reports: dict[str, Path]) -> Iterator[Open]:
    """Return a function that opens a report and notes every request it makes."""
    contexts = []

    def opened(case: str, size: dict[str, int] = DESK, *, scheme: str = "light", scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport=size, color_scheme=scheme, java_script_enabled=scripts, reduced_motion="reduce", has_touch=size is PHONE
        )
        context.set_default_timeout(MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        page.goto(reports[case].as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("case", ["en", "he"])
def test_axe_finds_nothing(visit: Open, case: str, size: dict[str, int], scheme: str):
    page = visit(case, size, scheme=scheme)
    unfold(page)
    found = axe(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("case", ["one-cloud", "five-groups", "hard"])
def test_axe_finds_nothing_in_odd_conversations(visit: Open, case: str):
    page = visit(case, PHONE, scheme="dark")
    found = axe(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("case", CASES)
def test_the_page_never_scrolls_sideways(visit: Open, case: str):
    page = visit(case)
    unfold(page)
    for width in (320, 360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_no_request_is_made(browser: Browser, reports: dict[str, Path]):
    asked, said = [], []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(reports["en"].as_uri())
    page.mouse.move(400, 400)
    page.wait_for_timeout(200)
    assert [url for url in asked if not url.startswith("data:")] == [reports["en"].as_uri()]
    assert said == []
    page.close()


def test_the_keyboard_reaches_everything_that_can_be_used(visit: Open):
    page = visit("en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        assert page.evaluate(SEEN_FOCUS), reached[-1]
    assert {"A", "show-0", "show-1", "SUMMARY"} <= set(reached)


def test_a_group_is_hidden_and_shown_by_its_key(visit: Open):
    page = visit("en")
    dots = page.locator(".dots-0")
    assert dots.is_visible()
    page.locator("#show-0").uncheck()
    assert dots.is_hidden()
    assert page.locator(".dots-1").is_visible()


def test_the_map_works_without_scripts(visit: Open):
    page = visit("en", scripts=False)
    page.locator("#show-1").uncheck()
    assert page.locator(".dots-1").is_hidden()
    assert page.locator("#tools").is_hidden()
    page.get_by_text("Show all 14 statements").click()
    assert page.locator("#row-0").is_visible()


def test_tapping_a_dot_shows_its_group_alone(visit: Open):
    page = visit("en", PHONE)
    page.locator(".dots-1 use").first.dispatch_event("click")
    assert page.locator(".map").get_attribute("data-only") == "1"
    assert float(page.evaluate("getComputedStyle(document.querySelector('.dots-0')).opacity")) < 0.5
    page.locator(".dots-1 use").first.dispatch_event("click")
    assert page.locator(".map").get_attribute("data-only") is None


def test_a_mouse_over_a_dot_shows_its_group_until_it_leaves(visit: Open):
    page = visit("en")
    page.locator(".dots-0 use").first.hover(force=True)
    assert page.locator(".map").get_attribute("data-only") == "0"
    page.mouse.move(2, 2)
    assert page.locator(".map").get_attribute("data-only") is None


def test_a_key_under_the_mouse_dims_the_other_groups(visit: Open):
    page = visit("en")
    page.locator(".key-0").hover()
    assert float(page.evaluate("getComputedStyle(document.querySelector('.dots-1')).opacity")) < 0.5


def test_the_overview_tells_the_statement_of_a_mark(visit: Open):
    page = visit("en")
    mark = page.locator(".chart-overview .common use").first
    mark.scroll_into_view_if_needed()
    mark.hover(force=True)
    texts = page.locator("td .statement").all_text_contents()
    assert page.locator(".says").text_content() in texts


def test_the_table_sorts_and_finds(visit: Open):
    page = visit("en")
    unfold(page)
    column = [head.strip() for head in page.locator(".wide-table thead th").all_text_contents()].index("Votes")
    page.get_by_role("button", name="Votes").click()
    votes = [int(text) for text in page.locator(f".wide-table tbody td:nth-child({column + 1})").all_text_contents()]
    assert votes == sorted(votes, reverse=True)
    page.get_by_role("button", name="Votes").click()
    assert page.locator("th[aria-sort=ascending]").count() == 1
    page.get_by_role("button", name="Statement").click()
    texts = page.locator("td .statement").all_text_contents()
    assert texts == sorted(texts, key=str.casefold)
    page.get_by_label("Find in the statements").fill("BENCHES")
    assert page.locator(".wide-table tbody tr:visible").count() == 2
    assert page.locator("output").text_content() == "2 statements found"
    page.get_by_label("Find in the statements").fill("nothing says this")
    assert page.locator("output").text_content() == "No statement found"


def test_hebrew_reads_from_the_right(visit: Open):
    page = visit("he", PHONE)
    heading = page.locator("h1").bounding_box()
    rank, statement = page.locator(".finding .rank").first.bounding_box(), page.locator(".finding .statement").first.bounding_box()
    assert heading["x"] + heading["width"] > 300
    assert rank["x"] > statement["x"]
    bar, track = page.locator(".track i").first.bounding_box(), page.locator(".track").first.bounding_box()
    assert bar["x"] + bar["width"] == pytest.approx(track["x"] + track["width"], abs=1)


def test_letters_on_the_map_sit_in_their_discs(visit: Open):
    for case in ("en", "he"):
        page = visit(case)
        for place in (0, 1):
            disc, letter = (page.locator(f".{name}-{place}").bounding_box() for name in ("badge", "letter"))
            assert disc["x"] < letter["x"]
            assert letter["x"] + letter["width"] < disc["x"] + disc["width"]


def test_paper_shows_what_was_folded(visit: Open):
    page = visit("en")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#row-0").is_visible()
    assert page.locator(".contents").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("phone", PHONE), ("desk", DESK)])
@pytest.mark.parametrize("case", ["en", "he"])
def test_pictures_are_kept_to_be_looked_at(visit: Open, artefacts: Path, case: str, name: str, size: dict[str, int], scheme: str):
    page = visit(case, size, scheme=scheme)
    page.screenshot(path=artefacts / f"report-{case}-{name}-{scheme}.png")
    page.screenshot(path=artefacts / f"report-{case}-{name}-{scheme}-whole.png", full_page=True)
    assert (artefacts / f"report-{case}-{name}-{scheme}.png").stat().st_size > 10_000


def test_the_stand_alone_map_is_kept_to_be_looked_at(browser: Browser, reports: dict[str, Path], artefacts: Path):
    page = browser.new_page(viewport={"width": 680, "height": 760})
    for case in ("en", "he"):
        page.goto(reports[case].with_suffix(".svg").as_uri())
        page.screenshot(path=artefacts / f"map-{case}.png")
        assert page.evaluate("document.documentElement.tagName") == "svg"
    page.close()
