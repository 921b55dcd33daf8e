from __future__ import annotations

import pytest

from klal.domain.identity import Identity, new_identity, to_cookie
from klal.errors import BadIdentityError, BadRequestError, ForeignOriginError, TooManyError
from klal.intake import checks
from klal.intake.checks import CookieCheck, HostCheck, RateLimit, channel_of, check_origin

SECRET = "a secret"


@pytest.mark.parametrize("host", [b"klal.example", b"klal.example:8000", b"KLAL.example", b"a.town.example", b"[::1]:80", b"klal.example."])
def test_own_names_pass(host: bytes) -> None:
    HostCheck(["klal.example", ".town.example", "[::1]"]).check({b"host": host})


@pytest.mark.parametrize(
    "host", [b"", b"evil.example", b"klal.example.evil", b"klal.example:80:80", b"\xff", b"klal.example/", b"x" * 5000]
)
def test_foreign_names_do_not(host: bytes) -> None:
    check = HostCheck(["klal.example"])
    with pytest.raises(BadRequestError):
        check.check({b"host": host})
    with pytest.raises(BadRequestError):
        check.check({})


@pytest.mark.parametrize(
    ("headers", "https"),
    [
        ({b"origin": b"http://here.example"}, False),
        ({b"origin": b"http://here.example:80"}, False),
        ({b"origin": b"https://here.example"}, False),
        ({b"origin": b"https://HERE.example"}, True),
        ({b"sec-fetch-site": b"same-origin"}, True),
    ],
)
def test_what_our_own_page_sends_passes(headers: dict[bytes, bytes], https: bool) -> None:
    check_origin({b"host": b"here.example", **headers}, https=https)


@pytest.mark.parametrize(
    ("headers", "https"),
    [
        ({}, False),
        ({b"origin": b"null"}, False),
        ({b"origin": b""}, False),
        ({b"origin": b"http://evil.example"}, False),
        ({b"origin": b"http://here.example:8000"}, False),
        ({b"origin": b"http://here.example:port"}, False),
        ({b"origin": b"http://["}, False),
        ({b"origin": b"file://here.example"}, False),
        ({b"origin": b"http://here.example"}, True),
        ({b"origin": b"http://evil.example", b"sec-fetch-site": b"same-origin"}, False),
        ({b"sec-fetch-site": b"cross-site"}, False),
        ({b"sec-fetch-site": b"same-site"}, False),
        ({b"sec-fetch-site": b"none"}, False),
    ],
)
def test_what_another_page_sends_does_not(headers: dict[bytes, bytes], https: bool) -> None:
    with pytest.raises(ForeignOriginError):
        check_origin({b"host": b"here.example", **headers}, https=https)


def test_a_signed_cookie_is_known_again() -> None:
    who = new_identity()
    cookie = b"other=1; klal-participant=" + to_cookie(who, "here", SECRET).encode() + b"; more=2"
    check = CookieCheck(SECRET)
    assert check.identify({b"cookie": cookie}, "here") == who
    assert check.identify({b"cookie": cookie}, "here") == who


def test_of_several_cookies_the_one_that_counts_here_is_taken() -> None:
    who = new_identity()
    elsewhere, here = (to_cookie(who, slug, SECRET) for slug in ("elsewhere", "here"))
    cookie = f"klal-participant={elsewhere};klal-participant={here}".encode()
    assert CookieCheck(SECRET).identify({b"cookie": cookie}, "here") == who


def test_forged_and_foreign_cookies_are_nobodys() -> None:
    who = new_identity()
    good = to_cookie(who, "here", SECRET)
    forged = [
        to_cookie(who, "elsewhere", SECRET),
        to_cookie(who, "here", "another secret"),
        good[:-1],
        good + "A",
        good + "A" * 300,
        good.replace(".0.", ".1."),
        good.upper(),
        "..",
        "",
        "\xff\xfe.0.x",
        f"{who.key}.99999999999999999999.x",
    ]
    check = CookieCheck(SECRET)
    for value in forged:
        with pytest.raises(BadIdentityError):
            check.identify({b"cookie": b"klal-participant=" + value.encode("latin-1")}, "here")
    for headers in ({}, {b"cookie": b";;="}, {b"cookie": b"klal-participant"}):
        with pytest.raises(BadIdentityError):
            check.identify(headers, "here")


def test_an_earlier_epoch_is_another_cookie() -> None:
    key = new_identity().key
    check = CookieCheck(SECRET)
    for epoch in (0, 3):
        cookie = to_cookie(Identity(key, epoch), "here", SECRET).encode()
        assert check.identify({b"cookie": b"klal-participant=" + cookie}, "here").epoch == epoch


@pytest.mark.parametrize(
    ("cookie", "code"),
    [
        (b"klal-channel=poster", "poster"),
        (b"a=1; klal-channel=post-er_2 ; b=2", "post-er_2"),
        (b"a=1", ""),
        (b"klal-channel=", ""),
        (b"klal-channel=a b", ""),
        (b"klal-channel=\xff", ""),
        (b"klal-channel=" + b"x" * 33, ""),
    ],
)
def test_the_link_somebody_came_by_is_read_from_their_cookie(cookie: bytes, code: str) -> None:
    assert channel_of({b"cookie": cookie}) == code
    assert channel_of({}) == ""


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(checks, "time", made)
    return made


def test_a_burst_is_taken_and_then_so_much_a_second(clock: Clock) -> None:
    limit = RateLimit(burst=10, per_second=2)
    limit.spend("me", 8)
    limit.spend("me", 2)
    with pytest.raises(TooManyError) as refused:
        limit.spend("me", 4)
    assert refused.value.facts == {"seconds": 3}
    clock.now += 2
    limit.spend("me", 4)
    clock.now += 1000
    limit.spend("me", 10)
    with pytest.raises(TooManyError):
        limit.spend("me", 0)  # asking for what is next costs one, too


def test_what_was_refused_costs_nothing_and_others_are_free(clock: Clock) -> None:
    limit = RateLimit(burst=10, per_second=1)
    limit.spend("me", 9)
    for _ in range(5):
        with pytest.raises(TooManyError):
            limit.spend("me", 2)
    limit.spend("me", 1)
    limit.spend("you", 10)


def test_only_the_latest_are_remembered(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_REMEMBERED", 2)
    limit = RateLimit(burst=1, per_second=1)
    for who in ("a", "b", "c"):
        limit.spend(who, 1)
    limit.spend("a", 1)
    with pytest.raises(TooManyError):
        limit.spend("c", 1)
