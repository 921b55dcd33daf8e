from __future__ import annotations

import pytest

from klal.domain.address import address_of, is_address


@pytest.mark.parametrize("slug", ["demo", "a", "what-joins-us", "2026", "a" * 64])
def test_small_letters_digits_and_single_dashes_are_an_address(slug: str) -> None:
    assert is_address(slug)


@pytest.mark.parametrize("slug", ["", "-a", "a-", "a--b", "A", "a b", "a/b", "..", "שלום", "a\n", "a" * 65, "é"])
def test_anything_else_is_none(slug: str) -> None:
    assert not is_address(slug)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("What joins us?", "what-joins-us"),
        ("Café à la crème", "cafe-a-la-creme"),
        ("It's 2026", "its-2026"),
        ("vtaiwan.uberx", "vtaiwan-uberx"),
        ("What joins a people scattered over many places in the world?", "what-joins-a-people-scattered-over-many"),
        ("a" * 39 + " bc", "a" * 39),
        ("a" * 40 + " bc", "a" * 40),
        ("a" * 50, "a" * 40),
        ("", ""),
        ("?!", ""),
        ("מה מחבר בינינו?", ""),
        ("מה מחבר בינינו? (klal)", ""),
        ("Uber 優步", "uber"),
        ("優步 Uber 管制法", ""),
    ],
)
def test_an_address_is_made_of_the_latin_letters_where_they_say_enough(name: str, slug: str) -> None:
    assert address_of(name) == slug
    assert not slug or is_address(slug)
