"""Refusals and faults as pages and as JSON, in the reader's language: the one place where they are worded for browsers."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from klal.errors import BadRequestError, BusyError, RefusedError, RequestTooLargeError, UnknownConversationError
from klal.store.away import as_busy
from klal.web.reader import reader_language
from klal.web.rendering import private, show

MOST_BYTES = 64 * 1024
"""Largest body a page takes."""

MOST_UPLOAD_BYTES = 1024 * 1024
"""Largest body with a file in it, which only convenors' pages take; a table may have a million bytes, the form around it the rest."""

RETRY_SECONDS = 5
_CONVERSATION = re.compile(r"/c/[-a-zA-Z0-9_]{1,64}/")
_AWAY = (OperationalError, InterfaceError)


def answer_refusal(request: HttpRequest, error: RefusedError | BusyError) -> HttpResponse:
    """Return the page, or for a script the JSON, that says what was refused and why."""
    sentence = reader_language(request).error(error)
    if wants_json(request):
        response: HttpResponse = JsonResponse({"code": error.code, "message": sentence}, status=error.status)
        private(response)
    else:
        ways = {"again": _again(request, error), "back": _back(request, error)}
        response = show(request, "error.html", {"status": error.status, "sentence": sentence, **ways}, status=error.status)
    seconds = error.facts.get("seconds")
    if seconds is not None:
        response["Retry-After"] = str(seconds)
    return response


def answer_exception(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Return what a reader is told about an exception; None if it is a fault that nobody foresaw."""
    if isinstance(error, _AWAY):
        return answer_refusal(request, as_busy(error, RETRY_SECONDS))
    if isinstance(error, DataError):  # such as a null byte in a cookie
        return answer_refusal(request, BadRequestError(found="something that no database takes", needed="ordinary text"))
    if isinstance(error, RequestDataTooBig):
        return answer_refusal(request, RequestTooLargeError(needed=f"{MOST_BYTES // 1024} kB"))
    if isinstance(error, RefusedError | BusyError):
        return answer_refusal(request, error)
    return None


def wants_json(request: HttpRequest) -> bool:
    """Say whether a script asks."""
    return "application/json" in request.headers.get("Accept", "")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what cannot be read at all."""
    return answer_exception(request, exception) or _plain(request, HTTPStatus.BAD_REQUEST, "pages.error.bad_request")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer an address that leads nowhere."""
    del exception
    return _plain(request, HTTPStatus.NOT_FOUND, "pages.error.not_found")


def wrong_method(request: HttpRequest, allowed: Sequence[str]) -> HttpResponse:
    """Answer a method an address does not know."""
    response = _plain(request, HTTPStatus.METHOD_NOT_ALLOWED, "pages.error.method")
    response["Allow"] = ", ".join((*allowed, "HEAD") if "GET" in allowed else allowed)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was not sent from a page of ours, or long after the page was opened."""
    del reason
    return _plain(request, HTTPStatus.FORBIDDEN, "pages.error.csrf")


def fault(request: HttpRequest) -> HttpResponse:
    """Answer when something broke: what is known is told, the rest is a fault of klal's."""
    known = answer_exception(request, sys.exc_info()[1])
    return known or _plain(request, HTTPStatus.INTERNAL_SERVER_ERROR, "pages.error.fault")


def _again(request: HttpRequest, error: RefusedError | BusyError) -> str:
    """Return the page to try again, where trying again may help."""
    return request.get_full_path() if request.method == "GET" and isinstance(error, BusyError) else ""


def _back(request: HttpRequest, error: RefusedError | BusyError) -> str:
    """Return the conversation the reader was in; empty if there is none."""
    found = _CONVERSATION.match(request.path)
    return found.group() if found and not isinstance(error, UnknownConversationError) else ""


def _plain(request: HttpRequest, status: HTTPStatus, key: str) -> HttpResponse:
    sentence = reader_language(request).text(key)
    if wants_json(request):
        return JsonResponse({"code": key.removeprefix("pages."), "message": sentence}, status=status)
    return show(request, "error.html", {"status": int(status), "sentence": sentence}, status=status)
