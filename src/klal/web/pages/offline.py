"""The service worker of one conversation: lets its page be opened again without a connection."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse

from klal.services.taking_part import find_conversation
from klal.web.assets import FOLDER, static_address
from klal.web.visit import methods

KEPT = ("house.css", "mark.svg", "vote.js", "ballots.js", "words.js", "speak.js", "map.js")
"""Files the participate page needs."""


@methods("GET")
def script(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the script, with the addresses of this version's files in it."""
    conversation = find_conversation(slug)
    files = [f"{static_address()}klal/{name}" for name in KEPT]
    values = {"VERSION": static_address(), "HOME": f"/c/{conversation.slug}/", "FILES": files}
    first = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    body = (FOLDER / "klal" / "offline.js").read_text(encoding="utf-8")
    response = HttpResponse(first + body, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
