"""Tempo in beats a minute, as a producer would set it in the DAW.

taggers.tactus finds what could be the beat in the tempogram and a small network chooses among it; the beat grid
over the whole file gives the decimals. Half and double are always among the candidates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taggers.base import Candidate, Findings, Tag, Tagger
from taggers.instrument import nothing_known, voice_alone

if TYPE_CHECKING:
    from taggers.audio import Audio

MIN_SECONDS = 1.4
MIN_ONSETS = 5
MIN_CONTRAST = 2.3
MIN_SHARE = 0.035
"""White and brown noise: contrast 2.0, share 0.03. Drones stay below one of both."""
MAX_ONSETS_A_SECOND = 15.0
"""Vibrato and beating partials flicker faster than anybody plays."""
MIN_CONFIDENCE = 0.45
STEADY = 3.6
"""A single part whose strongest pulse stands out less may be somebody speaking (1.5 to 3.5)."""
STEADIER, SURER = 5.0, 0.9
"""What resembles no instrument needs such a pulse, a voice by itself the pulse or such a confidence. Of 240 clips
of noise and crackle 29 have a tempo without, and 5 with it; of 100 short pieces by speech engines 80 and 6. Of 11
sung loops two lose theirs, of which one was off by 3 %; of 251 other loops, stems and mixes none does."""
ONE_SHOT = 0.5
"""From this chance on a sound is taken for a single one, however it repeats inside: none of 252 loops has more
than 0.33, and of 500 one-shots six still get a tempo (22 if it were 0.8)."""
LOOP, STEM = 0.5, 0.4
EAR, FOLLOWED = "tempo network", "beats followed"
SURE = 0.5
SAME = 0.05
"""Candidates so close are one answer: where the tempo moves, there are several."""
MAX_BEATS = 256


@dataclass(frozen=True, slots=True)
class Tempo:
    """bpm: of the grid over the whole file. others: the runners-up, by tempo."""

    bpm: float
    confidence: float
    others: dict[float, float]


def tag(audio: Audio) -> Findings:
    heard = audio.tempo
    if isinstance(heard, str):
        return Findings(abstained={"bpm": heard})
    candidates = _candidates(heard.bpm, heard.confidence, heard.others)
    tempo = Tag("bpm", heard.bpm, round(heard.confidence, 3), "machine", EAR, candidates)
    return Findings((tempo, *_length(audio, tempo), *_course(audio, heard)))


def hear(audio: Audio) -> Tempo | str:
    """The tempo, or why there is none."""
    import numpy as np

    from taggers import pulse, tactus

    if audio.duration < MIN_SECONDS:
        return "shorter than 1.4 s: no beat to count"
    onsets = audio.onsets
    count = pulse.onset_count(onsets)
    if count < MIN_ONSETS:
        return "hardly an onset: a single hit, a held note or silence"
    contrast, steadiness, share = pulse.clarity(onsets)
    if contrast < MIN_CONTRAST or share < MIN_SHARE:
        return "no distinct onsets: noise or a drone"
    if count > MAX_ONSETS_A_SECOND * len(onsets) / 100:
        return "flickers faster than a beat: vibrato or a drone"
    if audio.kind.get("one-shot", 0.0) >= ONE_SHOT:
        return "a one-shot has no tempo"
    if steadiness < STEADY and audio.kind.get("stem", 0.0) >= STEM:
        return "one part, and no steady beat in it: it may be speech"
    tempi, features = tactus.describe(audio.band_onsets, audio.duration)
    if not len(tempi):
        return "no beat found"
    chances = tactus.weigh(tempi, features)
    likeliest = float(tempi[chances.argmax()])
    same = np.abs(tempi / likeliest - 1) < SAME
    chance = float(chances[same].sum())
    confidence = confidence_of(chance, likeliest, audio.kind.get("stem", 0.0))
    if confidence < MIN_CONFIDENCE:
        return "no steady beat"
    if steadiness < STEADIER and nothing_known(audio):
        return "no instrument that it knows, and no steady beat: it may be noise"
    if steadiness < STEADIER and confidence < SURER and voice_alone(audio):
        return "a voice by itself, and no steady beat in it: it may be speech"
    best = round(pulse.refine(onsets, likeliest, audio.duration), 2)
    scale = min(1.0, (1 - confidence) / max(1e-9, 1 - chance))
    others = {round(float(tempi[i]), 2): round(float(chances[i]) * scale, 3) for i in np.flatnonzero(~same)}
    return Tempo(best, confidence, others)


def _length(audio: Audio, tempo: Tag) -> tuple[Tag, ...]:
    """A loop's length in beats and in bars of four, where its tempo makes it a whole number of beats."""
    beats = audio.duration * float(tempo.value) / 60
    whole = round(beats)
    if audio.kind.get("loop", 0.0) < LOOP or not 1 <= whole <= MAX_BEATS or abs(beats - whole) > 0.03 * whole:
        return ()
    sure, ear = round(tempo.confidence * audio.kind["loop"], 3), "length and tempo"
    bars = (Tag("bars", whole / 4, sure, engine=ear),) if whole % 4 == 0 else ()
    return (Tag("beats", float(whole), sure, engine=ear), *bars)


def _course(audio: Audio, heard: Tempo) -> tuple[Tag, ...]:
    """What the beats do, where they are sure: between which tempi they move, and how they swing."""
    if heard.confidence < SURE:
        return ()
    from taggers import beats, swing

    sure, found = round(heard.confidence, 3), []
    if moves := beats.moving(audio.onsets, heard.bpm):
        found.append(Tag("tempo_range", f"{moves[0]:.1f}–{moves[1]:.1f}", sure, engine=FOLLOWED))
    if ratio := swing.ratio(audio.onsets, audio.beats):
        found.append(Tag("swing", round(ratio, 2), sure, engine=FOLLOWED))
    return tuple(found)


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


def confidence_of(chance: float, bpm: float, stem: float) -> float:
    """The chance of being right: the choice's own, less for a single part (stem: the chance of that) and for what
    is far from the tempi that most music has. Fitted on sources that the network was told nothing of."""
    from taggers.model import load

    calibration: list[float] = load("tempo")["calibration"]
    logit = sum(weight * fact for weight, fact in zip(calibration, facts(chance, bpm, stem), strict=True))
    return 1 / (1 + math.exp(-logit))


def facts(chance: float, bpm: float, stem: float) -> tuple[float, float, float, float, float]:
    """What the calibration weighs. Octaves from 120 and their square: half a tempo, or double, is heard for it."""
    chance = min(max(chance, 1e-4), 1 - 1e-4)
    octaves = math.log2(bpm / 120)
    return 1.0, math.log(chance / (1 - chance)), stem, octaves, octaves**2


TAGGER = Tagger("tempo", version=6, fields=("bpm", "beats", "bars", "tempo_range", "swing"), tag=tag)
