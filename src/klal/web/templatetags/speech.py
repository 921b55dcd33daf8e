"""The reader's language in templates: ``{% text "pages.vote.agree" %}``, numbers, shares and letters; foreign text in ``bdi``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import cos, pi, sin
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from klal.domain.language import END_ISOLATE, ISOLATE, Language, Phrase
from klal.services.naming import axis_end, group_name, named_letter
from klal.services.phases import Stage, stage_of
from klal.services.schedule import moment_in_words, zone_name
from klal.store.models import Conversation

register = template.Library()

_RING = 12


def fenced(sentence: str) -> SafeString:
    """Return plain text as HTML, its isolates turned into ``bdi`` elements."""
    return mark_safe(escape(sentence).replace(ISOLATE, "<bdi>").replace(END_ISOLATE, "</bdi>"))  # noqa: S308 -- escaped


@register.simple_tag(takes_context=True)
def text(context: template.Context, key: str, **values: Any) -> SafeString:
    """Return a sentence as HTML."""
    return fenced(_language(context).text(key, **values))


@register.simple_tag(takes_context=True)
def phrase(context: template.Context, key: str, **values: Any) -> Phrase:
    """Return a sentence as plain text, to put into another sentence or an attribute (``{% phrase … as name %}``)."""
    return _language(context).text(key, **values)


@register.simple_tag(takes_context=True)
def number(context: template.Context, value: float) -> str:
    """Return a number as the language writes it."""
    return _language(context).number(value)


@register.simple_tag(takes_context=True)
def percent(context: template.Context, share: float) -> str:
    """Return a share, 0 … 1, as a whole percentage."""
    return _language(context).percent(share)


@register.simple_tag(takes_context=True)
def letter(context: template.Context, slot: int) -> str:
    """Return the letter that names an opinion group."""
    return _language(context).letter(slot)


@register.simple_tag(takes_context=True)
def named(context: template.Context, slot: int) -> Phrase:
    """Return the letter of an opinion group with the name its convenors gave it, to put into a sentence (``{% named … as name %}``)."""
    return named_letter(_names(context), slot, _language(context))


@register.simple_tag(takes_context=True)
def group_title(context: template.Context, slot: int) -> str:
    """Return the name that the convenors gave to an opinion group, empty if there is none."""
    return group_name(_names(context), slot, _language(context))


@register.simple_tag(takes_context=True)
def axis(context: template.Context, name: str) -> SafeString:
    """Return a sentence on what the ends of the map, across (x) or upward (y), are called; empty if they have no names."""
    language, names = _language(context), _names(context)
    low, high = (axis_end(names, name, end, language) for end in ("low", "high"))
    if not low and not high:
        return SafeString()
    unnamed = language.text("convene.names.no_end")
    return fenced(
        language.text("convene.names.across" if name == "x" else "convene.names.upward", low=low or unnamed, high=high or unnamed)
    )


def _names(context: template.Context) -> Mapping[str, Any]:
    found: Mapping[str, Any] = context.get("names") or getattr(context.get("conversation"), "names", None) or {}
    return found


@register.filter
def hue(slot: int) -> int:
    """Return which of the five colours an opinion group has."""
    return slot % 5


def _language(context: template.Context) -> Language:
    found: Language = context["language"]
    return found


@register.simple_tag(takes_context=True)
def choice_word(context: template.Context, name: str) -> Phrase:
    """Return the word for a vote: agree, disagree or pass."""
    return _language(context).text(f"pages.vote.{name}")


@register.simple_tag(takes_context=True)
def fate(context: template.Context, name: str) -> SafeString:
    """Return what became of a statement, in words."""
    return fenced(_language(context).text(f"pages.mine.{name}"))


@register.simple_tag(takes_context=True)
def error_title(context: template.Context, status: int) -> SafeString:
    """Return the heading of an error page."""
    language = _language(context)
    known = f"pages.error.title_{status}"
    return fenced(language.text(known if language.has(known) else "pages.error.title_other"))


@register.simple_tag(takes_context=True)
def shortcut(context: template.Context, name: str) -> SafeString:
    """Return one key of the keyboard and what it does, as a row of a description list."""
    language = _language(context)
    key, does = language.text(f"pages.vote.key_{name}"), language.text(f"pages.vote.keys_{name}")
    return format_html("<div><dt><kbd>{}</kbd></dt><dd>{}</dd></div>", key, does)


@register.simple_tag(takes_context=True)
def closing(context: template.Context, conversation: Conversation) -> SafeString:
    """Say why a conversation takes no votes, or no statements: it is over, paused, has not begun, or only votes count now."""
    language, stage = _language(context), stage_of(conversation, timezone.now())
    if stage is Stage.SCHEDULED and conversation.opens_at is not None:
        day = moment_in_words(conversation.opens_at, zone_name(conversation), language)
        return fenced(language.text("pages.opens", day=day))
    if stage is Stage.OPEN:  # and yet the reader may not speak
        return fenced(language.text("pages.convenors_speak"))
    return fenced(language.text(f"pages.{stage.value}"))


@register.simple_tag(takes_context=True)
def moment(context: template.Context, at: datetime, conversation: Conversation) -> Phrase:
    """Return a moment in words, in the conversation's own time zone."""
    return moment_in_words(at, zone_name(conversation), _language(context))


@register.simple_tag
def ring() -> str:
    """Return the path of the mark: twelve places around one middle, joined by nothing but their distance from it."""
    turns = (2 * pi * place / _RING for place in range(_RING))
    return "".join(f"M{11 * sin(turn):.1f} {-11 * cos(turn):.1f}h0" for turn in turns)


@register.simple_tag(takes_context=True)
def spoken_count(context: template.Context, noun: str, count: int) -> Phrase:
    """Return a counted noun, such as "7 people", to put into a sentence (``{% spoken_count … as name %}``)."""
    return _language(context).text(f"pages.count.{noun}", count=count)


@register.simple_tag(takes_context=True)
def spoken_share(context: template.Context, share: float) -> Phrase:
    """Return a percentage to put into a sentence (``{% spoken_share … as name %}``)."""
    return _language(context).percent(share)


@register.filter
def hundred(share: float) -> str:
    """Return a share as a number of hundredths, for the width of a bar."""
    return f"{100 * share:.1f}"


@register.filter
def double(value: int) -> int:
    """Return twice a number: a line is as wide as two radii."""
    return 2 * value
