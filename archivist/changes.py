"""What changed from one version of a project to the next: tempo, key, tracks, plugins, samples. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from archivist.records import Difference
from archivist.text import number_text


@dataclass(frozen=True, slots=True)
class State:
    """A version as far as versions are compared; tracks in the project's order as (name, kind)."""

    bpm: float | None = None
    key: str | None = None
    time_signature: str | None = None
    tracks: tuple[tuple[str, str], ...] = ()
    plugins: tuple[tuple[str, int], ...] = ()  # name, how often
    samples: tuple[str, ...] = ()


def differences(before: State, after: State) -> tuple[Difference, ...]:
    """In the order a person would tell them; `before` is None for what is new, `after` for what is gone.

    >>> bass, pad = ("Bass", "audio"), ("Pad", "midi")
    >>> [str(change) for change in differences(State(92.0, tracks=(bass,)), State(96.0, tracks=(bass, pad)))]
    ['tempo 92 → 96', 'track added: Pad']
    """
    return (*_values(before, after), *_tracks(before.tracks, after.tracks), *_parts(before, after))


def _values(before: State, after: State) -> Iterator[Difference]:
    for what, old, new in (
        ("tempo", number_text(before.bpm), number_text(after.bpm)),
        ("key", before.key, after.key),
        ("time signature", before.time_signature, after.time_signature),
    ):
        if old != new:
            yield Difference(what, old, new)


def _tracks(before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> Iterator[Difference]:
    """A track in the place of another of its kind has been renamed; a track elsewhere has only moved."""
    moved = set(before) & set(after)
    for change, old_start, old_stop, new_start, new_stop in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if change == "equal":
            continue
        gone = [track for track in before[old_start:old_stop] if track not in moved]
        come = [track for track in after[new_start:new_stop] if track not in moved]
        if [kind for _name, kind in gone] == [kind for _name, kind in come]:
            yield from (Difference("track", old, new) for (old, _), (new, _) in zip(gone, come, strict=True))
        else:
            yield from (Difference("track", old, None) for old, _kind in gone)
            yield from (Difference("track", None, new) for new, _kind in come)


def _parts(before: State, after: State) -> Iterator[Difference]:
    old_plugins, new_plugins = dict(before.plugins), dict(after.plugins)
    for name in sorted(old_plugins.keys() | new_plugins.keys()):
        old, new = old_plugins.get(name, 0), new_plugins.get(name, 0)
        if old != new:
            yield Difference("plugin", _times(name, old), _times(name, new))
    for path in sorted(set(before.samples) ^ set(after.samples)):
        yield Difference("sample", path, None) if path in before.samples else Difference("sample", None, path)


def _times(name: str, count: int) -> str | None:
    return None if count == 0 else name if count == 1 else f"{name} × {count}"
