"""What kind of sound a file is: one-shot, loop, stem or mix.

A small network weighs plain facts (how long, how many onsets, whether the length is whole beats, how it decays)
and what the timbre network hears (which groups of instruments, how much it varies). A stem is one part of a song;
a mix is all of them; a loop repeats without a seam.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from taggers import pulse
from taggers.base import Candidate, Findings, Tag, Tagger
from taggers.instrument import hinted
from taggers.loaded import once
from taggers.onsets import FRAMES_PER_SECOND
from taggers.tempo import MIN_CONTRAST, MIN_SHARE
from taggers.vocabulary import INSTRUMENTS, KINDS

if TYPE_CHECKING:
    from taggers.audio import Audio, Samples
    from taggers.timbre import Heard

MIN_CONFIDENCE = 0.45
KNOWN = 0.35
"""What resembles no instrument by more may be noise."""
HITS = 3
"""Onsets; a few without a beat are one sound."""
GROUPS: dict[str, tuple[str, ...]] = {
    "kick": ("kick",),
    "snares": ("snare", "clap"),
    "metal": ("hihat", "cymbal"),
    "percussion": ("tom", "percussion"),
    "drums": ("drums",),
    "bass": ("bass",),
    "guitars": ("electric-guitar", "acoustic-guitar", "harp"),
    "keys": ("piano", "organ", "electric-piano", "mallets"),
    "synths": ("synth", "pad"),
    "strings": ("strings", "violin", "cello"),
    "winds": ("brass", "trumpet", "saxophone", "flute", "clarinet", "reeds"),
    "voices": ("vocals", "choir"),
    "fx": ("fx",),
    "other": ("other",),
}

_MEMBERS = [INSTRUMENTS.index(name) for names in GROUPS.values() for name in names]
_FIRST_MEMBERS = np.cumsum([0, *map(len, GROUPS.values())])[:-1]

LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Beats that a loop may have."""

FACTS = (
    "log length", "longer than 12 s", "log onsets", "onsets a second", "one onset", "contrast", "steadiness",
    "share", "pulse fits the length", "halves alike", "quarters alike", "begins", "ends", "last tenth",
    "first tenth", "centre of energy", "sounds", "patches differ", "likeliest", "how many play",
)  # fmt: skip
SIZE = len(FACTS) + 2 * len(GROUPS)

Facts = NDArray[np.float32]


def tag(audio: Audio) -> Findings:
    heard = audio.timbre
    if isinstance(heard, str):
        return Findings(abstained={"kind": heard})
    ranked = sorted(audio.kind.items(), key=lambda item: -item[1])
    best, confidence = ranked[0]
    if confidence < MIN_CONFIDENCE:
        return Findings(abstained={"kind": "could be several"})
    # A single sound may well be of nothing that it knows; what goes on without an instrument is noise
    if hinted(heard).max() < KNOWN and (best != "one-shot" or _hisses(audio.onsets)):
        return Findings(abstained={"kind": "no instrument that it knows: noise"})
    candidates = tuple(Candidate(name, round(one, 3)) for name, one in ranked)
    return Findings((Tag("kind", best, round(confidence, 3), engine="kind network", candidates=candidates),))


def _hisses(onsets: Samples) -> bool:
    """Whether nothing stands out, or much does without any beat."""
    contrast, _steadiness, share = pulse.clarity(onsets)
    return contrast < MIN_CONTRAST or (share < MIN_SHARE and pulse.onset_count(onsets) > HITS)


def chances(audio: Audio) -> dict[str, float]:
    """The chance of each of KINDS, {} where there is nothing to hear."""
    heard = audio.timbre
    if isinstance(heard, str):
        return {}
    weighed = weigh(facts(audio.longest, audio.onsets, audio.duration, heard))
    return dict(zip(KINDS, map(float, weighed), strict=True))


def facts(mono: Samples, onsets: Samples, duration: float, heard: Heard) -> Facts:
    """Shape (SIZE,): FACTS, then the mean and the greatest chance of each of GROUPS over the patches.

    mono: at 44,100 Hz; onsets: of the same (taggers.onsets); duration: of the whole file, seconds.
    """
    count = pulse.onset_count(onsets) if len(onsets) > 2 else 0
    long_enough = len(onsets) > 1.4 * FRAMES_PER_SECOND and count > 1
    contrast, steadiness, share = pulse.clarity(onsets) if long_enough else (0.0, 0.0, 0.0)
    envelope = _envelope(mono)
    energy = envelope**2
    whole = float(energy.sum()) + 1e-12
    tenth = max(1, len(envelope) // 10)
    vectors = heard.vectors * heard.levels[:, None]
    agreement = float(np.linalg.norm(vectors.sum(axis=0)) / (heard.levels.sum() + 1e-9))
    each = 1 / (1 + np.exp(-heard.hints))
    chances = hinted(heard)
    plain = (
        np.log2(max(duration, 0.02)) / 4,
        float(duration > 12),
        np.log2(1 + count) / 4,
        min(count / max(duration, 0.1), 16) / 8,
        float(count <= 1),
        min(contrast, 40) / 20,
        min(steadiness, 15) / 8,
        share * 5,
        _fits(onsets, duration) if long_enough else 0.0,
        _alike(onsets, 2) if long_enough else 0.0,
        _alike(onsets, 4) if long_enough else 0.0,
        float(envelope[:tenth].max() / (envelope.max() + 1e-9)),
        float(envelope[-max(1, len(envelope) // 50) :].mean() / (envelope.max() + 1e-9)),
        float(energy[-tenth:].sum() / whole) * 3,
        float(energy[:tenth].sum() / whole) * 3,
        float((energy * np.linspace(0, 1, len(energy))).sum() / whole),
        heard.share,
        1 - agreement,
        float(chances.max()),
        float((chances > 0.4).sum()) / 5,
    )
    groups = np.maximum.reduceat(each[:, _MEMBERS], _FIRST_MEMBERS, axis=1)
    return np.array((*plain, *groups.mean(axis=0), *groups.max(axis=0)), np.float32)


def _envelope(mono: Samples) -> Samples:
    """Root mean square of 200 pieces of equal length, or of fewer in a very short sound."""
    edges = np.linspace(0, len(mono), min(200, max(1, len(mono) // 64)), endpoint=False).astype(int)
    sizes = np.diff(edges, append=len(mono))
    return np.asarray(np.sqrt(np.add.reduceat(np.square(mono - mono.mean()), edges) / sizes), np.float32)


def _fits(onsets: Samples, duration: float) -> float:
    """How strong the pulses are of which the length holds a whole number, beside the strongest of all."""
    if duration > 40:
        return 0.0
    own = np.array([beats / duration for beats in LENGTHS])
    own = own[(own > 0.7) & (own < 8)]
    everything = pulse.pulse(onsets, np.arange(0.7, 8, 0.05))
    return float(pulse.pulse(onsets, own).max() / (everything.max() + 1e-9)) if len(own) else 0.0


def _alike(onsets: Samples, parts: int) -> float:
    """The correlation of one part's onsets with the next one's, 0 to 1."""
    size = len(onsets) // parts
    smooth = np.convolve(onsets, np.hanning(7), "same")
    pieces = smooth[: size * parts].reshape(parts, size)
    pieces = pieces - pieces.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(pieces, axis=1) + 1e-9
    likeness = [
        float(a @ b / (x * y)) for a, b, x, y in zip(pieces, pieces[1:], lengths, lengths[1:], strict=False)
    ]
    return max(0.0, float(np.mean(likeness)))


def weigh(one: Facts) -> NDArray[np.float64]:
    """The chance of each of KINDS, shape (4,)."""
    inner, inner_bias, outer, outer_bias, mean, spread = _weights()
    hidden = np.maximum(0.0, (one - mean) / spread @ inner + inner_bias)
    logits = hidden @ outer + outer_bias
    chances = np.exp(logits - logits.max())
    return np.asarray(chances / chances.sum(), np.float64)


@once
def _weights() -> tuple[NDArray[np.float32], ...]:
    from taggers.model import load

    state = load("kind")["state"]
    names = ("inner", "inner_bias", "outer", "outer_bias", "mean", "spread")
    return tuple(state[name].numpy() for name in names)


TAGGER = Tagger("kind", version=3, fields=("kind",), tag=tag)
