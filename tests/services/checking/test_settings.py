from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import klal
from klal.domain.language import available, get
from klal.services.checking import settings
from klal.services.checking.finding import Finding, Grade
from klal.store.configuration import Configuration

GOOD = {
    "KLAL_HOSTS": "talk.example.org",
    "KLAL_HTTPS": "yes",
    "KLAL_URL": "https://talk.example.org",
    "KLAL_PROXIES": "127.0.0.1",
    "KLAL_SECRET_KEY": "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3",
}


def codes(findings: Iterable[Finding], grade: Grade | None = None) -> list[str]:
    found = list(findings)
    for one in found:
        for code in available():
            assert one.sentence(get(code))
    return [one.code for one in found if grade is None or one.grade is grade]


def read(**changes: str) -> Configuration:
    return Configuration.from_environment({**GOOD, **changes})


def test_every_name_in_the_source_is_known_and_no_other() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(klal.__file__).parent.rglob("*.py") if path.parent.name != "checking"]
    used = {name for text in sources for name in re.findall(r'"(KLAL_[A-Z_]+)"', text)}
    read_as_secret = {name for text in sources for name in re.findall(r'\b_?read\(given, "(KLAL_[A-Z_]+)"\)', text)}
    assert used | {f"{name}_FILE" for name in read_as_secret} == set(settings.KNOWN)
    assert read_as_secret == set(settings.SECRETS)


def test_all_that_cannot_be_read_is_told_at_once() -> None:
    given = {
        "KLAL_DATABASE_URL": "mysql://db",
        "KLAL_HTTPS": "perhaps",
        "KLAL_LOG": "xml",
        "KLAL_TLS_KEY": "/key.pem",
        "KLAL_MAIL_URL_FILE": "/nowhere/at/all",
        "KLAL_PROXIES": "everybody",
        "KLAL_OIDC_ISSUER": "ftp://login.example",
    }
    found = list(settings.unreadable(given))
    assert codes(found) == ["setting"] * 7
    assert all(one.as_dict(get("en"))["facts"]["needed"] for one in found)
    assert list(settings.unreadable(GOOD)) == []


def test_reading_settings_writes_nothing(tmp_path: Path) -> None:
    assert list(settings.unreadable({"KLAL_HOME": str(tmp_path / "home")})) == []
    assert list(tmp_path.iterdir()) == []


def test_a_mistyped_name_is_told_with_the_one_that_is_meant() -> None:
    (near, strange, outside) = settings.unknown({"KLAL_HOST": "x", "KLAL_QQQQQQ": "x", "KLAL_OIDC_NAME": "x", "HOME": "/", "KLAL_URL": ""})
    assert (near.code, near.facts["near"]) == ("unknown_near", "KLAL_HOSTS")
    assert (strange.code, outside.code) == ("unknown", "oidc_without_issuer")


@pytest.mark.parametrize(
    ("secret", "code"),
    [("", "secret_short"), ("x" * 31, "secret_short"), ("ab" * 20, "secret_weak"), (GOOD["KLAL_SECRET_KEY"], "secret_fine")],
)
def test_a_secret_is_long_and_varied(tmp_path: Path, secret: str, code: str) -> None:
    assert codes(settings.secret(Configuration(tmp_path, secret_key=secret))) == [code]


def test_a_secret_in_a_file_is_for_its_owner(tmp_path: Path) -> None:
    found = Configuration.from_environment({"KLAL_HOME": str(tmp_path), "KLAL_DATABASE_URL": "postgresql://db/klal"})
    assert codes(settings.secret(found)) == ["secret_fine", "secret_in_home"]
    (tmp_path / "secret-key").chmod(0o644)
    assert codes(settings.secret(replace(found, database_url=""))) == ["secret_readable"]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, ["names_fine"]),
        ({"KLAL_HOSTS": ".example.org"}, ["names_fine"]),
        ({"KLAL_HOSTS": "*"}, ["host_any"]),
        ({"KLAL_HOSTS": "https://talk.example.org,talk.example.org"}, ["host_form"]),
        ({"KLAL_HOSTS": "talk.example.org:8000,talk.example.org"}, ["host_form"]),
        ({"KLAL_HOSTS": ""}, ["hosts_missing"]),
        ({"KLAL_HOSTS": "other.example.org"}, ["url_host"]),
        ({"KLAL_HOSTS": ".other.org"}, ["url_host"]),
        ({"KLAL_URL": ""}, ["url_missing"]),
        ({"KLAL_URL": "http://talk.example.org"}, ["url_http"]),
        ({"KLAL_HTTPS": "no"}, ["url_https", "https_missing"]),
        ({"KLAL_PROXIES": ""}, ["proxies_missing"]),
        ({"KLAL_PROXIES": "0.0.0.0/0"}, ["proxies_all"]),
        ({"KLAL_HOSTS": "", "KLAL_URL": "", "KLAL_HTTPS": "", "KLAL_PROXIES": ""}, ["names_fine"]),
        ({"KLAL_HOSTS": "localhost", "KLAL_URL": "http://localhost:8000", "KLAL_HTTPS": "", "KLAL_PROXIES": ""}, ["names_fine"]),
    ],
)
def test_names_address_and_https_fit_each_other(changes: dict[str, Any], wanted: list[str]) -> None:
    assert codes(settings.names(read(**changes))) == wanted
