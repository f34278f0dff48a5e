"""How likely each key of a song is: by construction, or by what unlike methods say of it.

Of a real song nobody said the key. essentia's profiles, S-KEY (taggers.training.key.skey) where it is at hand, our
own profile and the network that is being trained each name or weigh keys; that they err in unlike ways is what
makes their sum better than any of them. What they say of the song's other segments counts too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taggers import by_essentia
from taggers.key import OPINIONS
from taggers.keynet import KEYS
from taggers.pitch import KEYS as NAMES

PROFILES = {"bgate": 2.2, "edma": 1.0}
"""What essentia's naming of a key is worth, in nats."""
SKEY, NETWORK, ROWS = 0.7, 0.5, 2.0
"""Weights of S-KEY's and the network's logarithms of chances, and of the match with our own key profile."""
MINOR = 0.5
"""How many songs are in minor. essentia says 0.55, S-KEY 0.7, and a network that learned from these still more; of
real songs with known keys essentia takes one in ten for minor that is not."""
OTHERS = 0.5
"""What all other segments of a song together count, beside the segment itself."""
SOFTER = 0.8
"""An exponent: methods err together more often than they would by chance. Where bgate and S-KEY agree, they are
right in 0.82 of real recordings, and this makes it so."""

Floats = NDArray[np.float32]
Teacher = Callable[[Floats], Floats]
"""What a sound, shape (n,) at 44,100 Hz, is in: chances, shape (KEYS,)."""


def target(key: int, sure: float = 0.9) -> Floats:
    """The chance of each key: most for the true one, a little for its neighbours."""
    tonic, minor = key % 12, key >= 12
    spread = np.full(KEYS, (1 - sure) * 0.2 / KEYS, np.float32)
    spread[key] += sure
    relative = (tonic + 3) % 12 if minor else 12 + (tonic + 9) % 12
    for other, share in (
        (relative, 0.4),
        ((tonic + 7) % 12 + 12 * minor, 0.2),
        ((tonic + 5) % 12 + 12 * minor, 0.1),
        ((key + 12) % 24, 0.1),
    ):
        spread[other] += (1 - sure) * share
    return spread


def moved(chances: Floats, semitones: int) -> Floats:
    return np.roll(chances.reshape(2, 12), semitones, axis=1).reshape(KEYS)


def opinions(mono: Floats, teacher: Teacher | None) -> dict[str, Any]:
    """What others say of a sound, by the name of who says it, as stored with its rows."""
    profiles = PROFILES if by_essentia.has_essentia() else ()
    said: dict[str, Any] = {profile: by_essentia.key(mono, profile) for profile in profiles}
    if teacher is not None:
        said["skey"] = [round(float(one), 4) for one in teacher(mono)]
    return said


def chances(segments: Sequence[dict[str, Any]], ours: Sequence[Floats]) -> Floats:
    """Of each segment, shape (n, KEYS). segments: facts, with `opinions` and the path of the song; ours: what
    taggers.key makes of each, its `opinions`."""
    evidence = np.stack([_evidence(facts, said) for facts, said in zip(segments, ours, strict=True)])
    songs: dict[str, list[int]] = {}
    for number, facts in enumerate(segments):
        songs.setdefault(facts["path"], []).append(number)
    score = evidence.copy()
    for members in songs.values():
        if len(members) > 1:
            others = evidence[members].sum(axis=0) - evidence[members]
            score[members] += OTHERS * others / (len(members) - 1)
    less, more = -5.0, 5.0
    while more - less > 0.01:
        leaning = (less + more) / 2
        minor = _softened(score, leaning)[:, KEYS // 2 :].sum(axis=1).mean()
        less, more = (leaning, more) if minor > MINOR else (less, leaning)
    return _softened(score, leaning)


def _softened(score: Floats, leaning: float) -> Floats:
    """Chances. leaning: what minor keys get too much, in nats."""
    level = score - leaning * (np.arange(KEYS) >= KEYS // 2)
    parts = np.exp(SOFTER * (level - level.max(axis=1, keepdims=True)))
    return np.asarray(parts / parts.sum(axis=1, keepdims=True), np.float32)


def _evidence(facts: dict[str, Any], ours: Floats) -> Floats:
    said = dict(zip(OPINIONS, ours, strict=True))
    score = NETWORK * said["network"] + ROWS * said["rows"]
    for profile in PROFILES.keys() & facts.keys():
        score = score + PROFILES[profile] * _named(NAMES.index(facts[profile]))
    if "skey" in facts:
        score = score + SKEY * np.log(np.asarray(facts["skey"]) + 1e-4)
    return np.asarray(score - score.mean(), np.float32)


def _named(key: int) -> Floats:
    """How much a method that names a key says for each, 0 to 1: it may have taken a neighbour for the true one."""
    score = np.log(target(key, 0.75) + 1e-3)
    return np.asarray((score - score.min()) / np.ptp(score), np.float32)
