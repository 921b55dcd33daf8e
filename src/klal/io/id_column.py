"""Ids of participants or statements as they stream by, held in four bytes each.

Ids that are all whole numbers are numbers; if a single one is not, all of them are text. ``007`` is text, because ``7`` is another id.
Arrow arrays are ``Any`` here and in the other readers: they carry no types that the checker could read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from klal.core.arrays import Ids, frozen
from klal.core.index import IdIndex
from klal.io.buffers import GrowingColumn

MAX_ID_LENGTH = 256
"""Characters in a text id. An index of ids holds all of them as wide as the widest, so one absurd id would cost memory for each."""

_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_INT64 = np.iinfo(np.int64)
_STEP = 1 << 22
_FLUSH = 1 << 21


class BadIdsError(ValueError):
    """Among these ids is one that is empty, too long or holds a null byte; who reads the file finds the line."""


def is_usable_id(text: str) -> bool:
    """Say whether a text can be an id."""
    return 0 < len(text) <= MAX_ID_LENGTH and "\0" not in text


def numbers_of(texts: Sequence[str]) -> Ids | None:
    """Return ids as int64, shape (len(texts),), or None if one of them is not a whole number in its plain form."""
    if not all(_WHOLE_NUMBER.fullmatch(text) for text in texts):
        return None
    numbers = [int(text) for text in texts]
    if numbers and not (_INT64.min <= min(numbers) and max(numbers) <= _INT64.max):
        return None
    return np.array(numbers, dtype=np.int64)


def ids_of(texts: Sequence[str]) -> Ids:
    """Return ids as int64 if all of them are whole numbers, else as text; shape (len(texts),)."""
    numbers = numbers_of(texts)
    return np.array(texts, dtype=np.str_) if numbers is None else numbers


def settle(codes: NDArray[Any], known: Ids, listed: Sequence[str] = ()) -> IdIndex:
    """Turn provisional codes into positions, in place, and return the index they are positions of.

    Parameters
    ----------
    codes : ndarray of int32
        Shape (e,): places in ``known``; positions afterwards.
    known : ndarray
        Distinct ids in any order.
    listed : sequence of str
        Ids that belong into the index whether or not anything refers to them.

    Returns
    -------
    IdIndex
        Of all the ids; numbers if all of them are.
    """
    numbers = numbers_of(listed)
    if numbers is None or known.dtype.kind != "i":
        known, more = known.astype(np.str_), np.array(listed, dtype=np.str_)
    else:
        more = numbers
    if len(more):
        index = IdIndex.of(np.concatenate([known, more]))
        replace_by(index.positions(known), codes)
        return index
    order = np.argsort(known)
    place = np.empty(len(known), dtype=np.int64)
    place[order] = np.arange(len(known))
    replace_by(place, codes)
    return IdIndex(frozen(known[order]))


def replace_by(table: NDArray[Any], codes: NDArray[Any]) -> None:
    """Write ``table[codes]`` over ``codes``, piece by piece so that no second column is needed."""
    if np.array_equal(table, np.arange(len(table))):
        return
    table = table.astype(codes.dtype)
    for start in range(0, len(codes), _STEP):
        part = codes[start : start + _STEP]
        part[:] = table[part]


class IdColumn:
    """One column of ids, taken in batch by batch.

    Small whole numbers are kept as they are; anything else gets a code, the place of its first appearance.

    Parameters
    ----------
    are_text : bool
        The ids are text even where they look like numbers.
    """

    def __init__(self, *, are_text: bool = False) -> None:
        self._are_text = are_text
        self._codes = GrowingColumn(np.int32)
        # Arrow array of distinct ids once codes are used; None while the codes are the ids themselves.
        self._known: Any = pa.array([], type=pa.string()) if are_text else None
        self._pending: list[Any] = []

    def add(self, values: Any) -> None:
        """Take in a batch.

        Parameters
        ----------
        values : pyarrow.Array
            Of text or of whole numbers.

        Raises
        ------
        BadIdsError
            If an id is missing, empty, too long or holds a null byte.
        """
        if values.null_count:
            raise BadIdsError
        values, are_numbers = (values.cast(pa.string()), False) if self._are_text else _plain(values)
        if self._known is None and not self._pending and are_numbers and _fits_int32(values):
            self._codes.extend(values.to_numpy())
            return
        self._pending.append(values)
        if sum(map(len, self._pending)) >= _FLUSH:
            self._flush()

    def close(self) -> tuple[NDArray[Any], Ids]:
        """Return codes (int32, one for each id taken in) and the distinct ids they point to; the column is empty afterwards."""
        self._flush()
        if self._known is not None:
            known = self._known.to_numpy(zero_copy_only=False)
            return self._codes.close(), known if known.dtype.kind == "i" else known.astype(np.str_)
        if not len(self._codes):
            return self._codes.close(), np.empty(0, dtype=np.int64)
        return self._close_small()

    def _close_small(self) -> tuple[NDArray[Any], Ids]:
        view = self._codes.view()
        lowest, highest = int(view.min()), int(view.max())
        if highest - lowest > max(4 * len(view), 1 << 24):  # a table from id to code would be larger than the column
            self._start_codes()
            return self.close()
        present = np.zeros(highest - lowest + 1, dtype=np.bool_)
        codes = self._codes.close()
        if lowest:
            codes -= lowest
        for start in range(0, len(codes), _STEP):
            present[codes[start : start + _STEP]] = True
        replace_by(np.cumsum(present, dtype=np.int32) - 1, codes)
        return codes, np.flatnonzero(present) + lowest

    def _flush(self) -> None:
        if not self._pending:
            return
        if self._known is None:
            self._start_codes()
        for values in _runs(self._pending):
            self._codes.extend(self._encode(values))
        self._pending = []

    def _start_codes(self) -> None:
        """Turn the small whole numbers kept so far into codes."""
        self._known = pa.array([], type=pa.int64())
        view = self._codes.view()
        for start in range(0, len(view), _STEP):
            part = view[start : start + _STEP]
            part[:] = self._encode(pa.array(part.astype(np.int64)))

    def _encode(self, values: Any) -> NDArray[Any]:
        batch = values.dictionary_encode()
        distinct = batch.dictionary
        if pa.types.is_int64(distinct.type) != pa.types.is_int64(self._known.type):
            self._known, distinct = _as_text(self._known), _as_text(distinct)
        if not pa.types.is_int64(distinct.type):
            _check_texts(distinct)
        places = pc.index_in(distinct, value_set=self._known)
        is_new = pc.is_null(places).to_numpy(zero_copy_only=False)
        table = places.fill_null(0).to_numpy(zero_copy_only=False).copy()
        table[is_new] = len(self._known) + np.arange(is_new.sum())
        self._known = pa.concat_arrays([self._known, distinct.filter(pa.array(is_new))])
        return np.asarray(table[batch.indices.to_numpy()])


def _plain(values: Any) -> tuple[Any, bool]:
    """Return ids as int64 if all of the batch are whole numbers, else as text without blanks around; and which of the two."""
    if pa.types.is_integer(values.type):
        try:
            return values.cast(pa.int64()), True
        except pa.ArrowInvalid:  # unsigned and beyond int64
            return values.cast(pa.string()), False
    texts = values.cast(pa.string())
    lowest, highest = _byte_range(texts)
    if lowest <= ord(" ") or highest > ord("~"):  # perhaps blanks around; beyond ASCII there are more of them
        texts = pc.utf8_trim_whitespace(texts)
    numbers = None if highest > ord("9") else _numbers(texts)
    return (texts, False) if numbers is None else (numbers, True)


def _numbers(texts: Any) -> Any:
    """Return the int64 values of texts without letters if all are whole numbers in their plain form, else None."""
    try:
        numbers = texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    # Arrow also takes 007, which is longer than the plain form; so comparing the total length finds it at the price of a few passes.
    length = pc.sum(pc.binary_length(texts)).as_py() or 0
    return numbers if length == _plain_length(numbers.to_numpy()) else None


def _plain_length(numbers: NDArray[Any]) -> int:
    if not len(numbers):
        return 0
    sizes = np.abs(numbers.astype(np.float64)) if numbers.min() < 0 else numbers
    length = len(numbers) + int((numbers < 0).sum())
    for power in range(1, 19):
        longer = int((sizes >= 10**power).sum())
        if not longer:
            break
        length += longer
    return length


def _byte_range(texts: Any) -> tuple[int, int]:
    """Return the smallest and the largest byte, (255, 0) if there is none."""
    if not len(texts):
        return 255, 0
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if offsets[0] == offsets[-1]:
        return 255, 0
    used = np.frombuffer(texts.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    return int(used.min()), int(used.max())


def _fits_int32(numbers: Any) -> bool:
    if not len(numbers):
        return True
    ends = pc.min_max(numbers).as_py()
    # The span too must fit, because codes are counted from the lowest id.
    return bool(ends["min"] >= -(1 << 30) and ends["max"] < 1 << 30)


def _runs(arrays: list[Any]) -> list[Any]:
    """Join neighbours of the same type, so that looking up costs once and not once a batch."""
    runs: list[list[Any]] = []
    for array in arrays:
        if runs and runs[-1][0].type == array.type:
            runs[-1].append(array)
        else:
            runs.append([array])
    return [pa.concat_arrays(run) for run in runs]


def _as_text(values: Any) -> Any:
    return values.cast(pa.string())


def _check_texts(distinct: Any) -> None:
    lengths = pc.min_max(pc.utf8_length(distinct)).as_py()
    if len(distinct) and (lengths["min"] == 0 or lengths["max"] > MAX_ID_LENGTH or pc.any(pc.match_substring(distinct, "\0")).as_py()):
        raise BadIdsError
