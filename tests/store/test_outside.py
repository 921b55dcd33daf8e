from __future__ import annotations

import pytest

from klal.errors import BadSettingError
from klal.store.configuration import Configuration


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"KLAL_OIDC_ISSUER": "http://login.example"}, "KLAL_OIDC_ISSUER"),
        ({"KLAL_OIDC_ISSUER": "login.example"}, "KLAL_OIDC_ISSUER"),
        ({"KLAL_OIDC_ISSUER": "https://login.example"}, "KLAL_OIDC_CLIENT_ID"),
    ],
)
def test_settings_that_are_not_safe_are_refused(given, setting, tmp_path):
    with pytest.raises(BadSettingError) as told:
        Configuration.from_environment({"KLAL_HOME": str(tmp_path), **given})
    assert told.value.facts["setting"] == setting


def test_settings_are_read_and_the_secret_is_not_printed(tmp_path):
    (tmp_path / "secret").write_text("hush\n")
    given = {
        "KLAL_OIDC_ISSUER": "https://login.example/",
        "KLAL_OIDC_CLIENT_ID": "klal",
        "KLAL_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
    }
    found = Configuration.from_environment({"KLAL_HOME": str(tmp_path), **given, "KLAL_OIDC_OPEN": "yes"}).outside
    assert found is not None
    assert (found.issuer, found.client_secret, found.name, found.is_open) == ("https://login.example", "hush", "login.example", True)
    assert "hush" not in repr(found)
    assert Configuration.from_environment({"KLAL_HOME": str(tmp_path)}).outside is None
