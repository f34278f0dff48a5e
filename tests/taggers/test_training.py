"""Training in miniature: what is known of clips stays what is known of them, from a manifest to the weights."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from taggers import kind, loaded, model
from taggers.logmel import BANDS, FRAMES, RATE
from taggers.training import __main__ as command
from taggers.training import calibrate, clips, pool, timbre
from taggers.training import kind as kind_training
from taggers.training.clips import Clip
from taggers.training.render import nothing, presets, studio
from taggers.vocabulary import INSTRUMENTS, KINDS
from tests.corpus import corpus

# source, kind, instruments as manifests write them; what gather makes of them: instruments, complete
ROWS = (
    ("kit", "one-shot", "kick;drums", ("kick", "drums"), True),
    ("keys", "one-shot", "piano", ("piano",), True),
    ("keys", "loop", "piano", ("piano",), True),
    ("songs", "mix", "bass", ("bass",), False),
    ("songs", "mix", "", (), False),
    ("pop909-render", "mix", "piano;bass", ("piano", "bass"), True),
    ("songs", "stem", "", (), False),
    ("nothing", "", "", (), True),
)


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    """A second of sound for each of ROWS, one silent file and one that is no sound."""
    folder = tmp_path / "audio"
    folder.mkdir()
    rng = np.random.default_rng(1)
    rows = []
    for number, (source, which, instruments, *_) in enumerate((*ROWS, ("kit", "one-shot", "snare", (), True))):
        silent = number == len(ROWS)
        tone = np.sin(2 * np.pi * 220 * (number + 1) * np.arange(RATE) / RATE) + 0.1 * rng.standard_normal(RATE)
        soundfile.write(folder / f"{number}.flac", tone * (0 if silent else 0.3), RATE)
        rows.append((f"{number}.flac", source, which, instruments, ""))
    (folder / "broken.flac").write_bytes(b"fLaC but not for long")
    rows.append(("broken.flac", "kit", "one-shot", "snare", ""))
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows((("path", "source", "kind", "instruments", "bpm"), *rows))
    return folder


def test_gather_keeps_what_can_be_heard_and_knows_where_labels_are_complete(audio: Path, tmp_path: Path) -> None:
    store = clips.gather([audio], tmp_path / "store")
    assert [(one.source, one.kind, one.instruments, one.complete) for one in store.clips] == [
        (source, which, instruments, complete) for source, which, _, instruments, complete in ROWS
    ]
    for one in store.clips:
        sound = store.sound(one)
        assert len(sound) == RATE
        assert np.abs(sound).max() == pytest.approx(0.9 * 32_767, abs=2)


def test_a_pool_holds_what_the_teacher_hears_and_no_clip_that_is_held_out(audio: Path, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert", reason="the teacher runs with ai-edge-litert (the extra `training`)")
    teacher = corpus("teachers", "yamnet_spectra_in.tflite")
    store, made = tmp_path / "store", tmp_path / "pool"
    clips.gather([audio], store)
    pool.fill(made, [store], teacher, 5, without=["keys"], first=7, size=6)
    patches = timbre.Pool([made])
    assert [path.name for path in made.glob("*.npz")] == ["00007.npz"]
    assert patches.pictures.shape == (6, FRAMES, BANDS)
    assert (patches.scores.shape, patches.features.shape) == ((6, 521), (6, 1_024))
    assert (patches.pictures.max(axis=(1, 2)) == 255).all()
    listed = json.loads((made / "clips.json").read_text())
    assert [one["source"] for one in listed] == [row[0] for row in ROWS if row[0] != "keys"]
    assert all(listed[number]["complete"] for number in patches.clip[patches.single])


def clip(source: str, which: str, *instruments: str, complete: bool) -> Clip:
    return Clip(f"{source}.flac", source, which, instruments, complete, 0, RATE)


# What plays, and how much each label counts: those named, and all the others
@pytest.mark.parametrize(
    ("one", "playing", "others"),
    [
        (clip("kit", "one-shot", "kick", "drums", complete=True), {"kick": 1.0, "drums": 1.0}, 1.0),
        (clip("songs", "mix", "bass", complete=False), {"bass": 0.3}, 0.0),
        (clip("pop909-render", "mix", "piano", complete=True), {"piano": 0.3}, 1.0),
        (clip("songs", "mix", complete=False), {}, 0.0),
        (clip("nothing", "", complete=True), {}, 1.0),
        (clip("attic", "loop", "zither", "piano", complete=True), {"piano": 1.0}, 1.0),
    ],
    ids=["complete", "partial", "complete song", "unlabelled", "nothing", "unknown word"],
)
def test_labels_count_where_something_is_known(one: Clip, playing: dict[str, float], others: float) -> None:
    labels = timbre.Labels([one])
    assert labels.truth[0].tolist() == [float(name in playing) for name in INSTRUMENTS]
    assert labels.weight[0] == pytest.approx([playing.get(name, others) for name in INSTRUMENTS])
    assert labels.slug[0] == (INSTRUMENTS.index(next(iter(playing))) if playing else -1)


# What plays together → the weights of piano (complete), bass (a song's only known part), all others
MIXED = {
    ("piano",): (1.0, 1.0, 1.0),
    ("bass",): (0.0, 0.3, 0.0),
    ("piano", "bass"): (1.0, 0.3, 0.0),
}


def test_what_is_absent_from_a_mixture_is_known_only_where_it_is_known_of_both(tmp_path: Path) -> None:
    known = [clip("keys", "loop", "piano", complete=True), clip("songs", "mix", "bass", complete=False)]
    (tmp_path / "clips.json").write_text(json.dumps([asdict(one) for one in known]))
    count = 3 * timbre.BATCH
    which = np.arange(count, dtype=np.int32) % 2
    np.savez(
        tmp_path / "00000.npz",
        pictures=np.full((count, FRAMES, BANDS), 200, np.uint8),
        clip=which,
        single=which == 0,
        scores=np.zeros((count, 521), np.float16),
        features=np.ones((count, 1_024), np.float16),
    )
    batch = next(timbre.batches(timbre.Pool([tmp_path]), np.random.default_rng(1)))
    piano, bass, harp = (INSTRUMENTS.index(name) for name in ("piano", "bass", "harp"))
    met = set()
    for truth, weight, taught, alone, own in zip(
        *(batch[name].numpy() for name in ("truth", "weight", "taught", "alone", "clip")), strict=True
    ):
        playing = tuple(name for name, place in (("piano", piano), ("bass", bass)) if truth[place])
        assert truth.sum() == len(playing)
        assert tuple(weight[[piano, bass, harp]]) == pytest.approx(MIXED[playing])
        assert alone == (taught == 1 and own == 0)
        met.add((playing, bool(taught)))
    # Of two clips unmixed there are two, mixed with their like or with one another three
    assert met == {(("piano",), True), (("bass",), True), *((playing, False) for playing in MIXED)}


def judged(source: str, logit: float, right: bool) -> calibrate.Judged:
    every = np.ones(len(INSTRUMENTS))
    return calibrate.Judged(source, logit * every, logit * every, right * every, np.ones(2, np.float32), "piano")


def test_chances_follow_the_shares_and_large_sources_count_no_more_than_150_clips() -> None:
    # Of source a, 300 clips, each counts half. At logit 1: (100 / 2 + 150) / (200 / 2 + 150) = 0.8 are right;
    # at -1: 20 / 100 = 0.2. So scale + bias = ln 4 and -scale + bias = -ln 4
    known = [judged("a", 1.0, number < 100) for number in range(200)]
    known += [judged("a", -1.0, number < 20) for number in range(100)]
    known += [judged("b", 1.0, True) for _ in range(150)]
    scale, bias = calibrate.fit(known)
    assert scale == pytest.approx(np.full(len(INSTRUMENTS), math.log(4)), abs=0.01)
    assert bias == pytest.approx(np.zeros(len(INSTRUMENTS)), abs=0.01)
    said = calibrate.chances([judged("b", 1.0, True), judged("b", -1.0, True)], (scale, bias))
    assert said[:, 0] == pytest.approx([0.8, 0.2], abs=0.01)


def test_expected_error_is_how_far_chances_lie_from_shares() -> None:
    said = np.array([0.02, 0.10, 0.15, 0.85, 0.95])
    truth = np.array([1.0, 0.0, 1.0, 0.0, 1.0])
    error, rows = calibrate.expected_error(truth, said)
    assert [value for row in rows for value in row] == pytest.approx([0.125, 0.5, 2, 0.85, 0, 1, 0.95, 1, 1])
    assert error == pytest.approx((2 * 0.375 + 0.85 + 0.05) / 4)


@pytest.mark.parametrize(
    ("truth", "expected"), [((1, 0, 1), (1 + 2 / 3) / 2), ((0, 1, 0), 1 / 2), ((1, 1, 0), 1.0), ((0, 0, 0), 0.0)]
)
def test_average_precision(truth: tuple[float, ...], expected: float) -> None:
    assert calibrate.average_precision(np.array(truth, float), np.array([0.9, 0.5, 0.1])) == pytest.approx(
        expected
    )


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for weights of this test's own."""
    monkeypatch.setattr(model, "WEIGHTS", tmp_path / "weights")
    loaded.forget()
    yield tmp_path / "weights"
    loaded.forget()


@pytest.fixture
def one_thread() -> Iterator[None]:
    """So small a network spends its time waiting for a second thread where another process has the core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("weights", "one_thread")
def test_kinds_that_differ_in_one_fact_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_training, "STEPS", 400)
    rng = np.random.default_rng(1)

    def facts(which: str) -> kind.Facts:
        one = rng.normal(0, 0.1, kind.SIZE)
        one[KINDS.index(which)] += 2.0
        return np.asarray(one, np.float32)

    model.save("kind", kind_training.fit([("source", which, facts(which)) for which in KINDS for _ in range(25)]))
    for which in KINDS:
        chances = kind.weigh(facts(which))
        assert KINDS[int(chances.argmax())] == which
        assert chances.max() > 0.5


def test_a_network_that_is_newer_than_its_clips_is_not_trained_again(
    audio: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips.gather([audio], tmp_path / "work" / "clips-audio")
    weights.mkdir()
    for name in ("timbre.pt", "kind.pt"):
        (weights / name).write_bytes(b"trained")
    command.kind(audio, tmp_path / "work")
    assert capsys.readouterr().out.endswith("kind.pt: there already\n")
    assert (weights / "kind.pt").read_bytes() == b"trained"


def test_nothing_is_rendered_and_other_sources_stay_in_the_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nothing, "CLIPS", 6)
    (tmp_path / "manifest.csv").write_text("path,source,kind,instruments\na.flac,attic,loop,piano\n")
    studio.make(tmp_path, ["nothing"])
    lines = (tmp_path / "manifest.csv").read_text().splitlines()
    assert lines[1:] == [
        "a.flac,attic,loop,piano",
        *(f"nothing/{number:03}.flac,nothing,," for number in range(6)),
    ]
    for path in (tmp_path / "nothing").iterdir():
        sound, rate = soundfile.read(path)
        assert (rate, len(sound)) == (RATE, nothing.SECONDS * RATE)
        assert np.abs(sound).max() == pytest.approx(0.5, abs=1e-3)


def test_what_cannot_be_rendered_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        SystemExit, match=r"^No such source: lute\. There are: musescore-general, .*, nothing, .*, grandorgue$"
    ):
        studio.make(tmp_path, ["lute"])
    monkeypatch.setitem(studio.NEEDS, "timgm6mb", {"/no/such.sf2": "timgm6mb-soundfont", "no-such": "fluidsynth"})
    wanted = r"^Not installed, but needed for timgm6mb: apt install fluidsynth timgm6mb-soundfont$"
    with pytest.raises(SystemExit, match=wanted):
        studio.make(tmp_path, ["timgm6mb", "nothing"])
    with pytest.raises(SystemExit, match=r"holds no manifest.csv"):
        command.tempo(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("name", "bank", "expected"),
    [
        ("WarmPad2", "", "pad;synth"),
        ("Strings Pad", "", "strings;pad;synth"),
        ("Heavy Metal Guitar", "", "electric-guitar"),
        ("Guitar", "", ""),
        ("Organ Bass", "", ""),
        ("Whatever", "Bass", "bass;synth"),
        ("Kick", "Drums", ""),
        ("Whatever", "", ""),
    ],
)
def test_a_preset_is_labelled_only_where_its_name_is_clear(name: str, bank: str, expected: str) -> None:
    assert presets.slug_of(name, bank) == expected
