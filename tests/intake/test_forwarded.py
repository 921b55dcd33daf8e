from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klal.intake.forwarded import client_address, is_trusted, limit_key
from klal.store.configuration import Configuration
from klal.store.guards import Guards, read_guards

PROXIES = read_guards({"KLAL_PROXIES": "10.0.0.0/8, 2001:db8:ffff::/48"}, lambda given, name: "").proxies
BEHIND = Configuration(home=Path(), guards=Guards(proxies=PROXIES))
ALONE = Configuration(home=Path())


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.4", "198.51.100.4"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.4", "198.51.100.4"),  # what stands before it was made up
        ("10.0.0.1", "192.0.2.66, 198.51.100.4, 10.0.0.9", "198.51.100.4"),
        ("10.0.0.1", "198.51.100.4:5432", "198.51.100.4"),
        ("10.0.0.1", "[2001:db8:1:2::3]:5432", "2001:db8:1:2::/64"),
        ("2001:db8:ffff::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("10.0.0.1", "10.0.0.7, 10.0.0.8", "10.0.0.7"),
        ("10.0.0.1", "made up", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.4, unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("198.51.100.9", "192.0.2.66", "198.51.100.9"),  # no proxy of ours
        ("::ffff:10.0.0.1", "198.51.100.4", "198.51.100.4"),
        ("", "198.51.100.4", ""),
    ],
)
def test_the_address_is_the_last_that_no_proxy_of_ours_has(peer: str, forwarded: str | None, found: str) -> None:
    headers = {} if forwarded is None else {b"x-forwarded-for": forwarded.encode()}
    assert client_address(headers, peer, BEHIND) == found


def test_without_proxies_nobody_is_believed() -> None:
    assert client_address({b"x-forwarded-for": b"192.0.2.66"}, "198.51.100.9", ALONE) == "198.51.100.9"
    assert client_address({b"x-forwarded-for": b"192.0.2.66"}, "127.0.0.1", ALONE) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("x" * 500, "x" * 64),
    ],
)
def test_a_household_counts_once(address: str, key: str) -> None:
    assert limit_key(address) == key


@given(forwarded=st.binary(max_size=300), peer=st.sampled_from(["10.0.0.1", "198.51.100.9", "", "nonsense"]))
def test_whatever_is_sent_is_read_as_some_address(forwarded: bytes, peer: str) -> None:
    found = client_address({b"x-forwarded-for": forwarded}, peer, BEHIND)
    assert len(found) <= 64
    assert found == peer or is_trusted(peer, PROXIES)
