from __future__ import annotations

import threading

import pytest

from klal.domain.limits import Limit, read_limits
from klal.errors import TooManyHereError
from klal.intake.limits import Limits, shared_limits


def test_each_address_has_its_own_store():
    limits = Limits(read_limits("statements=2/1"))
    for _ in range(2):
        limits.spend(Limit.STATEMENTS, "192.0.2.7")
    with pytest.raises(TooManyHereError) as refused:
        limits.spend(Limit.STATEMENTS, "192.0.2.7")
    assert 0 < refused.value.facts["seconds"] <= 61
    limits.spend(Limit.STATEMENTS, "192.0.2.8")


def test_what_is_off_is_not_counted_and_neither_is_nobody():
    limits = Limits(read_limits("joins=1/1 api=off"))
    for _ in range(5):
        limits.spend(Limit.API, "192.0.2.7")
        limits.count_join("")
    limits.count_join("192.0.2.7")
    with pytest.raises(TooManyHereError):
        limits.count_join("192.0.2.7")


def test_many_threads_spend_no_more_than_there_is():
    limits, taken = Limits(read_limits("joins=50/1")), []

    def join() -> None:
        for _ in range(20):
            try:
                limits.count_join("192.0.2.7")
            except TooManyHereError:
                continue
            taken.append(1)

    threads = [threading.Thread(target=join) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(taken) == 50


def test_a_process_has_one_of_them(database):
    assert shared_limits() is shared_limits()
