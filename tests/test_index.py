"""Indexing as a studio sees it: what is found, what has changed, what failed, what is left alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Ran, Run
from tests.small_studio import set_time, write_project, write_sound


@pytest.fixture
def studio(tmp_path: Path, run: Run) -> Path:
    """Two songs, their takes and a few samples; added, not yet indexed."""
    folder = tmp_path / "studio"
    write_project(
        folder / "Sun/Sun.rpp", bpm=92, tracks=("Lead Vox", "Bass"), samples=("takes/vox 1.wav", "gone.wav")
    )
    write_sound(folder / "Sun/takes/vox 1.wav", pitch=220, seconds=3)
    write_project(folder / "Moon/Moon.rpp", bpm=140, plugins=("Serum (Xfer Records)",))
    for number, pitch in enumerate((110, 165, 330, 440, 550)):
        write_sound(folder / f"Samples/hit {number}.wav", pitch=pitch)
    run("add", folder)
    return folder


def index(run: Run, *options: str) -> tuple[dict, Ran]:
    done = run("index", "--json", *options)
    return done.rows[0], done


COUNTS = ("seen", "added", "changed", "moved", "missing", "back", "analysed", "failed")


def counts(summary: dict) -> dict[str, int]:
    return {name: summary[name] for name in COUNTS if summary[name]}


def test_a_first_run_reads_everything_and_a_second_finds_nothing_to_do(run: Run, studio: Path) -> None:
    summary, done = index(run)
    assert (done.code, counts(summary)) == (0, {"seen": 8, "added": 8, "analysed": 6})
    summary, done = index(run)
    assert (done.code, counts(summary)) == (0, {"seen": 8})


def test_nothing_of_the_studio_is_written_to(run: Run, studio: Path) -> None:
    def state() -> dict[str, tuple[bytes, int]]:
        return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in studio.rglob("*") if p.is_file()}

    before = state()
    index(run)
    run("set", "vox", "key=Am")
    run("remove", studio)
    assert state() == before


def test_changes_are_told_apart(run: Run, studio: Path) -> None:
    index(run)
    write_sound(studio / "Samples/new.wav", pitch=700)
    write_sound(studio / "Samples/hit 0.wav", pitch=123, seconds=2)
    (studio / "Samples/hit 1.wav").unlink()
    (studio / "Samples/hit 2.wav").rename(studio / "Sun/hit moved.wav")
    summary, _ = index(run)
    assert counts(summary) == {"seen": 8, "added": 1, "changed": 1, "missing": 1, "moved": 1, "analysed": 2}
    write_sound(studio / "Samples/hit 1.wav", pitch=165)
    summary, _ = index(run)
    assert summary["added"] + summary["changed"] + summary["back"] == 1


def test_a_moved_file_keeps_what_a_person_said_of_it(run: Run, studio: Path) -> None:
    index(run)
    run("set", "hit 3", "key=F#m")
    run("label", "hit 3", "+keeper")
    (studio / "Samples/hit 3.wav").rename(studio / "Sun/renamed.wav")
    index(run)
    found = run("find", "key:F#m", "label:keeper", "--json").rows
    assert [row["name"] for row in found] == ["renamed.wav"]


def test_a_copy_is_not_heard_again_and_shares_its_values(run: Run, studio: Path) -> None:
    index(run)
    run("set", "hit 3", "key=F#m")
    shutil.copy2(studio / "Samples/hit 3.wav", studio / "Moon/copy 93bpm.wav")
    summary, _ = index(run)
    assert counts(summary) == {"seen": 9, "added": 1}
    both = {"hit 3.wav", "copy 93bpm.wav"}
    assert {row["name"] for row in run("find", "key:F#m", "--json").rows} == both
    assert {row["name"] for row in run("find", "bpm:93", "--json").rows} == both  # the copy's name says it


def test_a_file_that_differs_in_its_time_alone_is_read_and_not_heard_again(run: Run, studio: Path) -> None:
    index(run)
    run("set", "hit 3", "key=F#m")
    sound, other = studio / "Samples/hit 3.wav", studio / "Samples/hit 2.wav"
    set_time(sound, 1_600_000_000)
    data = bytearray(other.read_bytes())
    data[-3] ^= 1
    other.write_bytes(data)  # as long as before, and another sound
    before = {row["name"]: row for row in run("find", "hit", "--json").rows}
    summary, _ = index(run)
    assert counts(summary) == {"seen": 8, "changed": 2, "analysed": 1}
    after = {row["name"]: row for row in run("find", "hit", "--json").rows}
    assert after["hit 3.wav"] == before["hit 3.wav"] | {"modified": "2020-09-13T12:26:40+00:00"}
    assert after["hit 2.wav"]["modified"] > before["hit 2.wav"]["modified"]
    summary, _ = index(run)
    assert counts(summary) == {"seen": 8}


def test_a_drive_that_is_away_changes_nothing(run: Run, studio: Path) -> None:
    index(run)
    hidden = studio.rename(studio.with_name("unplugged"))
    summary, done = index(run)
    assert (done.code, summary["missing"], summary["offline"]) == (3, 0, [str(studio)])
    rows = run("find", "hit", "--json").rows
    assert {row["state"] for row in rows} == {"offline"}
    assert len(rows) == 5
    hidden.rename(studio)
    summary, done = index(run)
    assert (done.code, counts(summary)) == (0, {"seen": 8})


def test_one_root_that_is_away_leaves_the_others_of_its_drive_present(run: Run, studio: Path) -> None:
    index(run)
    other = studio.with_name(f"{studio.name} too")  # its path begins alike
    (other / "Moon").mkdir(parents=True)
    shutil.copy2(studio / "Samples/hit 3.wav", other / "Moon/far 3.wav")
    run("add", str(other))
    index(run)
    hidden = studio.rename(studio.with_name("unplugged"))
    away = {row["name"] for row in run("find", "is:offline", "--json").rows}
    states = {row["name"]: row["state"] for row in run("find", "--json").rows}
    assert states == dict.fromkeys(away, "offline") | {"far 3.wav": "present"}
    assert len(away) == 6
    assert {row["state"] for row in run("find", "--projects", "--json").rows} == {"offline"}
    assert [row["name"] for row in run("find", "3 -is:offline", "--json").rows] == ["far 3.wav"]
    hidden.rename(studio)
    assert run("find", "is:offline", "--json").rows == []


def test_a_root_that_is_suddenly_empty_is_left_as_it_was(run: Run, studio: Path) -> None:
    index(run)
    for entry in studio.iterdir():
        shutil.rmtree(entry)
    summary, done = index(run)
    assert (done.code, summary["missing"]) == (3, 0)
    assert "8 of 8 files are gone" in done.err
    assert len(run("find", "--json").rows) == 6
    summary, done = index(run, "--accept-missing")
    assert (done.code, summary["missing"]) == (0, 8)
    assert run("find", "--json").rows == []
    assert len(run("find", "is:missing", "--json").rows) == 6


BROKEN = {
    "empty.wav": b"",
    "zeros.flac": bytes(4096),
    "text.mp3": b"not audio at all, only words" * 40,
    "cut.wav": b"RIFF\xff\xff\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00",
    "empty.rpp": b"",
    "wrong.als": b'<REAPER_PROJECT 0.1 "7.40" 1\n>\n',
}


def test_bad_files_are_named_with_their_reason_once_and_cost_nothing_else(run: Run, studio: Path) -> None:
    for name, data in BROKEN.items():
        (studio / name).write_bytes(data)
    summary, done = index(run)
    assert done.code == 1
    assert {Path(failure["path"]).name for failure in summary["failures"]} == set(BROKEN)
    assert all(failure["reason"] for failure in summary["failures"])
    assert summary["analysed"] == 6
    assert [line for line in done.err.splitlines() if "empty.wav" in line]
    summary, done = index(run)  # unchanged since: not tried again
    assert (done.code, summary["failed"]) == (0, 0)


def test_a_project_is_one_with_its_versions_samples_and_takes(run: Run, studio: Path) -> None:
    write_project(studio / "Sun/Sun v2.rpp", bpm=96, tracks=("Lead Vox", "Bass", "Pad"), saved=1_710_000_000)
    write_project(studio / "Sun/Sun.rpp-bak", bpm=90, saved=1_600_000_000)
    for number, name in enumerate(("Sun.rpp-bak", "Sun.rpp", "Sun v2.rpp")):
        set_time(studio / "Sun" / name, 1_700_000_000 + number)
    index(run)
    (song,) = run("find", "--projects", "sun", "--json").rows
    assert (song["bpm"], song["tracks"], song["versions"], song["files"]) == (96.0, 3, 3, 1)
    shown = run("show", song["path"], "--json").rows[0]
    assert [(Path(v["path"]).name, v["bpm"], v["is_current"]) for v in shown["versions"]] == [
        ("Sun v2.rpp", 96.0, True),
        ("Sun.rpp", 92.0, False),
        ("Sun.rpp-bak", 90.0, False),
    ]
    take = run("show", studio / "Sun/takes/vox 1.wav", "--json").rows[0]
    assert take["row"]["project"] == "Sun"
    assert take["used_by"] == ["Sun"]
    tempo = next(value for value in take["values"] if value["field"] == "bpm" and value["wins"])
    assert (tempo["value"], tempo["source"]) == ("96", "project")


def test_a_daw_s_own_songs_are_hidden_until_asked_for(run: Run, studio: Path) -> None:
    write_project(studio / "REAPER/ProjectTemplates/Band.rpp")
    index(run)
    assert {row["name"] for row in run("find", "--projects", "--json").rows} == {"Sun", "Moon"}
    assert [row["name"] for row in run("find", "--projects", "is:factory", "--json").rows] == ["Band"]


def test_samples_are_found_missing_or_elsewhere(run: Run, studio: Path) -> None:
    index(run)
    shown = run("show", studio / "Sun", "--json").rows[0]
    assert {sample["path"]: sample["status"] for sample in shown["samples"]} == {
        "takes/vox 1.wav": "found",
        "gone.wav": "missing",
    }


def test_a_file_that_kills_its_worker_is_quarantined_and_the_rest_goes_on(run: Run, studio: Path) -> None:
    """A tagger from outside that dies on one file, as a C library would, and hangs on another."""
    plugin = studio.parent / "plugin"
    (plugin / "deadly-1.dist-info").mkdir(parents=True)
    (plugin / "deadly-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: deadly\nVersion: 1\n")
    (plugin / "deadly-1.dist-info/entry_points.txt").write_text("[archivist.taggers]\ndeadly = deadly:TAGGER\n")
    (plugin / "deadly.py").write_text(
        "import os, time\n"
        "from taggers import Findings, Tagger\n"
        "def tag(audio):\n"
        "    if 'hit 0' in str(audio.path): os.abort()\n"
        "    if 'hit 1' in str(audio.path): time.sleep(600)\n"
        "    return Findings()\n"
        "TAGGER = Tagger('deadly', 1, (), tag)\n"
    )
    settings = studio.parent / "settings.toml"
    settings.write_text("time_limit = 10\n")
    more = {"PYTHONPATH": str(plugin), "ARCHIVIST_CONFIG": str(settings)}
    done = run("index", "--json", timeout=200, **more)
    reasons = {Path(failure["path"]).name: failure["reason"] for failure in done.rows[0]["failures"]}
    assert set(reasons) == {"hit 0.wav", "hit 1.wav"}
    assert "crashed" in reasons["hit 0.wav"]
    assert "longer than 10 s" in reasons["hit 1.wav"]
    assert (done.code, done.rows[0]["analysed"]) == (1, 4)
    again = run("index", "--json", **more)
    assert (again.code, again.rows[0]["failed"]) == (0, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupted_run_keeps_what_is_done_and_the_next_completes_it(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "many"
    for number in range(60):  # long enough that hearing all takes well over the time between two commits
        write_sound(folder / f"{number}.wav", pitch=100 + 7 * number, seconds=20)
    run("add", folder)
    environment = os.environ | {"ARCHIVIST_ARCHIVE": str(tmp_path / "home/archive.db")}
    process = subprocess.Popen(
        [sys.executable, "-m", "archivist", "index", "--jobs", "1", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not run("find", "length:>0s", "--limit", "1", "--json").rows:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=60)
    assert (process.returncode, b"Traceback" in err) == (130, False)
    assert "60 files  never indexed to its end" in run("roots").out
    summary, done = index(run)
    assert done.code == 0
    heard = run("find", "length:>0s", "--json").rows
    assert len(heard) == 60
    assert 0 <= summary["analysed"] < 60


def test_without_a_root_there_is_nothing_to_index(run: Run) -> None:
    done = run("index")
    assert done.code == 3
    assert "archivist add" in done.err


def test_roots_may_not_overlap_and_can_be_listed_and_removed(run: Run, studio: Path) -> None:
    assert run("add", studio / "Sun").code == 3
    assert [row["path"] for row in run("roots", "--json").rows] == [str(studio)]
    assert run("remove", studio).code == 0
    assert run("roots", "--json").rows == []
    assert run("remove", studio).code == 3


def test_words_find_files_by_project_label_and_embedded_title(run: Run, studio: Path) -> None:
    import soundfile

    titled = write_sound(studio / "Samples/x.wav", pitch=700)
    data, rate = soundfile.read(titled)
    with soundfile.SoundFile(studio / "Samples/x.flac", "w", rate, 1) as sound:
        sound.title = "Nightingale"
        sound.write(data)
    index(run)
    run("label", "hit 3", "+crunchy")
    run("label", "--projects", "moon", "+unfinished")

    def names(*query: str) -> set[str]:
        return {row["name"] for row in run("find", *query, "--json").rows}

    assert names("nightingale") == {"x.flac"}
    assert names("crunchy") == {"hit 3.wav"}
    assert names("--projects", "unfinished") == {"Moon"}
    assert names("--projects", "serum") == {"Moon"}
    assert names("--projects", "lead vox") == {"Sun"}
    run("undo")
    run("undo")
    assert names("crunchy") == names("--projects", "unfinished") == set()


def test_the_track_of_a_take_says_its_instrument_beside_what_others_say(run: Run, studio: Path) -> None:
    write_sound(studio / "Sun/takes/02-Lead Vox FX_01.wav", pitch=500)  # alone, its name says two
    write_sound(studio / "Sun/takes/Bass DI.wav", pitch=90)
    write_sound(studio / "Sun/Samples/Bass.wav", pitch=80)  # brought along, not played here
    write_sound(studio / "Samples/Lead Vox.wav", pitch=600)
    index(run)

    def said(name: str) -> dict[str, str]:
        values = run("show", studio / name, "--json").rows[0]["values"]
        return {
            value["source"]: value["value"]
            for value in values
            if value["field"] == "instrument" and value["source"] != "machine"
        }

    assert said("Sun/takes/02-Lead Vox FX_01.wav") == {"project": "vocals"}
    assert said("Sun/takes/Bass DI.wav") == {"project": "bass", "name": "bass"}
    assert said("Sun/Samples/Bass.wav") == {"name": "bass"}
    assert said("Samples/Lead Vox.wav") == {"name": "vocals"}
    assert {row["name"] for row in run("find", "instrument:vocals", "--json").rows} >= {
        "02-Lead Vox FX_01.wav", "Lead Vox.wav"
    }  # fmt: skip
    write_project(studio / "Sun/Sun.rpp", bpm=92, tracks=("Rhodes",), saved=1_710_000_000)
    index(run)
    assert said("Sun/takes/02-Lead Vox FX_01.wav") == {}


def test_a_suffix_that_others_use_too_makes_no_project(run: Run, studio: Path) -> None:
    (studio / "go.mod").write_text("module example.com/x\n\ngo 1.22\n")
    (studio / "notes.bak").write_text("a text editor's backup")
    summary, done = index(run)
    assert (done.code, summary["failed"]) == (0, 0)
    assert {row["name"] for row in run("find", "--projects", "--json").rows} == {"Sun", "Moon"}


def test_a_midi_file_beside_a_song_leaves_the_song_its_takes(run: Run, studio: Path) -> None:
    track = b"\x00\xff\x2f\x00"
    data = b"MThd" + bytes((0, 0, 0, 6, 0, 0, 0, 1, 0, 96)) + b"MTrk" + len(track).to_bytes(4, "big") + track
    (studio / "Sun/bassline.mid").write_bytes(data)
    index(run)
    (take,) = run("find", "vox", "--json").rows
    assert take["project"] == "Sun"


def test_one_drive_away_is_no_failure_of_the_others(run: Run, studio: Path) -> None:
    other = studio.with_name("other")
    write_sound(other / "a.wav", pitch=99)
    run("add", other)
    index(run)
    shutil.rmtree(other)
    summary, done = index(run)
    assert (done.code, summary["indexed"], summary["offline"]) == (0, 1, [str(other)])


def test_a_root_that_lost_too_much_is_left_alone_and_nothing_else_is_done(run: Run, studio: Path) -> None:
    index(run)
    shutil.rmtree(studio / "Samples")
    summary, done = index(run)
    assert (done.code, summary["missing"], summary["indexed"]) == (3, 0, 0)
    assert "5 of 8 files are gone" in done.err


PRO_TOOLS = b"\x030010111100101011\0\1"
CUBASE = b"RIFF\0\0\0\x20NUNDROOT"
REAPER = b"<REAPER_PROJECT 0.1\n"
KEPT = [
    # (how its files begin, a project, and the earlier versions that its DAW keeps of it)
    (PRO_TOOLS, "Song.ptx", ["Session File Backups/Song.bak.00.ptx", "Session File Backups/Song.bak.012.ptx"]),
    (
        CUBASE,
        "Song.cpr",
        ["Song.bak", "Song-01.bak", "Song-02-Delete Track.bak", "Auto Saves/Song-03-Move-04-x.bak"],
    ),
    (REAPER, "Song.rpp", ["Song.rpp-bak", "Backups/Song-2024-01-02_101112.rpp-bak", "Backups/Song.rpp-bak"]),
]


@pytest.mark.parametrize(("head", "current", "kept"), KEPT)
def test_what_a_daw_keeps_of_a_project_are_its_versions(
    tmp_path: Path, run: Run, head: bytes, current: str, kept: list[str]
) -> None:
    for number, name in enumerate((current, *kept)):
        path = tmp_path / "root/Song" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(head + b"damaged" + bytes(20 + number))
    run("add", tmp_path / "root")
    run("index")
    (project,) = run("find", "--projects", "--json").rows
    assert (project["name"], project["versions"]) == ("Song", 1 + len(kept))
