"""Count and log every page: by its address with placeholders, never by whose it is."""

from __future__ import annotations

import logging
import time

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from klal.intake.logs import note_request, requests, route_of
from klal.intake.measures import measures
from klal.store.opening import configuration
from klal.web.middleware import Answer

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Requests:
    """The outermost of all: what it sees is what the browser gets."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Note one request."""
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        method = request.method if request.method in _METHODS else "other"
        path = route_of(request)
        measures.note_page(str(method), path, response.status_code, seconds)
        if requests.isEnabledFor(logging.INFO):
            address = str(request.META.get("REMOTE_ADDR", "")) if configuration().log_addresses else ""
            note_request(str(method), path, response.status_code, seconds, address)
        return response
