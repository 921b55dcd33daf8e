"""What every answer of the API has in common: JSON, errors by code, language by header, caching, and who may read it from another site."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers

from klal.domain.language import Language, accepted, available, get
from klal.domain.limits import Limit
from klal.errors import BadRequestError, BusyError, ConversationExistsError, InputError, RefusedError, WrongMethodError
from klal.intake.limits import shared_limits
from klal.store.away import as_busy
from klal.web.door import address_of

View = Callable[..., HttpResponseBase]
_RETRY_SECONDS = 5


def language_of(request: HttpRequest) -> Language:
    """Return the language of an answer: by ``Accept-Language`` alone, for what anybody may keep is not chosen by a cookie."""
    wishes = accepted(request.headers.get("Accept-Language", ""))
    return get(next((code for code in wishes if code in available()), "en"))


def answer(content: object, status: int = 200) -> HttpResponse:
    """Return JSON, letters as they are."""
    body = json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(body.encode("utf-8", "replace"), content_type="application/json", status=status)


def refusal(request: HttpRequest, error: RefusedError | BusyError) -> HttpResponse:
    """Return an error as the API tells it."""
    response = answer({"code": error.code, "message": language_of(request).error(error)}, error.status)
    if error.facts.get("seconds") is not None:
        response["Retry-After"] = str(error.facts["seconds"])
    if error.facts.get("allow") is not None:
        response["Allow"] = str(error.facts["allow"])
    if error.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="klal"'
    return response


def from_exception(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return what is told of an exception; what nobody foresaw is raised again, for Django to answer."""
    if isinstance(error, RefusedError | BusyError):
        return refusal(request, error)
    if isinstance(error, InputError):
        status = 409 if isinstance(error, ConversationExistsError) else 422
        return answer({"code": error.code, "message": language_of(request).error(error)}, status)
    if isinstance(error, OperationalError | InterfaceError):
        return refusal(request, as_busy(error, _RETRY_SECONDS))
    if isinstance(error, DataError):
        return refusal(request, BadRequestError(found="something that no database takes", needed="ordinary text"))
    raise error


def guarded(view: View, allowed: tuple[str, ...], *, is_public: bool) -> View:
    """Return a view with what holds for all addresses of the API around it.

    Parameters
    ----------
    view : callable
        As django-ninja made it.
    allowed : tuple of str
        The methods it knows.
    is_public : bool
        Whether everybody is told the same, so that it may be kept, and read by pages of other sites, which send no cookies with it.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            shared_limits().spend(Limit.API, address_of(request))
            if request.method == "HEAD" and "GET" in allowed:
                request.method = "GET"
            if request.method not in allowed:
                known = ", ".join((*allowed, "HEAD") if "GET" in allowed else allowed)
                raise WrongMethodError(found=str(request.method)[:20], allow=known)
            response = view(request, *args, **kwargs)
        except RefusedError as error:
            response = refusal(request, error)
        return _headed(request, response, is_public=is_public and request.method == "GET")

    checked.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie is read here: a page of another site can send nothing in anybody's name
    return checked


def _headed(request: HttpRequest, response: HttpResponseBase, *, is_public: bool) -> HttpResponseBase:
    """Say who may keep an answer and read it; what is public is asked for again each time, and sent again only if it changed."""
    patch_vary_headers(response, ("Accept-Language", "Authorization"))
    if not is_public:
        response["Cache-Control"] = "private, no-store"
        return response
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cache-Control"] = "no-cache"
    if not isinstance(response, HttpResponse) or response.status_code != 200:
        return response
    mark = hashlib.sha256(response.content).hexdigest()[:32]
    response["ETag"] = f'"{mark}"'
    return get_conditional_response(request, etag=f'"{mark}"', response=response) or response


def clipped(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return some values of a mapping."""
    return {name: values[name] for name in names}
