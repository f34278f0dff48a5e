"""tag_file and the pool around it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from importlib.metadata import EntryPoint
from multiprocessing import get_context
from pathlib import Path
from typing import NoReturn

import pytest

from taggers import Findings, Job, Tagger, registry, start_worker, tag_file, worker
from taggers.audio import Audio
from tests.taggers.signals import noise, sine, write


def test_digest_is_of_the_whole_file(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", noise(40))
    result = tag_file(Job(str(path), ()))
    assert result.digest == hashlib.blake2b(path.read_bytes(), digest_size=20).digest()
    assert result.size == path.stat().st_size > 2**21


def test_what_is_known_is_only_hashed(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", noise(1))
    first = tag_file(Job(str(path), ("flags",)))
    assert first.digest
    again = tag_file(Job(str(path), ("flags",), known=frozenset({first.digest})))
    assert again.skipped
    assert again.digest == first.digest
    assert again.findings == {}


def fail(audio: Audio) -> NoReturn:
    raise ZeroDivisionError("of nothing")


def test_one_failing_tagger_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(registry.load("tempo"), tag=fail)
    monkeypatch.setattr(worker, "load", lambda name: broken if name == "tempo" else registry.load(name))
    result = tag_file(Job(str(write(tmp_path / "x.wav", noise(1))), ("tempo", "flags", "loudness")))
    assert result.errors == {"tempo": "ZeroDivisionError: of nothing"}
    assert set(result.findings) == {"flags", "loudness"}


def hang(audio: Audio) -> Findings:
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2_000_000_000)  # C code that no signal handler interrupts
    return Findings()


def tag_slowly(job: Job, limit: float) -> object:
    worker.load = lambda name: Tagger(name, 1, (), hang, hears=False)  # type: ignore[assignment]
    return tag_file(job, limit)


def test_the_time_limit_ends_even_c_code(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", sine(440, 0.1))
    started = time.monotonic()
    with ProcessPoolExecutor(1, get_context("spawn"), start_worker) as pool, pytest.raises(BrokenProcessPool):
        pool.submit(tag_file, Job(str(path), ("flags",)), 30.0).result()  # the first has LOADING more
        pool.submit(tag_slowly, Job(str(path), ("hangs",)), 1.0).result(timeout=30)
    assert time.monotonic() - started < 20


def test_a_file_in_time_leaves_no_timer_behind(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", sine(440, 0.1))
    with ProcessPoolExecutor(1, get_context("spawn"), start_worker) as pool:
        assert pool.submit(tag_file, Job(str(path), ("flags",)), 3.0).result().error is None
        time.sleep(3.5)
        assert pool.submit(tag_file, Job(str(path), ("flags",)), 30.0).result().error is None


def test_importing_the_package_is_light() -> None:
    heavy = "'numpy', 'scipy', 'essentia', 'torch', 'librosa', 'av'"
    code = f"import sys, taggers; print([m for m in ({heavy}) if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    )
    code = code.replace("print", "taggers.versions(); print").replace("'numpy', ", "")
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    )


def test_nothing_reaches_stdout_or_stderr(tmp_path: Path) -> None:
    paths = [write(tmp_path / "x.wav", noise(3)), tmp_path / "bad.mp3", tmp_path / "bad.m4a"]
    paths[1].write_bytes(b"\xff\xfb\x90\x00" + noise(0.2).tobytes())
    paths[2].write_bytes(b"\0\0\0\x20ftypM4A " + noise(0.2).tobytes())
    code = (
        "import sys; from taggers import *; start_worker(); [tag_file(Job(p, names())) for p in sys.argv[1:]]\n"
        "from taggers.by_essentia import standard; standard()"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, paths)], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_a_broken_plugin_warns_and_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    entries = [
        EntryPoint("gone", "no_such_module:TAGGER", "archivist.taggers"),
        EntryPoint("wrong", "math:pi", "archivist.taggers"),
        EntryPoint("key", "taggers.key:TAGGER", "archivist.taggers"),
        EntryPoint("hum", "tests.taggers.test_worker:HUM", "archivist.taggers"),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: entries)
    registry._all.cache_clear()
    try:
        assert registry.names() == (*registry.TAGGERS, "hum")
        assert registry.names() == (*registry.TAGGERS, "hum")
    finally:
        monkeypatch.undo()
        registry._all.cache_clear()
    assert [record.args[0] for record in caplog.records if record.args] == ["gone", "wrong", "key"]


HUM = Tagger("hum", 1, ("hum",), lambda audio: Findings())
