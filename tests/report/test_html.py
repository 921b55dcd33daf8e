from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from klal.core.results import Reason, Verdict
from klal.domain import language
from klal.domain.records import Moderation, Statement
from klal.report import build_report, map_svg, render_html
from klal.report.html import fenced
from klal.report.standalone import COLOURS
from klal.report.svg import resolve_colours
from tests.report.sample import HEBREW, assemble, sample

EN, HE = language.get("en"), language.get("he")
VOID = {"meta", "link", "input", "br", "path", "use", "line", "rect"}


class Outline(HTMLParser):
    """Checks that every element is closed where it was opened, and collects what was seen."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert not parser.open
    return parser


def page_of(tongue=EN, **options) -> str:
    return render_html(build_report(*sample(**options), language=tongue), tongue)


CASES = {
    "one group": {"groups": 1},
    "two groups": {"groups": 2},
    "three groups": {"groups": 3},
    "five groups": {"groups": 5},
    "no texts": {"texts": ()},
    "one statement": {"statements": 1, "missing": 0.0},
    "hebrew texts": {"texts": HEBREW},
    "long statements": {"texts": ("All of this matters. " * 50,)},
    "weak": {"groups": 2, "verdict": Verdict.WEAK, "reason": Reason.SPECTRUM},
    "with notes": {"notes": ("signs_flipped", "texts_rejoined"), "url": "https://example.org/"},
    "long description": {"description": "Why we ask.\n\n" + "Much has been said about it. " * 60},
    "long first paragraph": {"description": "Much has been said about it. " * 60},
    "no topic": {"topic": "", "description": "", "source": ""},
}


@pytest.mark.parametrize("tongue", [EN, HE], ids=["en", "he"])
@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_conversation_gives_a_whole_page(tongue, case):
    page = page_of(tongue, **CASES[case])
    seen = outline(page).seen
    assert [dict(attrs) for tag, attrs in seen if tag == "html"] == [{"lang": tongue.code, "dir": tongue.direction}]
    assert sum(tag == "h1" for tag, _ in seen) == 1
    ids = [attrs["id"] for _, attrs in seen if "id" in attrs]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("tongue", [EN, HE], ids=["en", "he"])
def test_an_empty_conversation_gives_a_whole_page(tongue):
    analysis, talk = assemble(
        np.full((3, 2), np.nan), labels=np.full(3, -1), positions=np.zeros((3, 2)), verdict=Verdict.NONE, reason=Reason.TOO_FEW
    )
    report = build_report(analysis, talk, language=tongue)
    outline(render_html(report, tongue))
    assert ET.fromstring(map_svg(report, tongue)).tag.endswith("svg")


@pytest.mark.parametrize("tongue", [EN, HE], ids=["en", "he"])
def test_two_participants_give_a_whole_page(tongue):
    table = np.array([[1.0, -1.0], [1.0, 1.0]])
    analysis, talk = assemble(table, labels=np.zeros(2, dtype=int), positions=np.ones((2, 2)), verdict=Verdict.NONE, reason=Reason.TOO_FEW)
    page = render_html(build_report(analysis, talk, language=tongue), tongue)
    outline(page)
    assert "<svg" not in page


def test_without_groups_no_group_is_spoken_of():
    page = page_of(groups=1)
    text = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.S)
    assert "every group" not in text
    assert "Group A" not in text


def test_the_same_report_gives_the_same_bytes():
    assert page_of(groups=3) == page_of(groups=3)
    report = build_report(*sample(groups=3), language=EN)
    assert map_svg(report, EN) == map_svg(report, EN)


def test_nothing_is_loaded_from_anywhere():
    page = page_of(groups=2, url="https://example.org/")
    for tag, attrs in outline(page).seen:
        assert "src" not in attrs, tag
        href = attrs.get("href", "#")
        assert href.startswith(("#", "data:")) or (tag == "a" and attrs["rel"] == "noopener noreferrer")
    assert "@import" not in page
    assert "url(" not in page


def test_statements_are_text_and_never_markup():
    evil = '<script>alert(1)</script> & <b>bold</b> "quoted" {{ 7 * 7 }} \u202eback'
    page = page_of(texts=(evil,), topic=evil, description=evil, source=evil)
    assert page.count("<script>") == 1
    assert "<b>bold" not in page
    assert "{{ 7 * 7 }}" in page


def test_each_statement_finds_its_own_direction():
    seen = outline(page_of(HE, texts=("English in a Hebrew page.",))).seen
    statements = [attrs for _, attrs in seen if (attrs.get("class") or "").startswith("statement")]
    assert statements
    assert all(attrs.get("dir") == "auto" for attrs in statements)


def test_no_code_of_the_domain_reaches_a_reader():
    page = page_of(groups=1, notes=("signs_flipped",))
    for word in ("one_cloud", "signs_flipped", "Verdict.", "Reason."):
        assert word not in page


def test_meta_statements_are_listed_apart():
    analysis, talk = sample()
    few = Statement(id=77, text="Few voted on this page.", is_meta=True)
    meta = dataclasses.replace(talk.statements[0], text="This conversation is too long.", is_meta=True)
    rejected = dataclasses.replace(talk.statements[1], moderation=Moderation.REJECTED)
    report = build_report(analysis, dataclasses.replace(talk, statements=(meta, rejected, *talk.statements[2:], few)), language=EN)
    page = render_html(report, EN)
    assert "Statements about the conversation itself" in page
    assert "One statement was rejected in moderation." in page


def test_the_rest_of_a_long_list_unfolds():
    page = page_of(groups=2, statements=200, people=400)
    assert re.search(r"Show \d+ more statements of common ground", page)
    assert len(page.encode()) < 400_000


def test_nine_hundred_statements_still_give_a_page():
    outline(page_of(groups=2, statements=900))


def test_isolates_become_elements():
    assert fenced("a \u2068<b>\u2069 c") == "a <bdi>&lt;b&gt;</bdi> c"


def test_the_stand_alone_map_needs_no_style_sheet():
    drawing = map_svg(build_report(*sample(groups=3), language=HE), HE)
    root = ET.fromstring(drawing)
    assert "var(" not in drawing
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert "קבוצה ג" in drawing


def test_the_stand_alone_map_has_the_colours_of_the_page():
    css = re.search(r":root \{(.*?)\}", page_of(), flags=re.S).group(1)
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))
    assert {name: tokens[name] for name in COLOURS} == COLOURS


def test_an_unknown_colour_is_a_programming_error():
    with pytest.raises(KeyError):
        resolve_colours("var(--pink)", COLOURS)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_stand_out_from_the_paper(theme):
    blocks = re.findall(r":root \{(.*?)\}", page_of(), flags=re.S)
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[theme]))

    def contrast(name: str) -> float:
        light, dark = sorted((luminance(tokens[name]), luminance(tokens["paper"])), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    assert all(contrast(name) >= 3 for name in tokens if name.startswith("group-") or name == "everyone")
    assert contrast("ink") >= 7
    assert contrast("muted") >= 4.5
