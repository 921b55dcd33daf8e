from __future__ import annotations

import pytest

from klal.domain.differences import Part, differences
from klal.domain.moderation import CHOOSABLE, Reason, forecast, is_told


def test_nine_reasons_can_be_given_one_for_each_key():
    assert len(CHOOSABLE) == 9
    assert Reason.REPLACED not in CHOOSABLE


@pytest.mark.parametrize("reason", ["personal", "hate", "spam", "unlawful", ""])
def test_what_may_harm_somebody_is_not_shown_in_the_public_log(reason):
    assert not is_told(reason)


@pytest.mark.parametrize("reason", [Reason.DUPLICATE, "unclear", "replaced"])
def test_what_harms_nobody_is(reason):
    assert is_told(reason)


@pytest.mark.parametrize(
    ("waiting", "arriving", "decided", "hours"), [(0, 9, 0, 0.0), (30, 40, 100, 0.5), (30, 40, 40, None), (1, 0, 0, None)]
)
def test_the_forecast_says_when_nothing_will_wait(waiting, arriving, decided, hours):
    assert forecast(waiting, arriving=arriving, decided=decided).hours == hours


def test_differences_are_told_word_by_word_whatever_the_case_and_punctuation():
    first, second = differences("Buses should run, at night!", "buses should not run at night")
    assert first == (Part("Buses should", True), Part("run, at night!", True))
    assert second == (Part("buses should", True), Part("not", False), Part("run at night", True))


def test_a_word_of_signs_alone_is_compared_as_it_is():
    first, second = differences("a – b", "a & b")
    assert [part.text for part in first if not part.is_shared] == ["–"]
    assert [part.text for part in second if not part.is_shared] == ["&"]


def test_nothing_has_no_words():
    assert differences("", "one") == ((), (Part("one", False),))
