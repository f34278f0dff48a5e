"""What the network hears in one file: one pass that serves the taggers instrument, kind and embedding.

The file is looked at through patches of 1.1 s (taggers.logmel): the first begins with the sound, further ones
follow where there is more, at most MAX_PATCHES spread evenly over everything that sounds, so that what plays in
one verse of a long song is met several times. Patches far below the file's loudest are silence and left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from taggers import logmel
from taggers.loaded import once

if TYPE_CHECKING:
    from taggers.audio import Audio, Excerpt
    from taggers.model import Timbre

MAX_PATCHES = 36
MIN_SECONDS = 0.02
MIN_LEVEL = 1e-4
"""-80 dBFS: below it a file is silent."""
QUIET = 0.015
"""-36 dB: a patch that much below the loudest says little."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heard:
    """n patches in the order of time: `logits` and `hints` (n, classes), `vectors` (n, TIMBRE_SIZE), `features`
    (n, FEATURES), all as taggers.model.Timbre has them; `levels` (n,) relative to the loudest. `share`: how much
    of the file sounds at all, 0 to 1."""

    logits: Floats
    hints: Floats
    vectors: Floats
    features: Floats
    levels: Floats
    share: float


def hear(audio: Audio) -> Heard | str:
    """What the network hears, or why there is nothing to hear."""
    if audio.duration < MIN_SECONDS:
        return f"shorter than {MIN_SECONDS * 1000:.0f} ms"
    return listen(audio.excerpts) or "silence"


def listen(excerpts: tuple[Excerpt, ...]) -> Heard | None:
    """The same of sound in memory; None of silence."""
    pictures, levels, share = patches(excerpts)
    return Heard(*forward(pictures), levels, share) if len(pictures) else None


def patches(excerpts: tuple[Excerpt, ...]) -> tuple[Floats, Floats, float]:
    """(pictures (n, FRAMES, BANDS), their levels (n,), the share of patches that sound); n is 0 for silence."""
    pieces: list[Floats] = []
    loudness: list[float] = []
    for excerpt in excerpts:
        sound = excerpt.samples
        begin = _onset(sound)
        for start in range(begin, max(begin + 1, len(sound) - logmel.PATCH // 2), logmel.PATCH):
            piece = sound[start : start + logmel.PATCH]
            pieces.append(piece)
            loudness.append(float(piece.std()) * (len(piece) / logmel.PATCH) ** 0.5 if len(piece) else 0.0)
    levels = np.array(loudness, np.float32)
    loudest = max(float(levels.max(initial=0.0)), 1e-12)
    # A constant offset is no sound: the deviation is measured, not the power
    if max((float(np.ptp(piece)) for piece in pieces if len(piece)), default=0.0) / 2 < MIN_LEVEL:
        return np.zeros((0, logmel.FRAMES, logmel.BANDS), np.float32), levels[:0], 0.0
    sounding = np.flatnonzero(levels >= QUIET * loudest)
    chosen = sounding[np.linspace(0, len(sounding) - 1, min(MAX_PATCHES, len(sounding))).round().astype(int)]
    pictures = np.stack([logmel.patch(pieces[i] - pieces[i].mean()) for i in chosen])
    return pictures, levels[chosen] / loudest, len(sounding) / len(levels)


def _onset(sound: Floats) -> int:
    """Where it begins to sound: a little before the first sample within 40 dB of the loudest."""
    around = np.abs(sound - sound.mean())
    first = int((around > 0.01 * around.max(initial=0.0)).argmax()) if len(sound) else 0
    return max(0, first - 441)


def forward(pictures: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """(logits, hints, vectors, features) of n patches, as `Heard` holds them."""
    import torch

    net, device = network()
    with torch.inference_mode():
        features = net.features(torch.from_numpy(pictures).to(device))
        outputs = (net.instruments(features), net.hints(features), net.embedding(features), features)
        logits, hints, vectors, kept = (one.cpu().numpy() for one in outputs)
    return logits, hints, vectors, kept


@once
def network() -> tuple[Timbre, Any]:
    """(the network, its device), loaded at first use in a process; on a GPU where torch sees one."""
    import torch

    from taggers import model

    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    held = model.load("timbre")
    net = model.Timbre(len(held["instruments"]))
    net.load_state_dict(held["state"])
    return net.folded().to(device), device
