"""Addresses of the API, under ``/api/v1/``, and its own description: a document for programs, and a page for people."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from klal.errors import BadRequestError, BadTokenError
from klal.version import __version__
from klal.web.api import own, public
from klal.web.api.answers import View, answer, from_exception, guarded, refusal
from klal.web.api.reference import reference
from klal.web.api.votes import ADDRESS, vote_path
from klal.web.rendering import show
from klal.web.visit import methods

DESCRIPTION = (
    "Conversations, their statements and results, for everybody to read; a convenor's own by token. Errors are "
    "{code, message}, the message in the language of Accept-Language."
)
ROOT = "/api/v1"

api = NinjaAPI(
    title="klal",
    version=__version__,
    description=DESCRIPTION,
    urls_namespace="api-1",
    docs_url=None,
    openapi_url=None,
    throttle=[],
)
api.add_router("", public.router)
api.add_router("", own.router)
api.exception_handler(Exception)(from_exception)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Say what is wrong with what was sent: the first thing found, and where."""
    first = error.errors[0]
    where = ".".join(str(part) for part in first.get("loc", ()) if part not in {"body", "query", "path", "new"})
    return refusal(request, BadRequestError(found=where[:80] or "-", needed=str(first.get("msg", "-"))[:200]))


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return refusal(request, BadRequestError(found=str(error)[:80], needed="JSON"))


@api.exception_handler(AuthenticationError)
def _nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    del error
    return refusal(request, BadTokenError())


@cache
def document() -> dict[str, Any]:
    """Return the API's description, by the rules of OpenAPI."""
    found = dict(api.get_openapi_schema(path_prefix=ROOT))
    found["paths"] = {address.replace("{slug:slug}", "{slug}"): item for address, item in found["paths"].items()} | {ADDRESS: vote_path()}
    cookie = {"type": "apiKey", "in": "cookie", "name": "klal-participant"}
    found["components"]["securitySchemes"]["participant"] = cookie
    return found


@methods("GET")
def page(request: HttpRequest) -> HttpResponse:
    """Show the description as a page, without a script."""
    return show(request, "api.html", {"groups": reference(document()), "page": "api"})


def _document(request: HttpRequest) -> HttpResponse:
    del request
    return answer(document())


def _patterns() -> list[URLPattern]:
    """Return the addresses that django-ninja serves, each once, with what holds for all of them around it."""
    served = {str(one.pattern): one for one in api.urls[0] if isinstance(one, URLPattern) and one.name != "api-root"}
    found = []
    for route, one in served.items():
        allowed = tuple(sorted(method.upper() for method in document()["paths"][f"{ROOT}/{route}".replace("<slug:slug>", "{slug}")]))
        view = guarded(cast(View, one.callback), allowed, is_public=not route.startswith("own/"))
        found.append(path(route, view, name=f"api-{one.name}"))
    return found


patterns: list[URLPattern] = [
    path("openapi.json", guarded(_document, ("GET",), is_public=True), name="api-document"),
    path("docs", page, name="api-docs"),
    *_patterns(),
]
