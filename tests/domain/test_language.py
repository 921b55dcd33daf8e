from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path

import pytest

from klal import errors
from klal.domain import language
from klal.domain.language import END_ISOLATE, ISOLATE, Phrase
from klal.errors import BadOptionError, KlalError

ENGLISH, HEBREW = language.get("en"), language.get("he")


def every_error(kind: type[KlalError] = KlalError):
    yield kind
    for one in kind.__subclasses__():
        yield from every_error(one)


OURS = [kind for kind in every_error() if kind.__module__.startswith(errors.__name__)]


def placeholders(template) -> set[str]:
    forms = [template] if isinstance(template, str) else list(template.values())
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}


def test_hebrew_and_english_are_there():
    assert {"en", "he"} <= set(language.available())


@pytest.mark.parametrize("code", language.available())
def test_every_language_has_the_keys_and_placeholders_of_english(code):
    other = language.get(code)
    assert set(other.texts) == set(ENGLISH.texts)
    for key, template in ENGLISH.texts.items():
        assert placeholders(other.texts[key]) == placeholders(template), key


@pytest.mark.parametrize("code", language.available())
def test_counted_sentences_are_counted_in_every_language(code):
    for key, template in language.get(code).texts.items():
        assert isinstance(template, str) == isinstance(ENGLISH.texts[key], str), key


@pytest.mark.parametrize("code", language.available())
@pytest.mark.parametrize("kind", OURS)
def test_every_error_has_a_sentence_with_the_facts_of_its_class(code, kind):
    template = language.get(code).texts[f"errors.{kind.code}"]
    assert placeholders(template) == placeholders(kind.message)


@pytest.mark.parametrize("kind", OURS)
def test_the_english_sentence_is_the_message_of_the_class(kind):
    facts = {name: f"<{name}>" for name in placeholders(kind.message)}
    assert ENGLISH.error(kind(**facts)) == str(kind(**facts))


def test_no_sentence_is_left_over_for_an_error_that_is_gone():
    codes = {f"errors.{kind.code}" for kind in OURS}
    assert {key for key in ENGLISH.texts if key.startswith("errors.")} == codes


def test_a_line_number_is_not_an_amount():
    assert ENGLISH.error(errors.EncodingError(file="a.csv", line=12345, found="ff")).startswith("a.csv, line 12345:")


def test_a_missing_fact_shows_as_a_dash():
    assert ENGLISH.error(errors.EncodingError(file="a.csv", line=None)).startswith("a.csv, line -: found the byte -,")


def test_an_unknown_language_is_refused():
    with pytest.raises(BadOptionError) as caught:
        language.get("tlh")
    assert caught.value.facts == {"option": "--language", "found": "tlh", "needed": "en / he"}


def test_a_language_states_its_name_and_direction():
    assert (ENGLISH.name, ENGLISH.direction) == ("English", "ltr")
    assert (HEBREW.name, HEBREW.direction) == ("עברית", "rtl")


def test_the_form_follows_the_number():
    say = [HEBREW.text("report.words.votes", count=count) for count in (1, 2, 3, 1200)]
    assert say == ["הצבעה אחת", "שתי הצבעות", "3 הצבעות", "1,200 הצבעות"]


def test_foreign_text_is_fenced_in_a_hebrew_sentence():
    assert f"{ISOLATE}votes.csv{END_ISOLATE}" in HEBREW.error(errors.MissingInputError(path="votes.csv"))


def test_only_text_of_the_other_direction_is_fenced_in_english():
    assert ENGLISH.isolate("votes.csv") == "votes.csv"
    assert ENGLISH.isolate("הצבעות.csv") == f"{ISOLATE}הצבעות.csv{END_ISOLATE}"


def test_controls_inside_a_value_cannot_break_out_of_its_fence():
    assert ENGLISH.isolate("a\u202eb\u2069c") == "abc"


def test_a_phrase_goes_in_as_it_is():
    assert HEBREW.text("report.group", letter=Phrase("א")) == "קבוצה א"
    assert HEBREW.text("report.group", letter="A") == f"קבוצה {ISOLATE}A{END_ISOLATE}"


def test_values_are_shown_as_people_write_them():
    assert ENGLISH.text("report.range", low=1000, high=0.5) == "1,000 to 0.50"
    assert ENGLISH.text("report.range", low=None) == "- to -"


@pytest.mark.parametrize(
    ("value", "places", "written"), [(1234567, 0, "1,234,567"), (0.126, 2, "0.13"), (-1.5, 1, "−1.5"), (-0.04, 1, "0.0"), (0, 0, "0")]
)
def test_numbers(value, places, written):
    assert ENGLISH.number(value, places) == written


@pytest.mark.parametrize(("share", "written"), [(0.0, "0%"), (0.578, "58%"), (1.0, "100%")])
def test_shares(share, written):
    assert HEBREW.percent(share) == written


def test_letters_name_groups_and_never_run_out():
    assert [ENGLISH.letter(group) for group in (0, 25, 26)] == ["A", "Z", "AA"]
    assert [HEBREW.letter(group) for group in (0, 1, 22)] == ["א", "ב", "אא"]


def test_it_is_known_which_sentences_there_are():
    assert ENGLISH.has("report.title") is False
    assert ENGLISH.has("report.eyebrow") is True


@pytest.mark.parametrize("code", language.available())
def test_no_sentence_holds_markup_or_a_stray_brace(code):
    for key, template in language.get(code).texts.items():
        for form in [template] if isinstance(template, str) else template.values():
            assert not re.search(r"[<>]", form), key


def test_hebrew_says_one_word_for_one_thing():
    words = " ".join(
        form for template in HEBREW.texts.values() for form in ([template] if isinstance(template, str) else template.values())
    )
    assert not re.search("הצהר|נמנע|מדלג|טענ|תגוב", words)


def test_what_would_command_a_terminal_or_break_xml_is_left_out():
    assert language.printable("  a\x1b[31m\x00b\n\tc\x9b ") == "a[31mb\n\tc"
    assert "\x1b" not in language.get("en").isolate("\x1b]0;title")


def test_a_section_may_have_a_sentence_called_other() -> None:
    for code in language.available():
        assert language.get(code).has("pages.recover.other")
        assert not language.get(code).has("pages.recover")


@pytest.mark.parametrize(
    ("header", "codes"),
    [("", [""]), ("fr,he;q=0.4,en-GB;q=0.7", ["fr", "en", "he"]), ("he;q=0", []), ("he;q=x,EN", ["en"]), ("en, he", ["en", "he"])],
)
def test_what_a_browser_wants_most_comes_first(header, codes):
    assert language.accepted(header) == codes


@pytest.mark.parametrize("code", language.available())
def test_no_two_files_of_a_language_say_the_same_key(code):
    folder = Path(language.__file__).parent / "languages" / code
    files = [dict(language._flat("", tomllib.loads(path.read_text(encoding="utf-8")))) for path in folder.glob("*.toml")]
    keys = [key for content in files for key in content]
    assert len(keys) == len(set(keys))
