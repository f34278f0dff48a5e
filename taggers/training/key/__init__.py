"""Trains taggers.keynet on songs whose keys are known, and finds how far to trust it on songs that it never heard.

First it learns from songs that were made up; there truth is that of the score. Real songs, of which nobody said
the key, join in the second round: of a few seconds it learns to say what unlike methods make of the whole song.
In no score do such labels count as truth.
"""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

from copy import deepcopy
from functools import partial
from pathlib import Path

import numpy as np
import torch

from taggers import model
from taggers.key import OPINIONS
from taggers.keynet import KEYS, KeyNet
from taggers.pitch import KEYS as NAMES
from taggers.training.key import calibration, labels, learning, songs
from taggers.training.key.calibration import mirex
from taggers.training.key.songs import Pool

__all__ = ["main", "mirex"]

UNLABELLED = (
    "wesnoth-music", "warzone2100-music", "singularity-music", "hyperrogue-music", "drascula-music",
    "nexuiz-music", "fillets-music", "incompetech", "tracker-debian", "planetblupi-music", "hydrogen-demos",
    "lmms-demos", "openmsx-render", "freedoom-render",
)  # fmt: skip
LEFT_OUT = (
    "warzone2100-music", "incompetech", "fretsonfire-songs-muldjord", "fretsonfire-songs-sectoid", "xmoto-data",
)  # fmt: skip
"""Real songs that are not trained on, of whose keys others have merely an opinion."""
HELD_OUT = ("everything-is-remixed", "pop909-render", "nottingham-render")
"""Never trained on: real songs, and renders of scores that others wrote."""
SHARES = {"everything-is-remixed": 2.0, "left out": 4.0}
"""What counts more in the calibration: renders are easier than life."""


def main(audio: Path, work: Path, whole: Path | None, teacher: Path | None) -> None:
    """audio: a folder of sounds with a manifest. whole: one with a folder of whole songs for each source. teacher:
    the tensors of S-KEY."""
    work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    songs.store(work, "drawn", songs.drawn_songs())
    songs.store(work, "played", songs.played_songs(work))
    songs.store(work, "held-out", songs.labelled_clips(audio, HELD_OUT))
    recorded, left_out = _recorded(audio, work, whole, teacher)
    invented = Pool(work, ("drawn", "played"))
    alone = learning.learn(learning.ALONE, KeyNet(), invented, None, work / "alone.pt")
    together = learning.learn(learning.TOGETHER, deepcopy(alone), invented, recorded, work / "together.pt")
    again = learning.learn(learning.AGAIN, deepcopy(together), invented, recorded, work / "again.pt")
    between = learning.average((alone, together, again))
    last = learning.learn(learning.LAST, between, invented, recorded, work / "last.pt")
    # The last follows a moved song more often; a third of the first keeps it right where truth is known
    net = learning.average((alone, last, last))
    heard = _judged(net, Pool(work, ("held-out",)), left_out)
    numbers = calibration.calibrate(heard, SHARES)
    calibration.report(heard, numbers)
    for source in sorted({one.source for one in heard}):
        rest = [one for one in heard if one.source != source]
        print(f"\nfitted without {source}")
        calibration.report([one for one in heard if one.source == source], calibration.calibrate(rest, SHARES))
    model.save("key", net.state_dict(), calibration=numbers, command="python -m taggers.training key")


def _recorded(audio: Path, work: Path, whole: Path | None, teacher: Path | None) -> tuple[Pool, Pool]:
    """Real songs (to learn from, to leave out)."""
    if teacher is None:
        ask = partial(labels.opinions, teacher=None)
    else:
        from taggers.training.key.skey import Skey

        ask = partial(labels.opinions, teacher=Skey(teacher))
    there = {folder.name for folder in whole.iterdir()} if whole else set()
    songs.store(work, "clips", songs.mixes(audio, sorted({*UNLABELLED} - there), ask))
    if whole:
        songs.store(work, "whole", songs.whole_songs(whole, ask))
    every = Pool(work, ("clips", "whole") if whole else ("clips",))
    return every.where(lambda one: one.source not in LEFT_OUT), every.where(lambda one: one.source in LEFT_OUT)


def _judged(net: KeyNet, held_out: Pool, left_out: Pool) -> list[calibration.Judged]:
    """What has a key as far as taggers.key can tell."""
    known = held_out.where(lambda one: one.facts["kind"] == "mix" or not one.facts["keyless"])
    truth = np.eye(KEYS, dtype=np.float32)[[NAMES.index(one.facts["key"]) for one in known.examples]]
    heard = calibration.judged(net, known, truth)
    if left_out.examples:
        nothing = np.zeros((len(OPINIONS), KEYS), np.float32)  # ours is what is measured
        likely = labels.chances([one.facts for one in left_out.examples], [nothing] * len(left_out.examples))
        heard += calibration.judged(net, left_out, likely, "left out")
    return heard
