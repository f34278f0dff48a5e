"""The archive's vectors as one matrix for each model: read from the table once, kept beside the archive.

A million rows take seconds to read from a database and no time to map from a file, so big matrices lie in the
user's cache folder, readable by the user alone. What the table's stamp (`store.opinions` sets it with each
change) says is part of the file's name: a file is never changed, only replaced and thrown away.

While an index run changes the stamp every few seconds, a big matrix that is at hand serves for as long as it is
worth (PATIENCE): a search does not wait for what came in since.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archivist.tables import VECTORS_STAMP, Embedding, Setting, database

log = logging.getLogger(__name__)

Rows = NDArray[Any]
"""Structured, (n,): `content` int64, ascending; `vector` float16, (size,)."""

WORTH_KEEPING = 20_000
"""Rows; fewer are read from the table in less than 0.1 s."""

PATIENCE = 20.0
"""Times that it takes to read a big matrix it may be behind the table: one core has a twentieth of that work."""

_AT_ONCE = 10_000  # rows read
_BLOCK = 1_024  # rows multiplied: what fits a core's cache
_HALF = np.float32(2.0**12)
_WHOLE = np.float32(2.0**100)


@dataclass(frozen=True, slots=True)
class _Held:
    stamp: str
    rows: Rows
    serves_until: float  # of time.monotonic: so long it is good enough although the table has changed


class Matrices:
    """The matrices of one archive, read when asked for and again when the table has changed. Any thread may ask;
    each call needs an open connection."""

    def __init__(self, archive: str, folder: Path | None) -> None:
        """folder: where matrices are kept between runs; None for nowhere."""
        place = archive if "://" in archive else str(Path(archive).expanduser().absolute())
        self._name = hashlib.blake2b(place.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        self._folder = folder
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def rows(self, model: str, size: int) -> Rows:
        """Every content's vector of this model. Vectors of another size are left out."""
        with self._lock:
            stamp = Setting.select(Setting.value).where(Setting.key == VECTORS_STAMP).scalar() or ""
            held = self._held.get(model)
            if held is None or (held.stamp != stamp and time.monotonic() >= held.serves_until):
                held = self._held[model] = self._take_up(model, size, stamp)
            return held.rows

    def _take_up(self, model: str, size: int, stamp: str) -> _Held:
        begin = time.monotonic()
        rows = self._kept(model, size, stamp)
        if rows is None:
            rows = self._keep(_read(model, size), model, size, stamp)
        now = time.monotonic()
        return _Held(stamp, rows, now + PATIENCE * (now - begin) if len(rows) >= WORTH_KEEPING else now)

    def _file(self, folder: Path, model: str, stamp: str) -> Path:
        return folder / f"{self._name}-{model}-{stamp}.npy"

    def _kept(self, model: str, size: int, stamp: str) -> Rows | None:
        if self._folder is None or not stamp.isalnum():
            return None
        try:
            rows: Rows = np.load(self._file(self._folder, model, stamp), mmap_mode="r", allow_pickle=False)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError) as error:
            log.info("the kept vectors are made anew: %s", error)
            return None
        return rows if rows.dtype == _dtype(size) and rows.ndim == 1 else None

    def _keep(self, rows: Rows, model: str, size: int, stamp: str) -> Rows:
        """The rows, many of them mapped from a file from now on. A folder that takes no file costs only time."""
        if self._folder is None or not stamp.isalnum() or len(rows) < WORTH_KEEPING:
            return rows
        file = self._file(self._folder, model, stamp)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, unfinished = tempfile.mkstemp(dir=self._folder, suffix=".part")  # 0600
            try:
                with os.fdopen(handle, "wb") as out:
                    np.save(out, rows, allow_pickle=False)
                Path(unfinished).replace(file)
            finally:
                Path(unfinished).unlink(missing_ok=True)
            for old in self._folder.glob(self._file(Path(), model, "*").name):
                if old != file:
                    old.unlink()
        except OSError as error:  # a full disk; or, on Windows, an old file that another process maps
            log.info("vectors are not kept whole: %s", error)
        kept = self._kept(model, size, stamp)
        return rows if kept is None else kept


def _dtype(size: int) -> np.dtype[Any]:
    return np.dtype([("content", "<i8"), ("vector", "<f2", (size,))])


def _read(model: str, size: int) -> Rows:
    rows = np.empty(Embedding.select().where(Embedding.model == model).count(), _dtype(size))
    filled = 0
    for some in batches(model):
        right = [(content, vector) for content, vector in some if len(vector) == 2 * size]
        part = rows[filled : filled + len(right)]
        del right[len(part) :]  # what has come in since they were counted waits for the next time
        part["content"] = [content for content, _vector in right]
        part["vector"] = np.frombuffer(b"".join(vector for _content, vector in right), "<f2").reshape(-1, size)
        filled += len(part)
    return rows[:filled]


def batches(model: str) -> Iterator[list[tuple[int, bytes]]]:
    """(content, vector) of this model in the order of contents. Each batch is a question of its own: a driver that
    fetches all never holds all."""
    last = -1
    while True:
        select = (
            Embedding.select(Embedding.content, Embedding.vector)
            .where(Embedding.model == model, Embedding.content > last)
            .order_by(Embedding.content)
            .limit(_AT_ONCE)
        )
        some = database.execute_sql(*select.sql()).fetchall()
        if not some:
            return
        yield some
        last = some[-1][0]


def places(rows: Rows, contents: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(where in `rows` each content stands, whether it does); 0 where it does not."""
    if not len(rows):
        return np.zeros(len(contents), np.int64), np.zeros(len(contents), np.bool_)
    found = np.searchsorted(rows["content"], contents).clip(max=len(rows) - 1)
    there = rows["content"][found] == contents
    return np.where(there, found, 0), there


def products(rows: Rows, vector: NDArray[Any], chosen: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
    """Each row's (or each chosen place's) dot product with `vector`: the cosine where both have unit length."""
    number = len(rows) if chosen is None else len(chosen)
    result = np.empty(number, np.float32)
    scaled = vector.astype(np.float32) * _WHOLE
    for start in range(0, number, _BLOCK):
        part = slice(start, start + _BLOCK)
        block = rows["vector"][part] if chosen is None else rows["vector"][chosen[part]]
        result[part] = _shifted(block) @ scaled
    return result * _HALF


def _shifted(block: NDArray[Any]) -> NDArray[np.float32]:
    """float16 as float32 times 2**-112, by moving its bits: a fifth of the time numpy's own conversion takes
    (measured, 0.2 s against 1 s a million). Infinity and NaN become numbers like any."""
    bits = block.view("<i2").astype(np.int32)
    bits <<= 13
    bits &= np.int32(-0x70002000)  # bits 28 to 30, copies of the sign, go; a float32's exponent begins there
    return bits.view(np.float32)
