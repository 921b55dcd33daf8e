"""Open a conversation in four steps: the question, statements to begin with, the rules, a look at it. Every step is kept as a draft."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from klal.domain.language import Language, get
from klal.domain.records import Phase
from klal.domain.roles import Right
from klal.errors import BadRequestError, ConversationExistsError
from klal.services.creating import change_words, open_draft, set_rules, start_draft
from klal.services.schedule import moment_in_words, zone_name
from klal.services.seeding import rows_to_mend, seeds_of
from klal.store.models import Conversation
from klal.web.convene.desk import Desk, at_desk, signed_in
from klal.web.convene.preview import preview_page
from klal.web.convene.rules_form import RulesForm, read_rules, rules_of
from klal.web.convene.wording_form import WordingForm, language_name, read_wording, wording_of
from klal.web.middleware import POLICY
from klal.web.reader import reader_language
from klal.web.rendering import show

STEPS = ("question", "statements", "rules", "look")
ENOUGH_SEEDS = 10

DeskView = Callable[..., HttpResponse]


def steps_at(step: str, home: str = "") -> dict[str, Any]:
    """Return what the wizard's frame needs: all steps, with their addresses once there is a draft."""
    here = STEPS.index(step)
    return {
        "steps": [
            {
                "number": place + 1,
                "key": f"convene.create.step_{name}",
                "address": f"{home}create/{name}/" if home else "",
                "current": place == here,
                "done": place < here,
            }
            for place, name in enumerate(STEPS)
        ],
        "step_number": here + 1,
        "back": f"{home}create/{STEPS[here - 1]}/" if here else "/convene/",
        "page": "create",
    }


def of_draft(view: DeskView) -> DeskView:
    """Let only drafts through: who comes back to a step of what is open already is sent on to share it."""

    @wraps(view)
    def checked(desk: Desk, *args: Any, **kwargs: Any) -> HttpResponse:
        if desk.conversation.phase != Phase.DRAFT.value:
            return desk.go("share/")
        return view(desk, *args, **kwargs)

    return checked


@signed_in("GET", "POST")
def new(request: HttpRequest) -> HttpResponse:
    """Ask for the question; a draft is made of the answer."""
    language = reader_language(request)
    if request.method != "POST":
        return _new_form(request, language, WordingForm([language.code], form=secrets.token_urlsafe(12)))
    form = read_wording(request)
    if form.check(language):
        try:
            made = start_draft(cast(User, request.user), form.words(language), form.form)
            return HttpResponseRedirect(f"/convene/c/{made.slug}/create/statements/", status=303)
        except ConversationExistsError:
            form.wrong["slug"] = language.text("convene.create.address_taken")
    return _new_form(request, language, form)


def _new_form(request: HttpRequest, language: Language, form: WordingForm) -> HttpResponse:
    context = {**steps_at("question"), **form.context(language), "action": "/convene/new/", "is_new": True}
    return show(request, "convene/create_question.html", context, status=422 if form.wrong else 200)


@at_desk(Right.MANAGE, "GET", "POST")
@of_draft
def question(desk: Desk) -> HttpResponse:
    """Change a draft's words."""
    form = wording_of(desk.conversation)
    if desk.request.method == "POST":
        form = read_wording(desk.request)
        if form.check(desk.language):
            try:
                held = change_words(desk.conversation, desk.account, form.words(desk.language))
                return desk.go(f"/convene/c/{held.slug}/create/statements/")
            except ConversationExistsError:
                form.wrong["slug"] = desk.language.text("convene.create.address_taken")
    context = {**steps_at("question", desk.address), **form.context(desk.language), "action": f"{desk.address}create/question/"}
    return desk.show("create_question.html", status=422 if form.wrong else 200, **context)


@at_desk(Right.MANAGE, "GET", "POST")
@of_draft
def rules(desk: Desk) -> HttpResponse:
    """Set who may do what, and when."""
    form = rules_of(desk.conversation)
    if desk.request.method == "POST":
        form = read_rules(desk.request)
        found = form.check(desk.language)
        if found is not None:
            set_rules(desk.conversation, desk.account, found)
            return desk.go("create/look/")
    return _rules_form(desk, form)


def _rules_form(desk: Desk, form: RulesForm) -> HttpResponse:
    context = {**steps_at("rules", desk.address), **form.context()}
    return desk.show("create_rules.html", status=422 if form.wrong else 200, **context)


@at_desk(Right.MANAGE, "GET")
@of_draft
def look(desk: Desk) -> HttpResponse:
    """Show the draft as people will see it, and open it from there."""
    held = desk.conversation
    seeds = [one for one in seeds_of(held) if not one.is_rejected]
    later = held.opens_at is not None and held.opens_at > timezone.now()
    context = steps_at("look", desk.address)
    frames = [{"address": f"{desk.address}create/look/{code}/", "name": language_name(desk.language, code)} for code in held.languages]
    facts = [f"convene.create.{name}_{getattr(held, field)}" for name, field in _FACTS.items()]
    response = desk.show(
        "create_look.html",
        frames=frames,
        facts=facts,
        seed_count=len(seeds),
        few=0 < len(seeds) < ENOUGH_SEEDS,
        to_mend=len(rows_to_mend(held)),
        opens=_day(desk, held, "opens_at") if later else "",
        until=_day(desk, held, "statements_until"),
        closes=_day(desk, held, "closes_at"),
        **context,
    )
    response["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"  # the preview, and on this page only
    return response


_FACTS = {"voters": "voters", "speakers": "speakers", "moderation": "moderation_mode"}


@at_desk(Right.MANAGE, "GET")
@of_draft
def preview(desk: Desk, code: str) -> HttpResponse:
    """Return the participants' page of a draft in one of its languages, to be framed by `look`."""
    if code not in desk.conversation.languages:
        raise BadRequestError(found=code[:20], needed=" / ".join(desk.conversation.languages))
    return preview_page(desk.request, desk.conversation, get(code))


@at_desk(Right.MANAGE, "POST")
def open_now(desk: Desk) -> HttpResponse:
    """Open a draft, now or on its date."""
    opened = open_draft(desk.conversation, desk.account, at_once=desk.request.POST.get("when") != "later")
    return desk.go(f"/convene/c/{opened.slug}/share/?opened=1")


def _day(desk: Desk, held: Conversation, name: str) -> str:
    moment = getattr(held, name)
    return moment_in_words(moment, zone_name(held), desk.language) if moment else ""
