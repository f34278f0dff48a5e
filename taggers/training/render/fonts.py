"""Clips from General MIDI sound fonts, and drums from the two kits of AVL Drumkits."""

from __future__ import annotations

import random
from pathlib import Path

from taggers.training.render.drums import AVL_PIECES, PIECES, drum_clips
from taggers.training.render.jobs import Clip, Note, Stage, split
from taggers.training.render.midi import fluidsynth
from taggers.training.render.notes import phrase

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

PLAYER = {"fluidsynth": "fluidsynth"}
NEEDS = {
    "musescore-general": {FONTS["musescore-general"]: "musescore-general-soundfont-small", **PLAYER},
    "timgm6mb": {FONTS["timgm6mb"]: "timgm6mb-soundfont", **PLAYER},
    "generaluser": {FONTS["generaluser"]: "minuet-data", **PLAYER},
    "csound-gm": {FONTS["csound-gm"]: "csound-soundfont", **PLAYER},
    "avldrums": {**dict.fromkeys(AVL_FONTS, "avldrums.lv2-soundfont"), **PLAYER},
}
"""The sources of this module: file or program that each renders with, and its Debian package."""

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


def stages() -> list[Stage]:
    return [*_melodic_stages(), _avl_stage()]


def _melodic_stages() -> list[Stage]:
    found = []
    for number, (source, font) in enumerate(FONTS.items()):
        rng = random.Random(1000 + number)
        melodic = [clip for row in PROGRAMS for clip in _program_clips(rng, source, row)]
        drums = drum_clips(rng, source, PIECES, KITS[source], velocities=2)
        rng.shuffle(melodic)
        rng.shuffle(drums)
        found.append(split(fluidsynth, font, melodic + drums, 110, 10000 + number * 100))
    return found


def _avl_stage() -> Stage:
    jobs: Stage = []
    for number, font in enumerate(AVL_FONTS):
        rng = random.Random(2000 + number)
        name = Path(font).stem.lower().split("_lv2")[0] + "-"
        clips = drum_clips(rng, "avldrums", AVL_PIECES, (0,), velocities=4, prefix=name, drums=False)
        jobs += split(fluidsynth, font, clips, 120, 20000 + number * 100)
    return jobs


def _program_clips(rng: random.Random, source: str, row: tuple[int, int, str, str, int, int]) -> list[Clip]:
    first, last, instruments, style, low, high = row
    clips = []
    for program in range(first, last + 1):
        for take in range(3):
            note = Note(0.0, rng.uniform(0.2, 3.0), rng.randrange(low, high + 1), rng.randrange(50, 128))
            name = f"p{program:03}_n{note.key}_v{note.velocity}_{take}"
            clips.append(Clip(name, source, "one-shot", instruments, (note,), program))
        for take in range(0 if style == "single" else 4):
            notes = phrase(rng, style, low, high)
            vibrato = rng.randrange(20, 90) if rng.random() < 0.25 else 0
            name = f"p{program:03}_phrase_{take}"
            clips.append(Clip(name, source, "loop", instruments, notes, program, modulation=vibrato))
    return clips
