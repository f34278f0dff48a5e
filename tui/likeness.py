"""What a list of similar files is like: the examples, and how much each aspect of sound counts. Pure.

It is made anew by every key, so that a search can name the one that it answers.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from archivist.records import FileRow, Neighbour
from archivist.text import printable
from archivist.weights import ASPECTS
from tui.widgets.cells import count

Level = Literal["normal", "strong", "off"]

NORMAL: Level = "normal"
LEVELS: dict[Level, float] = {"normal": 1.0, "strong": 3.0, "off": 0.0}
"""By how much an aspect's usual weight is multiplied, in the order of a key's presses. A strong rhythm or tempo
counts about as much as timbre does."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """like, unlike: ids of files, in the order they were named. levels: one for each of ASPECTS."""

    like: tuple[int, ...]
    unlike: tuple[int, ...] = ()
    levels: tuple[Level, ...] = (NORMAL,) * len(ASPECTS)

    def weights(self, usual: Mapping[str, float] = ASPECTS) -> dict[str, float]:
        """What each aspect counts where it usually counts as much as in `usual`."""
        pairs = zip(ASPECTS, self.levels, strict=True)
        return {aspect: usual[aspect] * LEVELS[level] for aspect, level in pairs}

    def more(self, file_id: int) -> Likeness:
        """Like this file too; where it is an example already, no longer. One example always stays."""
        return self._with(_toggled(self.like, file_id), _without(self.unlike, file_id))

    def less(self, file_id: int) -> Likeness:
        """Unlike this file; where that was said already, no longer."""
        return self._with(_without(self.like, file_id), _toggled(self.unlike, file_id))

    def _with(self, like: tuple[int, ...], unlike: tuple[int, ...]) -> Likeness:
        return replace(self, like=like, unlike=unlike) if like else self

    def weigh(self, aspect: str) -> Likeness:
        """One aspect at its next level. Not all of them can be off."""
        names = list(LEVELS)
        at = list(ASPECTS).index(aspect)
        level = names[(names.index(self.levels[at]) + 1) % len(names)]
        levels = (*self.levels[:at], level, *self.levels[at + 1 :])
        if set(levels) == {"off"}:
            levels = (*self.levels[:at], NORMAL, *self.levels[at + 1 :])
        return replace(self, levels=levels)

    def reset(self) -> Likeness:
        """Only the first example, all aspects as usual."""
        return Likeness(self.like[:1])


class Neighbours:
    """The answer to a likeness, as a result list: first its examples, then the nearest files, best first."""

    def __init__(
        self,
        likeness: Likeness,
        examples: Sequence[FileRow],
        found: Sequence[Neighbour],
        weights: Mapping[str, float] = ASPECTS,
    ) -> None:
        """examples: the rows of `likeness.like`, then those of `likeness.unlike`. found: none of them."""
        self._found = {neighbour.row.id: neighbour for neighbour in found}
        self._likeness = likeness
        self._weights = weights
        self._rows = [*examples, *(neighbour.row for neighbour in found)]
        self.examples = len(examples)
        self.ids = array("q", (row.id for row in self._rows))

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, start: int, stop: int) -> list[FileRow]:
        return self._rows[start:stop]

    def score(self, row: FileRow) -> str:
        """What stands in a row's column: how like it is, or that it is an example."""
        if found := self._found.get(row.id):
            return f"{found.score:.2f}"
        return "+ more" if row.id in self._likeness.like else "− less"

    def why(self, row: FileRow) -> str:
        """How like a row is by each aspect, in one line."""
        return " · ".join(f"{aspect} {share:.2f}" for aspect, share in self.reasons(row.id))

    def reasons(self, file_id: int) -> list[tuple[str, float]]:
        """How like a file is by each aspect, 0 to 1, those first that tell most; nothing of an example."""
        found = self._found.get(file_id)
        shares = found.reasons.items() if found else ()
        return sorted(shares, key=lambda reason: -self._weights[reason[0]] * reason[1])

    def told(self) -> str:
        """In one line, such as "like Kick 01.wav and 1 more, unlike 2 — 48 files"."""
        likeness = self._likeness
        more = len(likeness.like) - 1
        parts = [f"like {printable(self._rows[0].name)}", f" and {more} more" if more else ""]
        if likeness.unlike:
            parts.append(f", unlike {len(likeness.unlike)}")
        return f"{''.join(parts)} — {count(len(self._found), 'file')}"


def _toggled(ids: tuple[int, ...], file_id: int) -> tuple[int, ...]:
    return _without(ids, file_id) if file_id in ids else (*ids, file_id)


def _without(ids: tuple[int, ...], file_id: int) -> tuple[int, ...]:
    return tuple(known for known in ids if known != file_id)
