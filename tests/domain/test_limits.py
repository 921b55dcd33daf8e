from __future__ import annotations

import pytest

from klal.domain.limits import DEFAULTS, Limit, Rate, read_limits


def test_what_is_not_named_stays_as_usual():
    assert read_limits("") == DEFAULTS
    found = read_limits("joins=10/2 votes=off,api=5/0")
    assert (found[Limit.JOINS], found[Limit.VOTES], found[Limit.API]) == (Rate(10, 2), Rate(0, 0), Rate(5, 0))
    assert found[Limit.MAILS] == DEFAULTS[Limit.MAILS]


@pytest.mark.parametrize("text", ["joins", "joins=", "joins=1", "joins=a/b", "joins=-1/2", "joins=0/5", "guests=1/2", "joins=1/2/3", "off"])
def test_what_cannot_be_read_is_named(text):
    with pytest.raises(ValueError, match=text):
        read_limits(f"votes=1/1, {text}")


def test_every_limit_has_a_rate():
    assert set(DEFAULTS) == set(Limit)
