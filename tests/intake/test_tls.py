from __future__ import annotations

import http.client
import logging
import os
import ssl
from pathlib import Path

import pytest

from klal.errors import BadSettingError
from klal.intake.tls import Certificate
from tests.certificates import make_certificate
from tests.serving import RunningServer
from tests.waiting import PATIENCE


def test_the_server_speaks_https_by_itself(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path / "tls")
    settings = {"KLAL_TLS_CERTIFICATE": str(certificate), "KLAL_TLS_KEY": str(key)}
    with RunningServer(tmp_path / "home", "--no-worker", environment=settings, scheme="https") as server:
        context = ssl.create_default_context(cafile=str(certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=PATIENCE)
        connection.request("GET", "/convene/")
        answer = connection.getresponse()
        answer.read()
        assert answer.status in {200, 302, 303}
        assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
        cookies = answer.headers.get_all("Set-Cookie", [])
        assert all("Secure" in one for one in cookies)
        connection.close()
        with pytest.raises((http.client.HTTPException, OSError)):
            server.get("/healthz")  # nothing is said without encryption
        assert server.errors == ""


def test_a_renewed_certificate_is_taken_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = make_certificate(tmp_path)
    found = Certificate(*files)
    assert not found.renew()
    make_certificate(tmp_path)
    os.utime(files[0], (1, 1))
    with caplog.at_level(logging.WARNING):
        assert found.renew()
    assert "A new certificate is in use." in caplog.text


def test_a_certificate_that_was_spoilt_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = make_certificate(tmp_path)
    found = Certificate(*files)
    files[0].write_text("half a certificate")
    assert not found.renew()
    assert "serving on with the one there was" in caplog.text
    files[0].unlink()
    assert not found.renew()


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    one, other = make_certificate(tmp_path / "one"), make_certificate(tmp_path / "other")
    for pair in ((one[0], other[1]), (one[1], one[1]), (tmp_path / "nowhere", one[1])):
        with pytest.raises(BadSettingError) as caught:
            Certificate(*pair)
        assert caught.value.facts["setting"] == "KLAL_TLS_CERTIFICATE"
