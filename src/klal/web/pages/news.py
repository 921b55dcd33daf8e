"""Ask for news of a conversation, confirm it, and leave again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from klal.domain.limits import Limit
from klal.errors import BadMailAddressError, BadRequestError
from klal.services.news import ask_for_news, check_confirmation, confirm_news, leave_news, read_way_out
from klal.store.models import Conversation
from klal.store.opening import configuration
from klal.web.rendering import show
from klal.web.visit import Visit, arrive, methods

_LONGEST_ADDRESS, _LONGEST_TOKEN = 320, 600


@csrf_protect
@methods("GET", "POST")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer news, or send the link that confirms; the answer is the same for every address."""
    visit = arrive(request, slug)
    if request.method != "POST":
        return _show(visit)
    if not configuration().sends_mail:
        raise BadRequestError(found="mail", needed="-")
    visit.spend(Limit.MAILS, joins=False)
    typed = request.POST.get("mail", "").strip()[:_LONGEST_ADDRESS]
    try:
        ask_for_news(visit.conversation, typed, visit.language)
    except BadMailAddressError as error:
        return _show(visit, status=error.status, typed=typed, sentence=visit.language.error(error))
    return _show(visit, sent_to=typed)


@csrf_protect
@methods("GET", "POST")
def confirm(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a link from a mail: first a page with a button, so that a program that follows links changes nothing."""
    visit = arrive(request, slug)
    token = (request.POST if request.method == "POST" else request.GET).get("token", "")[:_LONGEST_TOKEN]
    if request.method == "POST":
        confirm_news(visit.conversation, token)
        return visit.show("news_link.html", page="news", done=True)
    return visit.show("news_link.html", page="news", token=token, address=check_confirmation(visit.conversation, token))


@csrf_exempt  # a mail program presses the button of the letter without having seen a page; the signed link is what counts
@methods("GET", "POST")
def out(request: HttpRequest, slug: str) -> HttpResponse:
    """Leave: a page with a button, or at once where a mail program asks for it; also once the conversation is hidden or gone."""
    token = request.GET.get("token", "")[:_LONGEST_TOKEN]
    number, address = read_way_out(token)
    if request.method == "POST":
        leave_news(token)
    conversation = Conversation.objects.filter(pk=number, slug=slug).first()
    return show(
        request,
        "news_out.html",
        {"page": "plain", "done": request.method == "POST", "address": address, "token": token, "of": conversation, "slug": slug},
    )


def _show(visit: Visit, status: int = 200, **context: Any) -> HttpResponse:
    return visit.show("news.html", status=status, page="news", sends_mail=configuration().sends_mail, **context)
