"""Key of a recording: "A minor", with the runners-up, as the engine of taggers.engines guesses it.

Drums, noise, speech and single notes have no key: it abstains. A one-shot's pitch is its note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taggers.base import Candidate, Findings, Tag, Tagger
from taggers.engines import KeyGuess, engine
from taggers.pitch import relative

if TYPE_CHECKING:
    from taggers.audio import Audio
    from taggers.harmony import Harmony

MIN_SECONDS = 1.0
MIN_TONALITY = 0.02
MIN_AGREEMENT = 0.12
"""On one tuning: below it pitches glide or are none. Drum loops 0.1, speech 0.1, mixes 0.2 to 0.7."""
DRUM_TONALITY, DRUM_AGREEMENT = 0.12, 0.2
MIN_PERSISTENCE = 0.17
"""With the limits above one in twenty of 198 drum loops and stems gets a key, and four in five of 270 that hold
pitched parts (which count single notes and speech)."""
MIN_PITCH_CLASSES = 4.2
MIN_MOVEMENT = 0.025
"""Of 300 one-shots four in five stay below; of loops, stems and mixes nineteen in twenty lie above."""
MIN_TUNING_AGREEMENT = 0.3
LONGEST_NOTE = 12.0
"""Seconds."""
ONE_SHOT = 0.6
MIN_NOTE = 0.6
"""Of 200 recorded notes of an orchestra 178 get the right pitch class and 2 a wrong one; hats and cymbals get
none."""


def tag(audio: Audio) -> Findings:
    from taggers.harmony import hear

    note = _note(audio)
    if note or audio.duration < MIN_SECONDS:
        return Findings(note, {"key": "a single note" if note else "shorter than 1 s"})
    harmony = hear(audio.mono)
    tuning: tuple[Tag, ...] = ()
    if harmony.tuning_agreement >= MIN_TUNING_AGREEMENT and harmony.tonality >= MIN_TONALITY:
        tuning = (Tag("tuning", round(harmony.tuning, 1), round(harmony.tuning_agreement, 2), engine="harmony"),)
    if reason := _keyless(harmony):
        return Findings(tuning, {"key": reason})
    ear = engine()
    guess = ear.key(audio.mono, harmony)
    confidence = guess.confidence * min(1.0, 0.5 + harmony.tonality / 0.1 / 2)  # drums over a faint chord
    candidates = _candidates(guess, confidence)
    return Findings((Tag("key", guess.key, round(confidence, 3), "machine", ear.key_name, candidates), *tuning))


def _note(audio: Audio) -> tuple[Tag, ...]:
    """The note of a one-shot that has one."""
    from taggers.note import find

    if audio.duration > LONGEST_NOTE or audio.kind.get("one-shot", 0.0) < ONE_SHOT:
        return ()
    note = find(audio.longest)
    if note is None or note.confidence < MIN_NOTE:
        return ()
    return (Tag("note", note.name, round(note.confidence, 3), engine="YIN"),)


def _keyless(harmony: Harmony) -> str | None:
    if harmony.tonality < MIN_TONALITY:
        return "no tones: silence, noise or percussion"
    if (
        harmony.tuning_agreement < MIN_AGREEMENT
        or harmony.persistence < MIN_PERSISTENCE
        or (harmony.tonality < DRUM_TONALITY and harmony.tuning_agreement < DRUM_AGREEMENT)
    ):
        return "no steady pitches: percussion or speech"
    if harmony.pitch_classes < MIN_PITCH_CLASSES or harmony.movement < MIN_MOVEMENT:
        return "one note or chord throughout"
    return None


def _candidates(guess: KeyGuess, confidence: float) -> tuple[Candidate, ...]:
    """The rest of the chance, shared: most for the runners-up, a little for the relative key."""
    names = [other for other in dict.fromkeys([*guess.others, relative(guess.key)]) if other != guess.key]
    left = (1 - confidence) * 0.8
    shares = [2.0 if name in guess.others else 1.0 for name in names]
    ranked = [
        Candidate(name, round(left * share / (sum(shares) + 1), 3))
        for name, share in zip(names, shares, strict=True)
    ]
    return (Candidate(guess.key, round(confidence, 3)), *ranked)


TAGGER = Tagger("key", version=3, fields=("key", "tuning", "note"), tag=tag)
