from __future__ import annotations

import pytest

from klal.domain.identity import Identity, from_cookie, new_identity, new_recovery_code, recovery_digest, to_cookie

SECRET = "a secret"


def test_a_cookie_gives_back_who_it_was_made_for() -> None:
    someone = Identity(new_identity().key, epoch=3)
    assert from_cookie(to_cookie(someone, "here", SECRET), "here", SECRET) == someone


def test_a_cookie_is_worth_nothing_elsewhere() -> None:
    cookie = to_cookie(new_identity(), "here", SECRET)
    assert from_cookie(cookie, "there", SECRET) is None
    assert from_cookie(cookie, "here", "another secret") is None


@pytest.mark.parametrize("forged", [None, "", "a", "a.b.c", "a.0.c.d", "a.0.", "a.٣.c", "a.99999999999.c", "a.0.ü\ud800"])
def test_a_forged_cookie_is_nobody(forged: str | None) -> None:
    assert from_cookie(forged, "here", SECRET) is None


def test_another_epoch_needs_another_signature() -> None:
    key, _, signature = to_cookie(new_identity(), "here", SECRET).split(".")
    assert from_cookie(f"{key}.1.{signature}", "here", SECRET) is None


def test_nobody_is_met_twice() -> None:
    assert len({new_identity().key for _ in range(1000)}) == 1000


def test_a_recovery_code_is_read_as_people_write_it() -> None:
    code = new_recovery_code()
    wanted = recovery_digest(code, "here", SECRET)
    assert wanted is not None
    assert recovery_digest(f" {code.lower().replace('-', ' ')} ", "here", SECRET) == wanted
    assert recovery_digest("ABCD-0123-EFGH-1111", "here", SECRET) == recovery_digest("abcd-o123-efgh-iLi1", "here", SECRET)


def test_a_recovery_code_opens_one_conversation_only() -> None:
    code = new_recovery_code()
    assert recovery_digest(code, "here", SECRET) != recovery_digest(code, "there", SECRET)


@pytest.mark.parametrize("wrong", ["", "ABC", "ABCD-0123-EFGH-111U", "ABCD-0123-EFGH-11111", "אבגד-0123-EFGH-1111"])
def test_what_cannot_be_a_code_is_none(wrong: str) -> None:
    assert recovery_digest(wrong, "here", SECRET) is None
