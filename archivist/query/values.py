"""Reads what stands behind `field:` into a node, by the field's kind.

A number is taken as precisely as it is written: bpm:120 finds 119.5 up to 120.5, bpm:120.0 less.
Dates are whole days, months or years of the local time zone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from archivist.query.fields import BY_NAME, Field
from archivist.query.nodes import Age, Chords, Match, Node, OneOf, QueryError, Sort, Span, Within
from archivist.vocabulary import CHORDS_ASKED, FAMILIES, joined

NEAR = 0.03
"""How far apart two tempi may be and still be mixed; DJ players pitch further, ears notice more."""

_NUMBER = re.compile(r"[+-]?\d{1,9}(?:[.,](\d{1,6}))?")
_LENGTH = re.compile(r"(\d{1,6}(?:[.,](\d{1,6}))?)(s|sec|m|min|h)?")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})")
_PERIOD = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_AGE = re.compile(r"(\d{1,5})(h|d|w|m|y)")

_CHORD = re.compile(r"[^\s,|~\"→>-]+")

_SECONDS = {None: 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}
_AGE_SECONDS = {"h": 3_600, "d": 86_400, "w": 7 * 86_400, "m": 30.44 * 86_400, "y": 365.25 * 86_400}


@dataclass(frozen=True, slots=True)
class Value:
    """What was written. operator: "" for a plain value, "..", "~", ">", ">=", "<" or "<=". `raw` is all of
    it, `low` and `high` the ends of a range; every other form has its value in `low`."""

    raw: str
    position: int
    operator: str = ""
    low: str | None = None
    high: str | None = None
    quoted: bool = False


def read(field: Field, value: Value) -> Node | Sort:
    """The node of one term. Raises QueryError, with the values allowed, on one that its field cannot have."""
    return _READERS[field.kind](field, value)


def _error(field: Field, value: Value, reason: str) -> QueryError:
    return QueryError(f"{field.name}: {reason}; for example {field.example}", value.position)


def _text(field: Field, value: Value) -> Node:
    return Match(field.name, value.raw, exact=value.quoted)


def _enum(field: Field, value: Value) -> Node:
    if value.operator:
        raise _error(field, value, "takes one of its values")
    name = _allowed(field, value, value.raw)
    members = FAMILIES.get(name, ()) if field.name == "instrument" else ()
    return OneOf(field.name, (name, *members))


def _sort(field: Field, value: Value) -> Sort:
    name = _allowed(field, value, value.raw.removeprefix("-"))
    return Sort(name, descending=value.raw.startswith("-"), position=value.position)


def _allowed(field: Field, value: Value, written: str) -> str:
    """The allowed value, however its words are joined: "one shot" and "oneshot" are "one-shot"."""
    spelled = {joined(allowed): allowed for allowed in field.values}
    found = spelled.get(joined(written))
    if found is None:
        near = closest(joined(written), spelled)
        hint = f", perhaps {spelled[near]}" if near else ""
        raise QueryError(
            f"{field.name} cannot be {written!r}{hint}; it is one of: {', '.join(field.values)}",
            value.position,
        )
    return found


def closest(written: str, names: dict[str, str] | dict[str, Field]) -> str | None:
    """The name that was perhaps meant."""
    from difflib import get_close_matches  # only a mistake pays for it

    return next(iter(get_close_matches(written, names, n=1)), None)


def _key(field: Field, value: Value) -> Node:
    from taggers.pitch import compatible, parse_key

    if value.operator not in ("", "~") or value.low is None:
        raise _error(field, value, "takes one key")
    key = parse_key(value.low)
    if key is None:
        raise _error(field, value, f'{value.low!r} is no key; write Am, F#, "C# minor" or 8A')
    return OneOf("key", tuple(compatible(key)) if value.operator == "~" else (key,))


def _chords(field: Field, value: Value) -> Node:
    """Chords stand apart by spaces, commas or dashes, and begin with ~ inside the quotes or before them."""
    from taggers.chordnames import NONE, parse_chord, triad

    transposed = value.operator == "~" or (value.quoted and value.raw.lstrip().startswith("~"))
    if value.operator not in ("", "~"):
        raise _error(field, value, "takes chords in a row")
    chords: list[int] = []
    for match in _CHORD.finditer(value.raw):
        chord = parse_chord(match[0])
        if not chord:
            help_ = " to look for" if chord == NONE else "; write Am, F#, C7, Fmaj7, Dm7, Gsus, Bdim"
            position = value.position + value.quoted + match.start()
            raise QueryError(f"{field.name}: {match[0]!r} is no chord{help_}", position)
        chords.append(chord)
    if not 1 <= len(chords) <= CHORDS_ASKED:
        raise _error(field, value, f"takes one to {CHORDS_ASKED} chords")
    if transposed and len({triad(chord) for chord in chords}) < 2:
        raise _error(field, value, "in any key takes two chords at least")
    once = [chord for chord, before in zip(chords, [NONE, *chords], strict=False) if chord != before]
    return Chords(tuple(once), transposed)


def _number(field: Field, value: Value) -> Node:
    if value.operator == "~":
        if field.name != "bpm" or value.low is None:
            raise _error(field, value, "takes no ~")
        bpm, _half = _one_number(field, value, value.low)
        tempi = (bpm, bpm / 2, bpm * 2)
        return Within("bpm", tuple(Span(tempo * (1 - NEAR), _above(tempo * (1 + NEAR))) for tempo in tempi))
    return Within(field.name, (_span(field, value, _one_number),))


def _one_number(field: Field, value: Value, text: str) -> tuple[float, float]:
    """A number and half of its last digit's worth."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise _error(field, value, f"{text!r} is no number")
    return _decimal(text), 0.5 * 10 ** -len(match[1] or "")


def _decimal(text: str) -> float:
    """With a point or, as names and tags write it too, a comma: 93,3."""
    return float(text.replace(",", "."))


def _length(field: Field, value: Value) -> Node:
    return Within(field.name, (_span(field, value, _one_length),))


def _one_length(field: Field, value: Value, text: str) -> tuple[float, float]:
    if clock := _CLOCK.fullmatch(text):
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + int(clock[3]), 0.5
    match = _LENGTH.fullmatch(text.lower())
    if match is None:
        raise _error(field, value, f"{text!r} is no length; write 10s, 2m, 1:30")
    unit = _SECONDS[match[3]]
    return _decimal(match[1]) * unit, unit * 0.5 * 10 ** -len(match[2] or "")


def _span(field: Field, value: Value, one: Callable[[Field, Value, str], tuple[float, float]]) -> Span:
    match value.operator:
        case ">" | ">=" | "<" | "<=" if value.low is not None:
            number, _half = one(field, value, value.low)
            return _compared(value.operator, number)
        case "" | ".." if value.raw != ".." and not value.quoted:
            ends = (value.low, value.high) if value.operator else (value.low, value.low)
            low, high = (end and one(field, value, end) for end in ends)
            if low and high and low[0] > high[0]:
                raise _error(field, value, "a range goes from the lower to the higher")
            return Span(low[0] - low[1] if low else None, high[0] + high[1] if high else None)
    raise _error(field, value, "takes a number or a range")


def _compared(operator: str, number: float) -> Span:
    if operator.startswith(">"):
        return Span(number if operator == ">=" else _above(number), None)
    return Span(None, _above(number) if operator == "<=" else number)


def _above(number: float) -> float:
    return math.nextafter(number, math.inf)


def _date(field: Field, value: Value) -> Node:
    ends = [end.lower() for end in (value.low, value.high) if end is not None]
    ages = [_AGE.fullmatch(end) for end in ends]
    if not ends or value.quoted or value.operator == "~":
        raise _error(field, value, "takes a date, an age or a range")
    if all(ages):
        return _age(value, [int(age[1]) * _AGE_SECONDS[age[2]] for age in ages if age])
    periods = [_period(field, value, end) for end in ends]
    first, last = periods[0], periods[-1]
    match value.operator:
        case ">":
            span = Span(first[1], None)
        case ">=":
            span = Span(first[0], None)
        case "<":
            span = Span(None, first[0])
        case "<=":
            span = Span(None, first[1])
        case _:
            span = Span(
                first[0] if value.low is not None else None,
                last[1] if value.high is not None or not value.operator else None,
            )
    if span.low is not None and span.high is not None and span.low >= span.high:
        raise _error(field, value, "a range goes from the earlier to the later")
    return Within(field.name, (span,))


def _age(value: Value, ages: list[float]) -> Node:
    """date:<30d is younger than 30 days; a plain age means the same, a range lies between two."""
    if value.operator == "..":
        return Age("date", Span(min(ages), max(ages)) if len(ages) == 2 else _open_age(value, ages[0]))
    if value.operator.startswith(">"):
        return Age("date", Span(ages[0], None))
    return Age("date", Span(None, ages[0]))


def _open_age(value: Value, age: float) -> Span:
    return Span(age, None) if value.low is not None else Span(None, age)


def _period(field: Field, value: Value, text: str) -> tuple[float, float]:
    """Start and end of a local year, month or day in UTC seconds."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise _error(field, value, f"{text!r} is no date; write 2024, 2024-05, 2024-05-17 or an age like 30d")
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        start = datetime(year or 0, month or 1, day or 1)
        if day:
            end = datetime.fromordinal(start.toordinal() + 1)
        elif month:
            end = datetime(start.year + month // 12, month % 12 + 1, 1)
        else:
            end = datetime(start.year + 1, 1, 1)
        return start.timestamp(), end.timestamp()
    except (ValueError, OverflowError, OSError) as error:  # day 31 of February; before 1970 on Windows
        raise _error(field, value, f"{text!r} is no day of the calendar") from error


_READERS: dict[str, Callable[[Field, Value], Node | Sort]] = {
    "text": _text,
    "enum": _enum,
    "sort": _sort,
    "key": _key,
    "chords": _chords,
    "number": _number,
    "length": _length,
    "date": _date,
}


def completed(field: Field, value: Value) -> Node | None:
    """A half-written value of a closed vocabulary, as all that it can become: instrument:voc, kind:l. Of chords,
    all but the last where that cannot be read yet."""
    if field.kind == "chords":
        return _chords_so_far(field, value)
    names = [name for name in field.values if joined(name).startswith(joined(value.raw))]
    if field.kind != "enum" or not names:
        return None
    members = [member for name in names for member in (name, *FAMILIES.get(name, ()))]
    return OneOf(field.name, tuple(dict.fromkeys(members)))


def _chords_so_far(field: Field, value: Value) -> Node | None:
    written = list(_CHORD.finditer(value.raw))
    if len(written) < 2:
        return None
    try:
        _chords(field, value)
    except QueryError:
        so_far = value.raw[: written[-1].start()]
        return _chords(field, replace(value, raw=so_far, low=so_far))
    return None


def field_named(name: str, position: int) -> Field:
    """Raises QueryError with what was perhaps meant, or with all names."""
    found = BY_NAME.get(name.lower())
    if found is None:
        near = closest(name.lower(), BY_NAME)
        hint = f"did you mean {near}:?" if near else f"fields are {', '.join(BY_NAME)}"
        raise QueryError(f"there is no field {name!r}; {hint} (quotes search for it as text)", position)
    return found
