"""Renders labelled clips for training the instrument tagger, from sound fonts, synthesizers and speech engines.

    python -m taggers.training.render OUTDIR [SOURCE ...]

With sources named it renders only those, and keeps what the manifest says of the others. OUTDIR gets mono 16-bit
FLACs at 44,100 Hz (one-shots of at most 4 s, phrases of at most 6 s) and manifest.csv (path, source, kind,
instruments: the specific slug first, then its family). What it renders with are Debian packages: fluidsynth and
five sound font packages, lmms, flite, espeak-ng, festival, sox. Same command, same clips. Times are in seconds,
pitches are MIDI keys, velocities 1 to 127. Programs and presets whose meaning is doubtful are left out: a wrong
label costs more than a missing clip.
"""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

import csv
import gzip
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

RATE = 44100
PROCESSES = 2
SILENT = 0.003
LONGEST = {"one-shot": 4.0, "loop": 6.0}
GAP = 1.5
"""Between two clips of one render, for the reverb of the one before."""
FADE = 0.02

FONTS = {
    "musescore-general": "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
    "timgm6mb": "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "generaluser": "/usr/share/minuet/soundfonts/GeneralUser-v1.47.sf2",
    "csound-gm": "/usr/share/sounds/sf2/sf_GMbank.sf2",
}
KITS = {
    "musescore-general": (0, 1, 8, 16, 24, 25, 32, 40),
    "timgm6mb": (0, 8, 16, 24, 25, 32, 40),
    "generaluser": (0, 1, 8, 16, 24, 25, 26, 32, 40),
    "csound-gm": (0, 8, 16, 24, 25, 32, 40),
}
AVL_FONTS = ("/usr/share/sounds/sf2/Black_Pearl_4_LV2.sf2", "/usr/share/sounds/sf2/Red_Zeppelin_4_LV2.sf2")
BRUSH_KIT = 40
DRUM_CHANNEL = 9

# Programs first to last, instruments, how they are played, lowest and highest key.
# As audio/manifest.csv maps fluidr3-oneshots. 118 (synth drum) is left out: its fonts disagree on what it is.
PROGRAMS = (
    (0, 3, "piano", "keys", 33, 90),
    (4, 5, "electric-piano", "keys", 36, 84),
    (6, 6, "other", "keys", 40, 84),
    (7, 7, "electric-piano", "keys", 36, 80),
    (8, 10, "mallets", "mallets", 60, 96),
    (11, 12, "mallets", "mallets", 48, 89),
    (13, 13, "mallets", "mallets", 60, 96),
    (14, 14, "mallets", "mallets", 55, 79),
    (15, 15, "other", "mallets", 48, 84),
    (16, 20, "organ", "keys", 36, 84),
    (21, 23, "reeds", "line", 52, 84),
    (24, 25, "acoustic-guitar", "guitar", 40, 79),
    (26, 31, "electric-guitar", "guitar", 40, 79),
    (32, 32, "bass;strings", "bass", 28, 52),
    (33, 37, "bass", "bass", 28, 55),
    (38, 39, "bass;synth", "bass", 24, 55),
    (40, 40, "violin;strings", "line", 55, 93),
    (41, 41, "strings", "line", 48, 81),
    (42, 42, "cello;strings", "line", 36, 72),
    (43, 43, "bass;strings", "bass", 28, 55),
    (44, 44, "strings", "section", 40, 84),
    (45, 45, "strings", "line", 40, 84),
    (46, 46, "harp", "harp", 36, 89),
    (47, 47, "percussion", "hits", 38, 57),
    (48, 49, "strings", "section", 36, 86),
    (50, 51, "strings;synth", "section", 36, 86),
    (52, 53, "choir;vocals", "section", 45, 79),
    (54, 54, "choir;synth", "section", 45, 79),
    (55, 55, "other", "hits", 40, 76),
    (56, 56, "trumpet;brass", "line", 54, 84),
    (57, 57, "brass", "line", 40, 72),
    (58, 58, "brass", "line", 28, 58),
    (59, 59, "trumpet;brass", "line", 54, 82),
    (60, 60, "brass", "line", 41, 77),
    (61, 61, "brass", "section", 40, 79),
    (62, 63, "brass;synth", "section", 40, 84),
    (64, 64, "saxophone;reeds", "line", 56, 87),
    (65, 65, "saxophone;reeds", "line", 49, 80),
    (66, 66, "saxophone;reeds", "line", 44, 75),
    (67, 67, "saxophone;reeds", "line", 36, 68),
    (68, 68, "reeds", "line", 58, 88),
    (69, 69, "reeds", "line", 52, 81),
    (70, 70, "reeds", "line", 34, 70),
    (71, 71, "clarinet;reeds", "line", 50, 88),
    (72, 72, "flute", "line", 74, 100),
    (73, 75, "flute", "line", 60, 93),
    (76, 79, "flute", "line", 60, 88),
    (80, 87, "synth", "lead", 36, 88),
    (88, 95, "pad;synth", "pad", 40, 84),
    (96, 103, "synth;fx", "pad", 40, 84),
    (104, 107, "other", "guitar", 45, 79),
    (108, 108, "mallets", "mallets", 55, 84),
    (109, 109, "reeds", "line", 55, 79),
    (110, 110, "violin;strings", "line", 55, 88),
    (111, 111, "reeds", "line", 55, 81),
    (112, 113, "percussion", "hits", 55, 80),
    (114, 114, "mallets", "mallets", 52, 80),
    (115, 116, "percussion", "hits", 45, 76),
    (117, 117, "tom;drums", "hits", 40, 72),
    (119, 119, "cymbal;drums;fx", "single", 50, 76),
    (120, 127, "fx", "single", 45, 76),
)
PIECES = {
    "kick": (35, 36),
    "snare": (38, 40),
    "clap": (39,),
    "hihat": (42, 44, 46),
    "tom": (41, 43, 45, 47, 48, 50),
    "cymbal": (49, 51, 52, 53, 55, 57, 59),
    "percussion": (37, 54, 56, 58, *range(60, 82)),
}
# AVL's own map: 48 is a swished hi-hat, and 50, 52 and 58, left out, are choked cymbals.
AVL_PIECES = {
    "kick": (36,),
    "snare": (38, 40),
    "clap": (39,),
    "hihat": (42, 44, 46, 48),
    "tom": (41, 43, 45, 47),
    "cymbal": (49, 51, 53, 55, 57, 59, 60),
    "percussion": (37, 54, 56),
}
SINGLE_PATTERNS = 12
GROOVES = 40

SCALES = (
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 3, 5, 7, 9, 10),
    (0, 3, 5, 7, 10),
    (0, 2, 4, 7, 9),
    (0, 2, 3, 5, 7, 8, 11),
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Note:
    start: float
    length: float
    key: int
    velocity: int


@dataclass(frozen=True)
class Clip:
    name: str
    source: str
    kind: str
    instruments: str
    notes: tuple[Note, ...]
    program: int = 0
    drums: bool = False
    modulation: int = 0
    preset: str = ""


@dataclass(frozen=True)
class Job:
    """What one run of a renderer makes."""

    engine: str
    resource: str
    clips: tuple[Clip, ...]
    folder: Path
    seed: int


@dataclass(frozen=True)
class Result:
    rows: tuple[tuple[str, str, str, str], ...]
    dropped: int


def main(folder: Path, only: Sequence[str] = ()) -> None:
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    dropped = 0
    rows = _rows_of_others(folder, only)
    stages = [*_font_stages(folder), _avl_jobs(folder), _speech_jobs(folder), *_lmms_stages(folder)]
    with multiprocessing.Pool(PROCESSES) as pool:
        for stage in stages:
            jobs = [job for job in stage if not only or job.clips[0].source in only]
            if not jobs:
                continue
            for result in pool.imap_unordered(render, jobs):
                rows += result.rows
                dropped += result.dropped
            _write_manifest(folder, sorted(rows))
            print(f"{time.monotonic() - began:5.0f} s: {len(rows)} clips, {dropped} dropped", flush=True)
    counts = Counter((source, instruments.split(";")[0]) for _, source, _, instruments in rows)
    for (source, slug), count in sorted(counts.items()):
        print(f"{source:20} {slug:18} {count:5}")


def render(job: Job) -> Result:
    """Everything of one job, cut and written; a clip that came out silent is dropped."""
    rng = random.Random(job.seed)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            cuts = ENGINES[job.engine](job, Path(scratch), rng)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            # A preset can bring its synthesizer down; the other jobs go on.
            print(f"{job.clips[0].name} ...: {error}", flush=True)
            return Result((), len(job.clips))
    rows = []
    for clip, sound in zip(job.clips, cuts, strict=True):
        finished = finish(sound, clip.kind, rng)
        if finished is None:
            continue
        path = Path(clip.source) / f"{clip.name}.flac"
        (job.folder / path).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(job.folder / path, finished, RATE, subtype="PCM_16")
        rows.append((str(path), clip.source, clip.kind, clip.instruments))
    return Result(tuple(rows), len(job.clips) - len(rows))


def finish(sound: Floats, kind: str, rng: random.Random) -> Floats | None:
    """Trimmed of silence, faded where cut, at a random level."""
    level = 10 ** (rng.uniform(-18, -1) / 20)
    if not len(sound) or (peak := float(np.abs(sound).max())) < SILENT:
        return None
    heard = np.flatnonzero(np.abs(sound) > peak * 0.002)
    begin = max(0, heard[0] - int(0.005 * RATE))
    sound = sound[begin : min(heard[-1] + 1, begin + int(LONGEST[kind] * RATE))]
    if len(sound) < 0.03 * RATE:
        return None
    fade = min(int(FADE * RATE), len(sound) // 4)
    sound = sound.copy()
    sound[-fade:] *= np.linspace(1, 0, fade)
    peak = float(np.abs(sound).max())
    return sound * (level / peak) if peak >= SILENT else None


def _rows_of_others(folder: Path, rendered: Sequence[str]) -> list[tuple[str, str, str, str]]:
    if not rendered or not (folder / "manifest.csv").exists():
        return []
    with (folder / "manifest.csv").open(newline="") as file:
        rows = [(row["path"], row["source"], row["kind"], row["instruments"]) for row in csv.DictReader(file)]
    return [row for row in rows if row[1] not in rendered]


def _write_manifest(folder: Path, rows: Sequence[tuple[str, str, str, str]]) -> None:
    # Replaced whole, for whoever reads it while we go on.
    partial = folder / "manifest.csv.partial"
    with partial.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "source", "kind", "instruments"))
        writer.writerows(rows)
    partial.replace(folder / "manifest.csv")


def _mono(path: Path) -> Floats:
    sound, rate = soundfile.read(path, dtype="float64", always_2d=True)
    mono = sound.mean(axis=1)
    return mono if rate == RATE else np.asarray(resample_poly(mono, RATE, rate))


# What is played


def _phrase(rng: random.Random, style: str, low: int, high: int) -> tuple[Note, ...]:
    beat = 60 / rng.uniform(70, 170)
    length = rng.uniform(4, 5.7)
    scale = rng.choice(SCALES)
    root = rng.randrange(12)
    keys = [key for key in range(low, high + 1) if (key - root) % 12 in scale]
    way = rng.choice(WAYS[style])
    if way == "bass":
        return _line(rng, keys[: max(5, len(keys) * 2 // 3)], beat, length, repeated=0.45)
    if way == "line":
        span = rng.randrange(6, 12)
        first = rng.randrange(max(1, len(keys) - span))
        return _line(rng, keys[first : first + span], beat, length, repeated=0.12)
    if way == "hits":
        return _line(rng, rng.sample(keys, min(len(keys), rng.randrange(1, 4))), beat, length, repeated=0.4)
    return _harmony(rng, keys, beat, length, way)


WAYS = {
    "keys": ("comping", "arpeggio", "held", "comping", "line"),
    "guitar": ("strum", "arpeggio", "line", "strum", "comping"),
    "mallets": ("line", "arpeggio", "line", "comping"),
    "harp": ("arpeggio", "strum", "arpeggio", "line"),
    "section": ("held", "line", "comping", "held"),
    "pad": ("held", "held", "held", "arpeggio"),
    "lead": ("line", "line", "arpeggio", "bass"),
    "line": ("line",),
    "bass": ("bass", "bass", "line"),
    "hits": ("hits",),
}


def _velocity(rng: random.Random, around: int) -> int:
    return min(127, max(30, round(rng.gauss(around, 9))))


def _line(rng: random.Random, keys: list[int], beat: float, length: float, repeated: float) -> tuple[Note, ...]:
    units = rng.choice(((1.0, 0.5), (0.5, 0.5, 1.0), (0.5, 0.25, 0.25), (1.0, 2.0, 0.5), (0.25, 0.5), (2.0, 1.0)))
    gate = rng.choice((0.25, 0.5, 0.8, 0.95, 1.02))
    around = rng.randrange(60, 115)
    index = rng.randrange(len(keys))
    notes: list[Note] = []
    at = 0.0
    while at < length - 0.15:
        duration = min(rng.choice(units) * beat, length - at)
        if not notes or rng.random() > 0.12:
            begin = max(0.0, at + rng.gauss(0, 0.008))
            held = max(0.05, duration * gate * rng.uniform(0.9, 1.05))
            notes.append(Note(begin, held, keys[index], _velocity(rng, around)))
        if rng.random() > repeated:
            step = rng.choice((-3, -2, -1, -1, 1, 1, 2, 3, rng.choice((-5, 5))))
            index = min(len(keys) - 1, max(0, index + step))
        at += duration
    return tuple(notes)


def _harmony(rng: random.Random, keys: list[int], beat: float, length: float, way: str) -> tuple[Note, ...]:
    around = rng.randrange(55, 112)
    each = rng.choice((2, 4)) * beat if way != "held" else rng.uniform(1.2, 5.0)
    step = rng.choice((0.25, 0.5)) * beat
    gate = rng.choice((0.3, 0.6, 0.9))
    low_half = max(1, len(keys) - 10)
    rhythm = [rng.random() for _ in range(16)]
    notes, at = [], 0.0
    while at < length - 0.2:
        root = rng.randrange(low_half)
        chord = [keys[index] for index in (root, root + 2, root + 4, root + 7, root + 9) if index < len(keys)]
        chord = chord[: rng.randrange(3, 6)]
        until = min(at + each, length)
        if way == "held":
            for key in chord:
                begin = at + abs(rng.gauss(0, 0.012))
                notes.append(Note(begin, max(0.1, until - begin - 0.02), key, _velocity(rng, around)))
        elif way == "arpeggio":
            order = chord + (chord[-2:0:-1] if rng.random() < 0.5 else [])
            for turn in range(int((until - at) / max(step, 0.09))):
                begin = max(0.0, at + turn * max(step, 0.09) + rng.gauss(0, 0.006))
                held = each if gate > 0.8 else step * gate * 2
                held = max(0.05, min(held, length - begin))
                notes.append(Note(begin, held, order[turn % len(order)], _velocity(rng, around)))
        else:
            for turn in range(max(1, int((until - at) / (beat / 2)))):
                if turn and rhythm[turn % 16] > 0.55:
                    continue
                begin, spread = at + turn * beat / 2, rng.uniform(0.008, 0.03) if way == "strum" else 0.004
                played = chord if turn % 2 == 0 else chord[::-1]
                for place, key in enumerate(played):
                    start = max(0.0, begin + place * spread + rng.gauss(0, 0.003))
                    notes.append(Note(start, max(0.05, beat / 2 * gate), key, _velocity(rng, around)))
        at = until if until > at else length
    return tuple(notes)


def _single_pattern(rng: random.Random, piece: str, keys: Sequence[int]) -> tuple[Note, ...]:
    beat, length = 60 / rng.uniform(70, 170), rng.uniform(4, 5.6)
    density = {"kick": 0.3, "snare": 0.25, "clap": 0.2, "hihat": 0.7, "cymbal": 0.2}.get(piece, 0.45)
    density *= rng.uniform(0.6, 1.5)
    most = 1 if piece in ("kick", "snare", "clap") else min(len(keys), rng.randrange(1, 5))
    used = rng.sample(list(keys), most)
    pattern = [(step, rng.choice(used)) for step in range(16) if rng.random() < density] or [(0, used[0])]
    if piece in ("hihat", "cymbal") and rng.random() < 0.5:
        pattern = [(step, used[0]) for step in range(0, 16, rng.choice((1, 2, 4)))]
    return _looped(rng, pattern, beat, length)


def _groove(rng: random.Random, pieces: dict[str, tuple[int, ...]], brush: bool) -> tuple[Note, ...]:
    beat, length = 60 / rng.uniform(75, 170), rng.uniform(4.2, 5.6)
    kick = rng.choice(pieces["kick"])
    back = rng.choice(pieces["clap"] if rng.random() < 0.2 and not brush else pieces["snare"])
    kicks = rng.choice(((0, 4, 8, 12), (0, 8), (0, 6, 8), (0, 7, 10), (0, 3, 8, 11), (0, 10)))
    pattern = [(step, kick) for step in kicks]
    pattern += [(step, back) for step in rng.choice(((4, 12), (4, 12), (8,), (4, 12, 15), (4, 7, 12)))]
    if rng.random() < 0.85:
        ride = rng.random() < 0.25
        stick = 51 if ride else 42
        pattern += [(step, stick) for step in range(0, 16, rng.choice((1, 2, 2, 4)))]
        if not ride and rng.random() < 0.5:
            pattern.append((rng.choice((6, 14)), 46))
    if rng.random() < 0.3:
        pattern += [(step, rng.choice(pieces["tom"])) for step in range(12, 16) if rng.random() < 0.8]
    if rng.random() < 0.3:
        pattern.append((0, rng.choice((49, 57))))
    if rng.random() < 0.3:
        hand = rng.choice(pieces["percussion"])
        pattern += [(step, hand) for step in range(16) if rng.random() < 0.35]
    return _looped(rng, sorted(set(pattern)), beat, length)


def _looped(rng: random.Random, pattern: list[tuple[int, int]], beat: float, length: float) -> tuple[Note, ...]:
    swing = rng.choice((0.0, 0.0, 0.1, 0.2)) * beat / 4
    around = {key: rng.randrange(65, 118) for _, key in sorted(pattern)}
    notes = []
    for bar in range(8):
        for step, key in pattern:
            at = (bar * 16 + step) * beat / 4 + swing * (step % 2) + abs(rng.gauss(0, 0.004))
            if at < length and rng.random() < 0.96:
                notes.append(Note(at, 0.2, key, _velocity(rng, around[key])))
    return tuple(notes) or (Note(0.0, 0.2, pattern[0][1], 100),)


# Sound fonts


def _font_stages(folder: Path) -> list[list[Job]]:
    stages = []
    for number, (source, font) in enumerate(FONTS.items()):
        rng = random.Random(1000 + number)
        melodic = [clip for row in PROGRAMS for clip in _program_clips(rng, source, row)]
        drums = _drum_clips(rng, source, PIECES, KITS[source], velocities=2)
        rng.shuffle(melodic)
        rng.shuffle(drums)
        stages.append(_split(folder, "fluidsynth", font, melodic + drums, 110, 10000 + number * 100))
    return stages


def _avl_jobs(folder: Path) -> list[Job]:
    jobs = []
    for number, font in enumerate(AVL_FONTS):
        rng = random.Random(2000 + number)
        name = Path(font).stem.lower().split("_lv2")[0] + "-"
        clips = _drum_clips(rng, "avldrums", AVL_PIECES, (0,), velocities=4, prefix=name, drums=False)
        jobs += _split(folder, "fluidsynth", font, clips, 120, 20000 + number * 100)
    return jobs


def _split(folder: Path, engine: str, resource: str, clips: list[Clip], size: int, seed: int) -> list[Job]:
    parts = [clips[at : at + size] for at in range(0, len(clips), size)]
    return [Job(engine, resource, tuple(part), folder, seed + place) for place, part in enumerate(parts)]


def _program_clips(rng: random.Random, source: str, row: tuple[int, int, str, str, int, int]) -> list[Clip]:
    first, last, instruments, style, low, high = row
    clips = []
    for program in range(first, last + 1):
        for take in range(3):
            note = Note(0.0, rng.uniform(0.2, 3.0), rng.randrange(low, high + 1), rng.randrange(50, 128))
            name = f"p{program:03}_n{note.key}_v{note.velocity}_{take}"
            clips.append(Clip(name, source, "one-shot", instruments, (note,), program))
        for take in range(0 if style == "single" else 4):
            notes = _phrase(rng, style, low, high)
            vibrato = rng.randrange(20, 90) if rng.random() < 0.25 else 0
            name = f"p{program:03}_phrase_{take}"
            clips.append(Clip(name, source, "loop", instruments, notes, program, modulation=vibrato))
    return clips


def _drum_clips(
    rng: random.Random,
    source: str,
    pieces: dict[str, tuple[int, ...]],
    kits: tuple[int, ...],
    velocities: int,
    prefix: str = "",
    drums: bool = True,
) -> list[Clip]:
    slugs = {key: piece for piece, keys in pieces.items() for key in keys}
    clips = []
    for kit in kits:
        for key, piece in slugs.items():
            # A brush kit slaps where others clap.
            if kit == BRUSH_KIT and piece == "clap":
                continue
            for take in range(velocities):
                velocity = 127 - round(take * 80 / velocities) - rng.randrange(15)
                name = f"{prefix}kit{kit:02}_n{key}_v{velocity}_{take}"
                note = Note(0.0, rng.uniform(0.3, 1.5), key, velocity)
                clips.append(Clip(name, source, "one-shot", f"{piece};drums", (note,), kit, drums=drums))
    for piece, keys in pieces.items():
        for take in range(SINGLE_PATTERNS):
            kit = rng.choice([kit for kit in kits if kit != BRUSH_KIT or piece != "clap"])
            notes = _single_pattern(rng, piece, keys)
            clips.append(
                Clip(f"{prefix}{piece}_{take:02}", source, "loop", f"{piece};drums", notes, kit, drums=drums)
            )
    for take in range(GROOVES):
        kit = rng.choice(kits)
        notes = _groove(rng, pieces, kit == BRUSH_KIT)
        heard = {slugs[note.key] for note in notes}
        labels = ";".join([piece for piece in pieces if piece in heard] + ["drums"])
        clips.append(Clip(f"{prefix}groove_{take:02}", source, "loop", labels, notes, kit, drums=drums))
    return clips


def _fluidsynth(job: Job, scratch: Path, rng: random.Random) -> list[Floats]:
    events: list[tuple[float, int, bytes]] = []
    cuts, at = [], 0.2
    for clip in job.clips:
        channel = DRUM_CHANNEL if clip.drums else 0
        begin = at - 0.1
        events.append((begin, 1, bytes((0xB0 | channel, 120, 0))))
        events.append((begin, 2, bytes((0xB0 | channel, 1, clip.modulation))))
        events.append((begin, 3, bytes((0xC0 | channel, clip.program))))
        for note in clip.notes:
            events.append((at + note.start, 5, bytes((0x90 | channel, note.key, note.velocity))))
            events.append((at + note.start + note.length, 4, bytes((0x80 | channel, note.key, 0))))
        ends = max(note.start + note.length for note in clip.notes)
        length = min(LONGEST[clip.kind], ends + 2.5)
        cuts.append((at - 0.005, length + 0.005))
        at += length + GAP
    # Something to wait for, so that the render does not end with the last note.
    events.append((at, 1, bytes((0xB0, 120, 0))))
    (scratch / "clips.mid").write_bytes(_midi(events))
    out = scratch / "clips.wav"
    effects = str(rng.randrange(2))
    # Float, since a loud chord would clip 16 bits.
    command = ["fluidsynth", "-ni", "-q", "-F", str(out), "-T", "wav", "-O", "float", "-r", str(RATE)]
    command += ["-g", "0.5", "-R", effects, "-C", effects, "-o", "synth.dynamic-sample-loading=1"]
    command += [job.resource, str(scratch / "clips.mid")]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    sound = _mono(out)
    return [sound[int(start * RATE) : int((start + length) * RATE)] for start, length in cuts]


def _midi(events: list[tuple[float, int, bytes]]) -> bytes:
    """A MIDI file of one track, in milliseconds."""
    track = bytearray(b"\x00\xff\x51\x03" + (1_000_000).to_bytes(3, "big"))
    now = 0
    for when, _, message in sorted(events, key=lambda event: (round(event[0] * 1000), event[1])):
        track += _variable(round(when * 1000) - now) + message
        now = round(when * 1000)
    track += b"\x00\xff\x2f\x00"
    head = b"MThd" + (6).to_bytes(4, "big") + b"\x00\x00\x00\x01" + (1000).to_bytes(2, "big")
    return head + b"MTrk" + len(track).to_bytes(4, "big") + bytes(track)


def _variable(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


# Speech

SPEECH_CLIPS = 180
FLITE_VOICES = ("kal", "kal16", "awb", "rms", "slt")
ESPEAK_VOICES = (
    "en-us",
    "en-gb",
    "en-us+f2",
    "en-us+m3",
    "en-gb+f4",
    "de",
    "fr+f3",
    "it",
    "es+m7",
    "pt-br+f1",
    "sv",
)
FESTIVAL_VOICES = ("voice_kal_diphone", "voice_cmu_us_slt_arctic_hts", "voice_lp_diphone")
WHO = (
    "nobody",
    "the river",
    "my neighbour",
    "a slow machine",
    "the morning",
    "every signal",
    "our captain",
    "she",
)
DOES = ("carries", "remembers", "follows", "has broken", "is calling", "wanted", "leaves", "never hears")
WHAT = (
    "the other side",
    "a yellow lamp",
    "all of the rooms",
    "what you said",
    "seven small boats",
    "me",
    "the noise",
)
WHEN = (
    "tonight",
    "again and again",
    "without a sound",
    "until we go",
    "in the rain",
    "oh yeah",
    "one more time",
    "now",
)
SUNG = ("la", "oh", "no", "love", "you", "day", "night", "home", "fly", "me", "time", "rain")


def _speech_jobs(folder: Path) -> list[Job]:
    clips = [Clip(f"voice_{number:03}", "voices-speech", "loop", "vocals", ()) for number in range(SPEECH_CLIPS)]
    return _split(folder, "speech", "", clips, 30, 30000)


def _speech(job: Job, scratch: Path, rng: random.Random) -> list[Floats]:
    cuts = []
    for number in range(len(job.clips)):
        spoken, bent = scratch / f"{number}.wav", scratch / f"{number}-bent.wav"
        text = f"{rng.choice(WHO)} {rng.choice(DOES)} {rng.choice(WHAT)} {rng.choice(WHEN)}"
        way = rng.choice(("flite", "flite", "espeak", "espeak", "festival", "singing", "singing"))
        if way == "flite":
            stretch = f"duration_stretch={rng.uniform(0.8, 1.5):.2f}"
            command = [
                "flite",
                "-voice",
                rng.choice(FLITE_VOICES),
                "--setf",
                stretch,
                "-t",
                text,
                "-o",
                str(spoken),
            ]
        elif way == "espeak":
            command = ["espeak-ng", "-v", rng.choice(ESPEAK_VOICES), "-s", str(rng.randrange(100, 190))]
            command += ["-p", str(rng.randrange(15, 85)), "-w", str(spoken), text]
        elif way == "festival":
            source = scratch / f"{number}.txt"
            source.write_text(text + "\n")
            command = ["text2wave", "-eval", f"({rng.choice(FESTIVAL_VOICES)})", str(source), "-o", str(spoken)]
        else:
            source = scratch / f"{number}.xml"
            source.write_text(_song(rng))
            command = ["text2wave", "-mode", "singing", str(source), "-o", str(spoken)]
        # Festival crashes on some songs.
        failed = subprocess.run(command, check=False, capture_output=True, timeout=120).returncode != 0
        bend = ["pitch", str(rng.randrange(-500, 600))] if rng.random() < 0.6 else []
        bend += ["reverb", str(rng.randrange(10, 60))] if rng.random() < 0.3 else []
        seconds = rng.uniform(2.5, 5.5)
        if failed:
            cuts.append(np.zeros(0))
            continue
        subprocess.run(
            ["sox", "-R", str(spoken), "-r", str(RATE), str(bent), "gain", "-6", *bend],
            check=True,
            capture_output=True,
            timeout=120,
        )
        cuts.append(_mono(bent)[: int(seconds * RATE)])
    return cuts


def _song(rng: random.Random) -> str:
    scale, root = rng.choice(SCALES), rng.randrange(45, 58)
    lines = []
    for _ in range(rng.randrange(6, 11)):
        key = root + rng.choice(scale) + rng.choice((0, 0, 12))
        hertz = 440 * 2 ** ((key - 69) / 12)
        lines.append(
            f'<DURATION SECONDS="{rng.choice((0.3, 0.4, 0.6, 0.9)):.2f}">'
            f'<PITCH FREQ="{hertz:.1f}">{rng.choice(SUNG)}</PITCH></DURATION>'
        )
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE SINGING PUBLIC "-//SINGING//DTD SINGING mark up//EN" '
        '"Singing.v0_1.dtd" []>\n<SINGING BPM="60">\n' + "\n".join(lines) + "\n</SINGING>\n"
    )


# LMMS

PRESETS = Path("/usr/share/lmms/presets")
BPM = 140
TICKS = 48 * BPM / 60
"""A second of an LMMS song; 48 are a beat."""
PRESETS_PER_SONG = 8

# Words of a preset's name and what they say; "?" is a word that makes a name doubtful. A name that says two things
# is left out, unless COMBINED.
WORDS = {
    "pad": "pad pads",
    "strings": "string strings violin",
    "organ": "organ organetto organz hammond clonewheel",
    "bass": "bass subbass",
    "synth": "lead leads arp arpeggio saw supersaw square pluck plucked superpulse pulse chip sequence",
    "mallets": "bell bells vibraphone vibes marimba xylophone xylophon chimes campane mallets musicbox",
    "choir": "choir choirs voice voices vocal chorale ahh",
    "brass": "brass brazz trumpet thrumpet fanfare horn",
    "electric-piano": "epiano rhodes ep",
    "flute": "flute ocarina",
    "clarinet": "clarinet",
    "saxophone": "saxophone",
    "reeds": "reed oboe bassoon accordion concertina harmonica harmonium",
    "kick": "kick",
    "snare": "snare",
    "clap": "clap",
    "hihat": "hihat hithat",
    "percussion": "shaker rim",
    "fx": "fx noise laser alien glitch alarm alert thunder gunshot spacefx spaceship astronave asteroide radio",
    "?": "guitar harp harpsichord piano pizzicato sitar reverse reversed kit perc keys padkeys keypiano clavinet "
    "drum toy steel train",
}
COMBINED = {
    frozenset(("strings", "pad")): "strings;pad;synth",
    frozenset(("choir", "pad")): "choir;vocals;pad;synth",
}
LABELS = {
    "pad": "pad;synth",
    "strings": "strings;synth",
    "organ": "organ",
    "bass": "bass;synth",
    "synth": "synth",
    "mallets": "mallets;synth",
    "choir": "choir;vocals;synth",
    "brass": "brass;synth",
    "electric-piano": "electric-piano",
    "electric-guitar": "electric-guitar",
    "flute": "flute;synth",
    "clarinet": "clarinet;reeds;synth",
    "saxophone": "saxophone;reeds;synth",
    "reeds": "reeds;synth",
    "kick": "kick;drums",
    "snare": "snare;drums",
    "clap": "clap;drums",
    "hihat": "hihat;drums",
    "percussion": "percussion;drums",
    "fx": "fx",
}
DISTORTED_GUITAR = re.compile(r"(dist|trash|electric|power|heavy metal) guitar")
BANKS = {"Bass": "bass", "Organ": "organ", "Pads": "pad", "Noises": "fx", "Synth": "synth", "Arpeggios": "synth"}
"""What the presets of a Zyn bank are whose names say nothing."""
SKIPPED_BANKS = ("Drums", "Dual", "Splitted", "SynthPiano", "Cormi_Noise", "AudioFileProcessor")
PLAYED = {
    "pad": ("pad", 45, 79),
    "strings": ("section", 43, 84),
    "organ": ("keys", 40, 84),
    "bass": ("bass", 28, 52),
    "synth": ("lead", 45, 84),
    "mallets": ("mallets", 55, 88),
    "choir": ("section", 48, 79),
    "brass": ("section", 43, 79),
    "electric-guitar": ("guitar", 40, 76),
    "electric-piano": ("keys", 40, 84),
    "flute": ("line", 60, 88),
    "clarinet": ("line", 50, 84),
    "saxophone": ("line", 46, 80),
    "reeds": ("line", 48, 82),
    "fx": ("hits", 45, 72),
}
BASE_NOTE = 69


def slug_of(name: str, bank: str = "") -> str:
    """The instruments a preset's name tells, or "" where that is unclear."""
    if bank in SKIPPED_BANKS:
        return ""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[a-zA-Z])(?=[0-9])|[^a-zA-Z0-9]+", " ", name).lower().strip()
    if DISTORTED_GUITAR.search(spaced):
        return LABELS["electric-guitar"]
    words = set(spaced.split())
    said = frozenset(slug for slug, known in WORDS.items() if words & set(known.split()))
    if said in COMBINED:
        return COMBINED[said]
    if not said and "synth" in words:
        said = frozenset(("synth",))
    if not said and bank in BANKS:
        said = frozenset((BANKS[bank],))
    return LABELS.get(next(iter(said)), "") if len(said) == 1 else ""


def _lmms_stages(folder: Path) -> list[list[Job]]:
    presets: dict[str, list[tuple[Path, str]]] = {"lmms-presets": [], "zyn-presets": []}
    for root, _, files in os.walk(PRESETS, followlinks=True):
        bank = Path(root).name
        for name in files:
            path = Path(root) / name
            source = {".xpf": "lmms-presets", ".xiz": "zyn-presets"}.get(path.suffix)
            instruments = slug_of(re.sub(r"^\d+-", "", path.stem), bank)
            if source and instruments and _preset_xml(path):
                presets[source].append((path, instruments))
    stages = []
    for number, (source, found) in enumerate(presets.items()):
        rng = random.Random(3000 + number)
        found.sort()
        rng.shuffle(found)
        clips = [clip for path, instruments in found for clip in _preset_clips(rng, source, path, instruments)]
        jobs = _split(folder, "lmms", source, clips, 3 * PRESETS_PER_SONG, 40000 + number * 1000)
        # In stages, since this is slow, and what is there can be used meanwhile.
        stages += [jobs[at : at + 10] for at in range(0, len(jobs), 10)]
    return stages


def _preset_clips(rng: random.Random, source: str, path: Path, instruments: str) -> list[Clip]:
    slug = instruments.split(";")[0]
    style, low, high = PLAYED.get(slug, ("hits", BASE_NOTE, BASE_NOTE))
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{path.parent.name}-{path.stem}")
    note = Note(0.0, rng.uniform(0.3, 2.5), rng.randrange(low, high + 1), rng.randrange(60, 120))
    clips = [Clip(f"{name}_n{note.key}", source, "one-shot", instruments, (note,), preset=str(path))]
    for take in range(2):
        notes = (
            _looped(rng, [(step, low) for step in range(16) if rng.random() < 0.3] or [(0, low)], 0.5, 5.0)
            if low == high
            else _phrase(rng, style, low, high)
        )
        clips.append(Clip(f"{name}_phrase_{take}", source, "loop", instruments, notes, preset=str(path)))
    return clips


def _lmms(job: Job, scratch: Path, _rng: random.Random) -> list[Floats]:
    try:
        return _song_cuts(job.clips, scratch)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pass
    # One preset brought LMMS down: each by itself, to lose only that one.
    cuts = []
    for preset in dict.fromkeys(clip.preset for clip in job.clips):
        clips = [clip for clip in job.clips if clip.preset == preset]
        try:
            cuts += _song_cuts(clips, scratch)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            cuts += [np.zeros(0) for _ in clips]
    return cuts


def _song_cuts(made: Sequence[Clip], scratch: Path) -> list[Floats]:
    tracks: dict[str, list[str]] = {}
    cuts, at = [], 0.1
    for clip in made:
        begin = round(at * TICKS)
        notes = "".join(
            f'<note pos="{round(note.start * TICKS)}" len="{max(1, round(note.length * TICKS))}" '
            # LMMS counts its octaves from one lower; its volumes go to 200.
            f'key="{note.key - 12}" vol="{note.velocity}" pan="0"/>'
            for note in clip.notes
        )
        tracks.setdefault(clip.preset, []).append(
            f'<pattern type="1" pos="{begin}" muted="0" name="">{notes}</pattern>'
        )
        ends = max(note.start + note.length for note in clip.notes)
        length = min(LONGEST[clip.kind], ends + 2.5)
        cuts.append((begin / TICKS - 0.005, length + 0.005))
        at += length + GAP
    # A mute note at the end, so that the song is as long as we count on.
    end = (
        f'<pattern type="1" pos="{round(at * TICKS)}"><note pos="0" len="96" key="57" vol="0" pan="0"/></pattern>'
    )
    body = "".join(
        f'<track type="0" muted="0" solo="0" name="{place}">{_preset_xml(Path(preset))}{"".join(patterns)}'
        f"{end if place == 0 else ''}</track>"
        for place, (preset, patterns) in enumerate(tracks.items())
    )
    song = scratch / "song.mmp"
    song.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE lmms-project>\n'
        '<lmms-project creator="LMMS" version="1.0" type="song" creatorversion="1.2.2">'
        f'<head timesig_numerator="4" timesig_denominator="4" bpm="{BPM}" mastervol="40" masterpitch="0"/>'
        f'<song><trackcontainer type="song">{body}</trackcontainer></song></lmms-project>'
    )
    out = scratch / "song.wav"
    command = ["lmms", "--allowroot", "render", str(song), "-f", "wav", "-a", "-o", str(out)]
    command += ["-s", str(RATE), "-x", "1", "-i", "linear"]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(scratch)}
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=environment)
    # Some of its synthesizers have a constant offset while a note sounds.
    sound = np.asarray(sosfilt(butter(2, 15, "high", fs=RATE, output="sos"), _mono(out)))
    return [sound[int(start * RATE) : int((start + length) * RATE)] for start, length in cuts]


def _preset_xml(path: Path) -> str:
    """The <instrumenttrack> of a song's track with this preset, "" where its file is another kind or broken."""
    raw = path.read_bytes()
    # Early files declare no entities and hold control characters that no parser takes.
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", "replace")
    try:
        root = ET.fromstring(re.sub(r"<!DOCTYPE[^>]*>|[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text).strip())
    except ET.ParseError:
        return ""
    if path.suffix == ".xpf":
        track = root.find(".//instrumenttrack")
        if track is None:
            return ""
        # A song of ours has only the master channel.
        track.set("fxch", "0")
        return ET.tostring(track, encoding="unicode")
    instrument = root.find("INSTRUMENT")
    if instrument is None:
        return ""
    # Zyn reads a whole state, of which an instrument is the first part.
    return (
        '<instrumenttrack vol="100" pan="0" fxch="0" basenote="57" pitchrange="1" pitch="0" usemasterpitch="1">'
        '<instrument name="zynaddsubfx"><zynaddsubfx portamento="0" filterfreq="64" filterq="64" bandwidth="64" '
        'fmgain="127" resonancecenterfreq="64" resonancebandwidth="64" modifiedcontrollers="">'
        '<ZynAddSubFX-data version-major="2" version-minor="4"><MASTER><par name="volume" value="80"/>'
        '<PART id="0"><par_bool name="enabled" value="yes"/><par name="volume" value="96"/>'
        f"{ET.tostring(instrument, encoding='unicode')}</PART></MASTER></ZynAddSubFX-data>"
        "</zynaddsubfx></instrument></instrumenttrack>"
    )


ENGINES = {"fluidsynth": _fluidsynth, "speech": _speech, "lmms": _lmms}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
