"""What the API's document says of ``POST /c/<slug>/votes``, which is served in front of Django and not by it."""

from __future__ import annotations

from typing import Any

from klal.domain.ballot import LARGEST_KEY
from klal.intake.ballots import MOST_VOTES

ADDRESS = "/c/{slug}/votes"
_REFUSAL = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
_REFUSALS = {
    "400": "not votes as JSON, or a host that is not the server's",
    "403": "no cookie, a revoked one, another site's page, or a conversation for those invited",
    "404": "no such conversation",
    "405": "another method than POST",
    "413": "more than 64 kB",
    "429": "too much from this participant or address; Retry-After says for how many seconds",
    "503": "cannot be stored now; Retry-After says for how many seconds",
}


def vote_path() -> dict[str, Any]:
    """Return the path item."""
    key = {"type": "integer", "minimum": 1, "maximum": LARGEST_KEY}
    vote = {
        "type": "object",
        "additionalProperties": False,
        "required": ["key", "statement", "choice"],
        "properties": {
            "key": {
                **key,
                "description": "random, a new one for each vote: a repeat with the same key is stored once, another vote is refused",
            },
            "statement": {"type": "integer"},
            "choice": {"enum": ["agree", "disagree", "pass", None], "description": "null withdraws the vote"},
            "important": {"type": "boolean", "default": False},
        },
    }
    sent = {
        "type": "object",
        "required": ["votes"],
        "properties": {"votes": {"type": "array", "maxItems": MOST_VOTES, "items": vote}, "language": {"type": "string", "maxLength": 16}},
    }
    return {
        "post": {
            "operationId": "votes",
            "summary": "Vote",
            "tags": ["For the pages of a conversation"],
            "description": (
                "Stores votes of the participant whose cookie the request carries, and answers once they are on disk. The page "
                "/c/{slug}/ gives the cookie; no token stands for it, so that nobody votes in anybody's name. Origin, or "
                "Sec-Fetch-Site, has to be the server's own. An empty list of votes asks for the next statements only."
            ),
            "security": [{"participant": []}],
            "parameters": [{"in": "path", "name": "slug", "required": True, "schema": {"type": "string", "maxLength": 64}}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": sent}}},
            "responses": {
                "200": {"description": "what became of each vote", "content": {"application/json": {"schema": _receipt(key)}}},
                **{status: {"description": text, "content": _REFUSAL} for status, text in _REFUSALS.items()},
            },
        }
    }


def _receipt(key: dict[str, Any]) -> dict[str, Any]:
    refused = {
        "type": "object",
        "required": ["key", "code", "message"],
        "properties": {"key": key, "code": {"type": "string"}, "message": {"type": "string"}},
    }
    following = {
        "type": "object",
        "required": ["id", "text", "language", "seed"],
        "properties": {"id": {"type": "integer"}, "text": {"type": "string"}, "language": {"type": "string"}, "seed": {"type": "boolean"}},
    }
    return {
        "type": "object",
        "required": ["saved", "refused", "next", "voted", "remaining"],
        "properties": {
            "saved": {"type": "array", "items": key},
            "refused": {"type": "array", "items": refused},
            "next": {"type": "array", "maxItems": 5, "items": following},
            "voted": {"type": "integer"},
            "remaining": {"type": "integer"},
        },
    }
