"""Which files and folders a walk takes notice of: what the readers read and the taggers hear."""

from __future__ import annotations

from pathlib import Path

import taggers
from archivist import readers
from archivist.scan import Kinds


def everything(exclude: tuple[str, ...] = ()) -> Kinds:
    """Projects, bundles with the states inside them, and audio. exclude: patterns of names to pass over."""
    return Kinds(taggers.AUDIO_SUFFIXES, _project_suffixes(), bundle_suffixes(), _states, exclude)


def projects() -> Kinds:
    return Kinds(frozenset(), _project_suffixes(), bundle_suffixes())


def audio() -> Kinds:
    return Kinds(taggers.AUDIO_SUFFIXES, (), frozenset())


def is_foreign(path: Path) -> bool:
    """Whether a file has a project's suffix only by chance: `go.mod` is no tracker module."""
    reader = readers.reader_for(path)
    return reader is not None and path.name.lower().endswith(reader.shared_suffixes) and not reader.sniff(path)


def _project_suffixes() -> tuple[str, ...]:
    plain = (reader for reader in readers.readers() if not reader.bundle)
    return tuple(suffix for reader in plain for suffix in (*reader.suffixes, *reader.backup_suffixes))


def bundle_suffixes() -> frozenset[str]:
    return frozenset(suffix for reader in readers.readers() if reader.bundle for suffix in reader.suffixes)


def _states(bundle: Path) -> tuple[Path, ...]:
    reader = readers.reader_for(bundle)
    return reader.states(bundle) if reader else ()
