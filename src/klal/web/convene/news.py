"""Write a letter to those who asked for news: preview, try it on oneself, then to all."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from klal.domain.language import available, get
from klal.domain.roles import Right
from klal.errors import BadMailAddressError, EmptyLetterError
from klal.services.caring import main_code
from klal.services.news import SUBJECT_LENGTH, TEXT_LENGTH, letter_of, send_letter, try_letter
from klal.store.opening import configuration
from klal.web.convene.desk import Desk, at_desk

_LISTED = 20


@at_desk(Right.MANAGE, "GET", "POST")
def page(desk: Desk) -> HttpResponse:
    """Show the form and earlier letters; or show, try or send what was written."""
    if desk.request.method != "POST":
        return _show(desk)
    form = desk.request.POST
    subject = {code: form.get(f"subject_{code}", "") for code in available()}
    text = {code: form.get(f"text_{code}", "") for code in available()}
    what = form.get("what", "")
    try:
        if what == "send":
            send_letter(desk.conversation, subject, text, desk.account)
            return desk.go("news/?sent=1")
        if what == "try" and not desk.account.email:
            sentence = desk.language.text("convene.alert.no_address")
            return _show(desk, BadMailAddressError.status, subject, text, sentence=sentence)
        if what == "try":
            try_letter(desk.conversation, subject, text, desk.account)
            return _show(desk, subject=subject, text=text, shown=_shown(subject, text), tried=desk.account.email)
        return _show(desk, subject=subject, text=text, shown=_shown(subject, text))
    except (EmptyLetterError, BadMailAddressError) as error:
        return _show(desk, status=error.status, subject=subject, text=text, sentence=desk.language.error(error))


def _show(desk: Desk, status: int = 200, subject: Any = None, text: Any = None, **more: Any) -> HttpResponse:
    conversation, main = desk.conversation, main_code(desk.conversation)
    order = [main, *(code for code in available() if code != main)]
    parts = [
        {
            "code": code,
            "name": get(code).name,
            "direction": get(code).direction,
            "subject": (subject or {}).get(code, ""),
            "text": (text or {}).get(code, ""),
        }
        for code in order
    ]
    sent = [
        {"made": one.made, "subject": one.subject.get(desk.language.code) or next(iter(one.subject.values())), "recipients": one.recipients}
        for one in conversation.news.order_by("-pk")[:_LISTED]
    ]
    return desk.show(
        "news.html",
        status=status,
        page="settings",
        parts=parts,
        readers=conversation.subscriptions.filter(confirmed__isnull=False).count(),
        sends_mail=configuration().sends_mail,
        letters=sent,
        limits={"subject": SUBJECT_LENGTH, "text": TEXT_LENGTH},
        sent=bool(desk.request.GET.get("sent")),
        **more,
    )


def _shown(subject: dict[str, str], text: dict[str, str]) -> list[dict[str, str]]:
    subjects, texts = letter_of(subject, text)
    return [{"code": code, "subject": subjects[code], "text": texts[code], "direction": get(code).direction} for code in subjects]
