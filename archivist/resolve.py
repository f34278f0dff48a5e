"""Which opinion on a field is in force, and why: user > project > embedded > name > stems > machine.

A person's value is a lock: nothing outranks it, and an empty one says "there is none". Among equals the
surer wins, then the newer. Rejected opinions never win, and what a machine is less sure of than the archive's
limits ask is withheld. What is declared wins over what is heard; where these contradict each other, that is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from archivist.agreement import COUNTED, Candidates, Value, chance, relation
from archivist.records import Source
from archivist.text import number_text
from archivist.vocabulary import FAMILY_OF

RANK: dict[Source, int] = {"user": 0, "project": 1, "embedded": 2, "name": 3, "stems": 4, "machine": 5}

HEARD: tuple[Source, ...] = ("stems", "machine")
"""Sources that may be wrong by nature: only they are withheld, and doubted."""

DECIDED = ("bpm", "key", "instrument", "kind")
"""Fields on which a person's ear is worth while."""

COMPARED = ("bpm", "key")
"""Fields in which what is declared and what is heard can contradict each other."""

CONFIDENT = 0.5
"""A machine that is less sure contradicts nobody."""

DOUBTFUL = 0.5
"""What only a machine says, less surely than this, is worth a look."""

NO_LIMITS: Mapping[str, float] = MappingProxyType({})

ANOTHER, USES = ", at another place or time", ", which uses it"
"""How the engine of a project's opinion ends: that this is another of its tempi than the first, in its course or
in an earlier version; that the file is not of this project, but used by it."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A tag row as far as it matters here; `id` is the row's. candidates: values as the row keeps them, texts,
    with their chances."""

    id: int
    field: str
    text: str
    number: float | None
    source: Source
    confidence: float
    set_at: float
    rejected: bool = False
    candidates: Sequence[tuple[str, float]] = ()
    engine: str = ""

    @property
    def value(self) -> Value | None:
        """What the field becomes when this opinion wins; None where a person says that there is none."""
        return self.number if self.number is not None else self.text or None

    @property
    def chances(self) -> list[tuple[Value, float]]:
        """Its candidates as values, its own first."""
        own = [] if self.value is None else [(self.value, self.confidence)]
        if self.number is None:
            return [*own, *((text, sure) for text, sure in self.candidates if text != self.text)]
        numbers = ((float(text), sure) for text, sure in self.candidates)
        return [*own, *((number, sure) for number, sure in numbers if number != self.number)]


@dataclass(frozen=True, slots=True)
class Decision:
    """The opinion in force, the value that it gives, and why. conflict: what contradicts it, in words such as
    "project 140, audio 93.3"; `against` is that opinion."""

    opinion: Opinion
    value: Value | None
    reason: str
    conflict: str = ""
    against: Opinion | None = None

    @property
    def text(self) -> str:
        return self.opinion.text


def effective(opinions: Iterable[Opinion], limits: Mapping[str, float] = NO_LIMITS) -> dict[str, Decision]:
    """The decision on each field that has one. limits: how sure a machine has to be, by field.

    >>> heard = Opinion(1, "key", "C# major", None, "machine", 0.9, 10.0)
    >>> said = Opinion(2, "key", "A minor", None, "name", 1.0, 5.0)
    >>> decision = effective([heard, said])["key"]
    >>> decision.value, decision.reason, decision.conflict
    ('A minor', 'its name; audio hears C# major', 'name A minor, audio C# major')
    """
    fields: defaultdict[str, list[Opinion]] = defaultdict(list)
    for opinion in opinions:
        if not opinion.rejected:
            fields[opinion.field].append(opinion)
    decided = {}
    for field, said in fields.items():
        standing = [opinion for opinion in said if not withheld(opinion, limits)]
        if standing:
            winner = min(standing, key=_order)
            winner = _specific(winner, standing) if field == "instrument" else winner
            decided[field] = _decision(winner, said)
    return decided


def withheld(opinion: Opinion, limits: Mapping[str, float]) -> bool:
    """Whether a machine says it less surely than it has to be to count."""
    return opinion.source in HEARD and opinion.confidence < limits.get(opinion.field, 0.0)


def doubtful(opinions: Iterable[Opinion], decided: Mapping[str, Decision]) -> dict[str, float]:
    """The fields that are worth a person's ear, and how much: 2 for a conflict; where only machines say anything,
    and unsurely, up to 1, the more the closer their candidates are to each other."""
    chances: defaultdict[str, list[float]] = defaultdict(list)
    for opinion in opinions:
        if opinion.source in HEARD and opinion.field in DECIDED and not opinion.rejected:
            chances[opinion.field] += [sure for _value, sure in opinion.chances]
    found = {}
    for field in DECIDED:
        decision = decided.get(field)
        if decision is not None and decision.conflict:
            found[field] = 2.0
        elif field in chances and (decision is None or decision.opinion.source in HEARD):
            best, second, *_ = sorted((*chances[field], 0.0), reverse=True)
            if best < DOUBTFUL:
                found[field] = 1.0 - (best - second)
    return found


def is_hit(opinions: Iterable[Opinion]) -> bool:
    return any(
        one.field == "kind" and one.text == "one-shot" and one.source == "machine" and one.confidence >= 0.8
        for one in opinions
    )


def heard_of(field: str, opinions: Iterable[Opinion]) -> Candidates:
    """What a machine hears, its first choice first; nothing where it is silent."""
    heard = [one for one in opinions if one.field == field and one.source == "machine" and not one.rejected]
    return max(heard, key=lambda one: one.confidence).chances if heard else ()


def _decision(winner: Opinion, said: Sequence[Opinion]) -> Decision:
    value = winner.value
    if winner.source == "user":
        return Decision(winner, value, "you set it" if value is not None else "you say that there is none")
    if winner.source in HEARD:
        return Decision(winner, value, winner.engine if winner.source == "stems" else "heard")
    machines = [one for one in said if one.source == "machine" and one.value is not None]
    if winner.field not in COMPARED:
        agrees = any(one.value == value for one in machines)
        return Decision(winner, value, f"{_declared(winner)}; audio agrees" if agrees else _declared(winner))
    heard = min(machines, key=_order, default=None)
    reason = _declared(winner)
    if heard is None or heard.value is None or value is None:
        return Decision(winner, value, reason)
    echo, contradicts = _echo(value, heard)
    if not contradicts:
        return Decision(winner, value, f"{reason}; audio {echo}")
    conflict = f"{_NAMES[winner.source]} {_spoken(value)}, audio {_spoken(heard.value)}"
    return Decision(winner, value, f"{reason}; audio {echo}", conflict, heard)


_NAMES: dict[Source, str] = {"project": "project", "embedded": "file", "name": "name"}
_AGREES = {
    "same": "agrees",
    "half": "agrees at half",
    "double": "agrees at double",
    "relative": "hears its relative",
}


def _declared(winner: Opinion) -> str:
    what = "tempo" if winner.field == "bpm" else winner.field
    if winner.source == "embedded":
        return "the file says so"
    if winner.source == "name":
        return "its name"
    if winner.engine.endswith(USES):
        return f"{what} of a project that uses it"
    return f"another {what} of the project" if winner.engine.endswith(ANOTHER) else f"project's {what}"


def _echo(value: Value, heard: Opinion) -> tuple[str, bool]:
    """What the audio says to a declared value, and whether that contradicts it."""
    assert heard.value is not None
    if kin := relation(heard.value, value):
        return _AGREES[kin], False
    if chance(value, heard.chances) >= COUNTED:
        return "counts it among others", False
    if heard.confidence < CONFIDENT:
        return "is unsure", False
    return f"hears {_spoken(heard.value)}", True


def _spoken(value: Value) -> str:
    return value if isinstance(value, str) else number_text(value) or ""


def _specific(winner: Opinion, opinions: Iterable[Opinion]) -> Opinion:
    """Of a family the one member that the same source names: a kick rather than drums. A whole kit is drums, and
    so is a kick in the company of other instruments."""
    if winner.source == "user":
        return winner
    named = {one.text: one for one in opinions if one.source == winner.source}
    family = FAMILY_OF.get(winner.text, winner.text)
    alone = all(FAMILY_OF.get(text, text) == family for text in named)
    members = [text for text in named if text != family]
    return named[members[0]] if alone and len(members) == 1 else named.get(family, winner)


def _order(opinion: Opinion) -> tuple[int, float, float]:
    return (RANK[opinion.source], -opinion.confidence, -opinion.set_at)
