"""Clips that need no rendering: the samples that come with FoxDot (CC-BY-SA-4.0, many of them CC0), by the words
of its own table of what each symbol plays. Not installed, only unpacked: `pip download --no-deps foxdot`, and
`$FOXDOT` names the unpacked folder.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

from taggers.training.render.jobs import Clip, Floats, Job, Stage, mono

FOLDER = Path(os.environ.get("FOXDOT", "/usr/local/share/foxdot")) / "FoxDot" / "snd"
NEEDS = {"foxdot": {str(FOLDER): "(none: pip download --no-deps foxdot, unpack it, and set FOXDOT)"}}

PLAYED = {
    "kick;drums": "A v V x X",
    "snare;drums": "D i I o O u",
    "clap;drums": "H *",
    "hihat;drums": "a - = :",
    "cymbal;drums": "~ #",
    "tom;drums": "m M",
    "percussion;drums": "d e h k p P s S t T",
    "fx": "N U \\ @ % n l / z",
    "trumpet;brass": "F",
    "vocals": "1 2 3 4 !",
}
"""What a symbol plays, where FoxDot's table says so beyond doubt."""
FOLDER_OF = {
    "*": "asterix", "-": "hyphen", "=": "equals", ":": "colon", "~": "tilde", "#": "hash", "\\": "backslash",
    "@": "at", "%": "percent", "/": "forwardslash", "!": "exclamation",
}  # fmt: skip


def stages() -> list[Stage]:
    clips = [
        Clip(
            f"{symbol_folder.replace('/', '-')}_{path.stem}",
            "foxdot",
            "one-shot",
            instruments,
            (),
            preset=str(path),
        )
        for instruments, symbols in PLAYED.items()
        for symbol_folder in map(_folder_of, symbols.split())
        for path in sorted((FOLDER / symbol_folder).glob("*.wav"))
    ]
    return [[Job(recordings, "", tuple(clips), seed=11)]]


def _folder_of(symbol: str) -> str:
    if symbol.isalpha():
        return f"{symbol.lower()}/{'lower' if symbol.islower() else 'upper'}"
    return f"_/{FOLDER_OF.get(symbol, symbol)}"


def recordings(job: Job, _scratch: Path, _rng: random.Random) -> Iterator[Floats]:
    for clip in job.clips:
        yield mono(Path(clip.preset))
