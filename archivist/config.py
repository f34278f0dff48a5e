"""Settings: a TOML file, overridden by the environment, overridden by the command line.

    # ~/.config/archivist/config.toml
    archive = "/data/studio.db"     # or postgresql://user@host/name
    jobs = 4                        # worker processes
    time_limit = 300                # seconds one file may take
    missing_threshold = 0.3         # a root that loses more than this share at once is left as it was
    exclude = ["Freeze", "*.tmp"]   # names of files and folders that are never looked at
    cache = "/data/cache"           # where is kept what can be made anew
    nice = true                     # workers let every other process go first
    between = "01:00-06:00"         # `archivist index` runs only then
    after_index = "notify-me --new" # a command that is run after `archivist index`, with the report as JSON on its
                                    # standard input; no shell, unless it is one: ["sh", "-c", "…"]
    backups = 8                     # copies of the archive that are kept

    [similar]                       # how much each aspect counts in `archivist similar`
    timbre = 1.0

    [confidence]                    # how sure a machine has to be for its value to count, from 0 to 1
    bpm = 0.3

Environment: ARCHIVIST_ARCHIVE, ARCHIVIST_CONFIG, ARCHIVIST_JOBS.
"""

from __future__ import annotations

import os
import shlex
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import platformdirs

from archivist.weights import weigh
from archivist.window import Window

APP = "archivist"


CONFIDENCE: Mapping[str, float] = MappingProxyType({"bpm": 0.3, "key": 0.3, "instrument": 0.3})
"""How sure a machine has to be, by field. What it is less sure of is kept, and shown as withheld."""


class ConfigError(Exception):
    """A setting that cannot be used: str(error) names the file and the setting."""


@dataclass(frozen=True, slots=True)
class Config:
    archive: str
    jobs: int
    time_limit: float = 300.0
    missing_threshold: float = 0.3
    exclude: tuple[str, ...] = ()
    log: Path | None = None
    cache: Path | None = None
    backups: int = 8
    similar: Mapping[str, float] = field(default_factory=dict)
    confidence: Mapping[str, float] = field(default_factory=lambda: CONFIDENCE)
    nice: bool = False
    between: Window | None = None
    after_index: tuple[str, ...] = ()


_VARIABLES = {"archive": "ARCHIVIST_ARCHIVE", "jobs": "ARCHIVIST_JOBS"}


def default() -> Config:
    data = Path(platformdirs.user_data_dir(APP, appauthor=False))
    cache = Path(platformdirs.user_cache_dir(APP, appauthor=False))
    return Config(archive=str(data / "archive.db"), jobs=_cores(), log=data / "archivist.log", cache=cache)


def load(
    path: Path | None = None, *, archive: str | None = None, environment: Mapping[str, str] = os.environ
) -> Config:
    """The settings in force. `path` must exist when given; the default file may be absent.

    Raises ConfigError on an unreadable file, an unknown setting or a value of the wrong type.
    """
    file = file_in_force(path, environment)
    named = path or environment.get("ARCHIVIST_CONFIG")
    told = _read(file) if named or file.exists() else {}
    settings = {name: _convert(name, value, f"{file}: {name}") for name, value in told.items()}
    for name, variable in _VARIABLES.items():
        if value := environment.get(variable):
            settings[name] = _convert(name, value, variable)
    if archive:
        settings["archive"] = archive
    return replace(default(), **settings)


def file_in_force(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> Path:
    """The settings file that `load` reads; the default one may be absent."""
    named = environment.get("ARCHIVIST_CONFIG")
    default_file = Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"
    return path or (Path(named) if named else default_file)


def _read(file: Path) -> dict[str, Any]:
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: the settings cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error
    unknown = settings.keys() - {one.name for one in fields(Config)}
    if unknown:
        raise ConfigError(f"{file}: no setting is called {', '.join(sorted(unknown))}")
    return settings


_CONVERTERS: dict[str, Any] = {
    "archive": str,
    "jobs": lambda value: _whole(value),
    "time_limit": lambda value: _seconds(value),
    "missing_threshold": lambda value: _share(value),
    "exclude": lambda value: _names(value),
    "log": lambda value: Path(value).expanduser(),
    "cache": lambda value: Path(value).expanduser(),
    "backups": lambda value: _whole(value),
    "similar": lambda value: _weights(value),
    "confidence": lambda value: _chances(value),
    "nice": lambda value: _truth(value),
    "between": lambda value: Window.parse(str(value)),
    "after_index": lambda value: _command(value),
}


def _convert(name: str, value: Any, said: str) -> Any:
    """said: where, and by which name."""
    try:
        return _CONVERTERS[name](value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigError(f"{said} = {value!r} cannot be used: {error}") from error


def _whole(value: Any) -> int:
    """At least 1. Another number is refused and not made to fit: `backups = 0` would leave one copy of eight."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("write a whole number") from None
    if isinstance(value, bool) or (isinstance(value, float) and value != number):
        raise ValueError("write a whole number")
    if number < 1:
        raise ValueError("it is at least 1")
    return number


def _seconds(value: Any) -> float:
    """At least 1, at most a day: less would fail every file, and a timer does not hold infinity."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("write a number of seconds") from None
    if not 1 <= seconds <= 86_400:
        raise ValueError("it is a number of seconds, from 1 to 86400")
    return seconds


def _weights(table: Any) -> dict[str, float]:
    if not isinstance(table, dict):
        raise TypeError("write it as a section: [similar], then timbre = 1.0")
    weights = {aspect: float(weight) for aspect, weight in table.items()}
    weigh(weights)
    return weights


def _chances(table: Any) -> dict[str, float]:
    if not isinstance(table, dict):
        raise TypeError("write it as a section: [confidence], then bpm = 0.3")
    if unknown := table.keys() - CONFIDENCE:
        raise ValueError(f"no field {', '.join(sorted(unknown))}; there are {', '.join(CONFIDENCE)}")
    chances = {name: float(chance) for name, chance in table.items()}
    if wrong := [name for name, chance in chances.items() if not 0 <= chance <= 1]:
        raise ValueError(f"{wrong[0]} is a chance, from 0 to 1")
    return {**CONFIDENCE, **chances}


def _share(value: Any) -> float:
    """30, meant as a percentage, must not switch the guard off."""
    share = float(value)
    if not 0 <= share <= 1:
        raise ValueError("it is a share, from 0 to 1")
    return share


def _names(value: Any) -> tuple[str, ...]:
    """One text alone would be taken letter by letter, and "*.tmp" exclude everything."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError('write it as a list: ["Freeze", "*.tmp"]')
    return tuple(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("write true or false")
    return value


def _command(value: Any) -> tuple[str, ...]:
    """A command line as words: one text is split as a shell would, but for Windows' backslashes, or a list."""
    if isinstance(value, str):
        words = shlex.shlex(value, posix=True, punctuation_chars=False)
        words.whitespace_split, words.commenters = True, ""
        words.escape = "" if sys.platform == "win32" else words.escape
        return tuple(words)
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise TypeError('write it as a text, or as a list: ["command", "argument"]')
    return tuple(value)


def _cores() -> int:
    """Cores this process may use: fewer than the machine has inside a container or a cgroup."""
    affinity = getattr(os, "sched_getaffinity", None)
    return max(1, len(affinity(0)) if affinity else os.cpu_count() or 1)
