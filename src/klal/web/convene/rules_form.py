"""The form for a draft's rules and dates: read, checked field by field, and shown again as it was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from klal.domain.language import Language
from klal.domain.records import ModerationMode, Speakers, Voters
from klal.errors import BadMomentError
from klal.services.creating import Rules
from klal.services.schedule import ZONE, read_moment, write_moment, zone_name, zones
from klal.store.models import Conversation

MOMENTS = ("opens_at", "statements_until", "closes_at")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "voters": tuple(Voters),
    "speakers": tuple(Speakers),
    "moderation": (ModerationMode.AFTER.value, ModerationMode.BEFORE.value),
}


@dataclass(slots=True)
class RulesForm:
    """What the form holds.

    Attributes
    ----------
    chosen : mapping of str to str
        By question: ``voters``, ``speakers``, ``moderation``.
    is_listed : bool
        Whether the first page names it.
    zone : str
        Name of a time zone.
    asked : bool
        Whether somebody chose the time zone, so that a script leaves it alone.
    moments : mapping of str to str
        As typed.
    wrong : dict of str to str
        What is wrong with a field, by its name.
    """

    chosen: Mapping[str, str]
    is_listed: bool
    zone: str
    asked: bool
    moments: Mapping[str, str]
    wrong: dict[str, str] = field(default_factory=dict)

    def check(self, language: Language) -> Rules | None:
        """Return the rules; None, and what is wrong noted, if they cannot be."""
        if self.zone not in zones():
            self.wrong["zone"] = language.text("convene.create.zone_wrong")
            return None
        found = {name: self._moment(name, language) for name in MOMENTS}
        self._check_order(found, language)
        if self.wrong:
            return None
        return Rules(
            voters=Voters(self.chosen["voters"]),
            speakers=Speakers(self.chosen["speakers"]),
            moderation_mode=ModerationMode(self.chosen["moderation"]),
            is_listed=self.is_listed,
            zone=self.zone,
            **found,
        )

    def context(self) -> dict[str, Any]:
        """Return what the template needs."""
        return {
            "questions": [
                {
                    "name": name,
                    "key": f"convene.create.{name}",
                    "options": [
                        {
                            "value": value,
                            "key": f"convene.create.{name}_{value}",
                            "note": f"convene.create.{name}_{value}_note",
                            "chosen": value == self.chosen[name],
                        }
                        for value in values
                    ],
                }
                for name, values in _CHOICES.items()
            ],
            "is_listed": self.is_listed,
            "moments": [
                {
                    "name": name,
                    "value": self.moments[name],
                    "wrong": self.wrong.get(name, ""),
                    "key": f"convene.create.{name}",
                    "hint": f"convene.create.{name}_hint",
                }
                for name in MOMENTS
            ],
            "has_dates": any(self.moments.values()) or bool(self.wrong),
            "zone": self.zone,
            "zones": zones(),
            "asked": self.asked,
            "wrong": self.wrong,
        }

    def _moment(self, name: str, language: Language) -> datetime | None:
        try:
            return read_moment(self.moments[name], self.zone)
        except BadMomentError:
            self.wrong[name] = language.text("convene.create.moment_wrong")
            return None

    def _check_order(self, found: Mapping[str, datetime | None], language: Language) -> None:
        opens, until, closes = (found[name] for name in MOMENTS)
        begin = max(opens, timezone.now()) if opens else timezone.now()
        for name, moment in (("statements_until", until), ("closes_at", closes)):
            if moment is not None and moment <= begin:
                late = opens is not None and moment <= opens
                self.wrong[name] = language.text("convene.create.order_wrong" if late else "convene.create.past_wrong")
        if until is not None and closes is not None and until > closes:
            self.wrong.setdefault("statements_until", language.text("convene.create.order_wrong_closing"))


def read_rules(request: HttpRequest) -> RulesForm:
    """Return what was chosen; what no form of ours offers counts as the default."""
    form = request.POST
    chosen = {name: form.get(name, "") if form.get(name, "") in values else values[0] for name, values in _CHOICES.items()}
    moments = {name: form.get(name, "").strip()[:40] for name in MOMENTS}
    return RulesForm(chosen, form.get("is_listed") == "1", form.get("zone", "")[:60], asked=True, moments=moments)


def rules_of(conversation: Conversation) -> RulesForm:
    """Return the form as a draft fills it."""
    zone = zone_name(conversation)
    chosen = {"voters": conversation.voters, "speakers": conversation.speakers, "moderation": conversation.moderation_mode}
    moments = {name: write_moment(getattr(conversation, name), zone) for name in MOMENTS}
    return RulesForm(chosen, conversation.is_listed, zone, asked=ZONE in conversation.settings, moments=moments)
