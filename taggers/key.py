"""Key of a recording: "A minor", with the runners-up.

Three of essentia's key profiles vote: bgate (electronic and pop), edma (electronic) and temperley (classical);
where they disagree bgate decides, the best of them alone. Their agreement is the confidence: unlike profiles that
agree are right in about 8 of 10 real recordings. Without essentia the profiles of D. Temperley ("What's key
for key?", Music Perception 17:1, 1999) are matched with the chroma of taggers.harmony.

Drums, noise, speech and single notes have no key: it abstains.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from taggers.base import Candidate, Findings, Tag, Tagger
from taggers.engines import essentia, has_essentia
from taggers.pitch import key_name, parse_key, relative

if TYPE_CHECKING:
    from taggers.audio import Audio, Samples
    from taggers.harmony import Harmony

MIN_SECONDS = 1.0
MIN_TONALITY = 0.02
MIN_AGREEMENT = 0.12
"""On one tuning: below it pitches glide or are none. Drum loops 0.1, speech 0.1, mixes 0.2 to 0.7."""
DRUM_TONALITY, DRUM_AGREEMENT = 0.12, 0.17
MIN_PITCH_CLASSES = 4.2
MIN_MOVEMENT = 0.025
"""Of 300 one-shots four in five stay below; of loops, stems and mixes nineteen in twenty lie above."""
MIN_TUNING_AGREEMENT = 0.3

PROFILES = (("bgate", 1.1), ("edma", 1.0), ("temperley", 1.0))
CONFIDENCE = (0.25, 0.5, 0.78)
"""That the winner is right when none, one, two of the other profiles agree."""

# Temperley 1999, table 2 (revised from Krumhansl and Kessler), from the tonic up
_MAJOR = (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0)
_MINOR = (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0)


def tag(audio: Audio) -> Findings:
    from taggers.harmony import hear

    if audio.duration < MIN_SECONDS:
        return Findings(abstained={"key": "shorter than 1 s"})
    harmony = hear(audio.mono)
    tuning: tuple[Tag, ...] = ()
    if harmony.tuning_agreement >= MIN_TUNING_AGREEMENT and harmony.tonality >= MIN_TONALITY:
        tuning = (Tag("tuning", round(harmony.tuning, 1), round(harmony.tuning_agreement, 2), engine="harmony"),)
    if reason := _keyless(harmony):
        return Findings(tuning, {"key": reason})
    if has_essentia():
        key, confidence, others, engine = *_vote(audio.mono), "essentia KeyExtractor bgate, edma, temperley"
    else:
        key, confidence, others, engine = *_match(harmony), "temperley profiles"
    confidence *= min(1.0, 0.5 + harmony.tonality / 0.1 / 2)  # drums over a faint chord
    candidates = _candidates(key, confidence, others)
    return Findings((Tag("key", key, round(confidence, 3), "machine", engine, candidates), *tuning))


def _keyless(harmony: Harmony) -> str | None:
    if harmony.tonality < MIN_TONALITY:
        return "no tones: silence, noise or percussion"
    if harmony.tuning_agreement < MIN_AGREEMENT or (
        harmony.tonality < DRUM_TONALITY and harmony.tuning_agreement < DRUM_AGREEMENT
    ):
        return "no steady pitches: percussion or speech"
    if harmony.pitch_classes < MIN_PITCH_CLASSES or harmony.movement < MIN_MOVEMENT:
        return "one note or chord throughout"
    return None


def _vote(mono: Samples) -> tuple[str, float, list[str]]:
    """(key, confidence, the other profiles' keys)."""
    standard = essentia()
    votes: dict[str, float] = {}
    agreeing: Counter[str] = Counter()
    for profile, weight in PROFILES:
        note, mode, _ = standard.KeyExtractor(profileType=profile)(mono)
        if key := parse_key(f"{note} {mode}"):
            votes[key] = votes.get(key, 0.0) + weight
            agreeing[key] += 1
    ranked = sorted(votes, key=lambda key: -votes[key])
    return ranked[0], CONFIDENCE[agreeing[ranked[0]] - 1], ranked[1:]


def _match(harmony: Harmony) -> tuple[str, float, list[str]]:
    import numpy as np

    scores = {
        key_name(tonic, minor=minor): float(np.corrcoef(np.roll(profile, tonic), harmony.chroma)[0, 1])
        for minor, profile in ((False, _MAJOR), (True, _MINOR))
        for tonic in range(12)
    }
    first, second, third = sorted(scores, key=lambda key: -scores[key])[:3]
    confidence = min(0.65, 0.2 + 3 * (scores[first] - scores[second]))
    return first, confidence, [second, third]


def _candidates(key: str, confidence: float, others: list[str]) -> tuple[Candidate, ...]:
    """The rest of the chance, shared: most for the other profiles' keys, a little for the relative key."""
    names = [other for other in dict.fromkeys([*others, relative(key)]) if other != key]
    left = (1 - confidence) * 0.8
    shares = [2.0 if name in others else 1.0 for name in names]
    ranked = [
        Candidate(name, round(left * share / (sum(shares) + 1), 3))
        for name, share in zip(names, shares, strict=True)
    ]
    return (Candidate(key, round(confidence, 3)), *ranked)


TAGGER = Tagger("key", version=1, fields=("key", "tuning"), tag=tag)
