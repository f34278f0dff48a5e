"""What queries mean, and what is said of those that cannot be read."""

from __future__ import annotations

import math
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archivist.query.fields import FIELDS
from archivist.query.nodes import (
    EVERYTHING,
    NEWEST_FIRST,
    Age,
    And,
    Chords,
    Match,
    Node,
    Not,
    OneOf,
    Or,
    Query,
    QueryError,
    Sort,
    Span,
    Text,
    Within,
)
from archivist.query.parse import MAX_LENGTH, MAX_TERMS, parse, parse_lenient
from archivist.vocabulary import FAMILIES, INSTRUMENTS

DAY = 86_400.0


def bpm(low: float | None, high: float | None) -> Within:
    return Within("bpm", (Span(low, high),))


def seconds(low: float | None, high: float | None) -> Within:
    return Within("length", (Span(low, high),))


def at(year: int, month: int = 1, day: int = 1) -> float:
    return datetime(year, month, day).timestamp()


def dates(low: float | None, high: float | None) -> Within:
    return Within("date", (Span(low, high),))


MEANINGS: dict[str, Node] = {
    "bpm:93,3..94": bpm(93.25, 94.5),
    "length:>1,5m": Within("length", (Span(math.nextafter(90.0, math.inf), None),)),
    "": EVERYTHING,
    "   ": EVERYTHING,
    "kick": Text("kick"),
    "kick 808": And((Text("kick"), Text("808"))),
    '"lead vox"': Text("lead vox"),
    "kick-01 F#m 12:30": And((Text("kick-01"), Text("F#m"), Text("12:30"))),
    "Artist - Title": And((Text("Artist"), Text("-"), Text("Title"))),
    "-snare": Not(Text("snare")),
    '-"old mix"': Not(Text("old mix")),
    "-(a b)": Not(And((Text("a"), Text("b")))),
    "kick or snare": Or((Text("kick"), Text("snare"))),
    "a b OR c": Or((And((Text("a"), Text("b"))), Text("c"))),
    "(a or b) c": And((Or((Text("a"), Text("b"))), Text("c"))),
    "organ order": And((Text("organ"), Text("order"))),
    '"or"': Text("or"),
    "bpm:120": bpm(119.5, 120.5),
    "bpm:120.0": bpm(119.95, 120.05),
    "BPM: 120": bpm(119.5, 120.5),
    "bpm:118..124": bpm(117.5, 124.5),
    "bpm:118..": bpm(117.5, None),
    "bpm:..124": bpm(None, 124.5),
    "bpm:>120": bpm(math.nextafter(120, math.inf), None),
    "bpm:>=120": bpm(120, None),
    "bpm:<120": bpm(None, 120),
    "bpm:<=120": bpm(None, math.nextafter(120, math.inf)),
    "loudness:>=-14": Within("loudness", (Span(-14, None),)),
    "loudness:-14..-8": Within("loudness", (Span(-14.5, -7.5),)),
    "key:Am": OneOf("key", ("A minor",)),
    "key:am": OneOf("key", ("A minor",)),
    'key:"A minor"': OneOf("key", ("A minor",)),
    "key:F# minor": OneOf("key", ("F# minor",)),
    "key:~a  Min": OneOf("key", ("A minor", "C major", "E minor", "D minor")),
    "-key:Bb major": Not(OneOf("key", ("A# major",))),
    "key:A minority": And((OneOf("key", ("A major",)), Text("minority"))),
    "key:Bb": OneOf("key", ("A# major",)),
    "key:8A": OneOf("key", ("A minor",)),
    "key:~Am": OneOf("key", ("A minor", "C major", "E minor", "D minor")),
    'key:~"A minor"': OneOf("key", ("A minor", "C major", "E minor", "D minor")),
    'chords:"Am F C G"': Chords((22, 6, 1, 8)),
    "chords:Am-F-C-G": Chords((22, 6, 1, 8)),
    "chords:am,f": Chords((22, 6)),
    'chords:"~Am F C G"': Chords((22, 6, 1, 8), transposed=True),
    'chords:~"Am F C G"': Chords((22, 6, 1, 8), transposed=True),
    "chords:~Am-F": Chords((22, 6), transposed=True),
    'chords:"Bbm7 | Ebsus4 | AbM7"': Chords((59, 64, 45)),
    "chords:F#m": Chords((19,)),
    "chords:C-C-F": Chords((1, 6)),
    "instrument:bass": OneOf("instrument", ("bass",)),
    "instrument:vocals": OneOf("instrument", ("vocals", "choir")),
    "instrument:drums": OneOf("instrument", ("drums", *FAMILIES["drums"])),
    'instrument:"electric guitar"': OneOf("instrument", ("electric-guitar",)),
    "kind:oneshot": OneOf("kind", ("one-shot",)),
    "is:missing": OneOf("is", ("missing",)),
    "daw:ableton": Match("daw", "ableton"),
    "plugin:pro-q": Match("plugin", "pro-q"),
    'track:"lead vox"': Match("track", "lead vox", exact=True),
    "path:../loops": Match("path", "../loops"),
    "label:>new": Match("label", ">new"),
    "flag:clipped": Match("flag", "clipped"),
    "length:<10s": seconds(None, 10),
    "length:10": seconds(9.5, 10.5),
    "length:2m": seconds(90, 150),
    "length:>1.5min": seconds(math.nextafter(90, math.inf), None),
    "length:1:30": seconds(89.5, 90.5),
    "length:1:00..1:02:03": seconds(59.5, 3723.5),
    "date:2024": dates(at(2024), at(2025)),
    "date:2024-05": dates(at(2024, 5), at(2024, 6)),
    "date:2024-12": dates(at(2024, 12), at(2025)),
    "date:2024-02-29": dates(at(2024, 2, 29), at(2024, 3, 1)),
    "date:2019..2021": dates(at(2019), at(2022)),
    "date:2019..": dates(at(2019), None),
    "date:..2021": dates(None, at(2022)),
    "date:>2020": dates(at(2021), None),
    "date:<2020": dates(None, at(2020)),
    "date:<30d": Age("date", Span(None, 30 * DAY)),
    "date:30d": Age("date", Span(None, 30 * DAY)),
    "date:>2w": Age("date", Span(14 * DAY, None)),
    "date:7d..14d": Age("date", Span(7 * DAY, 14 * DAY)),
}


@pytest.mark.parametrize("text", MEANINGS)
def test_meaning(text: str) -> None:
    assert parse(text) == Query(MEANINGS[text])


def test_near_tempo_takes_half_and_double() -> None:
    node = parse("bpm:~124").where
    assert isinstance(node, Within)

    def found(tempo: float) -> bool:
        return any((span.low or 0) <= tempo < (span.high or 0) for span in node.spans)

    assert [tempo for tempo in (60, 62, 65, 93, 120.2, 120.3, 124, 127.7, 127.8, 248, 260) if found(tempo)] == [
        62, 120.3, 124, 127.7, 248,
    ]  # fmt: skip


SORTS = {
    "kick": NEWEST_FIRST,
    "sort:name": Sort("name"),
    "kick sort:-date": Sort("date", descending=True),
    "sort:bpm kick sort:-length": Sort("length", descending=True),
    "(kick sort:size)": Sort("size"),
}


@pytest.mark.parametrize("text", SORTS)
def test_sort(text: str) -> None:
    assert parse(text).sort == SORTS[text]


ERRORS: dict[str, tuple[int, str]] = {
    "insturment:vocals": (0, "did you mean instrument:"),
    "kick zzzz:1": (5, "fields are bpm, key"),
    "instrument:drmus": (11, "perhaps drums; it is one of: kick, snare"),
    "kind:song": (5, "one-shot, loop, stem, mix"),
    "kind:>loop": (5, "one of its values"),
    "is:gone": (3, "missing, offline, unused, take, conflict, doubtful"),
    "sort:colour": (5, "name, date, bpm"),
    "kick bpm:fast": (9, "'fast' is no number"),
    "bpm:124..118": (4, "from the lower to the higher"),
    "bpm:..": (4, "takes a number or a range"),
    "date:..": (5, "a date, an age or a range"),
    "bpm:1e9": (4, "no number"),
    "length:10x": (7, "10s, 2m, 1:30"),
    "length:~10s": (7, "takes a number or a range"),
    "loudness:~3": (9, "no ~"),
    "key:H": (4, "no key; write Am"),
    "key:>Am": (4, "one key"),
    'chords:"Am H F"': (11, "'H' is no chord; write Am, F#, C7"),
    "chords:~Am-H": (11, "'H' is no chord; write Am"),
    'kick chords:"N Am"': (13, "'N' is no chord to look for"),
    "chords:>Am": (7, "chords in a row; for example chords:"),
    'chords:""': (7, "one to 12 chords"),
    f"chords:{'-'.join(['Am', 'F'] * 7)}": (7, "one to 12 chords"),
    "chords:~Am": (7, "two chords at least"),
    "chords:~Am-Am7": (7, "two chords at least"),
    "date:yesterday": (5, "2024-05-17"),
    "date:2023-02-29": (5, "no day of the calendar"),
    "date:2021..2019": (5, "from the earlier to the later"),
    "date:2021..30d": (5, "no date"),
    "date:~2021": (5, "a date, an age or a range"),
    "bpm:": (4, "a value is missing"),
    "bpm:>": (5, "a value is missing"),
    "kick or": (7, "missing at the end"),
    "(kick": (5, "not closed"),
    "kick)": (4, "closes none"),
    "()": (1, "closes none"),
    'kick "lead': (5, "the quote that opens here"),
    "kick or sort:name": (13, "outside of or"),
    "-sort:name": (6, "outside of or"),
    "a " * (MAX_TERMS + 1): (2 * MAX_TERMS + 2, "at most 60 terms"),
    "-(" * 200 + "a" + ")" * 200: (601, "at most 60 terms"),
    "a" * (MAX_LENGTH + 1): (MAX_LENGTH, "at most 1000 characters"),
}


@pytest.mark.parametrize("text", ERRORS, ids=lambda text: text[:30])
def test_error(text: str) -> None:
    position, reason = ERRORS[text]
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert reason in str(caught.value)
    assert caught.value.position == position
    assert "\n" not in str(caught.value)


HALF_WRITTEN: dict[str, Node] = {
    "kic": Text("kic", prefix=True),
    "kick ": Text("kick"),
    "kick b": And((Text("kick"), Text("b", prefix=True))),
    "kick or sn": Or((Text("kick"), Text("sn", prefix=True))),
    "kick or": Text("kick", prefix=True),
    "kick bpm:": Text("kick", prefix=True),
    "bpm:>": EVERYTHING,
    "kick -": And((Text("kick"), Text("-", prefix=True))),
    "-sna": Not(Text("sna")),
    '"lead vo': Text("lead vo"),
    'track:"lead vo': Match("track", "lead vo", exact=True),
    "(kick or (bpm:120": Or((Text("kick"), bpm(119.5, 120.5))),
    "(": EVERYTHING,
    "kick )": Text("kick", prefix=True),
    "instrument:voc": OneOf("instrument", ("vocals", "choir")),
    "kind:s": OneOf("kind", ("stem",)),
    "is:o": OneOf("is", ("offline",)),
    'chords:"Am F': Chords((22, 6)),
    'chords:"Am F Gma': Chords((22, 6)),
    'chords:"~Am F C': Chords((22, 6, 1), transposed=True),
    "chords:H": Text("chords H", prefix=True),
    "instrument:xyz": Text("instrument xyz", prefix=True),
    "bpm:12x": Text("bpm 12x", prefix=True),
    "C:\\Loops": Text("C \\Loops", prefix=True),
}


@pytest.mark.parametrize("text", HALF_WRITTEN)
def test_half_written(text: str) -> None:
    assert parse_lenient(text).where == HALF_WRITTEN[text]


def test_every_field_has_an_example_that_reads() -> None:
    for field in FIELDS:
        assert field.example.startswith(f"{field.name}:")
        parse(field.example)


def test_families_are_of_the_vocabulary() -> None:
    assert {*FAMILIES, *(member for members in FAMILIES.values() for member in members)} <= set(INSTRUMENTS)


_PIECES = st.sampled_from(
    ["kick", "or", "-", "(", ")", '"', "bpm:", "120", "..", ">", "<", "~", "key:", "Am", "length:", "date:",
     "1:30", "30d", "sort:-", "is:", "é", " ", "\0", "\udc80"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=25).map("".join)))
def test_any_text_reads_leniently(text: str) -> None:
    query = parse_lenient(text)
    assert "\0" not in repr(query)
    try:
        strict = parse(text, typing=True)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
    else:
        assert strict.sort == query.sort
