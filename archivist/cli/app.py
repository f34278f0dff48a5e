"""The application: options before the command, exit codes, and errors as one line for a person.

Exit codes: 0 all good · 1 finished, and some files failed · 2 wrong usage, or a query that does not parse
· 3 nothing could be done · 130 interrupted, what was finished is kept.
"""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Annotated, Any

import typer

from archivist import __version__, config
from archivist.archive import Archive, ArchiveError, EditError, Interrupted, QueryError
from archivist.cli import printing
from archivist.config import Config, ConfigError
from archivist.text import printable

_LOG_BYTES, _LOGS = 5_000_000, 4  # of one log file, and how many older ones are kept

OK, FAILED, USAGE, NOTHING, INTERRUPTED = 0, 1, 2, 3, 130

_UsageError: Any = typer.BadParameter.__base__  # click's own, of which typer carries a copy under another name

app = typer.Typer(
    help="Finds a studio's own past again: projects, takes, stems and samples, by key, tempo and name.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="JSON Lines on standard output.")]
Query = Annotated[list[str] | None, typer.Argument(help="What to find; everything without one.", metavar="QUERY")]
Projects = Annotated[bool, typer.Option("--projects", help="Projects instead of files.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]
Paths = Annotated[list[Path], typer.Argument(help="Files or folders.")]


class Session:
    """What the options before the command say."""

    def __init__(self, settings: Config, *, quiet: bool) -> None:
        self.settings = settings
        self.quiet = quiet

    def open(self) -> Archive:
        return Archive.open(self.settings)

    def warn(self, text: str) -> None:
        if not self.quiet:
            sys.stderr.write(f"{printable(text)}\n")


@app.callback(invoke_without_command=True)
def archivist(
    context: typer.Context,
    archive: Annotated[
        str | None, typer.Option(help="The archive: a file, or postgresql://user@host/name.", metavar="FILE|URL")
    ] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="The settings file.", metavar="FILE")
    ] = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Write details to the log file.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress, no warnings.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        printing.write_line(f"archivist {__version__}")
        raise typer.Exit
    settings = config.load(config_file, archive=archive)
    _start_log(settings, verbose=verbose, quiet=quiet)
    context.obj = Session(settings, quiet=quiet)
    if context.invoked_subcommand is not None:
        return
    if on_terminal():
        from archivist.cli.viewing import open_browser

        open_browser(context.obj.open(), "")
    else:
        printing.write_line(context.get_help())


def _start_log(settings: Config, *, verbose: bool, quiet: bool) -> None:
    """Warnings are plain lines on standard error; with -v everything goes to the log file too."""
    root = logging.getLogger()
    screen = logging.StreamHandler()
    screen.setFormatter(_OneLine())
    screen.setLevel(logging.CRITICAL if quiet else logging.WARNING)
    root.handlers = [screen]
    logging.raiseExceptions = False  # a log that cannot be written (a full disk) is no reason for a traceback
    if verbose and settings.log:
        _make_private(settings.log)
        to_file = _PrivateLog(
            settings.log, maxBytes=_LOG_BYTES, backupCount=_LOGS, encoding="utf-8", errors="backslashreplace"
        )
        to_file.setFormatter(_ForFile("%(asctime)s %(levelname)s %(name)s %(message)s"))
        root.addHandler(to_file)
        root.setLevel(logging.INFO)


class _PrivateLog(RotatingFileHandler):
    """A log that is cut at a size, the older ones kept as .1, .2 …; each its owner's alone, as the first."""

    def _open(self) -> Any:
        os.close(os.open(self.baseFilename, os.O_CREAT | os.O_WRONLY, 0o600))
        return super()._open()


class _OneLine(logging.Formatter):
    """A record without its traceback: that is for the log file."""

    def format(self, record: logging.LogRecord) -> str:
        return f"archivist: {printable(record.getMessage())}"


class _ForFile(logging.Formatter):
    """A record with its traceback, indented: no name in it can end the line and look like another record."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = printable(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        return "\n".join(f"    {printable(line)}" for line in super().formatException(ei).split("\n"))


def _make_private(log: Path) -> None:
    """The log names a studio's files, as the archive does: its owner's alone (0600). Raises ConfigError."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(log, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise ConfigError(f"{log}: the log cannot be written: {error.strerror}") from error


def on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def query_text(words: Sequence[str] | None) -> str:
    """The words of a command line as one query."""
    return " ".join(words or ())


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Ctrl-C, or closing the terminal, sets the event, so that work ends in an orderly way; a second Ctrl-C ends
    it at once."""
    stop = threading.Event()

    def ask(number: int, _frame: Any) -> None:
        if stop.is_set() and number in often:
            raise KeyboardInterrupt
        stop.set()

    often = (signal.SIGINT, signal.SIGTERM)
    every: tuple[signal.Signals, ...] = often
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as under nohup
        every = (*often, signal.SIGHUP)  # the system and the shell both say that the terminal was closed
    before = {number: signal.signal(number, ask) for number in every}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def one_of(option: str, text: str, allowed: Collection[str]) -> None:
    """Raises BadParameter where an option says none of what is allowed."""
    if text not in allowed:
        raise typer.BadParameter(f"{option} {printable(text)}: write one of {', '.join(allowed)}")


def leave(code: int) -> None:
    raise typer.Exit(code)


def main() -> None:
    """Run the command line; every foreseen error is one line on standard error."""
    if sys.stdout is None:
        _die("standard output is closed: there is nowhere to write a result to", USAGE)
    try:
        code = app(standalone_mode=False)  # the code of `leave`
    except SystemExit:  # how typer takes that the reader has left: `archivist find | head`
        code = OK
    except _UsageError as error:
        _die_of_usage(error)
    except typer.Abort:
        _die("aborted", INTERRUPTED)
    except QueryError as error:
        place = "" if error.position is None else f" (at character {error.position + 1} of the query)"
        _die(f"{error}{place}", USAGE)
    except (EditError, ConfigError) as error:
        _die(str(error), USAGE)
    except (ArchiveError, Interrupted) as error:
        _die(str(error), NOTHING)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        logging.getLogger("archivist").info("unforeseen", exc_info=error)
        _die(f"{type(error).__name__}: {error} (`archivist -v …` writes where to the log)", NOTHING)
    sys.exit(code or OK)


def _die_of_usage(error: Any) -> None:
    """As typer says it, but that a word of the command line may be a hostile name: `archivist show *`."""
    said = io.StringIO()
    error.show(said)
    option = getattr(error, "option_name", None)  # one that there is not
    if option and error.ctx and any(parameter.name == "query" for parameter in error.ctx.command.params):
        said.write("A query that begins with a dash stands behind --, such as: archivist find -- -drums\n")
    sys.stderr.write("\n".join(map(printable, said.getvalue().split("\n"))))
    sys.exit(USAGE)


def _die(message: str, code: int) -> None:
    sys.stderr.write(f"archivist: {printable(message)}\n")
    sys.exit(code)
