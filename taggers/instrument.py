"""Which instruments play: a chance for each of the vocabulary, and the names of those that do.

The network's word on each patch is pooled over the file (an instrument that plays in one verse counts), and turned
into a chance that was fitted on sources it never learned from. Below PLAYS nothing is named, but for the likeliest
one where it has at least LIKELIEST, or ONE_SHOT in a single sound.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from taggers.base import Findings, Tag, Tagger
from taggers.vectors import INSTRUMENTS as VECTOR
from taggers.vocabulary import FAMILIES, FAMILY_OF, INSTRUMENTS

if TYPE_CHECKING:
    from taggers.audio import Audio
    from taggers.timbre import Heard

PLAYS = 0.5
LIKELIEST, ONE_SHOT = 0.3, 0.2
"""What goes on and resembles nothing by more may be noise; half of the single sounds named with 0.2 to 0.3 are
right."""
SPECIFIC = 0.9
"""A member is named before its family where it has at least this share of the family's chance …"""
ALONE = 0.5
"""… and no other member has this share of its own."""
VOICE, VOICES = 0.7, ("vocals", "choir")
"""From this chance on it is a voice; speech has 0.83 and more."""
_MEMBERS = [INSTRUMENTS.index(name) for name in FAMILY_OF]
_FAMILIES = [INSTRUMENTS.index(name) for name in FAMILY_OF.values()]

Chances = NDArray[np.float64]


def tag(audio: Audio) -> Findings:
    heard = audio.timbre
    if isinstance(heard, str):
        return Findings(abstained={"instrument": heard})
    every = np.array([audio.instruments[name] for name in INSTRUMENTS])
    vectors = {VECTOR: every.astype("<f2").tobytes()}
    of = {name: round(one, 3) for name, one in audio.instruments.items()}
    first = name_of(every)
    if of[first] < LIKELIEST and (of[first] < ONE_SHOT or audio.kind["one-shot"] < PLAYS):
        return Findings(abstained={"instrument": "nothing that it knows stands out"}, vectors=vectors)
    playing = {first, *(name for name, one in of.items() if one >= PLAYS)}
    ranked = sorted(playing, key=lambda name: (name != first, -of[name]))
    return Findings(
        tuple(Tag("instrument", name, of[name], engine="timbre network") for name in ranked), {}, vectors
    )


def name_of(chances: Chances) -> str:
    """The likeliest instrument, as specific as is sure: a kick rather than drums, but drums for a whole kit, and
    for one that is not alone."""
    first = INSTRUMENTS[int(chances.argmax())]
    family = FAMILY_OF.get(first, first)
    ranked = sorted(FAMILIES.get(family, ()), key=lambda name: -chances[INSTRUMENTS.index(name)])
    if not ranked:
        return first
    best, second = (chances[INSTRUMENTS.index(name)] for name in (ranked * 2)[:2])
    company = (one for name, one in zip(INSTRUMENTS, chances, strict=True) if name not in (family, *ranked))
    alone = (len(ranked) == 1 or second < ALONE * best) and max(company) < PLAYS
    return ranked[0] if best >= SPECIFIC * chances.max() and alone else family


def voice_alone(audio: Audio) -> bool:
    """Whether somebody sings or speaks, and nothing plays along."""
    voice = max(audio.instruments.get(name, 0.0) for name in VOICES)
    others = (one for name, one in audio.instruments.items() if name not in VOICES)
    return voice >= VOICE and max(others, default=0.0) < PLAYS


def nothing_known(audio: Audio) -> bool:
    """Whether it resembles no instrument: noise does not."""
    return max(audio.instruments.values(), default=0.0) < LIKELIEST


def chances(audio: Audio) -> dict[str, float]:
    """`chance` by name; {} where there is nothing to hear."""
    heard = audio.timbre
    return {} if isinstance(heard, str) else dict(zip(INSTRUMENTS, map(float, chance(heard)), strict=True))


def chance(heard: Heard) -> Chances:
    """The chance of each instrument to play somewhere in the file, shape (len(INSTRUMENTS),)."""
    return _honest(pooled(heard.logits, heard.levels), "calibration")


def hinted(heard: Heard) -> Chances:
    """The same by the hints, which taggers.kind was trained on."""
    return _honest(pooled(heard.hints, heard.levels), "hints_calibration")


def _honest(logits: Chances, fitted: str) -> Chances:
    from taggers.model import load

    scale, bias = (np.array(one) for one in load("timbre")[fitted])
    chances = 1 / (1 + np.exp(-(scale * logits + bias)))
    np.maximum.at(chances, _FAMILIES, chances[_MEMBERS])  # no kick without drums
    return np.asarray(chances)


def pooled(logits: NDArray[np.float32], levels: NDArray[np.float32]) -> Chances:
    """One logit for each instrument from those of n patches, shapes (n, classes) and (n,): of their chances the
    power mean, louder ones counting more. The power grows with n, from the plain mean of one patch, so that a
    verse of a long song is enough."""
    power = 1 + VERSE * math.log2(len(levels))
    weights = np.asarray(levels / levels.sum(), np.float64)
    chances = 1 / (1 + np.exp(-logits.astype(np.float64)))
    mean = ((weights[:, None] * chances**power).sum(axis=0) ** (1 / power)).clip(1e-6, 1 - 1e-6)
    return np.asarray(np.log(mean / (1 - mean)))


VERSE = 0.75
"""What plays surely in a tenth of 36 patches plays (0.56); what is suspected in one of them does not (0.39)."""

TAGGER = Tagger("instrument", version=4, fields=("instrument",), tag=tag, vectors=(VECTOR,))
