"""The form for a conversation's words: read, checked field by field, and shown again as it was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from klal.domain.address import is_address
from klal.domain.language import Language, available, get
from klal.domain.wording import as_statement
from klal.services.creating import FIELDS, LONGEST, Words, words_of
from klal.store.models import Conversation


@dataclass(slots=True)
class WordingForm:
    """What the form holds.

    Attributes
    ----------
    ticked : list of str
        Languages chosen.
    texts : mapping of str to mapping
        ``{language: {field: text}}`` as typed.
    slug : str
        The address wished for.
    form : str
        Of chance; see `klal.services.creating.start_draft`.
    wrong : dict of str to str
        What is wrong with a field, by its name.
    """

    ticked: list[str]
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    slug: str = ""
    form: str = ""
    wrong: dict[str, str] = field(default_factory=dict)

    def words(self, language: Language) -> Words:
        """Return what was typed, the reader's own language first."""
        return Words(tuple(code for code in _order(language) if code in self.ticked), self.texts, self.slug)

    def check(self, language: Language) -> bool:
        """Note what is wrong; say whether nothing is."""
        if not self.ticked:
            self.wrong["languages"] = language.text("convene.create.no_language")
        elif not any(as_statement(self.texts[code]["topic"]) for code in self.ticked):
            first = next(code for code in _order(language) if code in self.ticked)
            self.wrong[f"topic_{first}"] = language.text("convene.create.no_question")
        for code in self.ticked:
            for name in FIELDS:
                found, most = len(self.texts[code][name].strip()), LONGEST[name]
                if found > most:
                    self.wrong[f"{name}_{code}"] = language.text("convene.create.too_long", found=found, most=most)
        if self.slug and not is_address(self.slug):
            self.wrong["slug"] = language.text("convene.create.address_bad")
        return not self.wrong

    def context(self, language: Language) -> dict[str, Any]:
        """Return what the template needs."""
        return {
            "parts": [self._part(code, language) for code in _order(language)],
            "slug": self.slug,
            "form_key": self.form,
            "wrong": self.wrong,
            "limits": LONGEST,
        }

    def _part(self, code: str, language: Language) -> dict[str, Any]:
        spoken, texts = get(code), self.texts.get(code, {})
        return {
            "code": code,
            "name": language_name(language, code),
            "direction": spoken.direction,
            "ticked": code in self.ticked,
            "fields": {name: texts.get(name, "") for name in FIELDS},
            "wrong": {name: self.wrong.get(f"{name}_{code}", "") for name in FIELDS},
        }


def read_wording(request: HttpRequest) -> WordingForm:
    """Return what was typed."""
    form = request.POST
    texts = {code: {name: form.get(f"{name}_{code}", "").replace("\r\n", "\n") for name in FIELDS} for code in available()}
    ticked = [code for code in available() if code in form.getlist("languages")]
    return WordingForm(ticked, texts, form.get("slug", "").strip().lower()[:100], form.get("form", "")[:40])


def wording_of(conversation: Conversation) -> WordingForm:
    """Return the form as a conversation fills it."""
    return WordingForm(list(conversation.languages), words_of(conversation), conversation.slug)


def language_name(language: Language, code: str) -> str:
    """Return what a language is called in another one."""
    known = f"convene.create.language_{code}"
    return language.text(known) if language.has(known) else get(code).name


def _order(language: Language) -> tuple[str, ...]:
    """Return all languages, the reader's first."""
    return tuple(dict.fromkeys((language.code, *available())))
