"""Clips from the presets of LMMS and of ZynAddSubFX whose names tell what they are."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

from taggers.training.render.jobs import Clip, Note, Stage, split
from taggers.training.render.lmms import play, track_of
from taggers.training.render.notes import looped, phrase

PRESETS = Path("/usr/share/lmms/presets")
PRESETS_PER_SONG = 8
NEEDS = {
    "lmms-presets": {str(PRESETS): "lmms-common", "lmms": "lmms"},
    "zyn-presets": {str(PRESETS / "ZynAddSubFX"): "zynaddsubfx-data", "lmms": "lmms"},
}
"""As in taggers.training.render.fonts."""

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


def stages() -> list[Stage]:
    presets: dict[str, list[tuple[Path, str]]] = {"lmms-presets": [], "zyn-presets": []}
    for root, _, files in os.walk(PRESETS, followlinks=True):
        bank = Path(root).name
        for name in files:
            path = Path(root) / name
            source = {".xpf": "lmms-presets", ".xiz": "zyn-presets"}.get(path.suffix)
            instruments = slug_of(re.sub(r"^\d+-", "", path.stem), bank)
            if source and instruments and track_of(path):
                presets[source].append((path, instruments))
    parts = []
    for number, (source, found) in enumerate(presets.items()):
        rng = random.Random(3000 + number)
        found.sort()
        rng.shuffle(found)
        clips = [clip for path, instruments in found for clip in _preset_clips(rng, source, path, instruments)]
        jobs = split(play, source, clips, 3 * PRESETS_PER_SONG, 40000 + number * 1000)
        # In stages, since this is slow, and what is there can be used meanwhile.
        parts += [jobs[at : at + 10] for at in range(0, len(jobs), 10)]
    return parts


def _preset_clips(rng: random.Random, source: str, path: Path, instruments: str) -> list[Clip]:
    slug = instruments.split(";")[0]
    style, low, high = PLAYED.get(slug, ("hits", BASE_NOTE, BASE_NOTE))
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{path.parent.name}-{path.stem}")
    note = Note(0.0, rng.uniform(0.3, 2.5), rng.randrange(low, high + 1), rng.randrange(60, 120))
    clips = [Clip(f"{name}_n{note.key}", source, "one-shot", instruments, (note,), preset=str(path))]
    for take in range(2):
        notes = (
            looped(rng, [(step, low) for step in range(16) if rng.random() < 0.3] or [(0, low)], 0.5, 5.0)
            if low == high
            else phrase(rng, style, low, high)
        )
        clips.append(Clip(f"{name}_phrase_{take}", source, "loop", instruments, notes, preset=str(path)))
    return clips
