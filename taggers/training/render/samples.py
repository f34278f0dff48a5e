"""Clips that need no rendering, only unpacked, cut and named.

The samples that come with FoxDot (CC-BY-SA-4.0, many of them CC0), by the words of its own table of what each
symbol plays: `pip download --no-deps foxdot`, and `$FOXDOT` names the unpacked folder. The guitars of Frets on
Fire's songs (the bands Muldjord, CC-BY-SA-3.0, and Sectoid, MIT), each in a file of its own. The pipes of
GrandOrgue's demonstration organ (GPL-2+), WavPack in a zip archive.
"""

from __future__ import annotations

import os
import random
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from taggers.training.render.jobs import RATE, Clip, Floats, Job, Note, Stage, mono

FOLDER = Path(os.environ.get("FOXDOT", "/usr/local/share/foxdot")) / "FoxDot" / "snd"
SONGS = Path("/usr/share/games/fretsonfire/data/songs")
ORGANS = Path("/usr/share/GrandOrgue/packages")
NEEDS = {
    "foxdot": {str(FOLDER): "(none: pip download --no-deps foxdot, unpack it, and set FOXDOT)"},
    "muldjord": {str(SONGS / "muldjord"): "fretsonfire-songs-muldjord"},
    "sectoid": {str(SONGS / "sectoid"): "fretsonfire-songs-sectoid"},
    "grandorgue": {str(ORGANS): "grandorgue-demo", "wvunpack": "wavpack"},
}
PIECE = 6  # seconds of a guitar's track
AUDIBLE = 0.01

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
    foxdot = [Job(recordings, "", tuple(clips), seed=11)] if clips else []
    return [foxdot, [*map(_guitar, _tracks())], [*map(_organ, _packages())]]


def _tracks() -> list[Path]:
    return sorted(SONGS.glob("*/*/guitar.ogg"))


def _packages() -> list[Path]:
    return sorted(ORGANS.glob("demo-*.orgue"))


def _guitar(track: Path) -> Job:
    """All of one track, in pieces."""
    import soundfile

    song = track.parent.name.replace(" ", "")
    pieces = int(soundfile.info(track).duration / PIECE)
    clips = (
        Clip(
            f"{song}_{number:02}", track.parts[-3], "loop", "electric-guitar", (Note(number * PIECE, PIECE, 0, 0),)
        )
        for number in range(pieces)
    )
    return Job(pieces_of, str(track), tuple(clips), seed=12)


def pieces_of(job: Job, _scratch: Path, _rng: random.Random) -> Iterator[Floats]:
    sound = mono(Path(job.resource))
    for clip in job.clips:
        begin = int(clip.notes[0].start * RATE)
        piece = sound[begin : begin + PIECE * RATE]
        yield piece if piece.std() > AUDIBLE else np.zeros(0)


def _organ(package: Path) -> Job:
    with zipfile.ZipFile(package) as archive:
        pipes = [name for name in archive.namelist() if name[-6:-4] and "-" in name and name.endswith(".wav")]
    clips = (
        Clip(f"{Path(name).parent.name}_{Path(name).stem}", "grandorgue", "one-shot", "organ", (), preset=name)
        for name in pipes
    )
    return Job(unpacked, str(package), tuple(clips), seed=13)


def unpacked(job: Job, scratch: Path, _rng: random.Random) -> list[Floats]:
    found = []
    with zipfile.ZipFile(job.resource) as archive:
        for clip in job.clips:
            packed, plain = scratch / "pipe.wv", scratch / "pipe.wav"
            packed.write_bytes(archive.read(clip.preset))
            subprocess.run(["wvunpack", "-q", "-y", packed, "-o", plain], check=True, timeout=60)
            found.append(mono(plain))
    return found


def _folder_of(symbol: str) -> str:
    if symbol.isalpha():
        return f"{symbol.lower()}/{'lower' if symbol.islower() else 'upper'}"
    return f"_/{FOLDER_OF.get(symbol, symbol)}"


def recordings(job: Job, _scratch: Path, _rng: random.Random) -> Iterator[Floats]:
    for clip in job.clips:
        yield mono(Path(clip.preset))
