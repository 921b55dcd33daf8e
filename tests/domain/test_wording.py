from __future__ import annotations

import unicodedata

import pytest

from klal.domain import language
from klal.domain.wording import as_statement, content_words, fingerprint, in_language, script_of, written_in

ENGLISH, HEBREW = language.get("en"), language.get("he")


def test_a_statement_is_one_line_without_commands_for_terminals_or_directions():
    assert as_statement("  One\n idea,\t\x00 well \u202esaid\u202c.\u200f ") == "One idea, well said."


@pytest.mark.parametrize("blank", ["", "  \n", "\u200f\u202e", "\x00"])
def test_nothing_readable_is_no_statement(blank):
    assert as_statement(blank) == ""


def test_case_points_accents_and_punctuation_make_no_other_statement():
    assert fingerprint("Café – for ALL!") == fingerprint("cafe, for all")
    assert fingerprint("שָׁלוֹם, עולם") == fingerprint("שלום עולם")
    assert fingerprint("צה״ל וצהל") == fingerprint("צהל וצהל")


def test_different_words_are_different_statements():
    assert fingerprint("we agree") != fingerprint("we disagree")


def test_hebrew_prefixes_do_not_hide_a_word():
    assert content_words("ושבקהילות, הקהילות") == ("קהילות", "קהילות")


def test_short_words_keep_their_letters():
    assert content_words("לב של הים") == ("לב", "של", "הים")


@pytest.mark.parametrize(("text", "script"), [("one idea", "LATIN"), ("רעיון one", "HEBREW"), ("идея", "CYRILLIC"), ("12 – !", "")])
def test_a_text_has_the_script_of_most_of_its_letters(text, script):
    assert script_of(text) == script


@pytest.mark.parametrize(("text", "code"), [("One idea", "en"), ("רעיון אחד", "he"), ("одна идея", ""), ("42", "")])
def test_a_statement_is_in_the_first_language_of_its_script(text, code):
    assert written_in(text, (HEBREW, ENGLISH)) == code


@pytest.mark.parametrize(
    ("wanted", "read"),
    [("en", ("Peace", "en")), ("he", ("שלום", "he")), ("ar", ("שלום", "he")), ("", ("שלום", "he"))],
)
def test_a_statement_is_read_in_the_readers_language_where_there_is_a_translation(wanted: str, read: tuple[str, str]) -> None:
    assert in_language("שלום", "he", {"en": "Peace", "he": "of no use"}, wanted) == read


@pytest.mark.parametrize("text", ["\u200b", "\u3164\u3164", "\u2800", "\ufeff \u00ad", "\u2060\u180e"])
def test_what_shows_nothing_is_no_statement(text):
    assert as_statement(text) == ""


def test_marks_do_not_climb_over_the_lines_above():
    assert as_statement("a" + "\u0301" * 50 + "b") == "á" + "\u0301" * 4 + "b"
    for written in ("בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים", "Việt Nam", "👨\u200d👩\u200d👧 می\u200cخواهم", "\U0001f3f4\U000e0067\U000e0062\U000e007f"):
        assert as_statement(written) == unicodedata.normalize("NFC", written)
