"""Which language a reader reads, and who their browser says they are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from klal.domain.identity import COOKIE, Identity, from_cookie, new_identity, to_cookie
from klal.domain.language import Language, accepted, available, get
from klal.store.models import Conversation
from klal.store.opening import configuration

LANGUAGE_COOKIE = "klal-language"
COOKIE_SECONDS = 400 * 24 * 60 * 60  # the longest browsers keep one


def reader_language(request: HttpRequest, main: str = "") -> Language:
    """Return the reader's language: chosen on a page, else as the browser asks, else the conversation's.

    Parameters
    ----------
    request : HttpRequest
        Of the reader.
    main : str
        The conversation's main language.
    """
    chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
    if chosen in available():
        return get(chosen)
    asked = accepted(request.headers.get("Accept-Language", ""))
    return get(next((code for code in (*asked, main) if code in available()), "en"))


def remember_language(response: HttpResponse, code: str) -> None:
    """Keep the language a reader chose."""
    response.set_cookie(LANGUAGE_COOKIE, code, max_age=COOKIE_SECONDS, samesite="Lax", httponly=True, secure=configuration().https)


def identity_of(request: HttpRequest, slug: str) -> Identity | None:
    """Return who the browser's cookie says it is in a conversation, None without a cookie that was signed here."""
    return from_cookie(request.COOKIES.get(COOKIE), slug, configuration().secret_key)


def identity_or_new(request: HttpRequest, slug: str) -> tuple[Identity, bool]:
    """Return who the browser is and whether that is new, so that the answer has to set the cookie."""
    found = identity_of(request, slug)
    return (found, False) if found else (new_identity(), True)


def remember_identity(response: HttpResponse, identity: Identity, slug: str) -> None:
    """Make the browser keep who it is in a conversation."""
    found = configuration()
    response.set_cookie(
        COOKIE,
        to_cookie(identity, slug, found.secret_key),
        max_age=COOKIE_SECONDS,
        path=f"/c/{slug}/",
        httponly=True,
        samesite="Lax",
        secure=found.https,
    )


def main_language(conversation: Conversation) -> str:
    """Return the code of a conversation's main language; empty if it names none."""
    languages = conversation.languages
    return str(languages[0]) if languages else ""
