"""Whole pieces in Debian packages whose makers wrote their tempo down: songs of Frets on Fire, with the tempo of
their note tracks (real rock and metal bands), and tracker modules, with that of their patterns.

A module says rows a minute, and four rows are a beat; where that gives more than 232 a minute, eight are.
"""

# ruff: noqa: T201 - it says what it leaves out

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from taggers.audio import RATE
from taggers.onsets import band_onsets
from taggers.training.pulses import Heard, Onsets, Sound, decode

GAMES = "usr/share/games"
MIDDLE = 60 * RATE

SONGS = {
    "muldjord/chaos_god": 170.0,
    "muldjord/internal_degeneration": 190.0,
    "muldjord/mutilated_mime": 180.0,
    "muldjord/armygeddon": 170.0,
    "sectoid/Metal madness": 150.0,
    "sectoid/Escape from chaosland": 135.0,
    "sectoid/Feelings": 95.0,
    "sectoid/War of freedom": 140.0,
}
"""In fretsonfire-songs-muldjord and fretsonfire-songs-sectoid."""

MODULES = {
    "rafkill/music/song1.xm": 132.0,
    "rafkill/music/song2.xm": 140.0,
    "rafkill/music/song4.xm": 130.0,
    "rafkill/data/intro.mod": 127.0,
    "freedroid/sound/The_Last_V8.mod": 187.5,
    "freedroid/sound/android-commando_hiscore.mod": 93.75,
    "freedroid/sound/dreamfish-uridium2_loader.mod": 125.0,
    "freedroid/sound/AnarchyMenu1.mod": 107.143,
    "freedroid/sound/dreamfish-sanxion.mod": 125.0,
    "freedroid/sound/kollaps-tron.mod": 125.0,
    "freedroid/sound/dreamfish-green_beret.mod": 125.0,
    "monsterz/sound/music.s3m": 97.0,
    "heroes/mod/heroes01.xm": 132.0,
    "heroes/mod/heroes02.xm": 149.0,
    "heroes/mod/heroes03.xm": 145.0,
    "heroes/mod/heroes04.xm": 135.0,
    "heroes/mod/heroes05.xm": 150.0,
    "heroes/mod/heroes06.xm": 145.0,
    "heroes/mod/heroes07.xm": 144.0,
    "heroes/mod/heroes08.xm": 142.5,
    "heroes/mod/heroes09.xm": 140.0,
    "heroes/mod/heroes10.xm": 140.0,
    "madbomber/music/fdn-arab.s3m": 187.5,
    "madbomber/music/astraltr.mod": 125.0,
    "madbomber/music/waterfal.mod": 187.5,
    "madbomber/music/bizjung.it": 125.0,
}
"""In rafkill-data, freedroid-data, monsterz-data, heroes-sound-tracks and madbomber-data."""


def pieces(root: Path = Path("/")) -> Iterator[Heard]:
    """The middle minute of each that is installed; rendering modules takes openmpt123."""
    for name, bpm in SONGS.items():
        folder = root / GAMES / "fretsonfire/data/songs" / name
        if (folder / "song.ogg").exists():
            yield _middle("fretsonfire", name, bpm, _band(folder))
    for name, bpm in MODULES.items():
        if (root / GAMES / name).exists():
            yield _middle("modules", name, bpm, _played(root / GAMES / name))
        else:
            print(f"{name}: not installed, left out", flush=True)


def _middle(source: str, name: str, bpm: float, mono: Onsets) -> Heard:
    spare = max(0, len(mono) - MIDDLE) // 2
    mono = mono[spare : len(mono) - spare]
    return Sound(source, name, "mix", bpm, len(mono) / RATE), band_onsets(mono)


def _band(folder: Path) -> Onsets:
    """The guitar is a file of its own."""
    parts = [decode(folder / name) for name in ("song.ogg", "guitar.ogg")]
    size = max(map(len, parts))
    return np.asarray(sum(np.pad(part, (0, size - len(part))) for part in parts))


def _played(module: Path) -> Onsets:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.wav"
        command = ["openmpt123", "--batch", "--quiet", "--output", str(out), str(module)]
        subprocess.run(command, check=True, capture_output=True)
        return decode(out)
