"""Where the files of an export are: a folder, a zip, or a single file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from klal.errors import MissingInputError, UnknownFormatError
from klal.io.archive import open_archive
from klal.io.text_table import Opener

_ROLES: Mapping[str, tuple[str, ...]] = {
    # The longer names come first: "participants-votes.csv" ends in "votes.csv" too.
    "participants": ("participants-votes.csv", "participant-votes.csv"),
    "votes": ("votes.csv",),
    "statements": ("comments.csv", "statements.csv"),
    "summary": ("summary.csv",),
    "format": ("format.json",),
}


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an export.

    Attributes
    ----------
    name : str
        Its name without folders.
    opener : Opener
        Opens its bytes.
    size : int
        Bytes, as far as known; for progress only.
    """

    name: str
    opener: Opener
    size: int


@dataclass(frozen=True, slots=True)
class Export:
    """The files of a Polis export by what they hold; None where there is none.

    Attributes
    ----------
    name : str
        Name of the folder or zip.
    ballots : Member
        Where the votes are read from: the log of votes, else the table of participants.
    participants, statements, summary, format : Member or None
        The other files.
    """

    name: str
    ballots: Member
    participants: Member | None = None
    statements: Member | None = None
    summary: Member | None = None
    format: Member | None = None


def file_member(path: Path) -> Member:
    """Return a single file.

    Parameters
    ----------
    path : Path
        A readable file.

    Returns
    -------
    Member
        Named without its folders. Opening it raises MissingInputError or UnknownFormatError if that cannot be done.
    """
    return Member(path.name, _opener(path), path.stat().st_size if path.exists() else 0)


def find_export(path: Path) -> Export:
    """Find the files of an export in a folder or zip; they may be one folder further down.

    Parameters
    ----------
    path : Path
        A folder or a zip.

    Returns
    -------
    Export
        At least with votes of one kind or the other.

    Raises
    ------
    UnknownFormatError
        If there are none, or more than one export.
    UnsafeArchiveError
        If the zip is not a plain one.
    """
    members = _folder(path) if path.is_dir() else open_archive(path.name, _opener(path), Member)
    places: dict[str, dict[str, Member]] = {}
    for name, member in members.items():
        place = PurePosixPath(name)
        role = _role(place.name)
        if role is None or len(place.parts) > 2 or place.parts[0] == "__MACOSX":
            continue
        found = places.setdefault(str(place.parent), {})
        if role in found and _is_exact(found[role].name) == _is_exact(place.name):
            raise UnknownFormatError(path=path.name, found=f"two files that could be meant ({found[role].name} and {place.name})")
        if role not in found or _is_exact(place.name):
            found[role] = member
    complete = {place: found for place, found in places.items() if "votes" in found or "participants" in found}
    if not complete:
        raise UnknownFormatError(path=path.name, found=_listing(list(members)))
    if "." not in complete and len(complete) > 1:
        raise UnknownFormatError(path=path.name, found=f"{len(complete)} exports ({', '.join(sorted(complete)[:3])})")
    chosen = complete.get(".") or next(iter(complete.values()))
    votes = chosen.pop("votes", None)
    return Export(path.name or path.resolve().name, votes or chosen["participants"], **chosen)


def _opener(path: Path) -> Opener:
    def open_file() -> BinaryIO:
        try:
            return path.open("rb")
        except FileNotFoundError as error:
            raise MissingInputError(path=str(path)) from error
        except OSError as error:
            found = f"something that cannot be opened ({(error.strerror or '').lower()})"
            raise UnknownFormatError(path=path.name, found=found) from error

    return open_file


def _folder(path: Path) -> dict[str, Member]:
    """Return the files in a folder and one folder further down, by their place in it."""
    entries = [entry for pattern in ("*", "*/*") for entry in sorted(path.glob(pattern))]
    return {entry.relative_to(path).as_posix(): file_member(entry) for entry in entries if entry.is_file()}


def _role(name: str) -> str | None:
    plain = name.lower()
    if plain.startswith("."):
        return None
    for role, endings in _ROLES.items():
        if plain in endings or (role != "format" and any(plain.endswith(("-" + end, "_" + end)) for end in endings)):
            return role
    return None


def _is_exact(name: str) -> bool:
    return any(name.lower() in endings for endings in _ROLES.values())


def _listing(names: list[str]) -> str:
    if not names:
        return "nothing"
    return ", ".join(sorted(names)[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
