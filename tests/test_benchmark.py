"""`archivist benchmark`: what is taken for truth, how answers are judged, what people and scripts get to see."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from archivist.archive import Archive
from archivist.benchmark import consistency, figures, measures
from archivist.benchmark import run as benchmark
from archivist.benchmark.programs import Answer, Heard, Listening
from archivist.benchmark.truth import Truth, TruthError, chosen, of_corrections, of_demo, read_table
from archivist.records import FileRow
from tests.conftest import Run
from tests.small_studio import write_sound

# ---------------------------------------------------------------- one answer

TEMPI = [  # true, said, by which ratio it is right
    (120.0, 120.0, Fraction(1)),
    (120.0, 124.7, Fraction(1)),  # 3.9 %
    (120.0, 125.0, None),  # 4.2 %
    (120.0, 115.3, Fraction(1)),
    (140.0, 70.0, Fraction(1, 2)),
    (70.0, 140.0, Fraction(2)),
    (150.0, 50.0, Fraction(1, 3)),
    (60.0, 180.0, Fraction(3)),
    (120.0, 80.0, None),  # two thirds is wrong
    (120.0, 480.0, None),
]


@pytest.mark.parametrize(("true", "said", "ratio"), TEMPI)
def test_a_tempo_is_right_within_four_per_cent(true: float, said: float, ratio: Fraction | None) -> None:
    assert measures.tempo_ratio(true, said) == ratio


VERDICTS = [  # field, truth, answer, right, near
    ("bpm", 120.0, 120.05, True, 1.0),
    ("bpm", 140.0, 70.0, False, 1.0),
    ("bpm", 120.0, 90.0, False, 0.0),
    ("bpm", 120.0, None, False, 0.0),
    ("key", "A minor", "A minor", True, 1.0),
    ("key", "A minor", "C major", False, 0.3),
    ("key", "C major", "C minor", False, 0.2),
    ("key", "C major", "G major", False, 0.5),
    ("key", "C major", "F# major", False, 0.0),
    ("key", "C major", None, False, 0.0),
    ("instrument", frozenset({"kick", "bass"}), "drums", True, None),  # the family of one that plays
    ("instrument", frozenset({"drums"}), "kick", False, None),
    ("kind", "loop", "loop", True, None),
    ("kind", "loop", None, False, None),
]


@pytest.mark.parametrize(("field", "true", "said", "right", "near"), VERDICTS)
def test_answers_are_judged_by_what_is_asked(
    field: str, true: object, said: float | str | None, right: bool, near: float | None
) -> None:
    verdict = figures.judge(field, true, None if said is None else Answer(said))  # type: ignore[arg-type]
    assert (verdict.right, verdict.near) == (right, pytest.approx(near))


def test_calibration_is_how_far_confidence_lies_from_the_share_of_right_answers() -> None:
    assert measures.calibration_error([], []) is None
    assert measures.calibration_error([1.0, 1.0], [True, True]) == 0.0
    # Two bins: 4 answers at 0.9 of which 2 are right, 6 at 0.5 of which 3 are
    error = measures.calibration_error([0.9] * 4 + [0.5] * 6, [True, False] * 5)
    assert error == pytest.approx(0.4 * 0.4)


# ---------------------------------------------------------------- many answers

TRUTHS = [
    Truth(Path("a"), {"bpm": 120.0, "key": "A minor"}, "loops"),
    Truth(Path("b"), {"bpm": 100.0, "key": None}, "loops"),
    Truth(Path("c"), {"bpm": 140.0}, "songs"),
    Truth(Path("d"), {"bpm": None}, "songs"),
]
ANSWERS = {
    "a": Heard({"bpm": Answer(120.0, 0.9), "key": Answer("C major", 0.85)}, 0.5, 30.0),
    "b": Heard({"key": Answer("C major", 0.4)}, 0.5, 10.0),
    "c": Heard({"bpm": Answer(70.0, 0.95)}, 1.0, 60.0),
    "d": Heard({"bpm": Answer(91.0, 0.3)}, 1.0, 20.0),
}


def test_figures_sum_up_answers_silence_and_time() -> None:
    heard = {Listening("archivist", path): one for path, one in ANSWERS.items()}
    summed = {(one.field, one.group): one for one in figures.summed_up(TRUTHS, heard)}
    assert list(summed) == [("bpm", ""), ("bpm", "loops"), ("bpm", "songs"), ("key", ""), ("key", "loops")]
    tempo = summed["bpm", ""]
    assert tempo.exact and tempo.near and tempo.fine
    assert (tempo.files, tempo.none, tempo.said_of_none) == (3, 1, 1)
    assert [one.value for one in (tempo.exact, tempo.near, tempo.fine)] == [0.3333, 0.6667, 0.3333]
    assert tempo.exact.low <= tempo.exact.value <= tempo.exact.high
    assert (tempo.abstained, tempo.right_of_answered) == (0.3333, 0.5)
    assert tempo.ratios == {"1": 1, "1/2": 1}
    assert (tempo.confident, tempo.wrong_confident) == (2, 1)
    assert tempo.calibration_error == pytest.approx(abs(0.9 + 0.95 - 1) / 2)
    assert (tempo.seconds_per_file, tempo.times_real_time) == (0.75, 40.0)
    key = summed["key", ""]
    assert key.exact and key.near
    assert (key.files, key.exact.value, key.near.value, key.none, key.said_of_none) == (1, 0.0, 0.3, 1, 1)


def test_a_rival_is_measured_by_what_it_tells_and_failure_is_no_answer() -> None:
    heard = {Listening("essentia bgate", "a"): Heard(error="not readable as sound")}
    key, _of_its_group = figures.summed_up(TRUTHS, heard)
    assert (key.field, key.failed, key.abstained, key.seconds_per_file) == ("key", 1, 1.0, None)


def test_consistency_asks_for_the_key_and_tempo_of_the_faster_song() -> None:
    heard = {
        Listening("archivist", "a"): Heard({"bpm": Answer(120.0), "key": Answer("B minor")}),
        Listening("archivist", "a", -3): Heard({"bpm": Answer(100.9), "key": Answer("G# minor")}),
        Listening("archivist", "a", 2): Heard({"bpm": Answer(67.3), "key": Answer("C# minor")}),  # half of it
        Listening("archivist", "a", 4): Heard({"bpm": Answer(151.0)}),
        Listening("archivist", "b"): Heard(),  # silent of the song itself: nothing to follow
    }
    tempo, key = consistency.compared({"": [Path("a"), Path("b")]}, heard)
    assert tempo.follows and key.follows
    assert (tempo.songs, tempo.follows.value, tempo.follows.of, tempo.silent) == (1, 0.6667, 3, 0)
    assert tempo.ratios == {"1": 2, "1/2": 1}
    assert (key.songs, key.follows.value, key.silent) == (1, 0.6667, 1)


def test_a_sample_is_drawn_from_each_group_and_always_the_same() -> None:
    truths = [Truth(Path(f"{number}.wav"), {}, "even" if number % 2 == 0 else "odd") for number in range(20)]
    drawn = chosen(truths, sample=3)
    assert sorted(one.group for one in drawn) == ["even"] * 3 + ["odd"] * 3
    assert drawn == chosen(list(reversed(truths)), sample=3)[::-1]
    assert {one.group for one in chosen(truths, only=["odd"])} == {"odd"}


# ---------------------------------------------------------------- truth tables


def test_a_table_may_be_a_spreadsheet_s(tmp_path: Path) -> None:
    table = tmp_path / "truth.csv"
    table.write_bytes(
        "\ufeffFile;Tempo;Key;Instruments;Source\r\n"
        "kick.wav;;none;kick;drums\r\n"
        "\r\n"
        "song.flac;92.5;8A;Piano; strings\r\n".replace("Piano; strings", "Piano;songs").encode()
    )
    kick, song = read_table(table, tmp_path, "source")
    assert kick == Truth(tmp_path / "kick.wav", {"key": None, "instrument": frozenset({"kick"})}, "drums")
    values = {"bpm": 92.5, "key": "A minor", "instrument": frozenset({"piano"})}
    assert song == Truth(tmp_path / "song.flac", values, "songs")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_table_may_have_commas_in_its_tempi_and_be_unicode_text(tmp_path: Path, encoding: str) -> None:
    table = tmp_path / "truth.csv"
    table.write_bytes("Path\tBPM\r\nBär.wav\t93,3\r\n".encode(encoding))
    assert read_table(table, tmp_path) == [Truth(tmp_path / "Bär.wav", {"bpm": 93.3})]


BROKEN = [  # table, what the error has to say
    ("", "no column path"),
    ("name,bpm\na.wav,120\n", "no column path"),
    ("path,colour\na.wav,red\n", "no column tells a truth"),
    ("path,bpm\na.wav,120\nb.wav,fast\n", "line 3: bpm 'fast'"),
    ("path,bpm\na.wav,-3\n", "line 2: bpm '-3'"),
    ("path,bpm\na.wav,nan\n", "line 2: bpm 'nan'"),
    ("path,key\na.wav,H mol\n", "line 2: key 'H mol'"),
    ("path,instruments\na.wav,kick;kazoo\n", "line 2: instrument 'kazoo'"),
    ("path,kind\na.wav,song\n", "line 2: kind 'song'"),
    ("path,bpm\n,120\n", "line 2: names no path"),
]


@pytest.mark.parametrize(("text", "says"), BROKEN)
def test_a_table_that_cannot_be_read_says_where_and_why(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "truth.csv").write_text(text)
    with pytest.raises(TruthError) as caught:
        read_table(tmp_path / "truth.csv", tmp_path)
    assert says in str(caught.value)
    assert str(tmp_path / "truth.csv") in str(caught.value)


# ---------------------------------------------------------------- the command


WRONG = [  # table, options, exit code, what the error says
    ("path,bpm\nkick.wav,fast\n", (), 2, "line 2: bpm 'fast'"),
    ("path,bpm\nkick.wav,120\n", ("--program", "winamp"), 2, "winamp: is none of archivist, "),
    ("path,bpm\nkick.wav,120\n", ("--only", "loops"), 2, "--by COLUMN"),
    ("path,bpm\nkick.wav,120\n", ("--by", "colour"), 2, "has no column colour"),
    ("path,bpm\nkick.wav,120\n", (), 3, "none of the 1 files is there"),
    (None, (), 2, "no truth table"),
    (None, ("--consistency",), 3, "no file to hear"),
]


@pytest.mark.parametrize(("table", "options", "code", "says"), WRONG)
def test_what_cannot_be_measured_is_said_before_anything_is_heard(
    run: Run, tmp_path: Path, table: str | None, options: tuple[str, ...], code: int, says: str
) -> None:
    if table is not None:
        (tmp_path / "truth.csv").write_text(table)
    done = run("benchmark", tmp_path, *options)
    assert (done.code, done.out) == (code, "")
    assert says in " ".join(done.err.split())


def test_without_a_correction_there_is_none_to_measure_by(run: Run) -> None:
    done = run("benchmark", "--corrections")
    assert (done.code, done.out) == (3, "")
    assert "archivist set" in done.err


@pytest.mark.slow
def test_it_measures_a_folder_in_one_run(run: Run, tmp_path: Path) -> None:
    write_sound(tmp_path / "plucks.wav", seconds=8)
    (tmp_path / "truth.csv").write_text("path,bpm,key,kind\nplucks.wav,120,none,\ngone.wav,90,,\n")
    words = ("benchmark", tmp_path, "--program", "librosa tempo")
    done = run(*words, "--json", "--each", "--consistency", timeout=600)
    assert done.code == 1  # a file is not there
    assert "gone.wav: no such file" in done.err
    assert {row["measure"] for row in done.rows} == {"accuracy", "consistency", "answer"}
    accuracy = {(row["program"], row["field"]): row for row in done.rows if row["measure"] == "accuracy"}
    assert set(accuracy) == {("archivist", "bpm"), ("archivist", "key"), ("librosa tempo", "bpm")}
    ours = accuracy["archivist", "bpm"]
    assert (ours["files"], ours["failed"], accuracy["archivist", "key"]["none"]) == (1, 0, 1)
    assert ours["times_real_time"] > 1
    assert {row["truth"] for row in done.rows if row["measure"] == "answer" and row["field"] == "bpm"} == {120.0}
    text = run(*words, timeout=600)
    assert "1 file, 8.00s of sound" in text.out
    assert "octave-tolerant" in text.out


def test_the_demo_s_truth_is_what_its_archive_nearly_holds(archive: Archive) -> None:
    truths = of_demo(archive, "kind")
    assert {one.group for one in truths} == {"one-shot", "loop", "stem", "mix"}
    assert len(truths) > 70
    summed = {(one.field, one.group): one for one in figures.summed_up(truths, benchmark.remembered(truths))}
    tempo = summed["bpm", ""]
    assert tempo.program == benchmark.REMEMBERED
    assert tempo.exact is not None
    assert tempo.exact.value > 0.85  # projects, names and chunks say nearly all; one name lies
    assert summed["bpm", "one-shot"].files == 0


def test_a_person_s_corrections_are_truths(archive: Archive) -> None:
    loop = next(row for row in archive.find("Techno_Loop_07") if isinstance(row, FileRow))
    heard = {value.field: value for value in archive.show_file(loop.id).values if value.source == "machine"}
    assert archive.corrections() == []
    archive.set_values("", {"bpm": "64", "key": "none"}, ids=[loop.id])
    bpm, key = archive.corrections()
    assert (bpm.path, bpm.field, bpm.value) == (loop.path, "bpm", 64.0)
    assert (key.field, key.value) == ("key", None)
    if "bpm" in heard:
        assert bpm.heard == pytest.approx(float(heard["bpm"].value), abs=0.01)
        assert bpm.confidence == pytest.approx(heard["bpm"].confidence)
    (truth,) = of_corrections([bpm, key])
    assert truth.path == Path(loop.path)
    assert truth.values == {"bpm": 64.0, "key": None}
