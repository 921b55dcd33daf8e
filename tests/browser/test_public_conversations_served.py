"""The six public conversations, brought in and served: the pages say what ``klal analyse`` says of the files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from klal.domain.language import get
from klal.io import read_conversation
from klal.io.analysis_json import analysis_document
from klal.services.analyse_file import analyse_conversation
from tests.browser.house import House
from tests.browser.looking import MILLISECONDS
from tests.conftest import CONVERSATIONS
from tests.serving import RunningServer
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.shared]


@pytest.fixture(scope="module")
def house(public_conversations: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("six")
    with RunningServer(home) as server:
        found = House(home, "", (server,))
        for name in CONVERSATIONS:
            found.klal("import", str(public_conversations / name), "--slug", _slug(name))
        wait_until(lambda: found.rows("SELECT count(*) FROM store_conversation WHERE changes > analysed_changes") == [(0,)])
        yield found


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_pages_and_files_agree(house: House, browser: Browser, public_conversations: Path, artefacts: Path, name: str) -> None:
    conversation = read_conversation(public_conversations / name)
    wanted = analysis_document(analyse_conversation(conversation).analysis, conversation)
    counts = wanted["counts"]
    english = get("en")

    page = browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 800})
    page.set_default_timeout(MILLISECONDS)
    try:
        page.goto(f"{house.url()}/c/{_slug(name)}/")
        for what in ("participants", "statements", "votes"):
            expect(page.locator("#counts")).to_contain_text(english.text(f"pages.count.{what}", count=counts[what]))
        page.wait_for_timeout(1500)  # the live counts arrive and must say the same
        for what in ("participants", "statements", "votes"):
            expect(page.locator("#counts")).to_contain_text(english.text(f"pages.count.{what}", count=counts[what]))
        found = page.evaluate("fetch('map/data').then((answer) => answer.json())")
        page.goto(f"{house.url()}/c/{_slug(name)}/map/")
        expect(page.locator("#canvas svg.cloud")).to_be_visible()
        page.screenshot(path=artefacts / f"served-{_slug(name)}.png", full_page=True)
    finally:
        page.close()

    assert found["counts"] == counts
    assert found["verdict"]["kind"] == wanted["groups_supported"]["verdict"]
    assert sorted(group["size"] for group in found["groups"]) == sorted(group["size"] for group in wanted["groups"])


def _slug(name: str) -> str:
    return name.replace(".", "-")
