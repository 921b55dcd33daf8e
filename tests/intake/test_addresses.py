from __future__ import annotations

import socket

import pytest

from klal.errors import AddressInUseError, BadOptionError
from klal.intake import addresses
from klal.intake.addresses import listen, own_names, shown_address


def test_any_free_port_is_taken_and_shown() -> None:
    with listen("127.0.0.1", 0) as found:
        port = found.getsockname()[1]
        assert port > 0
        assert shown_address("127.0.0.1", found) == f"http://127.0.0.1:{port}/"
        assert shown_address("0.0.0.0", found) == f"http://127.0.0.1:{port}/"
        assert shown_address("::1", found) == f"http://[::1]:{port}/"


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressInUseError) as refused:
            listen("127.0.0.1", port)
    assert refused.value.facts == {"address": f"127.0.0.1:{port}"}


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "-"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(BadOptionError) as refused:
        listen(host, 0)
    assert refused.value.facts["option"] == "--host"


def test_a_port_that_needs_rights_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(addresses.socket.socket, "bind", refuse)
    with pytest.raises(BadOptionError) as refused:
        listen("127.0.0.1", 80)
    assert refused.value.facts["option"] == "--port"


def test_the_server_knows_its_own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    local = ("localhost", "127.0.0.1", "[::1]")
    assert own_names("127.0.0.1") == local
    assert own_names("klal.example") == (*local, "klal.example")
    assert own_names("fe80::1") == (*local, "[fe80::1]")
    assert socket.gethostname().lower() in own_names("0.0.0.0")
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_: [(0, 0, 0, "", ("fe80::1%eth0", 0))])
    assert "[fe80::1]" in own_names("::")


def test_a_machine_without_network_still_knows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(addresses.socket, "getaddrinfo", fail)
    monkeypatch.setattr(addresses.socket.socket, "connect", fail)
    assert own_names("0.0.0.0")[:3] == ("localhost", "127.0.0.1", "[::1]")
