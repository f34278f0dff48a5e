"""Small files to index: a second of sound, a REAPER project of a few lines."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile


def write_sound(path: Path, seconds: float = 1.0, pitch: float = 220.0, rate: int = 22_050) -> Path:
    """A decaying pluck at `pitch` Hz, twice a second: short, quick to hear, different for each pitch."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(int(seconds * rate)) / rate
    wave = 0.3 * np.sign(np.sin(2 * np.pi * pitch * time)) * np.exp(-6 * (time % 0.5))
    soundfile.write(os.fsencode(path), wave.astype(np.float32), rate, format=path.suffix[1:].upper())
    return path


def write_project(
    path: Path,
    bpm: float = 120.0,
    tracks: Sequence[str] = ("Bass",),
    samples: Sequence[str] = (),
    plugins: Sequence[str] = (),
    saved: int = 1_700_000_000,
) -> Path:
    """A REAPER project: each sample an item on the first track, each plugin an effect there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    items = [f'<ITEM\nPOSITION 0\nLENGTH 1\n<SOURCE WAVE\nFILE "{sample}"\n>\n>' for sample in samples]
    effects = [f'<VST "VST3: {plugin}" a.vst3 0 ""\nAAAA\n>' for plugin in plugins]
    lines = [f'<REAPER_PROJECT 0.1 "7.40/linux-x86_64" {saved}', f"TEMPO {bpm} 4 4"]
    for number, track in enumerate(tracks):
        lines += ["<TRACK", f'NAME "{track}"']
        if number == 0:
            lines += ["<FXCHAIN", *effects, ">", *items]
        lines.append(">")
    path.write_text("\n".join([*lines, ">", ""]), encoding="utf-8")
    return path


def set_time(path: Path, seconds: float) -> None:
    os.utime(path, (seconds, seconds))
