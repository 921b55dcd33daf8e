"""Turn a template and what it needs into an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.cache import patch_vary_headers

from klal.domain.language import Language, available, get
from klal.services.taking_part import wording
from klal.store.models import Conversation
from klal.web.reader import main_language, reader_language


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    conversation: Conversation | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return a page in the reader's language.

    Parameters
    ----------
    request : HttpRequest
        Whose page.
    template : str
        File name in ``templates/klal``.
    context : mapping, optional
        What the template needs besides language and conversation.
    conversation : Conversation, optional
        The one the page belongs to.
    status : int
        Of the answer.
    """
    language = reader_language(request, main_language(conversation) if conversation else "")
    home = f"/c/{conversation.slug}/" if conversation else "/"
    values = {
        "language": language,
        "languages": [get(code) for code in available() if code != language.code],
        "conversation": conversation,
        "wording": wording(conversation, language.code) if conversation else None,
        "home": home,
        "page_address": _page_address(request, home),
        **(context or {}),
    }
    response = HttpResponse(loader.render_to_string(f"klal/{template}", values, request), status=status)
    private(response)
    return response


def _page_address(request: HttpRequest, home: str) -> str:
    """Return where somebody comes back to who switches the language; what answers a form has no address, the page it was on has."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    before = urlsplit(request.headers.get("Referer", ""))
    try:
        is_ours = before.netloc == request.get_host()
    except DisallowedHost:  # that is what the answer says
        is_ours = False
    if not is_ours:
        return home
    return f"{before.path}?{before.query}" if before.query else before.path


def private(response: HttpResponse) -> None:
    """Forbid everybody but the reader's own browser to keep the answer, and the browser to keep it for long."""
    response["Cache-Control"] = "private, no-store"
    patch_vary_headers(response, ("Cookie", "Accept-Language"))


def language_of(request: HttpRequest, conversation: Conversation) -> Language:
    """Return the reader's language in a conversation."""
    return reader_language(request, main_language(conversation))
