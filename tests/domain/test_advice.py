"""Advice on wording: what each rule sees, and, as important, what it leaves alone."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from klal.domain.advice import COMFORTABLE, Advice, advice_on

GOOD = (
    "Every street should have a bench.",
    "Buses should run at night.",
    "Labour was right to support the article 50 vote.",
    "A referendum should not be binding for a decision of this magnitude.",
    "There should not be a second referendum on the original question",
    "I would not want my preferred party to have disproportionate power.",
    "I like to educate myself on my local candidates.",
    "Invest in the youth.",
    "Peace and quiet are worth a lot.",
    "Bowling Green & Warren Co. should consolidate into a metro.",
    "Not only the rich should have a garden.",
    "Parks are no longer safe at night, so people stay at home.",
    "Whether or not it rains, the market should not close.",
    "Those who do not vote should not complain.",  # two clauses, each says no once
    "The plan at https://example.org/?page=2 is the right one.",
    "They say that money does not buy happiness.",
    "More trees, more shade, more birds are what this city needs.",
    "בכל רחוב צריך להיות ספסל.",
    "בלי שפה משותפת אין עם.",
    "אף אחד לא רוצה לגור ליד הכביש.",
    "לא רק ילדים צריכים לשחק.",
    "פינוי הזבל צריך להיעשות בלילה.",
    "שלום הוא מטרה משותפת של כולנו.",
    "הם שבנו את העיר צריכים להחליט עליה.",
    "צריך גינה",
    "הרחובות כאן מסוכנים.",
    "ערכים ומסורת חשובים לי.",
    "לא כדאי לבנות כאן אלא במרכז.",
    "我覺得主動取締白牌車是交通部的責任。",
)
"""Statements nobody needs to be told anything about, half of them from real conversations."""

BAD = {
    Advice.NOT_A_CLAIM: (
        "Government control",
        "Higher minimum wage",
        "Hello there everybody",
        "thanks!",
        "תודה רבה",
        "בדיקה",
        "שלום לכולם",
    ),
    Advice.QUESTION: ("Why do we still have cars in the centre?", "Is it time for a new bridge?", "למה אין אוטובוס בלילה?", "هل هذا جيد؟"),
    Advice.SEVERAL_IDEAS: (
        "Parks should be open at night and they should be lit.",
        "The voting process is intimidating. I don’t even understand why I would vote for different candidates.",
        "BG police should improve officer training and should be held accountable for abuse of power.",
        "Cars should leave the centre; buses should be free.",
        "Moreover, the market should stay.",
        "צריך לסגור את המרכז למכוניות וגם להוסיף אוטובוסים.",
        "הבתים גבוהים מדי ויש מעט מדי עצים.",
        "הרחוב הזה מלוכלך מדי. צריך לנקות אותו בכל יום.",
        "Je voudrais plus de bus. Le tram est trop cher pour moi.",
    ),
    Advice.DOUBLE_NEGATIVE: (
        "There is no reason not to spend 6 cents per $100.",
        "It is not impossible to close the road.",
        "Smoking shouldn't be prohibited in parks.",
        "No taxation without representation.",
        "לא אסור לעשן בפארק.",
        "אין לאסור על כניסת כלבים לגן.",
        "אין שלום בלי צדק לכולם.",
    ),
    Advice.UNCLEAR_WHO: (
        "They should pay for it themselves.",
        "Those people are never on time.",
        "הם צריכים לשלם על זה.",
        "האנשים האלה תמיד מאחרים.",
    ),
    Advice.HEATED: (
        "'Lexit' is just the stupidest fucking thing imaginable",
        "Only idiots drive in the centre.",
        "רק טיפשים נוסעים במרכז העיר.",
    ),
    Advice.LONG: ("Many words make it hard to vote, " * 6, "מילים רבות מדי מקשות על ההצבעה, " * 7),
}


@pytest.mark.parametrize("text", GOOD)
def test_a_good_statement_is_left_alone(text):
    assert advice_on(text) == ()


@pytest.mark.parametrize(("advice", "text"), [(advice, text) for advice, texts in BAD.items() for text in texts])
def test_what_is_hard_to_vote_on_is_seen(advice, text):
    assert advice in advice_on(text)


def test_nothing_is_said_of_nothing():
    assert advice_on("") == advice_on(" !? ") == ()


def test_a_language_that_is_given_decides():
    assert advice_on("Government control", "fr") == ()
    assert advice_on("Government control", "en") == (Advice.NOT_A_CLAIM,)


def test_length_counts_what_is_left_without_addresses():
    long = "https://example.org/" + COMFORTABLE * "x"
    assert advice_on(f"The plan {long} is good for us") == ()


@pytest.mark.parametrize("text", ["", "?", "a" * 5000, "לא " * 900, "no " * 900, ". " * 900, "and they " * 500, '"' * 600])
def test_any_text_is_answered(text):
    assert isinstance(advice_on(text), tuple)


def test_advice_stays_rare_on_statements_that_moderators_accepted(public_conversations: Path):
    """Of 1 029 accepted statements of six public conversations; the rate stands in docs/how-to/convene.md."""
    texts = [
        row["comment-body"]
        for path in sorted(public_conversations.glob("*/comments.csv"))
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines(keepends=True))
        if row["moderated"] != "-1"
    ]
    found = [advice_on(text) for text in texts]
    shares = {one: sum(one in each for each in found) / len(found) for one in Advice}
    assert sum(map(bool, found)) / len(found) < 0.23
    assert all(share < 0.03 for one, share in shares.items() if one is not Advice.SEVERAL_IDEAS)
