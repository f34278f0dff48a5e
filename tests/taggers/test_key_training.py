"""What the key network learns from, and that its training runs from sounds to weights."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from taggers import loaded, model
from taggers.key import OPINIONS
from taggers.keynet import KEYS, KeyNet
from taggers.pitch import KEYS as NAMES
from taggers.training import key as training
from taggers.training.key import learning, songs
from taggers.training.key.labels import chances
from tests.taggers.signals import cadence, write

# What is said of each segment of a song: (profiles bgate and edma, S-KEY), and what it then is likeliest in
SAID = {
    "all agree": ([("A minor", "A minor", "A minor")], "A minor", 0.5),
    "two against one": ([("C major", "C major", "F# major")], "C major", 0.0),
    "the other segments decide": (
        [("G major", "E minor", "E minor"), *[("E minor", "E minor", "E minor")] * 2],
        "E minor",
        0.4,
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_unlike_methods_say(name: str) -> None:
    segments, expected, least = SAID[name]
    # As many songs in other keys, so that half are in minor
    every = [*_facts(segments, "a"), *_facts([("F major",) * 3] * 2 + [("D minor",) * 3] * 2, "b")]
    found = chances(every, [np.zeros((len(OPINIONS), KEYS), np.float32)] * len(every))
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert NAMES[int(found[0].argmax())] == expected
    assert found[0].max() >= least


def _facts(segments: Sequence[tuple[str, ...]], song: str) -> list[dict[str, object]]:
    facts = []
    for bgate, edma, skey in segments:
        likely = np.full(KEYS, 0.02)
        likely[NAMES.index(skey)] = 0.54
        facts.append({"path": song, "bgate": bgate, "edma": edma, "skey": likely.tolist()})
    return facts


@pytest.mark.slow
def test_from_sounds_to_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio, whole = tmp_path / "audio", tmp_path / "whole"
    listed = []
    for number, source in enumerate((*training.HELD_OUT, "incompetech")):
        folder = audio / source
        folder.mkdir(parents=True)
        write(folder / "x.wav", cadence(48 + 5 * number, number % 2 == 0))
        key = "" if source == "incompetech" else NAMES[5 * number % 12 + 12 * (number % 2 == 0)]
        listed.append({"path": f"{source}/x.wav", "source": source, "kind": "mix", "key": key, "truth": ""})
    with (audio / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, listed[0])
        writer.writeheader()
        writer.writerows(listed)
    for source in ("band", "orchestra"):
        (whole / source).mkdir(parents=True)
        write(whole / source / "song.wav", np.tile(cadence(52, True), 3))
    for module, name, value in (
        (songs, "DRAWN", 3),
        (songs, "PLAYED", 0),
        (learning, "BATCH", 4),
        (learning, "ALONE", replace(learning.ALONE, steps=2)),
        (learning, "TOGETHER", replace(learning.TOGETHER, steps=4, real=(2, 3))),
        (learning, "AGAIN", replace(learning.AGAIN, steps=2, real=(2, 3))),
        (learning, "LAST", replace(learning.LAST, steps=2, real=(2, 3))),
        (model, "WEIGHTS", tmp_path / "weights"),
    ):
        monkeypatch.setattr(module, name, value)
    (tmp_path / "weights").mkdir()
    try:
        training.main(audio, tmp_path / "work", whole, None)
    finally:
        loaded.forget()
    made = torch.load(tmp_path / "weights" / "key.pt", weights_only=True)
    KeyNet().load_state_dict(made["state"])
    assert {*OPINIONS, "bias", "odds", "agree", "length"} == made["calibration"].keys()
    assert all(np.isfinite(one) for one in made["calibration"].values())
