"""Codes of personal links: made again by who has the round's secret, known by their digest, worth nothing elsewhere."""

from __future__ import annotations

import re

from klal.domain.admission import admission_code, admission_digest, digest_of, is_round, new_round

SECRET, ROUND = "secret", "r" * 32


def test_a_code_is_made_again_from_the_same_round_and_from_no_other():
    code = admission_code(ROUND, "dana", "town", SECRET)
    assert re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
    others = {admission_code(*change) for change in ((new_round(), "dana", "town", SECRET), (ROUND, "dan", "town", SECRET))}
    others |= {admission_code(ROUND, "dana", "city", SECRET), admission_code(ROUND, "dana", "town", "other")}
    assert admission_code(ROUND, "dana", "town", SECRET) == code
    assert code not in others
    assert len(others) == 4


def test_a_digest_forgives_how_a_code_is_written_down():
    code = admission_code(ROUND, "dana", "town", SECRET)
    digest = digest_of(code, "town", SECRET)
    assert admission_digest(code.lower().replace("-", " ").replace("0", "o").replace("1", "l"), "town", SECRET) == digest
    assert admission_digest(code, "city", SECRET) != digest
    assert admission_digest("short", "town", SECRET) is None
    assert admission_digest("U" * 16, "town", SECRET) is None


def test_a_round_is_long_and_of_chance():
    assert is_round(new_round())
    assert new_round() != new_round()
    assert not is_round("short")
    assert not is_round("ö" * 32)
