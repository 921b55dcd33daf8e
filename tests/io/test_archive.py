"""Zips that strangers send."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from klal.errors import InputError, UnknownFormatError, UnsafeArchiveError
from klal.io import archive as archive_module
from klal.io import read_conversation
from tests.io.files import COMMENTS, VOTES, put_zip


@pytest.mark.parametrize("name", ["../votes.csv", "/votes.csv", "a/../../votes.csv", "C:votes.csv", "..\\votes.csv", "\\votes.csv"])
def test_a_zip_that_leaves_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    path = put_zip(tmp_path / "x.zip", {"votes.csv": VOTES, name: "x"})
    with pytest.raises(UnsafeArchiveError) as caught:
        read_conversation(path)
    assert caught.value.facts == {"file": "x.zip", "found": f"a file that leaves its folder ({name})"}


def test_a_zip_with_a_link_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        link = zipfile.ZipInfo("votes.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UnsafeArchiveError) as caught:
        read_conversation(tmp_path / "x.zip")
    assert caught.value.facts["found"] == "a link (votes.csv)"


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = put_zip(tmp_path / "x.zip", {"votes.csv": VOTES})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(UnsafeArchiveError) as caught:
        read_conversation(path)
    assert caught.value.facts["found"] == "an encrypted file (votes.csv)"


def test_a_zip_with_two_files_of_one_name_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("votes.csv", VOTES)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("votes.csv", VOTES)
    with pytest.raises(UnsafeArchiveError) as caught:
        read_conversation(tmp_path / "x.zip")
    assert caught.value.facts["found"] == "two files of the same name"


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_ENTRIES", 2)
    path = put_zip(tmp_path / "x.zip", {"a": "", "b": "", "votes.csv": VOTES})
    with pytest.raises(UnsafeArchiveError) as caught:
        read_conversation(path)
    assert caught.value.facts["found"] == "3 entries (more than 2)"


def test_a_zip_that_says_it_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_BYTES", 1000)
    path = put_zip(tmp_path / "x.zip", {"votes.csv": VOTES + "1,,1,1,1\n" * 1000})
    with pytest.raises(UnsafeArchiveError) as caught:
        read_conversation(path)
    assert str(caught.value.facts["found"]).endswith("bytes once unpacked (more than 1000)")


def test_a_zip_that_explodes_is_stopped_while_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "RATIO_FROM", 100_000)
    contents = {"votes.csv": VOTES + "1,,1,1,1\n" * 100_000, "comments.csv": COMMENTS + "1,,1,1,1,1,1,x\n" * 100_000}
    for name, content in contents.items():
        path = put_zip(tmp_path / "x.zip", {"votes.csv": VOTES, name: content})
        with pytest.raises(UnsafeArchiveError) as caught:
            read_conversation(path)
        assert caught.value.facts["found"] == f"a file that unpacks to far too much ({name})"


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = put_zip(tmp_path / "x.zip", {"votes.csv": VOTES + "1,,1,1,1\n" * 1000})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 100)
    path.write_bytes(data)
    with pytest.raises(InputError):
        read_conversation(path)


@pytest.mark.parametrize("keep", [10, 200])
def test_a_damaged_zip_is_refused(tmp_path: Path, keep: int) -> None:
    path = put_zip(tmp_path / "x.zip", {"votes.csv": VOTES + "".join(f"{at * 7919},,1,{at},1\n" for at in range(1000))})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UnsafeArchiveError) as caught:
        read_conversation(path)
    assert caught.value.facts == {"file": "x.zip", "found": "a damaged zip"}


def test_a_damaged_file_in_a_zip_is_told(tmp_path: Path) -> None:
    path = put_zip(tmp_path / "x.zip", {"votes.csv": VOTES + "".join(f"{at * 7919},,1,{at},1\n" for at in range(1000))})
    data = bytearray(path.read_bytes())
    data[200:260] = b"\xff" * 60
    path.write_bytes(data)
    with pytest.raises(UnsafeArchiveError) as caught:
        read_conversation(path)
    assert caught.value.facts["found"] == "a damaged file (votes.csv)"


def test_a_zip_packed_in_an_unknown_way_is_told(tmp_path: Path) -> None:
    path = put_zip(tmp_path / "x.zip", {"votes.csv": VOTES})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 10] = 99
    path.write_bytes(data)
    with pytest.raises(UnsafeArchiveError) as caught:
        read_conversation(path)
    assert caught.value.facts["found"] == "a file that cannot be unpacked (votes.csv)"


def test_a_zip_in_a_zip_is_not_opened(tmp_path: Path) -> None:
    inner = put_zip(tmp_path / "inner.zip", {"votes.csv": VOTES}).read_bytes()
    path = put_zip(tmp_path / "x.zip", {"inner.zip": inner})
    with pytest.raises(UnknownFormatError) as caught:
        read_conversation(path)
    assert caught.value.facts["found"] == "nothing"
