"""Advice on the wording of a statement, said in the reader's language."""

from __future__ import annotations

from klal.domain.advice import Advice, advice_on
from klal.domain.language import Language


def advice_in_words(text: str, reader: Language, language: str = "", *, is_unfinished: bool = False) -> list[str]:
    """Return advice on a statement as sentences.

    Parameters
    ----------
    text : str
        As typed.
    reader : Language
        Whose.
    language : str
        Code of the statement's language; told from its writing if left out.
    is_unfinished : bool
        Whether it is being typed still, so that it cannot be said that it is no statement.
    """
    found = [one for one in advice_on(text, language) if not (is_unfinished and one is Advice.NOT_A_CLAIM)]
    return [reader.text(f"convene.advice.{one}") for one in found]
