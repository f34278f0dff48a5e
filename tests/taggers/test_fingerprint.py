"""A print is the same for a copy in another dress, and another for what is merely alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import soxr

from archivist.duplicates import doubt, errors, likeness, same
from benchmarks.duplicates import CHANGES, clips, measure, through, wrapped
from fixtures.synth import drums, instruments
from taggers.audio import Samples
from taggers.fingerprint import RATE, Print, fingerprint, unpack
from tests.corpus import corpus
from tests.taggers.signals import beats, noise, speech

Change = Callable[[Samples], Samples]


def note(pitch: int, seed: int = 1) -> Samples:
    return np.asarray(instruments.plucked_bass(pitch, 0.8, RATE, np.random.default_rng(seed)), np.float32)


def drum(name: str, seed: int) -> Samples:
    return np.asarray(drums.DRUMS[name].sound(RATE, np.random.default_rng(seed)), np.float32)


SOUNDS: dict[str, Callable[[], Samples]] = {
    "kick": lambda: drum("kick", 1),
    "snare": lambda: drum("snare", 1),
    "hat": lambda: drum("hat", 1),
    "50 ms": lambda: drum("rim", 1)[: RATE // 20],
    "note": lambda: note(40),
    "loop": lambda: beats(120, 6).astype(np.float32),
    "speech": lambda: speech(8).astype(np.float32),
}

COPIES: dict[str, Change] = {
    "6 dB quieter": lambda sound: sound * np.float32(0.5),
    "silence at both ends": wrapped(0.3137, 2.0),
    "over 48 kHz": lambda sound: soxr.resample(soxr.resample(sound, RATE, 48_000), 48_000, RATE),
    "16 bit": lambda sound: np.round(sound * 3_276).astype(np.float32) / np.float32(32_768),
    "vorbis": lambda sound: through("OGG", 0.5)(sound * np.float32(0.5)),
    "mp3": lambda sound: through("MP3", 0.4)(sound * np.float32(0.5)),
}


def heard(sound: Samples) -> Print:
    found = fingerprint(sound)
    assert isinstance(found, Print), found
    return found


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("name", SOUNDS)
def test_a_copy_is_known(name: str, copy: str) -> None:
    sound = SOUNDS[name]()
    one, other = heard(sound), heard(COPIES[copy](sound))
    assert same(one, other), (doubt(one, other), errors(one, other), likeness(one, other))


LOOKALIKES: dict[str, Callable[[], tuple[Samples, Samples]]] = {
    "another hit of the snare": lambda: (drum("snare", 1), drum("snare", 2)),
    "another hit of the hat": lambda: (drum("hat", 1), drum("hat", 2)),
    "another hit of the kick": lambda: (drum("kick", 1), drum("kick", 2)),
    "another note": lambda: (note(40), note(43)),
    "a semitone up": lambda: (note(40), note(41)),
    "the same note played again": lambda: (note(40, 1), note(40, 2)),
    "another tempo": lambda: (beats(120, 6).astype(np.float32), beats(126, 6).astype(np.float32)),
    "the loop a semitone up": lambda: (
        beats(120, 6).astype(np.float32),
        soxr.resample(beats(120, 6).astype(np.float32), RATE, RATE / 2 ** (1 / 12)),
    ),
    "only the first half": lambda: (speech(8).astype(np.float32), speech(8)[: 4 * RATE].astype(np.float32)),
}


@pytest.mark.parametrize("pair", LOOKALIKES)
def test_a_lookalike_is_told_apart(pair: str) -> None:
    one, other = map(heard, LOOKALIKES[pair]())
    assert not same(one, other), (doubt(one, other), errors(one, other), likeness(one, other))


SILENT = {
    "digital silence": (np.zeros(RATE, np.float32), "silence"),
    "noise below -75 dBFS": (noise(1, 1e-5).astype(np.float32), "silence"),
    "a click of 2 ms": (np.pad(noise(0.002).astype(np.float32), 5_000), "shorter than 10 ms"),
    "nothing": (np.zeros(0, np.float32), "silence"),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_has_no_sound_has_no_print_but_a_reason(name: str) -> None:
    sound, reason = SILENT[name]
    found = fingerprint(sound)
    assert isinstance(found, str)
    assert reason in found


@pytest.mark.parametrize("length", [0.05, 0.3, 5, 200])
def test_a_print_is_small_and_comes_back_whole(length: float) -> None:
    one = heard(noise(length).astype(np.float32))
    data = one.pack()
    assert len(data) <= 4_200
    assert unpack(data).pack() == data


NOTES = frozenset(name for name in CHANGES if "%" not in name)
# source: (clips, changes, copies that may stay unknown: one of 280 did)
REAL = {
    "vsco-subset": (10, NOTES, 0),
    "fluidr3-oneshots": (10, NOTES, 0),
    "sonic-pi-samples": (10, frozenset(CHANGES), 1),
    "lmms-demos": (10, frozenset(CHANGES), 0),
}
"""The clips are drawn by a seed of their own."""


@pytest.mark.slow
@pytest.mark.parametrize("source", REAL)
def test_real_sounds_are_known_in_every_dress_and_lookalikes_are_not(source: str) -> None:
    count, changes, unknown = REAL[source]
    found = measure(clips(corpus("audio", source), count, seed=7), changes)
    assert found.clips == count
    assert sum(found.known.values()) >= len(found.known) * count - unknown, found.known
    assert not found.wrong
