"""`python -m benchmarks duplicates`: are copies known, and look-alikes told apart, on real sounds?

Takes clips of each source, makes copies of each (COPIES) and what is merely alike (CHANGES), and asks
`archivist.duplicates.same` of every clip with these, and of every two clips of a source whose sketches are near.
What the source itself holds twice counts as found wrongly unless it is equal in every bit, so the precision is a
lower bound: the pairs are listed.
"""

from __future__ import annotations

import argparse
import io
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from archivist.duplicates import RADIUS, doubt, same
from taggers.audio import Samples
from taggers.fingerprint import RATE, Print, fingerprint

Change = Callable[[Samples], Samples]

SEEN = ("hydrogen-drumkits", "philharmonia", "everything-is-remixed", "freepats-oneshots", "sonic-pi-samples")
"""The thresholds were chosen on clips of these, and where tempo is concerned on two clips of LATER."""
LATER = ("lmms-demos", "vsco-subset", "fluidr3-oneshots")
SECONDS = 8
_SEMITONE = 2 ** (1 / 12)
_LONG = 2.0  # seconds: what is shorter has no tempo


def through(form: str, level: float) -> Change:
    """Encoded by libsndfile and back; "MP3" at 0.65 has 128 kbit/s."""

    def change(sound: Samples) -> Samples:
        file = io.BytesIO()
        mode = {"bitrate_mode": "CONSTANT"} if form == "MP3" else {}
        soundfile.write(file, sound, RATE, format=form, compression_level=level, **mode)
        file.seek(0)
        return np.asarray(soundfile.read(file, dtype="float32")[0])

    return change


def wrapped(before: float, after: float) -> Change:
    """With silence of so many seconds at its ends."""
    return lambda sound: np.pad(sound, (round(before * RATE), round(after * RATE)))


def faster(ratio: float) -> Change:
    """As a tape: the pitch goes up with the tempo."""
    return lambda sound: soxr.resample(sound, RATE, RATE / ratio)


def stretched(ratio: float) -> Change:
    """At another tempo and the same pitch (a phase vocoder: J. L. Flanagan, R. M. Golden, 1966)."""

    def change(sound: Samples) -> Samples:
        size, hop = 2_048, 512
        window = np.hanning(size).astype(np.float32)
        sound = np.pad(sound, (size, 2 * size))
        starts = np.arange(0, len(sound) - size - hop - 1, hop * ratio).astype(int)
        out = np.zeros(len(starts) * hop + size, np.float32)
        turn = 2 * np.pi * hop * np.arange(size // 2 + 1) / size
        phase = np.angle(np.fft.rfft(window * sound[:size]))
        for place, start in enumerate(starts.tolist()):
            one, other = (np.fft.rfft(window * sound[at : at + size]) for at in (start, start + hop))
            off = np.angle(other) - np.angle(one) - turn
            phase = phase + turn + (off + np.pi) % (2 * np.pi) - np.pi
            frame = window * np.fft.irfft(np.abs(other) * np.exp(1j * phase))
            out[place * hop : place * hop + size] += frame.astype(np.float32)
        return out[size:] / 1.5  # what the windows add up to

    return change


COPIES: dict[str, Change] = {
    "-6 dB": lambda sound: sound * np.float32(0.5),
    "silence": wrapped(0.3137, 1.0),
    "48 kHz": lambda sound: soxr.resample(soxr.resample(sound, RATE, 48_000), 48_000, RATE),
    "vorbis": lambda sound: through("OGG", 0.6)(sound * np.float32(0.7)),
    "mp3": lambda sound: through("MP3", 0.65)(sound * np.float32(0.7)),
    "flac, vorbis, mp3": lambda sound: through("MP3", 0.65)(
        through("OGG", 0.6)(through("FLAC", 0.5)(sound * np.float32(0.7)))
    ),
    "silence, -6 dB, mp3": lambda sound: through("MP3", 0.65)(wrapped(0.3137, 1.0)(sound) * np.float32(0.5)),
}

CHANGES: dict[str, Change] = {
    "a semitone up": faster(_SEMITONE),
    "a semitone down": faster(1 / _SEMITONE),
    "3 % faster": stretched(1.03),
    "3 % slower": stretched(0.97),
    "the second half": lambda sound: sound[len(sound) // 2 :],
}


@dataclass(frozen=True, slots=True)
class Measured:
    """clips: with a print. known: by copy, how many were found. wrong: "one = other", with their doubt."""

    clips: int
    known: dict[str, int]
    wrong: tuple[tuple[str, float], ...]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks duplicates", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parents[2] / "shared" / "audio")
    parser.add_argument("--clips", type=int, default=60, help="of each source")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    for source in (*SEEN, *LATER):
        found = measure(clips(options.folder / source, options.clips, options.seed))
        recall = "  ".join(f"{name} {count / max(1, found.clips):.3f}" for name, count in found.known.items())
        right = sum(found.known.values())
        print(f"{source}: {found.clips} clips. Copies known: {recall}")
        print(f"  precision {right / max(1, right + len(found.wrong)):.4f}, {len(found.wrong)} other pairs:")
        for pair, how_sure in found.wrong:
            print(f"    {how_sure:.2f} {pair}")


def clips(folder: Path, count: int, seed: int) -> list[Path]:
    files = sorted(folder.rglob("*.ogg"))
    return random.Random(seed).sample(files, min(count, len(files)))


def measure(files: Sequence[Path], changes: Collection[str] = frozenset(CHANGES)) -> Measured:
    """changes: which of CHANGES to make. A held note at another tempo is a shorter copy to any ear."""
    prints: dict[str, Print] = {}
    known = dict.fromkeys(COPIES, 0)
    wrong: list[tuple[str, float]] = []
    for path in files:
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True, frames=SECONDS * 48_000)
        mono = soxr.resample(sound.mean(axis=1), rate, RATE)
        found = fingerprint(mono)
        if isinstance(found, str):
            continue
        prints[path.stem] = found
        for name, copy in COPIES.items():
            other = fingerprint(copy(mono))
            known[name] += isinstance(other, Print) and same(found, other)
        for name in changes:
            if "semitone" not in name and found.length < _LONG:
                continue
            other = fingerprint(CHANGES[name](mono))
            if isinstance(other, Print) and same(found, other):
                wrong.append((f"{path.stem} = {name}", doubt(found, other)))
    return Measured(len(prints), known, (*wrong, *_wrong(prints)))


def _wrong(prints: dict[str, Print]) -> list[tuple[str, float]]:
    from scipy.spatial import cKDTree

    names = list(prints)
    near = cKDTree([prints[name].sketch.astype(np.float32) for name in names]).query_pairs(RADIUS)
    pairs = [(names[i], names[j]) for i, j in sorted(near)]
    doubts = {(a, b): doubt(prints[a], prints[b]) for a, b in pairs if same(prints[a], prints[b])}
    return [(f"{a} = {b}", found) for (a, b), found in doubts.items() if found > 0.0001]
