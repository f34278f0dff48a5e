"""`archivist` as it is, but with those taggers alone that need no network of neurons, and with faults on order.

    python -m tests.faults.light [--die-at N] [--vanish-at N FOLDER] [--clock SECONDS] COMMAND…

--die-at: kill -9 itself before its Nth SQL statement; the jobs then run in a thread, so that N means the same each
time. --vanish-at: rename that folder to FOLDER.away then. --clock: what the system's clock is wrong by. With
--count the number of statements goes to standard error. Without these it runs as usual, worker processes and all.

--serve: answer such command lines from standard input, each in a fork of this process, which has imported all
already: {"archive", "arguments"} → {"code", "out", "err"}, a line each.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from taggers import registry

TAGGERS = ("embedded", "name", "flags")

for _name in set(registry.TAGGERS) - set(TAGGERS):  # in each worker too: it imports this module
    del registry.TAGGERS[_name]


def count_statements(reached: Callable[[int], object]) -> None:
    """Call `reached` with 1, 2, … before each statement of the process."""
    from peewee import Database

    execute = Database.execute_sql
    number = 0

    def counted(self: Any, *arguments: Any, **more: Any) -> Any:
        nonlocal number
        number += 1
        reached(number)
        return execute(self, *arguments, **more)

    Database.execute_sql = counted


def in_threads() -> None:
    from archivist import analysis

    analysis.local_workers = lambda _jobs, limit, **_more: analysis.Workers(1, ThreadPoolExecutor, limit)


def main(arguments: list[str]) -> None:
    statements = 0

    def note(number: int) -> None:
        nonlocal statements
        statements = number

    def die(number: int) -> None:
        if number == last:
            os.kill(os.getpid(), signal.SIGKILL)

    if arguments[0] == "--count":
        arguments = arguments[1:]
        in_threads()
        count_statements(note)
    if arguments[0] == "--clock":
        wrong, clock, nanoseconds = float(arguments[1]), time.time, time.time_ns
        time.time = lambda: clock() + wrong
        time.time_ns = lambda: nanoseconds() + int(wrong * 1e9)
        arguments = arguments[2:]
    if arguments[0] == "--vanish-at":
        moment, folder = int(arguments[1]), Path(arguments[2])
        arguments = arguments[3:]
        in_threads()
        count_statements(lambda number: number == moment and folder.rename(f"{folder}.away"))
    if arguments[0] == "--die-at":
        last = int(arguments[1])
        arguments = arguments[2:]
        in_threads()
        count_statements(die)
    sys.argv = ["archivist", *arguments]

    from archivist.cli import main as archivist

    try:
        archivist()
    finally:
        if statements:
            sys.stderr.write(f"{statements} statements\n")


def serve() -> None:
    import soundfile  # noqa: F401

    from archivist import cli, indexer  # noqa: F401

    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                os.environ["ARCHIVIST_ARCHIVE"] = asked["archive"]
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
                _end(asked["arguments"])
            _, status = os.waitpid(child, 0)
            said = [stream.seek(0) or stream.read().decode() for stream in (out, err)]
        answer = {"code": os.waitstatus_to_exitcode(status), "out": said[0], "err": said[1]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _end(arguments: list[str]) -> None:
    code = 1
    try:
        main(arguments)
    except SystemExit as done:
        code = int(done.code or 0)
    except BaseException:  # noqa: BLE001 - the parent reads of it
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["--serve"] else main(sys.argv[1:])
