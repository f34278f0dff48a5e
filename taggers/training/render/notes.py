"""What is played: phrases in a scale, in the ways that instruments are played."""

from __future__ import annotations

import random

from taggers.training.render.jobs import Note

SCALES = (
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 3, 5, 7, 9, 10),
    (0, 3, 5, 7, 10),
    (0, 2, 4, 7, 9),
    (0, 2, 3, 5, 7, 8, 11),
)

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


def phrase(rng: random.Random, style: str, low: int, high: int) -> tuple[Note, ...]:
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


def velocity(rng: random.Random, around: int) -> int:
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
            notes.append(Note(begin, held, keys[index], velocity(rng, around)))
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
                notes.append(Note(begin, max(0.1, until - begin - 0.02), key, velocity(rng, around)))
        elif way == "arpeggio":
            order = chord + (chord[-2:0:-1] if rng.random() < 0.5 else [])
            for turn in range(int((until - at) / max(step, 0.09))):
                begin = max(0.0, at + turn * max(step, 0.09) + rng.gauss(0, 0.006))
                held = each if gate > 0.8 else step * gate * 2
                held = max(0.05, min(held, length - begin))
                notes.append(Note(begin, held, order[turn % len(order)], velocity(rng, around)))
        else:
            for turn in range(max(1, int((until - at) / (beat / 2)))):
                if turn and rhythm[turn % 16] > 0.55:
                    continue
                begin, spread = at + turn * beat / 2, rng.uniform(0.008, 0.03) if way == "strum" else 0.004
                played = chord if turn % 2 == 0 else chord[::-1]
                for place, key in enumerate(played):
                    start = max(0.0, begin + place * spread + rng.gauss(0, 0.003))
                    notes.append(Note(start, max(0.05, beat / 2 * gate), key, velocity(rng, around)))
        at = until if until > at else length
    return tuple(notes)


def looped(rng: random.Random, pattern: list[tuple[int, int]], beat: float, length: float) -> tuple[Note, ...]:
    swing = rng.choice((0.0, 0.0, 0.1, 0.2)) * beat / 4
    around = {key: rng.randrange(65, 118) for _, key in sorted(pattern)}
    notes = []
    for bar in range(8):
        for step, key in pattern:
            at = (bar * 16 + step) * beat / 4 + swing * (step % 2) + abs(rng.gauss(0, 0.004))
            if at < length and rng.random() < 0.96:
                notes.append(Note(at, 0.2, key, velocity(rng, around[key])))
    return tuple(notes) or (Note(0.0, 0.2, pattern[0][1], 100),)
