"""Dates as convenors write and read them: in the conversation's own time zone, said in words."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from klal.domain.language import Language, Phrase
from klal.errors import BadMomentError
from klal.store.models import Conversation

ZONE = "time_zone"
"""Where ``Conversation.settings`` keeps the name of the time zone."""

_REGIONS = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
_HOME_ZONES = {"he": "Asia/Jerusalem"}
_FORM = "%Y-%m-%dT%H:%M"
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


@cache
def zones() -> tuple[str, ...]:
    """Return the names of the time zones a convenor can choose, UTC first."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(_REGIONS)))


def zone_name(conversation: Conversation) -> str:
    """Return the name of a conversation's time zone; before one is chosen, a likely one for its language."""
    chosen = str(conversation.settings.get(ZONE, ""))
    likely = _HOME_ZONES.get(next(iter(conversation.languages), ""), "UTC")
    return next((name for name in (chosen, likely) if name in zones()), "UTC")


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name.

    Raises
    ------
    BadMomentError
        If there is none.
    """
    if name not in zones():
        raise BadMomentError(found=name[:40])
    return UTC if name == "UTC" else ZoneInfo(name)


def read_moment(text: str, zone: str) -> datetime | None:
    """Return the moment that a form field of dates and times holds, None for an empty one.

    Parameters
    ----------
    text : str
        Such as ``2026-11-22T18:00``.
    zone : str
        Name of the time zone it is meant in.

    Raises
    ------
    BadMomentError
        If it cannot be read.
    """
    plain = text.strip()
    if not plain:
        return None
    try:
        found = datetime.strptime(plain[:16], _FORM).replace(tzinfo=zone_of(zone))
    except ValueError as error:
        raise BadMomentError(found=plain[:40]) from error
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise BadMomentError(found=plain[:40])
    return found.astimezone(UTC)


def write_moment(moment: datetime | None, zone: str) -> str:
    """Return a moment as such a field holds it."""
    return "" if moment is None else moment.astimezone(zone_of(zone)).strftime(_FORM)


def moment_in_words(moment: datetime, zone: str, language: Language) -> Phrase:
    """Return a moment as people say it, such as ``22 November 2026, 18:00 (Israel time)``."""
    local = moment.astimezone(zone_of(zone))
    return language.text(
        "pages.moment",
        day=Phrase(local.day),
        month=language.text(f"pages.month.{local.month}"),
        year=Phrase(local.year),
        time=Phrase(f"{local:%H:%M}"),
        zone=zone_in_words(zone, language, local),
    )


def zone_in_words(zone: str, language: Language, now: datetime) -> Phrase:
    """Return what a time zone is called, with its distance from UTC at a moment."""
    if zone == "UTC":
        return Phrase("UTC")
    if zone == "Asia/Jerusalem":
        return language.text("pages.zone_israel")
    offset = f"{now.astimezone(zone_of(zone)):%z}"
    city = zone.rpartition("/")[2].replace("_", " ")
    return language.text("pages.zone", city=city, offset=f"UTC{offset[:3]}:{offset[3:]}")
