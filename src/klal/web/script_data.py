"""What a page of a conversation hands to its scripts: where it is, and the sentences they say, in the reader's language."""

from __future__ import annotations

from typing import Any

from klal.domain.language import Language
from klal.web.visit import Visit

_WORDS = {
    **{name: f"pages.vote.{name}" for name in ("agree", "disagree", "pass", "progress", "done", "your_vote_now", "no_text")},
    **{name: f"pages.script.{name}" for name in ("saved", "waiting", "offline", "busy", "stranger", "more_later", "new_statements")},
    **{name: f"pages.count.{name}" for name in ("participants", "statements", "votes")},
    **{name: f"pages.speak.{name}" for name in ("left", "over", "similar", "voted")},
    "updated": "pages.map.updated",
}
"""Sentences the scripts say, by the name they know them by."""


def page_data(visit: Visit, **more: Any) -> dict[str, Any]:
    """Return what the scripts of a page need.

    Parameters
    ----------
    visit : Visit
        Of the reader.
    **more : Any
        What this page's scripts need besides; values that JSON can hold.
    """
    home, language = visit.home, visit.language
    return {"slug": visit.conversation.slug, "home": home, "language": language.code, "words": _words(language), **more}


def _words(language: Language) -> dict[str, Any]:
    """Return the scripts' sentences as templates."""
    texts = language.texts
    return {
        name: template if isinstance(template, str) else dict(template)
        for name, template in ((name, texts[key]) for name, key in _WORDS.items())
    } | {"thousands": language.thousands}
