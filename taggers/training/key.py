"""Trains taggers.keynet on songs whose keys are known, and finds how far to trust it on songs that it never heard.

A song's parts are kept apart until they are heard: each time they are mixed anew, moved to another key, coloured,
blurred and cut, so that a few thousand songs sound like a great many. Truth is that of the score.

Real songs of which nobody said the key join in the second round: there the network learns to say of a few seconds
what it and the key profile make of the whole song, where these agree. In no score do such labels count.
"""

# ruff: noqa: T201 - what it prints is its result

from __future__ import annotations

import csv
import json
import math
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from taggers import by_essentia, constantq, keynet, model
from taggers.audio import Audio
from taggers.base import TagError
from taggers.constantq import BINS, BINS_PER_SEMITONE
from taggers.harmony import resemblance
from taggers.key import evidence, keyless
from taggers.keynet import KEYS, KeyNet
from taggers.pitch import KEYS as NAMES
from taggers.pitch import compatible, parse_key, relative
from taggers.training.render import drawn, genres, keyed

DRAWN, PLAYED = 2_110, 180
UNLABELLED = (
    "wesnoth-music", "warzone2100-music", "singularity-music", "hyperrogue-music", "drascula-music",
    "nexuiz-music", "fillets-music", "incompetech", "tracker-debian", "planetblupi-music", "hydrogen-demos",
    "lmms-demos",
)  # fmt: skip
HELD_OUT = ("everything-is-remixed", "pop909-render", "nottingham-render")
"""Never trained on: real songs, and renders of scores that others wrote; the numbers of taggers.key.judge are
fitted on them."""

BATCH = 32
LENGTHS = (14, 20, 28, 40, 56, 70)
"""Rows of a batch's excerpts: 5 to 26 s."""
RATE = 3e-3
ALONE = {"bass": 0.07, "lead": 0.08, "chords": 0.1}
"""How often a part is all there is."""
GAINS = {"chords": (0.0, 5.0), "bass": (0.0, 6.0), "lead": (0.0, 6.0), "drums": (3.0, 7.0), "all": (0.0, 0.0)}
"""Decibels: mean, deviation."""

OFTEN = {"drawn": 1.0, "played": 1.5, **dict.fromkeys(UNLABELLED, 2.0)}
"""How often a song is taken, beside others."""
STEPS, LAST_STEPS = 600, 330
SEEDS = (2, 3)
"""Of the second round, which is run as often; the weights are averaged."""
LAST_RATE = 2e-3
TEACHING, SHARPER, CLEAR = 6.0, 1.5, 0.6
"""Of real songs: the profile's weight, an exponent, and the least chance of the likeliest key."""
PROFILE_WEIGHTS = (1, 2, 3, 4, 6, 8, 10, 15)
REAL = "everything-is-remixed"
"""Counts twice in the calibration: renders are easier than life."""
RIDGE = 0.002

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """parts: by name, the first of its rows in the store, and how many. target: the chance of each of KEYS.
    facts: as stored, "key" among them where it is known."""

    source: str
    store: int
    parts: dict[str, tuple[int, int]]
    target: Floats
    facts: dict[str, Any]


Song = tuple[dict[str, Any], dict[str, Floats]]
"""(facts: source, key; rows of each part)."""


def store(folder: Path, name: str, songs: Iterable[Song]) -> None:
    """Write NAME.f16 with the rows, and last NAME.json with all else; what is there already stays."""
    if (folder / f"{name}.json").exists():
        return
    listed, start = [], 0
    with (folder / f"{name}.f16").open("wb") as out:
        for facts, parts in songs:
            places = {}
            for part, rows in parts.items():
                out.write(rows.astype(np.float16).tobytes())
                places[part] = (start, len(rows))
                start += len(rows)
            listed.append({**facts, "parts": places})
    (folder / f"{name}.json").write_text(json.dumps(listed))
    print(f"{name}: {len(listed)} songs", flush=True)


def drawn_songs() -> Iterator[Song]:
    rng = random.Random(21)
    for _ in range(DRAWN):
        song = genres.compose(rng)
        parts = {name: keynet.rows(sound) for name, sound in drawn.draw(song, rng).items()}
        levelled = {name: rows * 0.1 / (np.sqrt(np.square(rows).mean()) + 1e-9) for name, rows in parts.items()}
        yield {"source": "drawn", "key": song.key, "genre": song.genre}, levelled


def played_songs(work: Path) -> Iterator[Song]:
    for song, font, sounds in keyed.render(PLAYED, 11, work):
        parts = {name: keynet.rows(constantq.pitches(sound)) for name, sound in sounds.items()}
        yield {"source": "played", "key": song.key, "genre": song.genre, "font": font}, parts


def real_songs(audio: Path, sources: Sequence[str]) -> Iterator[Song]:
    """Of `audio`, a folder with a manifest, what has or may have a key."""
    with (audio / "manifest.csv").open(newline="", encoding="utf-8") as file:
        listed = [row for row in csv.DictReader(file) if row["source"] in sources]
    for row in listed:
        if not row["key"] and row["kind"] != "mix":
            continue
        sound = Audio(audio / row["path"])
        try:
            if keyless(sound.harmony):
                continue
        except TagError:
            continue
        facts = {name: row[name] for name in ("source", "path", "kind", "truth")}
        facts["second"] = by_essentia.key(sound.mono)
        yield {**facts, "key": parse_key(row["key"])}, {"all": keynet.rows(sound.pitches)}


class Pool:
    """Examples of several stores (NAME.json, and NAME.f16 with the rows)."""

    def __init__(self, folder: Path, names: Iterable[str], *, unknown: bool = False) -> None:
        """unknown: take those too of which nobody says the key."""
        self.examples: list[Example] = []
        self._rows = []
        for number, name in enumerate(names):
            listed = json.loads((folder / f"{name}.json").read_text())
            self._rows.append(np.memmap(folder / f"{name}.f16", np.float16, "r").reshape(-1, BINS))
            for one in listed:
                parts = {part: (start, count) for part, (start, count) in one["parts"].items()}
                chances = one.get("chances") or (target(NAMES.index(one["key"])) if one["key"] else None)
                if chances is None and not unknown:
                    continue
                aim = np.zeros(KEYS, np.float32) if chances is None else np.asarray(chances, np.float32)
                self.examples.append(Example(one["source"], number, parts, aim, one))

    def part(self, example: Example, name: str, first: int = 0, count: int | None = None) -> Floats:
        start, length = example.parts[name]
        stop = length if count is None else min(length, first + count)
        return self._rows[example.store][start + first : start + stop].astype(np.float32)


def target(key: int, sure: float = 0.9) -> Floats:
    """The chance of each key: most for the true one, a little for its neighbours."""
    tonic, minor = key % 12, key >= 12
    spread = np.full(KEYS, (1 - sure) * 0.2 / KEYS, np.float32)
    spread[key] += sure
    relative = (tonic + 3) % 12 if minor else 12 + (tonic + 9) % 12
    for other, share in (
        (relative, 0.4),
        ((tonic + 7) % 12 + 12 * minor, 0.2),
        ((tonic + 5) % 12 + 12 * minor, 0.1),
        ((key + 12) % 24, 0.1),
    ):
        spread[other] += (1 - sure) * share
    return spread


def moved(chances: Floats, semitones: int) -> Floats:
    return np.roll(chances.reshape(2, 12), semitones, axis=1).reshape(KEYS)


def excerpt(
    pool: Pool, example: Example, count: int, chance: np.random.Generator, drums: Sequence[Example]
) -> tuple[Floats, Floats]:
    """(rows of shape (count, BINS), target), never the same twice."""
    parts = list(example.parts)
    length = min(example.parts[part][1] for part in parts)
    first = int(chance.integers(0, max(1, length - count + 1)))
    power = np.zeros((count, BINS), np.float32)
    chosen = _chosen(parts, chance)
    for part in chosen:
        sound = pool.part(example, part, first, count)
        power[: len(sound)] += _levelled(sound, part, chance)
    if drums and len(chosen) > 1 and "drums" not in chosen and chance.random() < 0.5:
        other = drums[int(chance.integers(len(drums)))]
        sound = pool.part(other, "drums", 0, count)
        power[: len(sound)] += _levelled(sound, "drums", chance)
    heard = np.sqrt(power)
    semitones = int(chance.integers(-6, 6))
    heard = _shifted(heard, BINS_PER_SEMITONE * semitones + float(chance.uniform(-0.45, 0.45)))
    return _worn(heard, chance), moved(example.target, semitones)


def _chosen(parts: list[str], chance: np.random.Generator) -> list[str]:
    dice = chance.random()
    for part, share in ALONE.items():
        dice -= share
        if dice < 0 and part in parts:
            return [part]
    left = [part for part in parts if chance.random() < {"chords": 0.93, "bass": 0.9, "lead": 0.85}.get(part, 1.0)]
    return left if set(left) - {"drums"} else parts


def _levelled(sound: Floats, part: str, chance: np.random.Generator) -> Floats:
    mean, deviation = GAINS[part]
    gain = 10 ** (chance.normal(mean, deviation) / 10)
    power = np.square(sound)
    return power * np.float32(gain / (power.mean() + 1e-9))


def _shifted(rows: Floats, bins: float) -> Floats:
    whole = math.floor(bins)
    part = np.float32(bins - whole)
    padded = np.pad(rows, ((0, 0), (BINS, BINS)))
    lower = padded[:, BINS - whole : 2 * BINS - whole]
    upper = padded[:, BINS - whole - 1 : 2 * BINS - whole - 1]
    return np.asarray((1 - part) * lower + part * upper, np.float32)


def _worn(rows: Floats, chance: np.random.Generator) -> Floats:
    """Through rooms, equalizers, distortion, cheap codecs and noise."""
    if chance.random() < 0.3:  # overtones of distortion
        for bins, level in ((36, 0.5), (57, 0.35), (72, 0.25)):
            copy = np.zeros_like(rows)
            copy[:, bins:] = rows[:, :-bins]
            rows = rows + np.float32(level * chance.random()) * copy
    if chance.random() < 0.3:  # reverb
        fade = np.float32(chance.uniform(0.1, 0.6))
        rows = rows.copy()
        for n in range(1, len(rows)):
            rows[n] = np.maximum(rows[n], fade * rows[n - 1])
    knots = chance.normal(0, chance.choice([0, 3, 6]), 8)
    gain = np.interp(np.linspace(0, 7, BINS), np.arange(8), knots) + np.linspace(-1, 1, BINS) * chance.normal(0, 6)
    dice = chance.random()
    if dice < 0.12:  # no bass
        gain = gain - 30 / (1 + np.exp((np.arange(BINS) - chance.uniform(30, 80)) / 4))
    elif dice < 0.24:  # no treble
        gain = gain - 40 / (1 + np.exp(-(np.arange(BINS) - chance.uniform(130, 240)) / 4))
    rows = rows * np.float32(10) ** (gain / 20).astype(np.float32)
    if chance.random() < 0.5:
        level = np.sqrt(np.square(rows).mean()) * 10 ** (chance.uniform(-40, -8) / 20)
        noise = np.sqrt(chance.gamma(4, 0.25, rows.shape)).astype(np.float32)
        colour = np.float32(10) ** (np.linspace(-1, 1, BINS) * chance.normal(0, 0.4)).astype(np.float32)
        rows = rows + np.float32(level) * noise * colour
    return np.asarray(rows * 10 ** (chance.normal(0, 1.5, (len(rows), 1)) / 20), np.float32)


def train(
    pool: Pool, steps: int, out: Path, net: KeyNet | None = None, rate: float = RATE, seed: int = 1
) -> KeyNet:
    """Every 200 steps the weights go to `out`."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    net = net or KeyNet()
    net.train()
    optimizer = torch.optim.AdamW(net.parameters(), rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps, pct_start=0.1)
    drums = [one for one in pool.examples if "drums" in one.parts]
    share = np.array([OFTEN.get(one.source, 1.0) for one in pool.examples])
    share /= share.sum()
    begin, total = time.monotonic(), 0.0
    for step in range(1, steps + 1):
        count = int(chance.choice(LENGTHS))
        chosen = chance.choice(len(pool.examples), BATCH, p=share)
        made = [excerpt(pool, pool.examples[n], count, chance, drums) for n in chosen]
        rows = torch.from_numpy(np.stack([one for one, _ in made]))
        targets = torch.from_numpy(np.stack([one for _, one in made]))
        loss = functional.cross_entropy(net(rows), targets)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        total += float(loss.detach())
        if step % 100 == 0:
            print(f"step {step}: loss {total / 100:.3f}, {time.monotonic() - begin:.0f} s", flush=True)
            total = 0.0
        if step % 200 == 0:
            torch.save(net.state_dict(), out)
    net.eval()
    torch.save(net.state_dict(), out)
    return net


@dataclass(frozen=True)
class Judged:
    """What is known of one held-out recording before anything is fitted: `said` and `alike` of shape (KEYS,)."""

    source: str
    kind: str
    said: Floats
    alike: NDArray[np.float64]
    second: int  # what essentia says, among KEYS
    seconds: float
    key: int  # among KEYS, -1 where nobody knows

    def choice(self, profile: float) -> tuple[int, float]:
        """(the key, its chance) with this weight of the profile."""
        score = self.said + profile * self.alike
        chances = np.exp(score - score.max())
        best = int(chances.argmax())
        return best, float(chances[best] / chances.sum())


def judged(net: KeyNet, pool: Pool) -> list[Judged]:
    found = []
    for example in pool.examples:
        rows = pool.part(example, "all")
        with torch.inference_mode():
            said = net(torch.from_numpy(rows)[None])[0].log_softmax(dim=0).numpy()
        alike = resemblance(constantq.fold(constantq.standing(rows)).mean(axis=0))
        key, seconds = example.facts.get("key"), len(rows) / keynet.ROWS_PER_SECOND
        index = NAMES.index(key) if key else -1
        second = NAMES.index(example.facts["second"])
        found.append(Judged(example.source, example.facts.get("kind", ""), said, alike, second, seconds, index))
    return found


def clear_songs(net: KeyNet, pool: Pool) -> Iterator[Song]:
    """Songs of which nobody says the key, with the chances that network and profile together see, sharpened, as
    targets; without those of which these are not sure."""
    for example, heard in zip(pool.examples, judged(net, pool), strict=True):
        score = heard.said + TEACHING * heard.alike
        chances = np.exp(SHARPER * (score - score.max()))
        chances /= chances.sum()
        if chances.max() >= CLEAR:
            facts = {"source": example.source, "key": None, "chances": [round(float(one), 4) for one in chances]}
            yield facts, {"all": pool.part(example, "all")}


def calibrate(heard: Sequence[Judged]) -> dict[str, float]:
    """The weights of taggers.key.judge: the profile's that gets most keys right, and those of
    taggers.key.evidence. Every source counts alike, but for REAL."""
    from scipy.optimize import minimize

    sizes = Counter(one.source for one in heard)
    share = np.array([(2 if one.source == REAL else 1) / sizes[one.source] for one in heard])
    profile = max(
        PROFILE_WEIGHTS,
        key=lambda weight: sum(
            part for part, one in zip(share, heard, strict=True) if one.choice(weight)[0] == one.key
        ),
    )
    chosen = [one.choice(profile) for one in heard]
    right = np.array([float(best == one.key) for (best, _), one in zip(chosen, heard, strict=True)])
    facts = [
        evidence(chance, int(one.alike.argmax()) == best, one.second == best, one.seconds)
        for (best, chance), one in zip(chosen, heard, strict=True)
    ]
    table = np.array([list(one.values()) for one in facts])

    def loss(weights: NDArray[np.float64]) -> float:
        odds = table @ weights
        likely = np.logaddexp(0, np.where(right > 0, -odds, odds))
        return float((share * likely).sum() / share.sum() + RIDGE * np.square(weights).sum())

    weights = minimize(loss, np.zeros(table.shape[1])).x
    return {"profile": float(profile), **{name: float(w) for name, w in zip(facts[0], weights, strict=True)}}


def report(heard: Sequence[Judged], numbers: dict[str, float]) -> None:
    """Prints for each source and kind how many keys are right, and how honest the confidence is."""
    print(f"{'':36} files  exact  MIREX  sure  wrong  confidence")
    groups: dict[str, list[Judged]] = {}
    for one in heard:
        for name in (one.source, f"{one.source} {one.kind}", "all"):
            groups.setdefault(name, []).append(one)
    for name, members in sorted(groups.items()):
        said = [confidence(one, numbers) for one in members]
        scores = [mirex(NAMES[best], NAMES[one.key]) for (best, _), one in zip(said, members, strict=True)]
        sure = [score for score, (_, chance) in zip(scores, said, strict=True) if chance >= 0.8]
        print(
            f"{name:36} {len(members):5}  {np.mean([score == 1 for score in scores]):.3f}  {np.mean(scores):.3f} "
            f"{len(sure):5}  {sum(score < 1 for score in sure):5}  {np.mean([chance for _, chance in said]):.3f}"
        )


def average(nets: Sequence[KeyNet]) -> KeyNet:
    """The mean of weights that come from the same beginning: as good as the mean of their answers, and cheaper."""
    states = [net.state_dict() for net in nets]
    mean = {name: torch.stack([state[name].float() for state in states]).mean(dim=0) for name in states[0]}
    net = KeyNet()
    net.load_state_dict({name: value.to(states[0][name].dtype) for name, value in mean.items()})
    return net.eval()


def confidence(one: Judged, numbers: dict[str, float]) -> tuple[int, float]:
    best, chance = one.choice(numbers["profile"])
    facts = evidence(chance, int(one.alike.argmax()) == best, one.second == best, one.seconds)
    return best, float(1 / (1 + np.exp(-sum(numbers[name] * value for name, value in facts.items()))))


def mirex(said: str, true: str) -> float:
    """MIREX's score of a key: same 1, a fifth away 0.5, relative 0.3, parallel 0.2."""
    if said == true:
        return 1.0
    if said == relative(true):
        return 0.3
    if said in compatible(true):
        return 0.5
    return 0.2 if said.split()[0] == true.split()[0] else 0.0


def main(audio: Path, work: Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    store(work, "drawn", drawn_songs())
    store(work, "played", played_songs(work))
    store(work, "held-out", real_songs(audio, HELD_OUT))
    store(work, "real", real_songs(audio, UNLABELLED))
    first = train(Pool(work, ("drawn", "played")), STEPS, work / "first.pt")
    store(work, "clear", clear_songs(first, Pool(work, ("real",), unknown=True)))
    everything = Pool(work, ("drawn", "played", "clear"))
    last = [
        train(everything, LAST_STEPS, work / f"last-{seed}.pt", deepcopy(first), LAST_RATE, seed) for seed in SEEDS
    ]
    net = average([first, *last])
    heard = judged(net, Pool(work, ("held-out",)))
    numbers = calibrate(heard)
    report(heard, numbers)
    model.save("key", net.state_dict(), calibration=numbers, command="python -m taggers.training key")
