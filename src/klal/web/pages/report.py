"""The public report, as the worker drew it."""

from __future__ import annotations

import re
import zlib

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.html import escape

from klal.services.taking_part import find_conversation
from klal.store.models import ReportPage
from klal.web.rendering import language_of, show
from klal.web.visit import methods

_TOP = '<header class="top">'
_SCRIPT_HASH = re.compile(r"script-src ('sha256-[A-Za-z0-9+/=]+')")


@methods("GET")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the report in the reader's language."""
    conversation = find_conversation(slug)
    language = language_of(request, conversation)
    found = ReportPage.objects.filter(conversation=conversation, language=language.code).values_list("html", flat=True).first()
    if found is None:
        return show(request, "no_report.html", {"page": "report"}, conversation=conversation)
    html = _with_way_back(zlib.decompress(bytes(found)), conversation.slug, language.text("pages.error.back"))
    response = HttpResponse(html)
    response["Cache-Control"] = "no-cache"
    response["Content-Security-Policy"] = _policy(html)
    patch_vary_headers(response, ("Cookie", "Accept-Language"))
    return response


def _with_way_back(html: bytes, slug: str, words: str) -> bytes:
    """Return the page with a link to its conversation: the file that is taken home has none, for it stands alone."""
    link = f'{_TOP}<p class="note"><a href="/c/{slug}/">{escape(words)}</a></p>'
    return html.replace(_TOP.encode(), link.encode(), 1)


def _policy(html: bytes) -> str:
    """Return the page's own policy: its one script by its hash, its one style, and nothing from anywhere."""
    found = _SCRIPT_HASH.search(html[:2000].decode("utf-8", "replace"))
    script = found.group(1) if found else "'none'"
    rest = "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return f"default-src 'none'; script-src {script}; {rest}"
