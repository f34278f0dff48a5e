"""Chords of sounds whose chords are known by construction, and silence where there are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from taggers import Findings, Job, chords, tag_file
from taggers.chordnames import CHORDS, NONE, chord_name, parse_chord, quality_of, root_of
from taggers.chordtrack import MAX_CHANGES, Change, chords_of, pack, progression, unpack
from taggers.vectors import CHORD_TRACK
from tests.taggers.signals import RATE, Sound, beats, chord, hit, noise, place, sine, speech, write

TONES = {"maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "min7": (0, 3, 7, 10),
         "sus": (0, 5, 7), "dim": (0, 3, 6)}  # fmt: skip
BAR = 1.6  # seconds


def song(names: Sequence[str], times: int = 3, up: int = 0) -> Sound:
    """Each chord struck twice a bar over its root in the bass, a bar each."""
    bars = []
    for code in map(parse_chord, names):
        assert code
        root = root_of(code) + up
        tones = TONES[chords_quality(code)]
        keys = [36 + root % 12, *(60 + (root + tone) % 12 for tone in tones)]
        bars.append(np.tile(chord(keys, BAR / 2), 2))
    return np.concatenate(bars * times)


def chords_quality(code: int) -> str:
    return tuple(TONES)[quality_of(code)]


def heard(path: Path, sound: Sound) -> Findings:
    result = tag_file(Job(str(write(path / "x.wav", sound)), ("chords",)))
    assert result.errors == {}
    return result.findings["chords"]


SONGS = ("Am F C G", "Dm7 G7 Cmaj7", "C#m A E B", "Em C", "F G Em Am", "Bdim E7 Am")


@pytest.mark.parametrize("names", SONGS)
def test_the_progression_of_a_song(names: str, tmp_path: Path) -> None:
    found = heard(tmp_path, song(names.split()))
    [tag] = found.tags
    wanted = names.split()
    rotations = [wanted[at:] + wanted[:at] for at in range(len(wanted))]
    assert str(tag.value).split() in rotations
    assert tag.field == "chords"
    assert 0.4 <= tag.confidence <= 1
    track = unpack(found.vectors[CHORD_TRACK])
    assert [chord_name(code) for code in chords_of(track)] == wanted * 3
    starts = [change.at for change in track if change.chord != NONE]
    assert starts == pytest.approx([bar * BAR for bar in range(3 * len(wanted))], abs=0.45)


@pytest.mark.parametrize("up", [1, 5, 8])
def test_a_transposed_song_has_the_transposed_chords(up: int, tmp_path: Path) -> None:
    [low], [high] = (heard(tmp_path, song(["Am", "F", "C", "G"], up=each)).tags for each in (0, up))
    codes = [parse_chord(name) or 0 for name in str(low.value).split()]
    moved = [chord_name(1 + 12 * quality_of(code) + (root_of(code) + up) % 12) for code in codes]
    assert str(high.value).split() == moved


CHORDLESS: dict[str, Callable[[], Sound]] = {
    "silence": lambda: np.zeros(RATE * 6),
    "noise": lambda: noise(8),
    "drums": lambda: beats(112, 12),
    "speech": lambda: speech(12),
    "one hit": lambda: place(hit(), [0.1], 4),
    "one held note": lambda: np.asarray(sum(sine(220 * k, 6, 0.3 / k) for k in range(1, 8))),
    "one second": lambda: chord((48, 60, 64, 67), 1.0),
}


@pytest.mark.parametrize("name", CHORDLESS)
def test_no_chords_where_there_are_none(name: str, tmp_path: Path) -> None:
    found = heard(tmp_path, CHORDLESS[name]())
    assert found.tags == ()
    assert found.vectors == {}
    assert found.abstained["chords"]
    assert "no chords" not in found.abstained["chords"]  # that is said before it


# ---------------------------------------------------------------- names and tracks

NAMES = {
    "Am": "Am", "a": "A", "Bbm7": "A#m7", "Cb": "B", "E#": "F", "F♯sus4": "F#sus", "Gsus2": "Gsus", "C/E": "C",
    "CM7": "Cmaj7", "Dmin7": "Dm7", "Bm7b5": "Bdim", "G#dim7": "G#dim", "N": "N", "H": None, "Amadd": None,
    "": None, "A" * 99: None,
}  # fmt: skip


@pytest.mark.parametrize("text", NAMES)
def test_one_spelling_of_every_chord(text: str) -> None:
    code = parse_chord(text)
    assert (None if code is None else chord_name(code)) == NAMES[text]


def test_every_chord_is_read_as_it_is_written() -> None:
    assert [parse_chord(chord_name(code)) for code in range(CHORDS)] == list(range(CHORDS))


def test_a_track_comes_back_to_the_hundredth() -> None:
    changes = (Change(0.0, 0), Change(1.237, 22), Change(1.5, 6), Change(900.04, 1))
    assert unpack(pack(changes)) == (Change(0.0, 0), Change(1.24, 22), Change(1.5, 6), Change(656.85, 1))
    many = tuple(Change(number / 4, 1 + number % 80) for number in range(5_000))
    assert len(unpack(pack(many))) == MAX_CHANGES
    assert len(pack(many)) <= 3_600


def test_a_broken_track_is_read_as_far_as_it_goes() -> None:
    data = pack((Change(0.0, 5), Change(1.0, 6)))
    assert unpack(data[:-1]) == (Change(0.0, 5),)
    assert unpack(b"\0\0\xff" + data) == (Change(0.0, 5), Change(1.0, 6))


PROGRESSIONS = {
    "Am F C G Am F C G Am F": "Am F C G",
    "C Am F G Am F C G Am F C G": "G Am F C",
    "C F C F C F": "C F",
    "C F C G C F C G": "C F C G",
    "C D E F G A B": "",
    "C": "",
    "": "",
}


@pytest.mark.parametrize("text", PROGRESSIONS)
def test_the_progression_that_repeats(text: str) -> None:
    codes = [parse_chord(name) or 0 for name in text.split()]
    assert " ".join(map(chord_name, progression(codes))) == PROGRESSIONS[text]


GRIDS = {
    "no tempo": ([], 2.0, [0, 0.5, 1, 1.5, 2]),
    "beats": ([0.5, 1.0, 1.5], 2.1, [0, 0.5, 1, 1.5, 2.1]),
    "beats that end long before": ([0.5, 1.0], 2.6, [0, 0.5, 1, 1.5, 2, 2.6]),
    "slow beats are halved": ([0.0, 1.0, 2.0], 2.9, [0, 0.5, 1, 1.5, 2, 2.5, 2.9]),
    "quick beats are paired": ([0.0, 0.2, 0.4, 0.6], 0.9, [0, 0.4, 0.9]),
}


@pytest.mark.parametrize("name", GRIDS)
def test_beats_fill_the_file(name: str) -> None:
    beats_, seconds, edges = GRIDS[name]
    assert chords.beat_edges(np.array(beats_), seconds) == pytest.approx(np.array(edges, float))
