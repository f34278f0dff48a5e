"""Tempo in beats a minute, as a producer would set it in the DAW.

The engine of taggers.engines guesses twice, taggers.pulse chooses among the guesses and their simple multiples,
and the beat grid over the whole file gives the decimals. Half and double are always among the candidates.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from taggers.base import Candidate, Findings, Tag, Tagger
from taggers.engines import engine

if TYPE_CHECKING:
    from taggers.audio import Audio, Samples

MIN_SECONDS = 1.4
HEARD_SECONDS = 60
"""What the engine gets, from the middle: it costs more than everything else together."""
MIN_ONSETS = 5
MIN_CONTRAST = 2.3
MIN_SHARE = 0.035
"""White and brown noise: contrast 2.0, share 0.03. Drones stay below one of both."""
MAX_ONSETS_A_SECOND = 15.0
"""Vibrato and beating partials flicker faster than anybody plays."""
MIN_CONFIDENCE = 0.25
ONE_SHOT = 0.8
"""From this chance on a sound is taken for a single one, however it repeats inside."""
LOOP = 0.5
MAX_BEATS = 256


def tag(audio: Audio) -> Findings:
    from taggers import pulse

    if audio.duration < MIN_SECONDS:
        return _silent("shorter than 1.4 s: no beat to count")
    onsets = audio.onsets
    count = pulse.onset_count(onsets)
    if count < MIN_ONSETS:
        return _silent("hardly an onset: a single hit, a held note or silence")
    contrast, steadiness, share = pulse.clarity(onsets)
    if contrast < MIN_CONTRAST or share < MIN_SHARE:
        return _silent("no distinct onsets: noise or a drone")
    if count > MAX_ONSETS_A_SECOND * len(onsets) / 100:
        return _silent("flickers faster than a beat: vibrato or a drone")
    if audio.kind.get("one-shot", 0.0) >= ONE_SHOT:
        return _silent("a one-shot has no tempo")
    ear, guesses = guess(audio)
    if not guesses:
        return _silent("no beat found")
    tempi, features = pulse.describe(onsets, audio.duration, guesses)
    chances = pulse.weigh(tempi, features)
    order = chances.argsort()[::-1]
    confidence = calibrate(float(chances[order[0]]), steadiness, share)
    if confidence < MIN_CONFIDENCE:
        return _silent("no steady beat")
    best = round(pulse.refine(onsets, float(tempi[order[0]]), audio.duration), 2)
    scale = confidence / float(chances[order[0]])
    others = {round(float(tempi[i]), 2): round(float(chances[i]) * scale, 3) for i in order[1:]}
    candidates = _candidates(best, confidence, others)
    tempo = Tag("bpm", best, round(confidence, 3), "machine", ear, candidates)
    return Findings((tempo, *_length(audio, tempo)))


def _length(audio: Audio, tempo: Tag) -> tuple[Tag, ...]:
    """A loop's length in beats and in bars of four, where its tempo makes it a whole number of beats."""
    beats = audio.duration * float(tempo.value) / 60
    whole = round(beats)
    if audio.kind.get("loop", 0.0) < LOOP or not 1 <= whole <= MAX_BEATS or abs(beats - whole) > 0.03 * whole:
        return ()
    sure, ear = round(tempo.confidence * audio.kind["loop"], 3), "length and tempo"
    bars = (Tag("bars", whole / 4, sure, engine=ear),) if whole % 4 == 0 else ()
    return (Tag("beats", float(whole), sure, engine=ear), *bars)


def _candidates(best: float, confidence: float, others: dict[float, float]) -> tuple[Candidate, ...]:
    """`best`, its half and double, and whatever else has a chance; best first."""
    found = {best: round(confidence, 3), round(best / 2, 2): 0.01, round(best * 2, 2): 0.01}
    for bpm, chance in others.items():
        same = next((known for known in found if abs(bpm / known - 1) < 0.025), None)
        if same is None and chance >= 0.02:
            found[bpm] = chance
        elif same is not None and same != best:
            found[same] = max(found[same], chance)
    ranked = sorted(found.items(), key=lambda item: (item[0] != best, -item[1]))
    return tuple(Candidate(bpm, chance) for bpm, chance in ranked)


def guess(audio: Audio) -> tuple[str, tuple[float, ...]]:
    """(engine's name, tempi): what it says of the middle of the file, at most two guesses."""
    ear = engine()
    return ear.tempo_name, tuple(bpm for bpm in ear.tempi(_middle(audio.longest)) if 20 <= bpm <= 400)


def _middle(mono: Samples) -> Samples:
    spare = max(0, len(mono) - HEARD_SECONDS * 44_100) // 2
    return mono[spare : len(mono) - spare]


def calibrate(chance: float, steadiness: float, share: float) -> float:
    """The chance of being right: the choice's own, less where no pulse stands out. Fitted with the choice."""
    bias, of_chance, of_steadiness, of_share = CALIBRATION
    odds = math.log(max(chance, 1e-6) / max(1 - chance, 1e-6))
    logit = bias + of_chance * odds + of_steadiness * math.log(steadiness) + of_share * math.log(share)
    return 1 / (1 + math.exp(-logit))


CALIBRATION = (-0.222, 0.976, 0.297, 0.727)


def _silent(reason: str) -> Findings:
    return Findings(abstained={"bpm": reason})


TAGGER = Tagger("tempo", version=3, fields=("bpm", "beats", "bars"), tag=tag)
