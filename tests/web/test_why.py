from __future__ import annotations

import numpy as np
import pytest

from klal.store.places import pack
from tests.web.pages import HOME, numbers, snapshot, text_of, vote

MAP = f"{HOME}map/"
STRONG, WEAK = [0.0, 0.5, 3.0], [0.0, 0.5, 0.6]


def placed(here, browser, answers: str, *, slot: int = 1, model: bool = True, kind: str = "clear", **figures) -> None:
    """Let the reader vote (a agree, d disagree, p pass), and show the map with a model in which agreeing speaks for group B."""
    from klal.store.models import Snapshot

    words = {"a": "agree", "d": "disagree", "p": "pass"}
    own = numbers(here)[: len(answers)]
    for number, answer in zip(own, answers, strict=True):
        vote(browser, number, words[answer])
    who = here.participants.get().pk
    snapshot(here, kind=kind, places=pack(np.array([who]), np.array([[0.4, 0.2]]), np.array([slot])))
    if not model:
        return
    several = kind != "none"
    one = Snapshot.objects.get()
    one.findings["placing"] = {
        "statements": {str(number): figures.get("rows", [STRONG, WEAK, WEAK, WEAK])[k] for k, number in enumerate(own)},
        "prior": [4.0, 1.0],
        "slots": [0, 1] if several else [0],
        "shares": figures.get("shares", [0.5, 0.5]) if several else [1.0],
        "centres": [[-1.0], [1.0]] if several else [[0.0]],
        "tightness": [[5.0]],
    }
    one.save()


def test_the_answers_that_hold_me_are_named_strongest_first(here, browser_of):
    placed(here, browser_of, "aaaa", rows=[WEAK, STRONG, WEAK, WEAK])
    page = text_of(browser_of.get(MAP))
    assert "These of your answers hold you with group B, the strongest first:" in page
    reasons = page[page.index("What puts you there") :]
    texts = list(here.statements.order_by("pk").values_list("text", flat=True))
    assert reasons.index(texts[1]) < reasons.index(texts[0])
    assert "you agree" in reasons


def test_what_draws_me_away_and_what_would_change_it_are_told(here, browser_of):
    placed(here, browser_of, "adaa")
    page = text_of(browser_of.get(MAP))
    assert "These draw you towards others" in page
    assert "One other answer, and you would stand with group A:" in page
    assert "you agree; it would take a disagree" in page


def test_who_stands_firm_is_told_so(here, browser_of):
    placed(here, browser_of, "aaaa", rows=[[0.0, 0.0, 0.05]] * 4, shares=(0.1, 0.9))
    page = text_of(browser_of.get(MAP))
    assert "Not a few answers: with 4 of them turned round, you would still stand with group B." in page


def test_with_one_body_the_most_telling_answers_are_named(here, browser_of):
    placed(here, browser_of, "adaa", slot=0, kind="none")
    page = text_of(browser_of.get(MAP))
    assert "say most about where you stand" in page
    assert "What would change it" not in page


def test_a_pass_is_no_reason(here, browser_of):
    placed(here, browser_of, "ppaa")
    page = text_of(browser_of.get(MAP))
    reasons = page[page.index("What puts you there") : page.index("Worked out from your own answers")]
    assert here.statements.order_by("pk").first().text not in reasons


@pytest.mark.parametrize("fields", [{"model": False}, {"slot": 0}])
def test_without_a_model_or_in_another_group_than_ones_answers_speak_for_nothing_is_said(here, browser_of, fields):
    placed(here, browser_of, "aaaa", **fields)
    assert "What puts you there" not in text_of(browser_of.get(MAP))


def test_a_change_that_touches_a_statement_taken_down_is_not_spoken_of(here, browser_of):
    from klal.services.revising import mark_revised

    placed(here, browser_of, "adaa")
    here.statements.filter(pk=numbers(here)[0]).update(state="rejected")
    mark_revised(here.pk)
    page = text_of(browser_of.get(MAP))
    assert "What puts you there" in page
    assert "What would change it" not in page


def test_it_is_said_in_hebrew_too(here, browser_of):
    placed(here, browser_of, "adaa")
    page = text_of(browser_of.get(MAP, HTTP_ACCEPT_LANGUAGE="he"))
    assert "מה מביא אותך לשם" in page
    assert "תשובה אחת אחרת, ומקומך היה עם קבוצה" in page


def test_nobody_else_sees_it(here, browser_of, visitor):
    placed(here, browser_of, "adaa")
    assert "What puts you there" in text_of(browser_of.get(MAP))
    assert "What puts you there" not in text_of(visitor().get(MAP))
