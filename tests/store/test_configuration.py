from __future__ import annotations

import stat
from pathlib import Path

import pytest

from klal.errors import BadSettingError
from klal.store.configuration import Configuration


def test_without_settings_it_is_an_embedded_database_in_this_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = Configuration.from_environment({})
    assert found.engine == "sqlite"
    assert found.sqlite_path == tmp_path / "klal-data" / "klal.sqlite3"
    assert found.hosts == ()
    assert not found.https


def test_a_secret_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    first = Configuration.from_environment({"KLAL_HOME": str(tmp_path / "home")})
    second = Configuration.from_environment({"KLAL_HOME": str(tmp_path / "home")})
    assert len(first.secret_key) > 40
    assert first.secret_key == second.secret_key
    assert stat.S_IMODE((tmp_path / "home" / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret-key"]


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    found = Configuration.from_environment(
        {"KLAL_HOME": str(tmp_path), "KLAL_SECRET_KEY": "hush", "KLAL_DATABASE_URL": "postgresql://me:hush@db/klal"}
    )
    assert "hush" not in repr(found)


def test_a_secret_may_be_kept_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n", encoding="utf-8")
    found = Configuration.from_environment({"KLAL_HOME": str(tmp_path), "KLAL_SECRET_KEY_FILE": str(tmp_path / "secret")})
    assert found.secret_key == "from a file"


def test_a_secret_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadSettingError) as caught:
        Configuration.from_environment({"KLAL_HOME": str(tmp_path), "KLAL_SECRET_KEY_FILE": str(tmp_path / "nowhere")})
    assert caught.value.facts["setting"] == "KLAL_SECRET_KEY_FILE"


def test_a_database_address_is_taken_apart() -> None:
    found = Configuration.from_environment({"KLAL_SECRET_KEY": "s", "KLAL_DATABASE_URL": "postgresql://me:p%40ss@db:5433/klal%20one"})
    entry = found.django_database()
    assert found.engine == "postgresql"
    assert [entry[part] for part in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == ["me", "p@ss", "db", "5433", "klal one"]


def test_what_a_database_address_asks_of_the_connection_is_heeded() -> None:
    url = "postgresql://me@db/klal?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&connect_timeout=9"
    options = Configuration.from_environment({"KLAL_SECRET_KEY": "s", "KLAL_DATABASE_URL": url}).django_database()["OPTIONS"]
    assert (options["sslmode"], options["sslrootcert"], options["connect_timeout"]) == ("verify-full", "/etc/ca.pem", "9")


def test_another_kind_of_database_is_refused_without_its_password() -> None:
    with pytest.raises(BadSettingError) as caught:
        Configuration.from_environment({"KLAL_SECRET_KEY": "s", "KLAL_DATABASE_URL": "mysql://me:hush@db/klal"})
    assert "hush" not in str(caught.value)


def test_hosts_and_https_are_read() -> None:
    found = Configuration.from_environment({"KLAL_SECRET_KEY": "s", "KLAL_HOSTS": "one.example, two.example,", "KLAL_HTTPS": "yes"})
    assert found.hosts == ("one.example", "two.example")
    assert found.https


def test_https_is_yes_or_no() -> None:
    with pytest.raises(BadSettingError):
        Configuration.from_environment({"KLAL_SECRET_KEY": "s", "KLAL_HTTPS": "perhaps"})


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BadSettingError) as caught:
        Configuration.from_environment({"KLAL_HOME": str(tmp_path / "file")})
    assert caught.value.facts["setting"] == "KLAL_HOME"


def test_two_processes_that_start_at_once_share_one_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process's secret appears between our look and our own."""
    real = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: False if path.name == "secret-key" else real(path))
    (tmp_path / "secret-key").write_text("theirs", encoding="utf-8")
    assert Configuration.from_environment({"KLAL_HOME": str(tmp_path)}).secret_key == "theirs"


def test_mail_goes_to_the_terminal_unless_it_is_set_up() -> None:
    found = Configuration.from_environment({"KLAL_SECRET_KEY": "s"})
    assert not found.sends_mail
    assert found.django_mail() == {"EMAIL_BACKEND": "klal.services.mail_sending.TerminalMail", "DEFAULT_FROM_EMAIL": "klal@localhost"}


SERVER = "klal.services.mail_sending.ServerMail"


@pytest.mark.parametrize(
    ("url", "backend", "wanted"),
    [
        ("file:///outbox", "django.core.mail.backends.filebased.EmailBackend", {"EMAIL_FILE_PATH": "/outbox"}),
        ("smtp://me:p%40ss@mail", SERVER, {"EMAIL_PORT": 587, "EMAIL_USE_TLS": True, "EMAIL_HOST_PASSWORD": "p@ss"}),
        ("smtps://me:hush@mail", SERVER, {"EMAIL_PORT": 465, "EMAIL_USE_SSL": True, "EMAIL_USE_TLS": False}),
        ("smtp://mail:25", SERVER, {"EMAIL_PORT": 25, "EMAIL_USE_TLS": True, "EMAIL_HOST_USER": ""}),
        ("smtp+plain://mail", SERVER, {"EMAIL_PORT": 25, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False}),
    ],
)
def test_mail_goes_where_the_setting_says(url: str, backend: str, wanted: dict[str, object]) -> None:
    given = {"KLAL_SECRET_KEY": "s", "KLAL_MAIL_URL": url, "KLAL_MAIL_FROM": "klal@klal.example", "KLAL_URL": "https://klal.example/"}
    found = Configuration.from_environment(given)
    mail = found.django_mail()
    assert found.sends_mail
    assert found.url == "https://klal.example"
    assert mail["EMAIL_BACKEND"] == backend
    assert wanted.items() <= mail.items()


def test_another_kind_of_mail_is_refused() -> None:
    with pytest.raises(BadSettingError):
        Configuration.from_environment({"KLAL_SECRET_KEY": "s", "KLAL_MAIL_URL": "pigeon://me:hush@loft"})


@pytest.mark.parametrize("url", ["klal.example", "ftp://klal.example", "https://", "https://klal.example/under"])
def test_an_address_of_the_server_is_a_whole_one(url: str) -> None:
    with pytest.raises(BadSettingError):
        Configuration.from_environment({"KLAL_SECRET_KEY": "s", "KLAL_URL": url})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KLAL_DATABASE_URL", "postgresql://me:hush@db:port/klal"),
        ("KLAL_DATABASE_URL", "postgresql://me:hush@[db/klal"),
        ("KLAL_MAIL_URL", "smtp://me:hush@mail:70000"),
        ("KLAL_URL", "https://klal.example:https"),
        ("KLAL_LOG", "xml"),
        ("KLAL_LOG_LEVEL", "loud"),
        ("KLAL_LOG_ADDRESSES", "some"),
        ("KLAL_TLS_KEY", "/etc/klal/key.pem"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_no_password_is_repeated(name: str, value: str) -> None:
    with pytest.raises(BadSettingError) as caught:
        Configuration.from_environment({"KLAL_SECRET_KEY": "s", name: value})
    assert name.rpartition("_")[0] in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_certificate_means_https_and_may_hold_its_key() -> None:
    found = Configuration.from_environment({"KLAL_SECRET_KEY": "s", "KLAL_TLS_CERTIFICATE": "/etc/klal/both.pem"})
    assert found.https
    assert found.tls_certificate == found.tls_key == Path("/etc/klal/both.pem")


def test_the_log_is_plain_unless_it_is_said_otherwise() -> None:
    assert Configuration.from_environment({"KLAL_SECRET_KEY": "s"}).log == "plain"
    found = Configuration.from_environment(
        {"KLAL_SECRET_KEY": "s", "KLAL_LOG": "JSON", "KLAL_LOG_LEVEL": "info", "KLAL_LOG_ADDRESSES": "yes"}
    )
    assert (found.log, found.log_level, found.log_addresses) == ("json", "info", True)
