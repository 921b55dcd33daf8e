"""Sign in by another service (OpenID Connect): the well-kept library does the protocol, this is the way to it and back."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_protect

from klal.errors import OutsideSignInError
from klal.services.accounts.outside import account_of_outside
from klal.store.opening import configuration
from klal.store.outside import OutsideService
from klal.web.convene.checking import home_of
from klal.web.convene.sign_in import arrive, safe_next
from klal.web.rendering import show
from klal.web.visit import methods

_WISH = "outside"
_SECONDS = 10
_SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a public key only: never none, and never with the client's own secret."""


@csrf_protect
@methods("POST")
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the service, by a page that goes there by itself: a form may only lead to addresses of ours."""
    service = _service()
    try:
        found = _asked(service)
        back = home_of(request) + reverse("convene-outside-back")
        made = found.create_authorization_url(back)
        found.save_authorize_data(request, redirect_uri=back, **made)
    except Exception as error:  # the library and the network have many ways to fail: to the reader they are one
        raise OutsideSignInError(service=service.name) from error
    request.session[_WISH] = {"next": safe_next(request), "shared": request.POST.get("shared") == "1"}
    return show(request, "convene/outside.html", {"page": "convene", "address": made["url"], "service": service.name})


@methods("GET")
def back(request: HttpRequest) -> HttpResponse:
    """Take what the service sends the browser back with; worth something only in the browser that was sent there, and once."""
    service = _service()
    wish = request.session.pop(_WISH, None)
    if wish is None:
        raise OutsideSignInError(service=service.name)
    try:
        claims = dict(_asked(service).authorize_access_token(request)["userinfo"])
    except Exception as error:  # as above; what failed is told to nobody who may have made it fail
        raise OutsideSignInError(service=service.name) from error
    if claims.get("iss", "").rstrip("/") != service.issuer:
        raise OutsideSignInError(service=service.name)
    account = account_of_outside(claims, service.name, is_open=service.is_open)
    # the service says how it knew them: where it asked for two proofs, the account's own second step would be a third
    methods_used = claims.get("amr")
    return arrive(
        request,
        account,
        wish["next"],
        shared=wish["shared"],
        skips_code=isinstance(methods_used, list) and "mfa" in methods_used,
    )


def _service() -> OutsideService:
    found = configuration().outside
    if found is None:
        raise Http404
    return found


def _asked(service: OutsideService) -> Any:
    """Return the client, once the service has said what it can; it may sign with a public key only."""
    found = _client(service)
    told = found.load_server_metadata()
    named = told.get("id_token_signing_alg_values_supported") or ["RS256"]
    told["id_token_signing_alg_values_supported"] = [one for one in named if one in _SIGNED]
    return found


@lru_cache(maxsize=1)
def _client(service: OutsideService) -> Any:
    """Return the library's client, kept so that the service is asked once what it can."""
    from authlib.integrations.django_client import OAuth

    return OAuth().register(
        "outside",
        client_id=service.client_id,
        client_secret=service.client_secret or None,
        server_metadata_url=f"{service.issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "default_timeout": _SECONDS},
    )
