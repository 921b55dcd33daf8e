from __future__ import annotations

from ipaddress import ip_network

import pytest

from klal.domain.limits import DEFAULTS, Limit, Rate
from klal.errors import BadSettingError
from klal.store.configuration import Configuration
from klal.store.guards import LOOPBACK, refuse_short_secret

SECRET = "a secret for tests only, long enough to be taken"


def given(**more: str) -> Configuration:
    return Configuration.from_environment({"KLAL_SECRET_KEY": SECRET, **more})


def test_without_settings_no_proxy_is_believed():
    assert given().proxies == ()
    assert given().guards.limits == DEFAULTS
    assert given().secret_keys == (SECRET,)


def test_where_https_is_a_proxy_on_this_machine_is_believed():
    assert given(KLAL_HTTPS="yes").proxies == LOOPBACK
    assert given(KLAL_HTTPS="yes", KLAL_PROXIES="192.0.2.1").proxies == (ip_network("192.0.2.1/32"),)


def test_proxies_are_networks_or_addresses():
    found = given(KLAL_PROXIES="10.1.2.3/8, 2001:db8::/32 127.0.0.1").proxies
    assert found == (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"), ip_network("127.0.0.1/32"))


@pytest.mark.parametrize(
    ("setting", "value", "found"),
    [
        ("KLAL_PROXIES", "10.0.0.0/8,nginx", "nginx"),
        ("KLAL_PROXIES", "10.0.0.0/99", "10.0.0.0/99"),
        ("KLAL_LIMITS", "joins=many", "joins=many"),
    ],
)
def test_what_cannot_be_used_is_said(setting, value, found):
    with pytest.raises(BadSettingError) as caught:
        given(**{setting: value})
    assert (caught.value.facts["setting"], caught.value.facts["found"]) == (setting, found)


def test_limits_can_be_set():
    assert given(KLAL_LIMITS="joins=9/3").guards.limits[Limit.JOINS] == Rate(9, 3)


def test_older_keys_follow_the_one_that_signs_and_are_not_printed(tmp_path):
    (tmp_path / "old").write_text("one-of-before\ntwo-of-before\n")
    found = given(KLAL_SECRET_KEY_OLD_FILE=str(tmp_path / "old"))
    assert found.secret_keys == (SECRET, "one-of-before", "two-of-before")
    assert "before" not in repr(found)


def test_a_secret_that_could_be_guessed_serves_nobody():
    refuse_short_secret("x" * 32)
    with pytest.raises(BadSettingError) as caught:
        refuse_short_secret("x" * 31)
    assert caught.value.facts["setting"] == "KLAL_SECRET_KEY"
    assert "xxx" not in str(caught.value)


def test_no_tables_are_made_with_such_a_secret(database, monkeypatch):
    from dataclasses import replace

    from klal.store import opening

    monkeypatch.setattr(opening, "configuration", lambda: replace(database, secret_key="short"))
    with pytest.raises(BadSettingError):
        opening.open_store(migrate=True)
    opening.open_store()
