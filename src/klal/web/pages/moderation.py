"""What is accepted in a conversation, and the public log of what was not: without a name, and without what could harm somebody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from klal.domain.moderation import CHOOSABLE
from klal.services.moderation.policy import public_log, totals
from klal.web.visit import arrive, methods, read_number

_REASONS = tuple((reason.value, f"pages.reason_short.{reason.value}", f"pages.reason.{reason.value}") for reason in CHOOSABLE)


@methods("GET")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the policy and the log."""
    visit = arrive(request, slug)
    held, code = visit.conversation, visit.language.code
    number = read_number(request.GET.get("page")) or 1
    days, pages = public_log(held, page=number)
    known = totals(held)
    return visit.show(
        "moderation.html",
        page="plain",
        own=held.policy.get(code) or next(iter(held.policy.values()), ""),
        reasons=_REASONS,
        totals=known,
        by_reason=[(_short(reason), count) for reason, count in known.reasons],
        days=[
            {
                "day": day.day,
                "name": f"{day.day:%Y-%m-%d}" if day.day else "",
                "accepted": day.accepted,
                "rejected": day.rejected,
                "statements": [{"text": one.text, "language": one.language, "key": _short(one.reason)} for one in day.statements],
            }
            for day in days
        ],
        number=min(max(number, 1), pages),
        pages=pages,
    )


def _short(reason: str) -> str:
    return f"pages.reason_short.{reason or 'none'}"
