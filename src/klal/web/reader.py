"""Which language a reader reads, and who their browser says they are."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from klal.domain.identity import CHANNEL_COOKIE, Identity, cookie_name, cookie_names, from_cookie, to_cookie
from klal.domain.language import Language, accepted, available, get
from klal.store.models import Conversation
from klal.store.opening import configuration

LANGUAGE_COOKIE = "klal-language"
COOKIE_SECONDS = 400 * 24 * 60 * 60  # the longest browsers keep one
CHANNEL_SECONDS = 30 * 24 * 60 * 60


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
    keys, names = configuration().secret_keys, cookie_names(https=configuration().https)
    found = (from_cookie(request.COOKIES.get(name), slug, *keys) for name in names)
    return next((one for one in found if one is not None), None)


def is_remembered(request: HttpRequest, identity: Identity, slug: str) -> bool:
    """Say whether the browser's cookie is as it would be given now; not if it was signed with an older key, or has another name."""
    found = configuration()
    return request.COOKIES.get(cookie_name(https=found.https)) == to_cookie(identity, slug, found.secret_key)


def remember_identity(response: HttpResponse, identity: Identity, slug: str) -> None:
    """Make the browser keep who it is in a conversation."""
    found = configuration()
    response.set_cookie(
        cookie_name(https=found.https),
        to_cookie(identity, slug, found.secret_key),
        max_age=COOKIE_SECONDS,
        path=f"/c/{slug}/",
        httponly=True,
        samesite="Lax",
        secure=found.https,
    )


def remember_channel(response: HttpResponse, code: str, slug: str) -> None:
    """Keep by which channel's link somebody came, until they join."""
    response.set_cookie(
        CHANNEL_COOKIE,
        code,
        max_age=CHANNEL_SECONDS,
        path=f"/c/{slug}/",
        httponly=True,
        samesite="Lax",
        secure=configuration().https,
    )


def forget_identity(response: HttpResponse, slug: str) -> None:
    """Make the browser forget who it was in a conversation, under every name the cookie ever had."""
    for name in cookie_names(https=True):
        response.delete_cookie(name, path=f"/c/{slug}/", samesite="Lax")


def main_language(conversation: Conversation) -> str:
    """Return the code of a conversation's main language; empty if it names none."""
    languages = conversation.languages
    return str(languages[0]) if languages else ""
