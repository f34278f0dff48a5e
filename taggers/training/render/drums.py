"""What drums play: single hits, patterns of one piece, grooves of a kit."""

from __future__ import annotations

import random
from collections.abc import Sequence

from taggers.training.render.jobs import Clip, Note
from taggers.training.render.notes import looped

BRUSH_KIT = 40
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


def drum_clips(
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


def _single_pattern(rng: random.Random, piece: str, keys: Sequence[int]) -> tuple[Note, ...]:
    beat, length = 60 / rng.uniform(70, 170), rng.uniform(4, 5.6)
    density = {"kick": 0.3, "snare": 0.25, "clap": 0.2, "hihat": 0.7, "cymbal": 0.2}.get(piece, 0.45)
    density *= rng.uniform(0.6, 1.5)
    most = 1 if piece in ("kick", "snare", "clap") else min(len(keys), rng.randrange(1, 5))
    used = rng.sample(list(keys), most)
    pattern = [(step, rng.choice(used)) for step in range(16) if rng.random() < density] or [(0, used[0])]
    if piece in ("hihat", "cymbal") and rng.random() < 0.5:
        pattern = [(step, used[0]) for step in range(0, 16, rng.choice((1, 2, 4)))]
    return looped(rng, pattern, beat, length)


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
    return looped(rng, sorted(set(pattern)), beat, length)
