"""Nothing leaves the machine, nothing that is read is run, and what is kept is its owner's alone."""

from __future__ import annotations

import ast
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.small_studio import write_project, write_sound

HERE = Path(__file__).parents[1]

GUARD = '''
"""Every Python process that has this on its path refuses the network, and notes that it was asked."""
import os, sys

ASKED = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
         "socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request", "http.client.connect")

def refuse(event, arguments):
    if event in ASKED:
        with open(os.environ["GUARD_LOG"], "a") as log:
            log.write(f"{event} {arguments!r}\\n")
        raise PermissionError(f"{event}: no network here")

sys.addaudithook(refuse)
'''

BROWSE = """
import asyncio, sys
from dataclasses import replace
from archivist import config
from archivist.archive import Archive
from tests.tui.pilot import LARGE, running

async def look():
    with Archive.open(replace(config.default(), archive=sys.argv[1], log=None)) as archive:
        async with running(archive, LARGE) as ui:
            await ui.write("kick")
            await ui.shows("1 file")
            await ui.press("enter", "p")
            await ui.shows("0 projects")

asyncio.run(look())
"""


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    write_sound(tmp_path / "studio/kick 120bpm.wav", pitch=80)
    write_project(tmp_path / "studio/Song/Song.rpp", samples=("../kick 120bpm.wav",))
    return tmp_path / "studio"


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard/sitecustomize.py").write_text(GUARD)
    homes = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("DATA", "CACHE", "CONFIG")}
    return os.environ | homes | {
        "ARCHIVIST_ARCHIVE": str(tmp_path / "data/a.db"),
        "ARCHIVIST_JOBS": "1",
        "GUARD_LOG": str(tmp_path / "asked"),
        "PYTHONPATH": f"{tmp_path / 'guard'}:{HERE}",
    }  # fmt: skip


def python(variables: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, *map(str, arguments)]
    return subprocess.run(words, env=variables, cwd=HERE, capture_output=True, text=True, timeout=200, check=False)


def test_the_guard_guards(tmp_path: Path, variables: dict[str, str]) -> None:
    done = python(variables, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))")
    assert "no network here" in done.stderr
    assert (tmp_path / "asked").read_text().startswith("socket.getaddrinfo")


@pytest.mark.slow
def test_no_command_opens_a_socket(tmp_path: Path, studio: Path, variables: dict[str, str]) -> None:
    """The whole way, worker processes and every tagger with it."""
    commands = (
        ("add", studio), ("index", "--json"), ("find", "kick", "--json"), ("find", "--projects"),
        ("show", studio / "kick 120bpm.wav"), ("show", studio / "Song"), ("set", "kick", "key=Am"), ("undo",),
        ("roots",), ("index",),
    )  # fmt: skip
    for arguments in commands:
        done = python(variables, "-m", "archivist", *arguments)
        assert done.returncode in (0, 1), done
        assert "no network here" not in done.stdout + done.stderr
    done = python(variables, "-c", BROWSE, variables["ARCHIVIST_ARCHIVE"])
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "asked").exists(), (tmp_path / "asked").read_text()


@pytest.mark.slow
def test_the_system_is_asked_for_no_socket_of_the_internet(
    tmp_path: Path, studio: Path, variables: dict[str, str]
) -> None:
    """As the kernel sees it: C libraries run no audit hook."""
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "-qq", "-e", "trace=socket", "-o", trace]
    if (
        not shutil.which("strace")
        or subprocess.run([*strace, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("needs strace, and to be let use it")
    python(variables, "-m", "archivist", "add", studio)
    trace.unlink()
    words = [*strace, sys.executable, "-m", "archivist", "index"]
    done = subprocess.run(words, env=variables, cwd=HERE, capture_output=True, timeout=280, check=False)
    assert done.returncode in (0, 1), done
    assert re.findall(r"AF_INET6?|AF_PACKET", trace.read_text()) == []


# ---------------------------------------------------------------- nothing is run

SOURCES = [path for package in ("archivist", "taggers", "tui") for path in sorted((HERE / package).rglob("*.py"))]
TOOLS = HERE / "taggers/training"  # makes the networks; it runs on a developer's machine alone
SERVER = HERE / "tui/web.py"  # `archivist serve`: tests/test_serve.py

RUNS_WHAT_IT_READS = frozenset(("pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "yaml"))
TALKS = frozenset(
    (
        "ssl",
        "http",
        "urllib.request",
        "ftplib",
        "smtplib",
        "socketserver",
        "xmlrpc",
        "requests",
        "httpx",
        "aiohttp",
    )
)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def called(tree: ast.AST) -> Iterator[tuple[str, dict[str, object]]]:
    """(dotted name, keywords that are constants) of each call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            keywords = {k.arg: k.value.value for k in node.keywords if k.arg and isinstance(k.value, ast.Constant)}
            yield ast.unparse(node.func), keywords


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HERE)))
def test_nothing_that_is_read_is_run(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {name for full in imported(tree) for name in (full, full.partition(".")[0])}
    assert not modules & RUNS_WHAT_IT_READS
    if TOOLS not in path.parents and path != SERVER:
        assert not modules & TALKS
    for name, keywords in called(tree):
        assert name not in ("eval", "exec", "__import__", "os.system", "os.popen"), name
        assert keywords.get("shell") is not True
        if name == "torch.load":
            assert keywords.get("weights_only") is True
        if name in ("np.load", "numpy.load"):
            assert keywords.get("allow_pickle", False) is False
        if name.startswith("socket."):
            assert name == "socket.gethostname"


def test_every_source_is_looked_at() -> None:
    assert len(SOURCES) > 100
    assert {"archivist/archive.py", "taggers/model.py", "tui/app.py"} <= {
        str(path.relative_to(HERE)) for path in SOURCES
    }


# ---------------------------------------------------------------- its owner's alone


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_whatever_is_written_is_its_owner_s_alone(tmp_path: Path, studio: Path, variables: dict[str, str]) -> None:
    """The archive, what SQLite lays beside it, the log, the backups, the cache: with the laxest umask."""
    lax = "import os, runpy, sys; os.umask(0); sys.argv[0] = 'archivist'; from tests.faults.light import main; "
    for arguments in (["-v", "add", str(studio)], ["-v", "index"], ["-v", "backup"], ["-v", "find", "kick"]):
        done = python(variables, "-c", f"{lax} main(['--count', *sys.argv[1:]])", *arguments)
        assert done.returncode == 0, done
    written = [
        path for home in ("data", "cache", "config") for path in (tmp_path / home).rglob("*") if path.is_file()
    ]
    assert {"a.db", "archivist.log"} <= {path.name for path in written}
    assert sum(path.parent.name == "backups" for path in written) >= 1
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in written} == {
        path.name: "0o600" for path in written
    }
