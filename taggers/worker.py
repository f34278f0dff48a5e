"""One file in, everything heard in it out: what a worker process runs."""

from __future__ import annotations

import errno
import faulthandler
import hashlib
import multiprocessing
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taggers.base import FileTags, Findings, Job, TagError
from taggers.registry import load

DIGEST_SIZE = 20
LOADING = 30.0
"""Seconds: libraries and networks are loaded with the first file that needs them; that is not its fault."""
_loaded = threading.Event()
_CHUNK = 2**20
_LEAST_MEMORY = 2 * 2**30  # bytes; a worker with every network takes 0.5 (measured)
_ONE_THREAD = tuple(f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"))


def start_worker() -> None:
    """A pool's initializer: one thread, no interrupts (the parent has them), and silence.

    Decoders print to stdout and stderr from C; a worker says everything in its FileTags.
    """
    for name in _ONE_THREAD:
        os.environ[name] = "1"
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for standard in (1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)


def _end_with_parent() -> None:
    """A parent that is killed says nothing, and a pool's workers hold each other's pipes open: they would wait for
    ever, each with its libraries in memory."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _limit_memory() -> None:
    """A file that makes a library ask for more than half of the machine's memory fails alone (MemoryError), before
    the system ends processes of its own choice. Elsewhere than on Linux there is no such limit to set."""
    if sys.platform != "linux":
        return
    import resource

    share = max(_LEAST_MEMORY, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (share if hard == resource.RLIM_INFINITY else min(share, hard), hard))


def tag_file(job: Job, time_limit: float | None = None) -> FileTags:
    """Hear one file. Never raises for a bad file: `error` says what is wrong with it.

    time_limit: seconds, and LOADING more for a process's first file; beyond it the whole process ends, even in the
    middle of a C library, which a process pool's parent sees as BrokenProcessPool. For workers only.
    """
    started = time.perf_counter()
    loading = 0.0 if _loaded.is_set() else LOADING
    _loaded.set()
    with _ended_after(None if time_limit is None else time_limit + loading):
        try:
            before = _stamp(job.path)
            digest, size = _digest(job.path)
            if digest in job.known:
                return FileTags(job.path, digest, size, skipped=True, seconds=time.perf_counter() - started)
            result = _hear(job, digest, size, started)
            failed = result.error or result.errors
            if _stamp(job.path) == before and not (failed and _digest(job.path)[0] != digest):
                return result
            error = "changed while it was read"
        except OSError as reason:
            error = f"cannot be read: {reason.strerror or reason}"
        # No digest: what was heard says nothing of these bytes, and the file is tried again the next time.
        return FileTags(job.path, error=error, seconds=time.perf_counter() - started)


def _stamp(path: str) -> tuple[int, int]:
    """(size, mtime_ns). OSError where it is no plain file: opening a pipe would wait for its other end."""
    found = Path(path).stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "no file")
    return found.st_size, found.st_mtime_ns


def _hear(job: Job, digest: bytes, size: int, started: float) -> FileTags:
    from taggers.audio import Audio

    taggers = [load(name) for name in job.taggers]
    audio = Audio(Path(job.path), {one.name: one.meter for one in taggers if one.meter})
    facts = error = None
    if any(tagger.hears for tagger in taggers):
        try:
            facts = audio.facts
        except TagError as reason:
            error = str(reason)
        except MemoryError:
            error = "needs more memory than there is"
    findings: dict[str, Findings] = {}
    errors: dict[str, str] = {}
    for tagger in taggers:
        if tagger.hears and error:
            continue
        try:
            findings[tagger.name] = tagger.tag(audio)
        except Exception as reason:  # noqa: BLE001 - one tagger's bug must not cost what the others heard
            errors[tagger.name] = f"{type(reason).__name__}: {reason}"[:500]
    return FileTags(job.path, digest, size, facts, findings, errors, error, seconds=time.perf_counter() - started)


def _digest(path: str) -> tuple[bytes, int]:
    """(blake2b-20, size) of the whole file: heads and tails alone merge stems with silent ends."""
    digest = hashlib.blake2b(digest_size=DIGEST_SIZE)
    size = 0
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.digest(), size


@contextmanager
def _ended_after(seconds: float | None) -> Iterator[None]:
    if seconds is None:
        yield
        return
    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
