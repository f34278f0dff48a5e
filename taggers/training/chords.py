"""Trains the network that hears chords, on songs whose chords are known since they were made up.

    python -m taggers.training chords --audio AUDIO --work FOLDER

Songs (taggers.training.render.progressions) are rendered with several sound fonts; what has no chords (drums,
speech, noise) comes from AUDIO. Fitted on TRAINED, its confidence calibrated on CALIBRATED, scored on TESTED:
whole sound fonts apart; and by how much lies in their key on the real songs of REAL. Writes
taggers/weights/chords.pt and prints the scores.
"""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

import csv
import json
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch.nn import functional

from taggers import chords, constantq, model
from taggers.audio import RATE, Audio
from taggers.chordnames import CHORDS, NONE, QUALITIES, code_of, triad
from taggers.chordnet import Chords
from taggers.chordtrack import unpack
from taggers.pitch import NOTES, parse_key
from taggers.training.render import fonts
from taggers.training.render.progressions import RENDERED, compose, render
from taggers.vectors import CHORD_TRACK
from taggers.vocabulary import FAMILY_OF, INSTRUMENTS

FLUID = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
TRAINED = {"fluidr3": 80, "timgm6mb": 80}
"""Songs by sound font."""
CALIBRATED, TESTED = {"csound-gm": 30}, {"generaluser": 50}
REAL = "everything-is-remixed"
DRUMS = ("lmms-demos", "hydrogen-demos", "lmms-samples")
NOISES = ("renders-presets/voices-speech", "renders-nothing/nothing")
MAX_NOTHING = 200
BATCH, LENGTH = 24, 64
EPOCHS = 16
_AT_ONCE = 10

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    """folded: what taggers.chords.fold makes of a song. spans: (start, end, chord) of each of its chords. beat:
    seconds; 0 where there is none."""

    name: str
    folded: Floats
    spans: NDArray[np.float64]
    beat: float


# ---------------------------------------------------------------- material


def make_songs(folder: Path, font: str, count: int, seed: int) -> None:
    """`count` songs as FLAC, each with a JSON of its chords beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = FLUID if font == "fluidr3" else fonts.FONTS[font]
    for start in range(0, count, _AT_ONCE):
        rng = random.Random(seed + start)
        names = [folder / f"{number:03}" for number in range(start, min(count, start + _AT_ONCE))]
        songs = [compose(rng) for _ in names]
        with tempfile.TemporaryDirectory() as scratch:
            sounds = render(songs, file, Path(scratch), effects=rng.random() < 0.4)
        for name, song, sound in zip(names, songs, sounds, strict=True):
            driven = _drive(rng, sound[: int(song.seconds * RENDERED)])
            soundfile.write(name.with_suffix(".flac"), driven, RENDERED, subtype="PCM_16")
            spans = [(span.start, span.end, span.chord) for span in song.spans]
            name.with_suffix(".json").write_text(json.dumps({"beat": song.beat, "spans": spans}))


def _drive(rng: random.Random, sound: NDArray[np.floating]) -> NDArray[np.float64]:
    """As loud as mixes are, some of them squashed, some with noise."""
    level = sound / (np.abs(sound).max() + 1e-9)
    if rng.random() < 0.4:
        level = np.tanh(level * rng.uniform(1.5, 6))
    if rng.random() < 0.3:
        noise = np.random.default_rng(rng.randrange(2**31)).standard_normal(len(level))
        level = level + noise * level.std() * 10 ** (rng.uniform(-35, -12) / 20)
    return np.asarray(level / np.abs(level).max() * rng.uniform(0.2, 0.95))


def pieces(folder: Path, rng: random.Random) -> list[Piece]:
    """The songs of a folder, as they are heard: tuned not quite as they are."""
    found = []
    for path in sorted(folder.glob("*.flac")):
        facts = json.loads(path.with_suffix(".json").read_text())
        sound, _ = soundfile.read(path, dtype="float32")
        folded = chords.fold(soxr.resample(sound, RENDERED, RATE), rng.gauss(0, 4))
        found.append(Piece(f"{folder.name}/{path.stem}", folded, np.array(facts["spans"]), facts["beat"]))
    return found


def nothing(audio: Path, work: Path) -> list[Piece]:
    """What plays no chord: drums of the labelled sounds; and, where the timbre network was trained in this folder,
    speech and noise that were rendered for it."""
    with (audio / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    drums = {name for name in INSTRUMENTS if name == "drums" or FAMILY_OF.get(name) == "drums"}
    paths = []
    for row in rows:
        playing = set(filter(None, row["instruments"].split(";")))
        if row["source"] in DRUMS and row["kind"] in ("loop", "stem") and playing and playing <= drums:
            paths.append(audio / row["path"])
    for folder in NOISES:
        paths += sorted((work / folder).glob("*.flac"))
    random.Random(1).shuffle(paths)
    found = []
    for path in paths[:MAX_NOTHING]:
        heard = Audio(path)
        if heard.duration >= 2:
            spans = np.array([(0.0, heard.duration, NONE)])
            found.append(Piece(path.stem, chords.fold(heard.mono, 0.0), spans, 0.0))
    return found


# ---------------------------------------------------------------- learning


def beats_of(piece: Piece, rng: random.Random) -> NDArray[np.float64]:
    """Edges of beats as they may be heard: at the tempo or a multiple, not quite in time; or where no tempo is."""
    seconds = len(piece.folded) / constantq.FRAMES_PER_SECOND
    if not piece.beat or rng.random() < 0.3:
        start = rng.uniform(0, chords.GRID)
        return np.concatenate(([0.0], np.arange(start + 0.1, seconds - 0.1, chords.GRID), [seconds]))
    first = piece.spans[0, 0] + rng.gauss(0, 0.03)
    beats = np.arange(first, seconds, piece.beat * rng.choice((1, 1, 1, 2, 0.5)))
    return chords.beat_edges(beats, seconds)


def truth_of(piece: Piece, edges: NDArray[np.float64]) -> Floats:
    """The share of each beat that each chord takes, shape (beats, CHORDS)."""
    share = np.zeros((len(edges) - 1, CHORDS), np.float32)
    for start, end, chord in piece.spans:
        inside = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
        share[:, int(chord)] += np.maximum(inside, 0)
    share[:, NONE] += np.maximum(np.diff(edges) - share.sum(axis=1), 0)
    return np.asarray(share / share.sum(axis=1, keepdims=True), np.float32)


def learn(material: Sequence[Piece], seed: int = 0) -> Chords:
    """Cross entropy on random passages of LENGTH beats, each coloured differently."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng, colours = random.Random(seed), np.random.default_rng(seed)
    net = Chords()
    optimizer = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-2)
    steps = EPOCHS * len(material) // BATCH
    plan = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    began, total = time.monotonic(), 0.0
    for step in range(steps):
        inputs, targets = zip(*(_passage(rng.choice(material), rng, colours) for _ in range(BATCH)), strict=True)
        logits = net(torch.from_numpy(np.stack(inputs)).permute(0, 2, 1, 3))
        target = torch.from_numpy(np.stack(targets))
        loss = -(target * functional.log_softmax(logits, dim=2)).sum(dim=2).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        plan.step()
        total += loss.item()
        if step % 40 == 39:
            passed = time.monotonic() - began
            print(f"{passed:5.0f} s: step {step + 1} of {steps}, loss {total / 40:.3f}", flush=True)
            total = 0.0
    return net.eval()


def _passage(piece: Piece, rng: random.Random, colours: np.random.Generator) -> tuple[Floats, Floats]:
    """(input (LENGTH, registers, 12), truth (LENGTH, CHORDS)), silence filling up what is shorter."""
    edges = beats_of(piece, rng)
    heard, truth = chords.averaged(piece.folded, edges), truth_of(piece, edges)
    start = rng.randrange(max(1, len(heard) - LENGTH + 1))
    heard, truth = heard[start : start + LENGTH], truth[start : start + LENGTH]
    # Another equalizer: each register, and each pitch class within it, a little louder or quieter
    heard = heard * colours.lognormal(0, 0.25, (1, heard.shape[1], 1)).astype(np.float32)
    heard = heard * colours.lognormal(0, 0.12, (1, *heard.shape[1:])).astype(np.float32)
    missing = LENGTH - len(heard)
    if missing:
        heard = np.pad(heard, ((0, missing), (0, 0), (0, 0)))
        silence = np.zeros((missing, CHORDS), np.float32)
        silence[:, NONE] = 1
        truth = np.concatenate((truth, silence))
    return heard, truth


# ---------------------------------------------------------------- scores


@dataclass(frozen=True)
class Score:
    """Shares of the time that a chord sounds: `triads` right as major or minor, where the truth is one of these or
    their seventh; `all` right in the whole vocabulary. chance: the network's own along the way. by_quality:
    (right, all) seconds of each."""

    triads: float
    all: float
    chance: float
    by_quality: NDArray[np.float64]


def score(net: Chords, piece: Piece, change: float = chords.CHANGE) -> Score:
    edges = beats_of(piece, random.Random(piece.name))
    logs = chords.chances(chords.averaged(piece.folded, edges), net)
    path = chords.course(logs, change)
    table = np.zeros((CHORDS, CHORDS))
    for start, end, chord in piece.spans:
        inside = np.maximum(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0)
        np.add.at(table[int(chord)], path, inside)
    plain = np.array([triad(code) for code in range(CHORDS)])
    common = np.isin(plain, [code_of(root, quality) for root in range(12) for quality in (0, 1)])
    alike = plain[:, None] == plain[None, :]
    sounding = table[1:]
    of_quality = sounding.reshape(len(QUALITIES), 12, CHORDS).sum(axis=(1, 2))
    right = np.diag(table)[1:].reshape(len(QUALITIES), 12).sum(axis=1)
    heard = np.exp(logs[np.arange(len(path)), path])[path != NONE]
    return Score(
        float((table * alike)[common].sum() / max(1e-9, table[common].sum())),
        float(right.sum() / max(1e-9, of_quality.sum())),
        float(heard.mean()) if len(heard) else 0.0,
        np.stack((right, of_quality)),
    )


def calibration(scores: Sequence[Score]) -> list[float]:
    """(bias, scale) of taggers.chords.calibrate: the share right in the whole vocabulary by the mean chance."""
    chance = np.array([one.chance for one in scores]).clip(1e-3, 1 - 1e-3)
    right = np.array([one.all for one in scores])
    odds = np.log(chance / (1 - chance))

    def loss(line: NDArray[np.float64]) -> float:
        said = line[0] + line[1] * odds
        return float((np.logaddexp(0, said) - right * said).mean())

    return [float(value) for value in minimize(loss, np.array([0.0, 1.0]), method="Nelder-Mead").x]


def report(name: str, scores: Sequence[Score], line: Sequence[float]) -> None:
    chance = np.array([one.chance for one in scores]).clip(1e-3, 1 - 1e-3)
    said = 1 / (1 + np.exp(-(line[0] + line[1] * np.log(chance / (1 - chance)))))
    right = np.array([one.all for one in scores])
    triads = np.mean([one.triads for one in scores])
    print(f"{name:20} {len(scores):3} songs: maj/min {triads:.3f}, whole vocabulary {right.mean():.3f}")
    by_quality = np.sum([one.by_quality for one in scores], axis=0)
    shares = by_quality[0] / np.maximum(1e-9, by_quality[1])
    print("    " + ", ".join(f"{quality} {share:.2f}" for quality, share in zip(QUALITIES, shares, strict=True)))
    print(f"    said on average {said.mean():.3f}, off by {np.abs(said - right).mean():.3f} a song")


IN_KEY = {
    "major": ((0, "maj"), (2, "min"), (4, "min"), (5, "maj"), (7, "maj"), (9, "min"), (11, "dim")),
    "minor": ((0, "min"), (2, "dim"), (3, "maj"), (5, "min"), (7, "min"), (7, "maj"), (8, "maj"), (10, "maj")),
}
"""Semitones above the tonic, and the triads that belong there: 7 and 8 of 36."""


def fitting(audio: Path, source: str) -> None:
    """Prints how much of the time the chords of real mixes fit the key that their makers say: their chords are not
    known, but most of them have to."""
    with (audio / "manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["source"] == source and row["key"]]
    for kind in sorted({row["kind"] for row in rows}):
        shares, silent = [], 0
        for row in (row for row in rows if row["kind"] == kind):
            heard = Audio(audio / row["path"])
            track = chords.TAGGER.tag(heard).vectors.get(CHORD_TRACK)
            key = parse_key(row["key"])
            if track is None or key is None:
                silent += 1
                continue
            note, mode = key.split()
            tonic = NOTES.index(note)
            inside = {code_of(tonic + up, QUALITIES.index(quality)) for up, quality in IN_KEY[mode]}
            changes = unpack(track)
            lengths = np.diff([change.at for change in changes], append=heard.duration)
            sounding = np.array([change.chord != NONE for change in changes])
            fits = np.array([triad(change.chord) in inside for change in changes])
            shares.append(float((lengths * fits).sum() / max(1e-9, (lengths * sounding).sum())))
        print(
            f"{source} {kind:5} {len(shares):3} files, {silent} more without chords: {np.mean(shares):.3f} in key"
        )


def train(audio: Path, work: Path) -> None:
    for number, (font, count) in enumerate({**TESTED, **TRAINED, **CALIBRATED}.items(), 1):
        folder = work / "songs" / font
        if not folder.exists():
            make_songs(folder.with_name(f"{font}.partial"), font, count, 1000 * number)
            folder.with_name(f"{font}.partial").rename(folder)
    rng = random.Random(2)
    material = [piece for font in TRAINED for piece in pieces(work / "songs" / font, rng)]
    silent = nothing(audio, work)
    print(f"{len(material)} songs, {len(silent)} clips without chords", flush=True)
    net = learn([*material, *silent])
    known = [score(net, piece) for font in CALIBRATED for piece in pieces(work / "songs" / font, rng)]
    line = calibration(known)
    model.save("chords", net.state_dict(), calibration=line)
    for font in TESTED:
        report(font, [score(net, piece) for piece in pieces(work / "songs" / font, rng)], line)
    fitting(audio, REAL)
