"""Damage done to project files at random, but the same for the same seed, and what readers make of it.

    python -m tests.readers.mutate FORMAT PATH COUNT [FIRST]

reads COUNT damaged versions of one project in this process, under limits, and prints a line for each
that ends otherwise than by a ProjectInfo or a ReadError. A packed project is damaged as it lies there
and, every other time, in what it holds. A folder is damaged in one of its files.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from archivist.readers import Reader, ReadError, readers
from archivist.readers.base import MAX_ITEMS
from archivist.records import ProjectInfo

MAX_SECONDS = 2.0
MAX_MEMORY = 512 * 2**20
MAX_STRING = 100_000
MAX_MEMBER = 300_000
"""A zip's larger members, which are audio, are left out of what is damaged."""

HUGE = (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\0\0\0\0", b"\xff" * 8, b"\xff\x7f")
HUGE_TEXT = (b"99999999999999999999", b"-1", b"1e308", b"nan", b"", b"0", b"-63072000", b"'", b'"', b"<", b"\0")


# ---------------------------------------------------------------- damage


def flipped(data: bytearray, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 2, 8, 64))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def overwritten(data: bytearray, rng: random.Random) -> bytearray:
    at = rng.randrange(len(data))
    data[at : at + rng.choice((1, 4, 64))] = rng.randbytes(rng.choice((1, 4, 64)))
    return data


def truncated(data: bytearray, rng: random.Random) -> bytearray:
    return data[: rng.randrange(len(data))]


def cut(data: bytearray, rng: random.Random) -> bytearray:
    at = rng.randrange(len(data))
    del data[at : at + rng.randrange(1, max(2, 1 + len(data) // 4))]
    return data


def spliced(data: bytearray, rng: random.Random) -> bytearray:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, max(2, 1 + len(data) // 4))]
    at = rng.randrange(len(data))
    data[at:at] = piece * rng.choice((1, 1, 1, 16))
    return data


def blown_up(data: bytearray, rng: random.Random) -> bytearray:
    """Wrong lengths, as binary formats write them."""
    for _ in range(rng.choice((1, 1, 4))):
        value = rng.choice(HUGE)
        at = rng.randrange(len(data))
        data[at : at + len(value)] = value
    return data


def misnumbered(data: bytearray, rng: random.Random) -> bytearray:
    """Wrong numbers, as text formats write them: one near a random place becomes another."""
    at = rng.randrange(len(data))
    number = re.compile(rb"-?\d+(\.\d+)?|true|false").search(data, at, at + 4096)
    if number:
        data[number.start() : number.end()] = rng.choice(HUGE_TEXT)
    return data


KINDS: tuple[Callable[[bytearray, random.Random], bytearray], ...] = (
    flipped,
    overwritten,
    truncated,
    cut,
    spliced,
    blown_up,
    misnumbered,
)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """`data` damaged once, or sometimes twice."""
    for _ in range(rng.choice((1, 1, 2))):
        if data:
            data = bytes(rng.choice(KINDS)(bytearray(data), rng))
    return data


def damaged_inside(data: bytes, rng: random.Random) -> bytes:
    """A gzip or zip packed again around damaged contents; anything else is damaged as it is."""
    if data.startswith(b"\x1f\x8b"):
        return gzip.compress(damaged(gzip.decompress(data), rng), 1, mtime=0)
    if data.startswith(b"PK\3\4"):
        packed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
            members = [info for info in old.infolist() if info.file_size <= MAX_MEMBER]
            unlucky = rng.choice(members)
            for info in members:
                content = old.read(info)
                new.writestr(info.filename, damaged(content, rng) if info is unlucky else content)
        return packed.getvalue()
    return damaged(data, rng)


def write_damaged(source: Path, target: Path, seed: int) -> Path:
    """Version `seed` of the project `source` at `target`, a copy of it. Returns the file that differs."""
    rng = random.Random(f"{source.name} {seed}")
    if not source.is_dir():
        target.write_bytes((damaged_inside if seed % 2 else damaged)(source.read_bytes(), rng))
        return target
    unlucky = rng.choice(sorted(file for file in source.rglob("*") if file.is_file()))
    place = target / unlucky.relative_to(source)
    place.write_bytes(damaged(unlucky.read_bytes(), rng))
    return place


# ---------------------------------------------------------------- what a ProjectInfo must be


def complaints(info: ProjectInfo) -> list[str]:
    """What is wrong with `info` whatever the project: types, bounds, spellings. Empty is right."""
    found = []

    def demand(holds: bool, what: str) -> None:
        if not holds:
            found.append(what)

    json.dumps(asdict(info), allow_nan=False)  # raises on what JSON cannot hold
    for text in strings(asdict(info)):
        demand("\0" not in text, f"NUL in {text[:40]!r}")
        demand(len(text) <= MAX_STRING, f"{len(text)} characters in one string")
        demand(text.isascii() or text.encode("utf-8", "replace").decode() == text, f"surrogates in {text[:40]!r}")
    for name in ("tracks", "plugins", "samples", "markers", "tempo_changes", "history", "unread"):
        demand(len(getattr(info, name)) <= MAX_ITEMS, f"too many {name}")
    bpms = [change.bpm for change in info.tempo_changes] + ([] if info.bpm is None else [info.bpm])
    demand(all(0 < bpm <= 10_000 for bpm in bpms), f"tempi {bpms[:5]}")
    demand(info.bpm is None or isinstance(info.bpm, float), "bpm is no float")
    signature = info.time_signature
    demand(signature is None or bool(re.fullmatch(r"[1-9]\d*/[1-9]\d*", signature)), f"signature {signature}")
    key = info.key
    demand(key is None or bool(re.fullmatch(r"([CDFGA]#?|[EB]) (major|minor)", key)), f"key {key}")
    demand(info.sample_rate is None or 0 < info.sample_rate < 10_000_000, f"sample rate {info.sample_rate}")
    demand(info.length_seconds is None or info.length_seconds >= 0, f"length {info.length_seconds}")
    for date in (info.created, info.saved):
        demand(date is None or bool(datetime.fromisoformat(date)), "date")
    demand(all(plugin.count > 0 for plugin in info.plugins), "a plug-in that is not used")
    demand(info.status == ("partial" if info.unread else "ok"), "status")
    return found


def strings(value: Any) -> list[str]:
    """Every string in nested dicts and sequences."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    return [text for item in value for text in strings(item)] if hasattr(value, "__iter__") else []


# ---------------------------------------------------------------- a run under limits


def run(reader: Reader, source: Path, seeds: range) -> list[str]:
    """A line for each damaged version that `reader` does not take well."""
    failures = []
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / f"damaged{source.suffix}"
        if source.is_dir():
            shutil.copytree(source, target)
        for seed in seeds:
            differs = write_damaged(source, target, seed)
            problem = _outcome(reader, target)
            if problem:
                failures.append(f"{source.name} seed {seed}: {problem}")
            if source.is_dir():
                shutil.copy(source / differs.relative_to(target), differs)
    return failures


def _outcome(reader: Reader, target: Path) -> str | None:
    signal.setitimer(signal.ITIMER_VIRTUAL, 10 * MAX_SECONDS)  # a reader that hangs ends here
    start = time.process_time()
    try:
        reader.sniff(target)
        problems = complaints(reader.read(target))
        problem = "; ".join(islice(problems, 3)) or None
    except ReadError as error:
        too_much = isinstance(error.__cause__, MemoryError)
        problem = f"takes more than {MAX_MEMORY >> 20} MiB" if too_much else None
    except Exception as error:  # noqa: BLE001 - to report it is the point
        problem = f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    seconds = time.process_time() - start
    return problem or (f"takes {seconds:.1f} s" if seconds > MAX_SECONDS else None)


def _give_up(*_signal: object) -> None:
    raise TimeoutError("hangs")


def main(name: str, path: str, count: str, first: str = "0") -> int:
    signal.signal(signal.SIGVTALRM, _give_up)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    reader = next((reader for reader in readers() if reader.name == name), None)
    if reader is None:
        sys.exit(f"{name}: no such format; there are {', '.join(reader.name for reader in readers())}")
    failures = run(reader, Path(path), range(int(first), int(first) + int(count)))
    sys.stdout.write("".join(f"{failure}\n" for failure in failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
