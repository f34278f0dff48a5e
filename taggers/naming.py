"""The instrument that a name says: of a stem ("Lead Vox", "Kick In", "DI Bass") or of a project's track.

Conservative: only whole words count, of a few words, and a name that says two instruments says none ("Vox FX",
"Kick Snare"), unless the one is of the other's family ("Drums Kick"). What may be either of two ("Gtr", "Keys",
"Lead", "OH" alone) is left out. Sentences are titles, not labels ("Drums of War"), and a name may tell what is not
in it ("no vocals").
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from taggers.vocabulary import FAMILY_OF

MAX_WORDS = 7
"""A longer name is no label."""

MIN_TRACK = 2
"""Letters of a track's name below which files that begin so prove nothing."""

WORDS: dict[str, str] = {
    "kick": "kick", "kicks": "kick", "kik": "kick", "bass drum": "kick", "kick drum": "kick",
    "snare": "snare", "snares": "snare", "snr": "snare", "rimshot": "snare", "snare drum": "snare",
    "clap": "clap", "claps": "clap", "handclap": "clap", "handclaps": "clap",
    "hat": "hihat", "hats": "hihat", "hh": "hihat", "hihat": "hihat", "hihats": "hihat", "hi hat": "hihat",
    "hi hats": "hihat", "open hat": "hihat", "closed hat": "hihat",
    "cymbal": "cymbal", "cymbals": "cymbal", "crash cymbal": "cymbal", "ride cymbal": "cymbal",
    "toms": "tom", "floor tom": "tom", "rack tom": "tom", "hi tom": "tom", "high tom": "tom", "mid tom": "tom",
    "low tom": "tom", "lo tom": "tom", "tom fill": "tom",
    "perc": "percussion", "percussion": "percussion", "shaker": "percussion", "tambourine": "percussion",
    "conga": "percussion", "congas": "percussion", "bongo": "percussion", "bongos": "percussion",
    "cowbell": "percussion", "maracas": "percussion",
    "drum": "drums", "drums": "drums", "drumkit": "drums", "drumloop": "drums", "breakbeat": "drums",
    "overhead": "drums", "overheads": "drums", "ohs": "drums", "oh l": "drums", "oh r": "drums",
    "bass": "bass", "di bass": "bass", "bass guitar": "bass", "electric bass": "bass", "synth bass": "bass",
    "bass synth": "bass", "sub bass": "bass", "subbass": "bass", "bassline": "bass",
    "electric guitar": "electric-guitar", "electric gtr": "electric-guitar", "elec guitar": "electric-guitar",
    "elec gtr": "electric-guitar", "el gtr": "electric-guitar", "e gtr": "electric-guitar",
    "e guitar": "electric-guitar", "egtr": "electric-guitar", "dist gtr": "electric-guitar",
    "acoustic guitar": "acoustic-guitar", "acoustic gtr": "acoustic-guitar", "ac gtr": "acoustic-guitar",
    "acc gtr": "acoustic-guitar", "a gtr": "acoustic-guitar", "agtr": "acoustic-guitar",
    "nylon guitar": "acoustic-guitar", "nylon gtr": "acoustic-guitar",
    "piano": "piano", "pno": "piano", "grand piano": "piano", "upright piano": "piano",
    "organ": "organ", "hammond": "organ", "hammond organ": "organ", "vox organ": "organ",
    "rhodes": "electric-piano", "wurli": "electric-piano", "wurlitzer": "electric-piano",
    "electric piano": "electric-piano", "e piano": "electric-piano", "epiano": "electric-piano",
    "rhodes piano": "electric-piano", "piano rhodes": "electric-piano",
    "synth": "synth", "synths": "synth", "synthesizer": "synth",
    "pad": "pad", "pads": "pad",
    "strings": "strings", "viola": "strings", "violas": "strings", "contrabass": "strings",
    "violin": "violin", "violins": "violin", "vln": "violin", "fiddle": "violin",
    "cello": "cello", "cellos": "cello", "celli": "cello",
    "brass": "brass", "trombone": "brass", "trombones": "brass", "tuba": "brass", "horns": "brass",
    "french horn": "brass", "bass trombone": "brass",
    "trumpet": "trumpet", "trumpets": "trumpet", "tpt": "trumpet",
    "sax": "saxophone", "saxes": "saxophone", "saxophone": "saxophone", "saxophones": "saxophone",
    "flute": "flute", "flutes": "flute", "piccolo": "flute", "bass flute": "flute",
    "clarinet": "clarinet", "clarinets": "clarinet", "bass clarinet": "clarinet",
    "oboe": "reeds", "bassoon": "reeds",
    "marimba": "mallets", "vibraphone": "mallets", "xylophone": "mallets", "glockenspiel": "mallets",
    "mallets": "mallets",
    "harp": "harp",
    "vox": "vocals", "vocal": "vocals", "vocals": "vocals", "voc": "vocals", "vocs": "vocals", "bv": "vocals",
    "bvs": "vocals", "bgv": "vocals", "bgvs": "vocals", "acapella": "vocals", "acappella": "vocals",
    "choir": "choir", "choirs": "choir",
    "fx": "fx", "sfx": "fx", "foley": "fx", "riser": "fx", "whoosh": "fx", "uplifter": "fx", "downlifter": "fx",
}  # fmt: skip
"""Words, small and without signs or digits, and the instrument that they name."""

SILENCING = frozenset((
    # Sentences
    "the", "of", "and", "my", "your", "our", "you", "we", "he", "she", "that", "this", "is", "are", "was", "i",
    "im", "me", "to", "for", "from", "about", "like", "when", "what", "all", "man", "love",
    # What is not in it, or only part of it
    "no", "not", "without", "wo", "minus", "less", "instrumental", "except",
    # Makers and machines by the same word; drums that are none
    "amp", "ac", "wah", "steel", "hang", "machine", "station",
))  # fmt: skip
"""Words beside which a name says nothing."""

_LONGEST = max(phrase.count(" ") + 1 for phrase in WORDS)
_PARTS = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_A-Za-z]+")
"""The words of a name: "LeadVox_02" is "Lead" and "Vox"."""


def instrument(name: str) -> str | None:
    """
    >>> [instrument(name) for name in ("Lead Vox", "Kick In", "OH L", "DI Bass", "E-Piano 2", "Gtr", "Vox FX")]
    ['vocals', 'kick', 'drums', 'bass', 'electric-piano', None, None]
    """
    words = [word.lower() for word in _PARTS.findall(name[:255].replace("'", "").replace("’", ""))]
    if not 0 < len(words) <= MAX_WORDS:
        return None
    said = set(_said(words))
    said -= {FAMILY_OF[slug] for slug in said if slug in FAMILY_OF}
    return said.pop() if len(said) == 1 else None


def _said(words: list[str]) -> Iterable[str]:
    """The longest phrase at each place. Nothing where a word that belongs to none makes the name a sentence."""
    found = []
    place = 0
    while place < len(words):
        for length in range(min(_LONGEST, len(words) - place), 0, -1):
            if slug := WORDS.get(" ".join(words[place : place + length])):
                found.append(slug)
                break
        else:
            length = 1
            if words[place] in SILENCING:
                return []
        place += length
    return found


def track_of(name: str, tracks: Iterable[str]) -> str | None:
    """The track that a file was recorded on, by its name: what the name begins with, past a number in front, as
    DAWs write it. The longest fits best.

    >>> track_of("03-Lead Vox_02.wav", ["Lead", "Lead Vox", "Kick"])
    'Lead Vox'
    """
    stem = name.rpartition(".")[0] or name
    stem = stem.casefold()
    bare = stem.lstrip("0123456789 _-.")
    fitting = [
        track
        for track in tracks
        if len(begin := track.strip().casefold()) >= MIN_TRACK
        and any(text.startswith(begin) and not text[len(begin) :][:1].isalpha() for text in (stem, bare))
    ]
    return max(fitting, key=len, default=None)
