"""What is in a table, as one number: the same for the same rows whichever database they are in and however they were read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc


class TableDigest:
    """Takes the rows of a table, in the order of their keys, in batches of any size.

    Each column is told by three streams: which values there are, the values (of texts their lengths), and the letters of texts.

    Attributes
    ----------
    rows : int
        Rows taken so far.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._streams = [[hashlib.sha256() for _ in range(3)] for _ in names]
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            With the columns in the order of their names.
        """
        self.rows += batch.num_rows
        for column, (there, values, letters) in zip(batch.columns, self._streams, strict=True):
            there.update(_bytes(pc.is_valid(column).cast(pa.uint8())))
            if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
                filled = column.fill_null("" if pa.types.is_string(column.type) else b"")
                values.update(_bytes(pc.binary_length(filled).cast(pa.int64())))
                letters.update(_letters(filled))
            elif pa.types.is_boolean(column.type):
                values.update(_bytes(column.fill_null(False).cast(pa.uint8())))  # noqa: FBT003 - Arrow's own
            else:
                as_number = column.view(pa.int64()) if not pa.types.is_integer(column.type) else column
                values.update(_bytes(as_number.fill_null(0)))

    def hexdigest(self) -> str:
        """Return the digest of everything taken, 64 hexadecimal digits."""
        whole = hashlib.sha256(f"{self.rows}".encode())
        for name, streams in zip(self._names, self._streams, strict=True):
            whole.update(f"\n{name}".encode())
            for stream in streams:
                whole.update(stream.digest())
        return whole.hexdigest()


def _bytes(column: pa.Array) -> memoryview:
    """Return the values of numbers, which has none missing, as they lie in memory."""
    return memoryview(column.to_numpy(zero_copy_only=True)).cast("B") if len(column) else memoryview(b"")


def _letters(column: pa.Array) -> memoryview:
    """Return all letters of texts, one after the other."""
    _, places, letters = column.buffers()
    if letters is None or not len(column):
        return memoryview(b"")
    offsets = memoryview(places).cast("i")
    return memoryview(letters)[offsets[column.offset] : offsets[column.offset + len(column)]]
