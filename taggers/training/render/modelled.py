"""Sounds of our own making: plucked strings through an amplifier, subtractive synthesizers, effects, hand drums.

Plucked strings after K. Karplus and A. Strong ("Digital synthesis of plucked-string and drum timbres", Computer
Music Journal 7(2), 1983) with the place of the pick and the pickup as combs (D. Jaffe, J. Smith, the same issue).
No two presets are alike: every number is drawn. They stand for what few sound fonts hold: electric guitars and
basses, clean and driven, of many makers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from taggers.training.render.jobs import RATE, Clip, Floats, Job, Note, Stage, split

NEEDS: dict[str, dict[str, str]] = {"modelled": {}}
SECONDS = 3.0
LENGTH = int(SECONDS * RATE)

Chance = np.random.Generator

PRESETS: dict[str, tuple[str, int, tuple[int, int], int]] = {
    "clean": ("electric-guitar", 16, (40, 76), 6),
    "muted": ("electric-guitar", 8, (40, 70), 5),
    "driven": ("electric-guitar", 24, (38, 76), 6),
    "harmonic": ("electric-guitar", 5, (52, 80), 4),
    "acoustic": ("acoustic-guitar", 14, (40, 78), 5),
    "finger": ("bass", 14, (26, 52), 6),
    "picked": ("bass", 12, (26, 52), 6),
    "slap": ("bass", 8, (26, 50), 5),
    "synthbass": ("bass;synth", 26, (24, 50), 5),
    "lead": ("synth", 20, (48, 86), 5),
    "pluck": ("synth", 14, (45, 86), 5),
    "blip": ("synth", 16, (50, 100), 4),
    "slowpad": ("pad;synth", 12, (40, 76), 4),
    "zap": ("fx", 20, (40, 90), 3),
    "sweep": ("fx", 20, (40, 80), 2),
    "impact": ("fx", 12, (30, 60), 2),
    "glitch": ("fx", 24, (40, 90), 3),
    "handdrum": ("percussion;drums", 26, (40, 76), 5),
    "struck": ("percussion;drums", 12, (60, 90), 4),
    "shaken": ("percussion;drums", 10, (60, 90), 3),
}
"""Of each way of sounding: what it is called, how many presets, their keys, notes of each preset."""


def stages() -> list[Stage]:
    clips = []
    rng = random.Random(17)
    for way, (instruments, presets, (low, high), notes) in PRESETS.items():
        for preset in range(presets):
            for key in rng.sample(range(low, high + 1), notes):
                note = Note(0.0, rng.choice((0.15, 0.4, 0.8, 1.5, 2.5)), key, rng.randrange(50, 127))
                name = f"{way}{preset:02}_n{key}"
                clips.append(Clip(name, "modelled", "one-shot", instruments, (note,), program=preset, preset=way))
    return [split(model, "", clips, 80, seed=17)]


def model(job: Job, _scratch: Path, _rng: random.Random) -> Iterator[Floats]:
    for clip in job.clips:
        # The same preset has the same numbers at each note
        preset = np.random.default_rng([list(PRESETS).index(clip.preset), clip.program])
        yield WAYS[clip.preset](clip.preset, clip.notes[0], preset)


def hertz(key: float) -> float:
    return float(440 * 2 ** ((key - 69) / 12))


def times(length: int = LENGTH) -> Floats:
    return np.arange(length) / RATE


def decay(seconds: float, length: int = LENGTH) -> Floats:
    """Falling by 60 dB in so many seconds."""
    return np.exp(-6.9 * times(length) / seconds)


def low_pass(sound: Floats, cut: float, order: int = 2) -> Floats:
    return np.asarray(sosfilt(butter(order, min(cut, 20_000), fs=RATE, output="sos"), sound))


def band_pass(sound: Floats, low: float, high: float) -> Floats:
    return np.asarray(sosfilt(butter(1, (low, min(high, 20_000)), "band", fs=RATE, output="sos"), sound))


def string(key: float, ring: float, bright: float, pick: float, stiff: float, chance: Chance) -> Floats:
    """One plucked string. ring: seconds to -60 dB; bright: Hz of the pluck; pick: where on it, 0 to 0.5."""
    period = RATE / hertz(key) - stiff
    whole = int(period)
    part = period - whole
    burst = low_pass(chance.uniform(-1, 1, whole * 2), bright, 1)[whole:]
    away = max(1, int(pick * whole))
    burst = burst - np.roll(burst, away)
    excited = np.zeros(LENGTH)
    excited[:whole] = burst / (np.abs(burst).max() + 1e-9)
    loss = 10 ** (-3 * whole / RATE / ring)
    feedback = np.zeros(whole + 3)
    feedback[0] = 1.0
    smooth = 0.5 * stiff
    # Tuned by a line between two samples, damped by a mean of neighbours
    for place, share in ((whole, 1 - part), (whole + 1, part)):
        feedback[place] -= loss * share * (1 - smooth)
        feedback[place + 1] -= loss * share * smooth
    return np.asarray(lfilter([1.0], feedback, excited))


def strings(way: str, note: Note, preset: Chance) -> Floats:
    """A guitar or bass: strings, pickup, amplifier and box."""
    chance = np.random.default_rng(note.key * 1_000 + note.velocity)
    ring = preset.uniform(1.5, 7.0)
    bright = 10 ** preset.uniform(3.1, 3.9)
    pick, pickup, stiff = preset.uniform(0.06, 0.35), preset.uniform(0.05, 0.3), preset.uniform(0.15, 0.9)
    if way == "muted":
        ring, bright = preset.uniform(0.12, 0.5), bright / 2
    if way == "finger":
        bright, pick = 10 ** preset.uniform(2.1, 2.9), preset.uniform(0.15, 0.4)
    if way == "slap":
        bright, pick = 10 ** preset.uniform(3.7, 4.1), preset.uniform(0.04, 0.12)
    bright *= 0.6 + 0.6 * note.velocity / 127
    keys = [float(note.key)]
    if way in ("clean", "acoustic") and chance.random() < 0.35:
        keys += [note.key + step for step in ((7, 12), (4, 7, 12), (3, 7, 10), (5, 12))[chance.integers(4)]]
    if way == "driven" and chance.random() < 0.5:
        keys += [note.key + 7.0, note.key + 12.0][: chance.integers(1, 3)]
    sound = np.zeros(LENGTH)
    for place, key in enumerate(keys):
        late = int(place * chance.uniform(0.0, 0.03) * RATE)
        if way == "harmonic":
            pick = 0.5 if preset.random() < 0.5 else 1 / 3
        one = string(key + chance.normal(0, 0.03), ring, bright, pick, stiff, chance)
        sound[late:] += one[: LENGTH - late]
    away = int(pickup * RATE / hertz(note.key))
    if way != "acoustic":  # a pickup hears the string at one place
        sound[away:] -= preset.uniform(0.2, 0.8) * sound[: LENGTH - away].copy() if away else 0.0
    if way == "slap":
        sound[:400] += 0.6 * chance.uniform(-1, 1, 400) * np.linspace(1, 0, 400)
        sound = np.tanh(2 * sound)
    held = int(note.length * RATE)
    if held < LENGTH:
        sound[held:] *= decay(0.15, LENGTH - held)
    if way == "acoustic":
        return _body(sound, preset)
    return _amplified(way, sound / (np.abs(sound).max() + 1e-9), preset)


def _body(sound: Floats, preset: Chance) -> Floats:
    """A wooden box: some low modes and a dense short tail."""
    tail = preset.standard_normal(4_000) * decay(preset.uniform(0.05, 0.15), 4_000)
    for mode in (preset.uniform(85, 120), preset.uniform(170, 240), preset.uniform(350, 500)):
        tail = tail + preset.uniform(0.5, 2.0) * np.sin(6.283 * mode * times(4_000)) * decay(0.12, 4_000)
    return np.asarray(sound + preset.uniform(0.05, 0.25) * fftconvolve(sound, tail)[:LENGTH])


def _amplified(way: str, sound: Floats, preset: Chance) -> Floats:
    gain = 10 ** preset.uniform(0.9, 2.3) if way == "driven" else 10 ** preset.uniform(-0.5, 0.4)
    bass = way in ("finger", "picked", "slap")
    if not bass:
        sound = sound - low_pass(sound, preset.uniform(60, 160), 1)
    depth = preset.uniform(1, 6) if bass else preset.uniform(0, 2)
    sound = sound + depth * low_pass(sound, 130 if bass else 260, 1)
    middle = preset.uniform(500, 1_200)
    sound = sound + preset.uniform(0, 1.5) * band_pass(sound, middle * 0.7, middle * 1.4)
    lean = preset.uniform(0, 0.3)
    sound = np.tanh(gain * sound + lean) - np.tanh(lean)
    if way == "driven" and preset.random() < 0.5:  # a second stage
        sound = np.tanh(preset.uniform(1, 4) * low_pass(sound, preset.uniform(4_000, 9_000), 1))
    if not (bass and preset.random() < 0.5):  # a loudspeaker
        cut = preset.uniform(3_000, 6_500) if way == "driven" else preset.uniform(3_500, 9_000)
        sound = low_pass(sound, cut, int(preset.integers(1, 4)))
        low = preset.uniform(70, 140)
        sound = sound + preset.uniform(0, 0.8) * band_pass(sound, low * 0.7, low * 1.4)
    if not bass and preset.random() < 0.25:  # chorus
        sway = (0.012 + 0.003 * np.sin(6.283 * preset.uniform(0.3, 2) * times())) * RATE
        sound = sound + 0.7 * np.interp(np.arange(LENGTH) - sway, np.arange(LENGTH), sound, left=0.0)
    if way == "clean" and preset.random() < 0.15:  # tremolo
        sound = sound * (1 - 0.5 * preset.random() * (1 + np.sin(6.283 * preset.uniform(3, 8) * times())))
    return sound


def wave(shape: int, phase: Floats, width: float) -> Floats:
    """phase in turns. Saw, pulse, triangle, sine, or two sines that shake one another."""
    turn = phase % 1.0
    if shape == 0:
        return 2 * turn - 1
    if shape == 1:
        return np.where(turn < width, 1.0, -1.0)
    if shape == 2:
        return 4 * np.abs(turn - 0.5) - 1
    if shape == 3:
        return np.sin(6.283 * turn)
    return np.sin(6.283 * turn + 6 * width * np.sin(6.283 * turn * round(1 + 6 * width)))


def swept(sound: Floats, cuts: Floats) -> Floats:
    """Low-passed by a cut that moves, in Hz at each of some blocks that overlap."""
    out = np.zeros(len(sound))
    size = 2 * len(sound) // (len(cuts) + 1)
    fade = np.hanning(size)
    for place, cut in enumerate(cuts):
        begin = place * size // 2
        lead = min(begin, 512)
        piece = low_pass(sound[begin - lead : begin + size], float(np.clip(cut, 40, 18_000)))[lead:]
        out[begin : begin + size] += piece * fade[: len(piece)]
    return out


def synth(way: str, note: Note, preset: Chance) -> Floats:
    shape, second = int(preset.integers(5)), int(preset.integers(4))
    width = preset.uniform(0.1, 0.5)
    apart = preset.choice((0.0, 0.0, preset.uniform(0.03, 0.25), 12.0, 7.0))
    share = preset.uniform(0, 1)
    time = times()
    pitch = np.full(LENGTH, hertz(note.key))
    if way == "blip":
        pitch *= 2 ** (preset.uniform(-2, 2) * np.exp(-time / preset.uniform(0.01, 0.1)))
    if way == "lead" and preset.random() < 0.5:
        pitch *= 2 ** (preset.uniform(0.1, 0.5) / 12 * np.sin(6.283 * preset.uniform(4, 7) * time))
    voices = int(preset.integers(3, 8)) if way == "slowpad" or preset.random() < 0.2 else 1
    sound = np.zeros(LENGTH)
    for voice in range(voices):
        detune = 2 ** ((voice - voices / 2) * preset.uniform(0.02, 0.12) / 12) if voices > 1 else 1.0
        phase = np.cumsum(pitch * detune) / RATE + 0.37 * voice
        sound += wave(shape, phase, width) + share * wave(second, phase * 2 ** (apart / 12), width)
    if preset.random() < 0.3:
        sound += wave(3, np.cumsum(pitch) / RATE / 2, 0.5) * voices
    if preset.random() < 0.2:
        sound += preset.uniform(0, 0.4) * preset.standard_normal(LENGTH) * voices
    base = hertz(note.key) * preset.uniform(0.8, 6)
    reach, fall = 10 ** preset.uniform(0.0, 1.5), preset.uniform(0.05, 1.0)
    at = np.linspace(0, SECONDS, 48)
    shape_of = 1 - np.exp(-at / preset.uniform(0.3, 1.5)) if way == "slowpad" else np.exp(-at / fall)
    sound = swept(sound, base * (1 + reach * shape_of))
    if preset.random() < 0.35:
        sound = np.tanh(preset.uniform(1, 6) * sound / (np.abs(sound).max() + 1e-9))
    seconds = {"blip": preset.uniform(0.04, 0.35), "pluck": preset.uniform(0.2, 1.2)}.get(way, 0.0)
    if seconds:
        return np.asarray(sound * decay(seconds))
    attack = preset.uniform(0.2, 1.0) if way == "slowpad" else preset.uniform(0.001, 0.03)
    held = max(note.length, 1.6 if way == "slowpad" else 0.1)
    release = preset.uniform(0.3, 1.0) if way == "slowpad" else preset.uniform(0.03, 0.3)
    level = np.minimum(1.0, time / attack) * np.where(time < held, 1.0, np.exp(-5 * (time - held) / release))
    if way == "synthbass" and preset.random() < 0.5:
        level = level * decay(preset.uniform(0.5, 3.0))
    return np.asarray(sound * level)


def effect(way: str, note: Note, preset: Chance) -> Floats:
    chance = np.random.default_rng(note.key)
    time = times()
    if way == "zap":
        seconds = preset.uniform(0.1, 1.2)
        turns = preset.uniform(1.5, 5) * preset.choice((-1, 1))
        pitch = hertz(note.key + 12) * 2 ** (turns * np.minimum(1, time / seconds))
        if preset.random() < 0.4:
            pitch *= 2 ** (preset.uniform(0.2, 1.0) * np.sign(np.sin(6.283 * preset.uniform(6, 40) * time)))
        sound = wave(int(preset.integers(5)), np.cumsum(np.clip(pitch, 20, 15_000)) / RATE, 0.3)
        return sound * decay(seconds * 2)
    noise = chance.standard_normal(LENGTH)
    if way == "sweep":
        rising = preset.random() < 0.6
        path = np.linspace(0, 1, 60) ** preset.uniform(0.7, 2) if rising else np.linspace(1, 0, 60)
        low = preset.uniform(100, 800)
        cuts = low * (preset.uniform(8, 40) ** path)
        sound = swept(noise, cuts)
        sound = sound - (swept(noise, cuts / 2.5) if preset.random() < 0.7 else 0.0)
        return sound * np.interp(time, np.linspace(0, SECONDS, 60), path + 0.05)
    if way == "impact":
        deep = np.sin(6.283 * np.cumsum(hertz(note.key - 12) * (1 + 3 * np.exp(-time / 0.05))) / RATE)
        hiss = low_pass(noise, preset.uniform(300, 5_000)) * decay(preset.uniform(0.5, 3))
        return np.asarray(np.tanh(3 * deep) * decay(preset.uniform(0.6, 2.5)) + preset.uniform(0.3, 3) * hiss)
    # A moment of something, repeated, crushed and cut
    grain = int(preset.uniform(0.005, 0.12) * RATE)
    source = preset.choice((0.0, 1.0)) * noise[:grain] + preset.uniform(0.2, 1.5) * wave(
        int(preset.integers(5)), hertz(note.key) * times(grain) * (1 + preset.uniform(-3, 9) * times(grain)), 0.3
    )
    steps = max(2, int(2 ** preset.uniform(1, 5)))
    pieces = []
    for _ in range(int(preset.integers(2, 24))):
        piece = source[:: int(chance.choice((1, 1, 2, 3)))] if preset.random() < 0.5 else source
        pieces.append(piece * chance.choice((1.0, 1.0, 0.0, 0.5)))
    sound = np.concatenate(pieces)[:LENGTH]
    sound = np.round(sound * steps) / steps
    return np.pad(sound, (0, max(0, LENGTH - len(sound))))


def drum(way: str, note: Note, preset: Chance) -> Floats:
    chance = np.random.default_rng(note.key)
    time = times()
    if way == "shaken":
        sound = np.zeros(LENGTH)
        low, high = sorted(10 ** preset.uniform(3.2, 4.2, 2))
        for _ in range(int(chance.integers(1, 6))):
            begin = int(chance.uniform(0, 0.6) * RATE)
            grains = chance.standard_normal(LENGTH - begin)
            grains *= chance.random(LENGTH - begin) < preset.uniform(0.02, 1)
            swell = np.minimum(1, times(LENGTH - begin) / preset.uniform(0.002, 0.06))
            sound[begin:] += grains * swell * decay(preset.uniform(0.06, 0.5), LENGTH - begin)
        return band_pass(sound, low, max(high, low * 1.5))
    pitch = hertz(note.key - (0 if way == "struck" else 4))
    if way == "struck":  # wood, bells, blocks
        ratios = np.sort(preset.uniform(1, 6, int(preset.integers(1, 5))))
        ratios /= ratios[0]
        seconds = 10 ** preset.uniform(-1.3, 0.1)
    else:  # a skin that is loaded rings in harmonics, a plain one does not
        loaded = preset.random() < 0.55
        ratios = np.array([1, 2, 3, 4, 5.0]) if loaded else np.array([1, 1.59, 2.14, 2.3, 2.65, 2.92])
        ratios = ratios * (1 + 0.02 * preset.standard_normal(len(ratios)))
        seconds = 10 ** preset.uniform(-1.0, 0.25)
    bend = 2 ** (preset.uniform(-0.5, 0.7) * np.exp(-time / preset.uniform(0.03, 0.4)))
    if preset.random() < 0.2:
        bend = 2 ** (preset.uniform(0, 0.7) * np.minimum(1, time / 0.3))
    turns = np.cumsum(pitch * bend) / RATE
    sound = np.zeros(LENGTH)
    strengths = preset.uniform(0.1, 1, len(ratios))
    for ratio, strength in zip(ratios, strengths * chance.uniform(0.4, 1, len(ratios)), strict=True):
        sound += strength * np.sin(6.283 * ratio * turns) * decay(seconds / ratio ** preset.uniform(0.2, 1))
    slap = band_pass(chance.standard_normal(LENGTH), preset.uniform(300, 2_000), preset.uniform(2_500, 9_000))
    return np.asarray(sound + preset.uniform(0.1, 2.0) * slap * decay(preset.uniform(0.02, 0.09)))


Way = Callable[[str, Note, Chance], Floats]
STRINGS = ("clean", "muted", "driven", "harmonic", "acoustic", "finger", "picked", "slap")
WAYS: dict[str, Way] = {
    **dict.fromkeys(STRINGS, strings),
    **dict.fromkeys(("synthbass", "lead", "pluck", "blip", "slowpad"), synth),
    **dict.fromkeys(("zap", "sweep", "impact", "glitch"), effect),
    **dict.fromkeys(("handdrum", "struck", "shaken"), drum),
}
