"""Voices: four speech engines, one of which sings, bent in pitch and put into rooms by sox."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import numpy as np

from taggers.training.render.jobs import RATE, Clip, Floats, Job, Stage, mono, split
from taggers.training.render.notes import SCALES

FESTIVAL = "/usr/share/festival/voices"
NEEDS = {
    "voices-speech": {
        "flite": "flite",
        "espeak-ng": "espeak-ng",
        "text2wave": "festival",
        f"{FESTIVAL}/english/kal_diphone": "festvox-kallpc16k",
        f"{FESTIVAL}/us/cmu_us_slt_arctic_hts": "festvox-us-slt-hts",
        f"{FESTIVAL}/italian/lp_diphone": "festvox-italp16k",
        "sox": "sox",
    }
}
"""As in taggers.training.render.fonts."""

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


def stages() -> list[Stage]:
    clips = [Clip(f"voice_{number:03}", "voices-speech", "loop", "vocals", ()) for number in range(SPEECH_CLIPS)]
    return [split(speak, "", clips, 30, 30000)]


def speak(job: Job, scratch: Path, rng: random.Random) -> list[Floats]:
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
        cuts.append(mono(bent)[: int(seconds * RATE)])
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
