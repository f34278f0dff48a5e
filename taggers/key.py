"""Key of a recording: "A minor", with the runners-up, and where a song changes it.

A network (taggers.keynet) hears the key; the match of a key profile with the pitch classes as a whole has a say
too, twice, for these are heard in two ways. Where the three agree the key is surer. Drums, noise, speech and
single notes have no key: it abstains. A one-shot's pitch is its note.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from taggers.base import Candidate, Findings, Tag, Tagger
from taggers.instrument import voice_alone
from taggers.pitch import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from taggers.audio import Audio
    from taggers.constantq import Floats
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
MIX = 0.6
"""What surely is a whole song has a key all the same: dense music looks like percussion, and of 110 loops of drums
none looks like a song."""
MIN_CONFIDENCE = 0.3
"""Of real songs that are said with less, one in five is right."""
VOICE_CONFIDENCE = 0.55
"""The same for a voice by itself: of 12 sung stems said with 0.3 and more, three of the nine below it are right,
and short pieces of speech lie there."""
CANDIDATES = 4
MIN_CANDIDATE = 0.01
ENGINE = "key network"
OPINIONS = ("network", "rows", "tones", "minor")
"""What has a say, by the name of its weight; the last is merely that a key is a minor one."""


def tag(audio: Audio) -> Findings:
    note = _note(audio)
    if note or audio.duration < MIN_SECONDS:
        return Findings(note, {"key": "a single note" if note else "shorter than 1 s"})
    harmony = audio.harmony
    tuning: tuple[Tag, ...] = ()
    if harmony.tuning_agreement >= MIN_TUNING_AGREEMENT and harmony.tonality >= MIN_TONALITY:
        tuning = (Tag("tuning", round(harmony.tuning, 1), round(harmony.tuning_agreement, 2), engine="harmony"),)
    reason = keyless(harmony)
    if reason and audio.kind.get("mix", 0.0) < MIX:
        return Findings(tuning, {"key": reason})
    keys = _keys(audio)
    if keys[0].confidence < (VOICE_CONFIDENCE if voice_alone(audio) else MIN_CONFIDENCE):
        return Findings(tuning, {"key": reason or "could be several"})
    return Findings((*keys, *tuning))


def _keys(audio: Audio) -> tuple[Tag, ...]:
    from taggers import keynet, modulation

    listener = keynet.Listener(audio.pitches)

    def between(start: int, stop: int) -> Floats:
        said = listener.stretches([start], stop - start)[0]
        return judge(opinions(said, listener.rows(start, stop)), (stop - start) / keynet.MOMENTS_PER_SECOND)

    # The excerpts of a very long file are not one song
    found = modulation.sections(listener, between) if len(audio.excerpts) == 1 else ()
    if not found:
        every = opinions(listener.whole(), listener.rows(0, listener.moments), audio.harmony.chroma)
        return (_tag(judge(every, listener.moments / keynet.MOMENTS_PER_SECOND)),)
    lasts = Counter[int]()
    for one in found:
        lasts[one.key] += one.stop - one.start
    main = max(found, key=lambda one: (lasts[one.key], one.stop - one.start))
    said = (main, *(one for one in found if one is not main))
    text = ", ".join(f"{KEYS[one.key]} {_clock(one.start / keynet.MOMENTS_PER_SECOND)}" for one in said)
    key = _tag(between(main.start, main.stop))
    return key, Tag("key_sections", text, key.confidence, engine=ENGINE)


def _tag(chances: Floats) -> Tag:
    ranked = sorted(range(len(KEYS)), key=lambda key: -chances[key])
    best, *others = (Candidate(KEYS[key], round(float(chances[key]), 3)) for key in ranked[:CANDIDATES])
    kept = (best, *(one for one in others if one.confidence >= MIN_CANDIDATE))
    return Tag("key", best.value, best.confidence, engine=ENGINE, candidates=kept)


def opinions(said: Floats, rows: Floats, tones: NDArray[np.float64] | None = None) -> Floats:
    """What speaks for each of KEYS, shape (OPINIONS, 24): the network's logarithms of its chances, `said`; the
    match of a key profile with the pitch classes of `rows`; and with those of a sound's `tones`
    (taggers.harmony.Harmony.chroma), for which the rows stand in where they are None; and whether it is minor."""
    import numpy as np

    from taggers.constantq import fold, standing
    from taggers.harmony import resemblance

    by_rows = resemblance(fold(standing(rows)).mean(axis=0))
    by_tones = by_rows if tones is None else resemblance(tones)
    return np.stack((said, by_rows, by_tones, np.arange(24) >= 12)).astype(np.float32)


def judge(opinions: Floats, seconds: float) -> Floats:
    """The calibrated chance of each of KEYS, shape (24,): the opinions' weighted sum, surer where they agree."""
    import numpy as np

    chances, confidence = settled(opinions, seconds, calibration())
    best = int(chances.argmax())
    rest = chances * (1 - confidence) / (1 - chances[best] + 1e-9)
    rest[best] = confidence
    return np.asarray(rest, np.float32)


def settled(opinions: Floats, seconds: float, numbers: Mapping[str, float]) -> tuple[Floats, float]:
    """(chances, shape (24,), before they are made honest; how sure the likeliest is), by these numbers."""
    chances = weighed(opinions, [numbers[name] for name in OPINIONS])
    facts = evidence(chances, opinions, seconds)
    return chances, 1 / (1 + math.exp(-sum(numbers[name] * value for name, value in facts.items())))


def weighed(opinions: Floats, weights: Sequence[float]) -> Floats:
    """Chances, shape (24,), before they are made honest."""
    import numpy as np

    score = np.asarray(weights) @ opinions
    chances = np.exp(score - score.max())
    return np.asarray(chances / chances.sum())


def evidence(chances: Floats, opinions: Floats, seconds: float) -> dict[str, float]:
    """What makes a key more or less sure, by the name of its weight."""
    best = int(chances.argmax())
    chance = min(max(float(chances[best]), 1e-4), 1 - 1e-4)
    return {
        "bias": 1.0,
        "odds": math.log(chance / (1 - chance)),
        "agree": float((opinions[:-1].argmax(axis=1) == best).mean()),
        "length": math.log(min(seconds, 60.0) / 60.0),
    }


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def calibration() -> dict[str, float]:
    """The numbers that `judge` weighs by, found on sources not trained on (taggers.training.key)."""
    from taggers.model import load

    held: dict[str, float] = load("key")["calibration"]
    return held


def _note(audio: Audio) -> tuple[Tag, ...]:
    """The note of a one-shot that has one."""
    from taggers.note import find

    if audio.duration > LONGEST_NOTE or audio.kind.get("one-shot", 0.0) < ONE_SHOT:
        return ()
    note = find(audio.longest)
    if note is None or note.confidence < MIN_NOTE:
        return ()
    return (Tag("note", note.name, round(note.confidence, 3), engine=note.engine),)


def keyless(harmony: Harmony) -> str | None:
    """Why this sound has no key, None where it may have one."""
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


TAGGER = Tagger("key", version=6, fields=("key", "key_sections", "tuning", "note"), tag=tag)
