"""The participants' page of a draft, as it will be: the same template, the same words, nothing that can be sent."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from klal.domain.ballot import Upcoming
from klal.domain.language import Language, available, get
from klal.domain.records import ModerationMode, Speakers
from klal.domain.rules import STATEMENT_LENGTH
from klal.services.taking_part import shown_statements, wording
from klal.store.models import Conversation
from klal.web.middleware import POLICY
from klal.web.rendering import show


def preview_page(request: HttpRequest, conversation: Conversation, language: Language) -> HttpResponse:
    """Return the page; only pages of this server may frame it.

    Parameters
    ----------
    request : HttpRequest
        Of a convenor.
    conversation : Conversation
        A draft.
    language : Language
        As a reader of it would see the page.
    """
    statements = list(shown_statements(conversation).values())
    first = statements[0] if statements else None
    context = {
        "language": language,
        "languages": [get(code) for code in available() if code != language.code],
        "wording": wording(conversation, language.code),
        "page": "vote",
        "is_open": True,
        "can_speak": conversation.speakers == Speakers.ANYONE.value,
        "choice_names": ("agree", "disagree", "pass"),
        "statement": Upcoming(first.id, *first.in_language(language.code), first.is_seed) if first else None,
        "voted": 0,
        "all": len(statements),
        "key": 0,
        "limit": STATEMENT_LENGTH,
        "before": conversation.moderation_mode == ModerationMode.BEFORE.value,
        "modules": (),
        "key_names": (),
        "data": {},
    }
    response = show(request, "participate.html", context, conversation=conversation)
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Content-Security-Policy"] = POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    return response
