"""The chords of a file, beat by beat, and the progression that they repeat.

A small network (taggers.chordnet) hears which pitch classes sound in four registers during each beat and the beats
around it; the most likely course of chords through its chances is the track (A. Viterbi, 1967), since chords last
longer than beats. Where no tempo is known, half seconds take the place of beats.

The tag is the progression, "Am F C G"; the whole track goes with the findings as a vector (taggers.chordtrack).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from taggers import constantq
from taggers.base import Findings, Tag, Tagger
from taggers.chordnames import NONE, chord_name
from taggers.chordtrack import Change, chords_of, pack, progression
from taggers.loaded import once
from taggers.vectors import CHORD_TRACK

if TYPE_CHECKING:
    from taggers.audio import Audio
    from taggers.chordnet import Chords

MIN_SECONDS = 2.0
BEAT = (0.28, 0.78)
"""Seconds that a beat may last; longer ones are halved, shorter ones taken in pairs."""
GRID = 0.5
CHANGE = 1.8
"""What a change of chord costs, in nats."""
ONE_SHOT = 0.6
MIN_TONALITY = 0.02
MIN_SHARE = 0.3
"""Of the time that some chord must sound."""
MIN_CONFIDENCE = 0.4
ENGINE = "chord network"
SHOWN = 8
"""Chords of the tag, where none repeat."""
_EDGES = ((43, 55), (60, 72), (79, 91))
"""MIDI pitches between which one register passes into the next."""
_SOFT = 3.0
_AROUND = 8.0  # seconds that are as loud as each other
_QUIET = 0.1  # of the file's level: what lies below is no louder for being alone

Samples = NDArray[np.float32]
Floats = NDArray[np.float32]


# ---------------------------------------------------------------- what the network gets


def fold(mono: Samples, cents: float) -> Floats:
    """Which pitch classes sound in which register, shape (frames, registers, 12), C first, low ones first.

    mono: shape (n,) at 44,100 Hz. cents: its tuning. Frames as taggers.constantq.
    """
    return folded(constantq.pitches(mono, cents))


def folded(pitches: Floats) -> Floats:
    """The same of taggers.constantq.pitches."""
    from scipy.ndimage import uniform_filter1d

    lasting = constantq.tones(pitches)
    on_pitch = lasting.reshape(len(lasting), constantq.SEMITONES, -1).max(axis=2)
    power = np.square(lasting).mean(axis=1)
    around = uniform_filter1d(power, max(1, round(_AROUND * constantq.FRAMES_PER_SECOND)), mode="nearest")
    level = np.sqrt(np.maximum(around, 0)) + _QUIET * np.sqrt(power.mean()) + 1e-6
    loud = np.log1p(on_pitch / (_SOFT * level[:, None]))
    return np.asarray((loud @ _registers()).reshape(len(loud), -1, 12), np.float32)


@lru_cache(maxsize=1)
def _registers() -> Floats:
    """Semitones to registers and pitch classes, shape (SEMITONES, registers * 12)."""
    semitone = np.arange(constantq.SEMITONES)
    midi = semitone + constantq.LOWEST
    above = [np.clip((midi - low) / (high - low), 0, 1) for low, high in _EDGES]
    edges = [np.ones(len(midi)), *above, np.zeros(len(midi))]
    table = np.zeros((len(midi), len(_EDGES) + 1, 12), np.float32)
    for register, (inside, beyond) in enumerate(pairwise(edges)):
        table[semitone, register, midi % 12] = inside - beyond
    return table.reshape(len(midi), -1)


def averaged(folded: Floats, edges: NDArray[np.floating]) -> Floats:
    """The mean over each beat, shape (beats, registers, 12). edges: seconds, shape (beats + 1,), rising."""
    places = np.round(np.asarray(edges) * constantq.FRAMES_PER_SECOND).astype(int).clip(0, len(folded) - 1)
    sums = np.concatenate((np.zeros((1, *folded.shape[1:])), np.cumsum(folded, axis=0, dtype=np.float64)))
    first, last = places[:-1], np.maximum(places[1:], places[:-1] + 1)
    return np.asarray((sums[last] - sums[first]) / (last - first)[:, None, None], np.float32)


def beat_edges(beats: NDArray[np.floating], seconds: float) -> NDArray[np.float64]:
    """Where one beat ends and the next begins, from 0 to `seconds`; every GRID seconds where no beat is known."""
    if len(beats) < 2:
        return np.append(np.arange(0, max(seconds - GRID / 2, GRID / 2), GRID), seconds)
    step = float(np.median(np.diff(beats)))
    if step < BEAT[0]:
        return beat_edges(beats[::2], seconds)
    if step > BEAT[1]:
        between = (beats[:-1] + beats[1:]) / 2
        return beat_edges(np.sort(np.concatenate((beats, between))), seconds)
    before = np.arange(beats[0] - step, 0, -step)[::-1]
    after = np.arange(beats[-1] + step, seconds, step)
    inside = np.concatenate((before, beats, after))
    inside = inside[(inside > step / 3) & (inside < seconds - step / 3)]
    return np.concatenate(([0.0], inside, [seconds]))


# ---------------------------------------------------------------- hearing


def chances(beats: Floats, net: Chords | None = None) -> NDArray[np.float64]:
    """The logarithm of each chord's chance in each beat, shape (beats, CHORDS). beats: as `averaged` makes them.

    net: another than the shipped one.
    """
    import torch

    with torch.inference_mode():
        logits = (net or network())(torch.from_numpy(beats).permute(1, 0, 2)[None])[0]
        return torch.log_softmax(logits.double(), dim=1).numpy()


def course(chances: NDArray[np.float64], change: float = CHANGE) -> NDArray[np.int64]:
    """The most likely chord of each beat, shape (beats,), where each change costs `change`."""
    score = chances[0].copy()
    came = np.zeros(chances.shape, np.int64)
    stays = np.arange(chances.shape[1])
    for beat in range(1, len(chances)):
        best = int(score.argmax())
        moved = score[best] - change > score
        came[beat] = np.where(moved, best, stays)
        score = np.maximum(score, score[best] - change) + chances[beat]
    path = np.empty(len(chances), np.int64)
    path[-1] = score.argmax()
    for beat in range(len(chances) - 1, 0, -1):
        path[beat - 1] = came[beat, path[beat]]
    return path


@once
def network() -> Chords:
    """As weights/chords.pt has it, read once a process."""
    from taggers.chordnet import Chords

    net = Chords()
    net.load_state_dict(_held()["state"])
    return net.eval()


def _held() -> dict[str, Any]:
    from taggers.model import load

    return load("chords")


def tag(audio: Audio) -> Findings:
    found = _hear(audio)
    if isinstance(found, str):
        return Findings(abstained={"chords": found})
    changes, confidence = found
    chords = chords_of(changes)
    repeated = progression(chords)
    names = " ".join(map(chord_name, repeated or chords[:SHOWN]))
    more = "" if repeated or len(chords) <= SHOWN else " …"
    return Findings(
        (Tag("chords", names + more, round(confidence, 3), engine=ENGINE),), vectors={CHORD_TRACK: pack(changes)}
    )


def _hear(audio: Audio) -> tuple[tuple[Change, ...], float] | str:
    """(each change, the share of the time that is likely right), or why there are none."""
    if audio.duration < MIN_SECONDS:
        return "shorter than 2 s"
    if len(audio.excerpts) > 1:
        return "longer than 16 minutes: heard in excerpts only"
    if audio.kind.get("one-shot", 0.0) >= ONE_SHOT:
        return "a single sound"
    if audio.harmony.tonality < MIN_TONALITY:
        return "no tones: silence, noise or percussion"
    edges = beat_edges(audio.beats, len(audio.mono) / constantq.RATE)
    logs = chances(averaged(folded(audio.pitches), edges))
    path = course(logs)
    sounding = path != NONE
    if sounding.mean() < MIN_SHARE:
        return "percussion, speech or single notes"
    confidence = calibrate(np.exp(logs[np.arange(len(path)), path])[sounding].mean())
    if confidence < MIN_CONFIDENCE:
        return "none that is clear"
    starts = np.flatnonzero(np.diff(path, prepend=-1))
    return tuple(Change(float(edges[start]), int(path[start])) for start in starts), confidence


def calibrate(chance: float) -> float:
    """The share of the time that is right, by the mean chance of the chords along the way."""
    bias, scale = _held()["calibration"]
    odds = np.log(max(chance, 1e-6) / max(1 - chance, 1e-6))
    return float(1 / (1 + np.exp(-(bias + scale * odds))))


TAGGER = Tagger("chords", version=1, fields=("chords",), tag=tag, vectors=(CHORD_TRACK,))
