"""What holds for every answer: security headers, the largest body, and refusals worded in one place."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from klal.errors import RequestTooLargeError
from klal.intake.forwarded import HEADERS, behind_proxies, is_trusted
from klal.store.opening import configuration
from klal.web.errors import MOST_BYTES, MOST_UPLOAD_BYTES, answer_exception, answer_refusal

Answer = Callable[[HttpRequest], HttpResponseBase]

_FORWARDED = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in HEADERS}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Scripts, styles and everything else from this server's own files only; nothing inline; in nobody's frame."""


class Proxies:
    """Where a request comes from, and whether by https, asked of proxies that are believed; what others say of it is not passed on."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Write it where Django and everything after it looks."""
        meta, trusted = request.META, configuration().proxies
        said = {name: str(meta.pop(key, "")) for name, key in _FORWARDED.items()}
        peer = str(meta.get("REMOTE_ADDR") or "")
        if is_trusted(peer, trusted):
            if said["x-forwarded-for"]:
                meta["REMOTE_ADDR"] = behind_proxies(peer, said["x-forwarded-for"], trusted)
            if said["x-forwarded-proto"].strip().lower() in {"http", "https"}:
                meta["wsgi.url_scheme"] = said["x-forwarded-proto"].strip().lower()
        return self.get_response(request)


class Headers:
    """Security headers on every answer."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add what a view has not set itself."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()")
        return response


class Refusals:
    """Bodies that are too large, refusals and an absent database, told in the reader's language."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse a body larger than any form of ours before a byte of it is read."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        is_upload = request.content_type == "multipart/form-data" and request.path.startswith("/convene/")
        most = MOST_UPLOAD_BYTES if is_upload else MOST_BYTES
        if not length.isdigit() or int(length) > most:
            return answer_refusal(request, RequestTooLargeError(needed=f"{most // 1024} kB"))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Word what a view refused."""
        return answer_exception(request, exception)
