from __future__ import annotations

import errno
from pathlib import Path

import pytest

from klal.errors import OutputError
from klal.io.atomic import atomic_file, atomic_folder


def entries(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def half_a_file(target: Path, error: Exception) -> None:
    with atomic_file(target) as draft:
        draft.write_text("half")
        raise error


def half_a_folder(target: Path) -> None:
    with atomic_folder(target, known={"a.csv"}) as draft:
        (draft / "a.csv").write_text("half")
        raise ZeroDivisionError


def a_folder_that_vanishes(target: Path) -> None:
    with atomic_folder(target, known={"a.csv"}) as draft:
        draft.rmdir()


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "result.json"
    with atomic_file(target) as draft:
        draft.write_text("{}")
        assert not target.exists()
        assert draft.parent == target.parent
    assert target.read_text() == "{}"
    assert entries(target.parent) == ["result.json"]


def test_an_error_leaves_the_earlier_file_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    target.write_text("before")
    with pytest.raises(ZeroDivisionError):
        half_a_file(target, ZeroDivisionError())
    assert target.read_text() == "before"
    assert entries(tmp_path) == ["result.json"]


def test_a_full_disk_is_told_in_one_sentence_and_changes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    with pytest.raises(OutputError) as caught:
        half_a_file(target, OSError(errno.ENOSPC, "No space left on device"))
    assert caught.value.facts == {"path": str(target), "found": "no space left on device"}
    assert entries(tmp_path) == []


def test_a_file_never_replaces_a_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, atomic_file(tmp_path):
        pytest.fail("must not get this far")
    assert caught.value.facts["found"] == "a folder of that name"


def test_a_file_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError), atomic_file(tmp_path / "taken" / "result.json"):
        pytest.fail("must not get this far")


def test_a_link_keeps_pointing_where_it_points(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text("before")
    link = tmp_path / "link.json"
    link.symlink_to(real)
    with atomic_file(link) as draft:
        draft.write_text("after")
    assert link.is_symlink()
    assert real.read_text() == "after"


def test_a_folder_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "export"
    with atomic_folder(target) as draft:
        (draft / "a.csv").write_text("1")
        (draft / "inner").mkdir()
        (draft / "inner" / "b.csv").write_text("2")
        assert not target.exists()
    assert entries(target) == ["a.csv", "inner"]
    assert entries(target.parent) == ["export"]


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    target = tmp_path / "export"
    target.mkdir()
    with atomic_folder(target) as draft:
        (draft / "a.csv").write_text("1")
    assert entries(target) == ["a.csv"]


def test_an_earlier_result_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "export"
    target.mkdir()
    (target / "a.csv").write_text("old")
    (target / "b.csv").write_text("old")
    with atomic_folder(target, known={"a.csv", "b.csv"}) as draft:
        (draft / "a.csv").write_text("new")
    assert entries(target) == ["a.csv"]
    assert (target / "a.csv").read_text() == "new"
    assert entries(tmp_path) == ["export"]


def test_a_folder_with_anything_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(OutputError) as caught, atomic_folder(tmp_path, known={"a.csv"}):
        pytest.fail("must not get this far")
    assert caught.value.facts == {"path": str(tmp_path), "found": "a folder that holds diary.txt"}


def test_a_folder_never_replaces_a_file(tmp_path: Path) -> None:
    target = tmp_path / "taken"
    target.write_text("mine")
    with pytest.raises(OutputError) as caught, atomic_folder(target):
        pytest.fail("must not get this far")
    assert caught.value.facts["found"] == "a file of that name"


def test_an_error_leaves_the_earlier_folder_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "export"
    target.mkdir()
    (target / "a.csv").write_text("old")
    with pytest.raises(ZeroDivisionError):
        half_a_folder(target)
    assert (target / "a.csv").read_text() == "old"
    assert entries(tmp_path) == ["export"]


def test_a_failed_rename_brings_the_earlier_folder_back(tmp_path: Path) -> None:
    target = tmp_path / "export"
    target.mkdir()
    (target / "a.csv").write_text("old")
    with pytest.raises(OutputError):
        a_folder_that_vanishes(target)
    assert (target / "a.csv").read_text() == "old"
    assert entries(tmp_path) == ["export"]
