"""What holds the same sound is one group, the best copy first; what a person says of it sticks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from archivist.analysis import columns, heard
from archivist.archive import Archive, EditError
from archivist.config import default
from archivist.store import opinions
from archivist.tables import File, Volume, database
from taggers import Job, tag_file
from tests.conftest import Run, runner
from tests.taggers.signals import RATE, Sound, beats, noise, speech

LOOPED = beats(120, 4) * 0.4  # far from full scale, where clipping would change its level

# name: (sound, rate, libsndfile's subtype)
DUBS: dict[str, tuple[Sound, int, str | None]] = {
    "loop.wav": (LOOPED, RATE, "PCM_24"),
    "loop bounced.mp3": (np.pad(LOOPED / 2, (RATE * 2 // 5, RATE)), RATE, None),
    "loop 48k.flac": (soxr.resample(LOOPED, RATE, 48_000), 48_000, "PCM_16"),
    "copies/loop.wav": (LOOPED, RATE, "PCM_24"),
    "loop 126.wav": (beats(126, 4), RATE, "PCM_16"),
    "vox.wav": (speech(3), RATE, "PCM_16"),
    "vox stereo.wav": (np.stack([speech(3)] * 2, axis=1), RATE, "PCM_16"),
    "hit.wav": (noise(0.2) * np.exp(-np.arange(RATE // 5) / 2_000), RATE, "PCM_16"),
}

GROUPS = {
    ("loop 48k.flac", "copies/loop.wav", "loop.wav", "loop bounced.mp3"): "48 kHz",
    ("vox stereo.wav", "vox.wav"): "2 channels",
}
"""Names, the best first → why it is."""

RELATIONS = {
    "loop 48k.flac": "best copy",
    "loop.wav": "same sound, pcm_s24le, 44.1 kHz, 24 bit",
    "copies/loop.wav": "same sound, pcm_s24le, 44.1 kHz, 24 bit",
    "loop bounced.mp3": "same sound, mp3, 44.1 kHz, −6.0 dB, 0.4 s more silence before, 1.0 s more silence after",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of the dubs, heard by `fingerprint` alone. Whoever changes it takes a copy."""
    home = tmp_path_factory.mktemp("duplicates")
    with Archive.open(replace(default(), archive=str(home / "archive.db"))), database.connection_context():
        volume = Volume.create(key="k", last_path=str(home), last_seen_at=0)
        for name in sorted(DUBS):
            sound, rate, subtype = DUBS[name]
            path = home / name
            path.parent.mkdir(exist_ok=True)
            soundfile.write(path, sound, rate, subtype=subtype)
            place(volume, path, name)
    return home / "archive.db"


def place(volume: Volume, path: Path, name: str) -> None:
    job = Job(str(path), ("fingerprint",))
    result = tag_file(job)
    assert result.digest
    with database.atomic():
        content = opinions.save_content(result.digest, result.size, columns(result.facts))
        opinions.save_analysis(content, heard(job, result, {"fingerprint": 1}))
        names = {"rel_path": name, "name": path.name, "sort_name": path.name, "suffix": path.suffix}
        File.create(
            volume=volume, **names, size=result.size, mtime_ns=1, content=content, first_seen_at=0
        )  # fmt: skip


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Iterator[Archive]:
    copy = tmp_path / "archive.db"
    shutil.copy(made, copy)
    with Archive.open(replace(default(), archive=str(copy))) as opened:
        yield opened


def names(archive: Archive, query: str = "", **options: object) -> dict[tuple[str, ...], str]:
    found = archive.duplicates(query, **options)  # type: ignore[arg-type]
    return {tuple(name_of(member.row.path) for member in group.members): group.why for group in found}


def name_of(path: str) -> str:
    return "/".join(Path(path).parts[-2:]) if "copies" in path else Path(path).name


def ids(archive: Archive, *wanted: str) -> list[int]:
    return [row.id for name in wanted for row in archive.find() if name_of(row.path) == name]


def test_the_same_sound_is_one_group_with_the_best_copy_first(archive: Archive) -> None:
    assert names(archive) == GROUPS


def test_each_copy_says_what_it_is_to_the_best(archive: Archive) -> None:
    group = archive.duplicates()[0]
    told = {name_of(member.row.path): member.relation for member in group.members}
    assert {name: re.sub("−(5.9|6.1)", "−6.0", relation) for name, relation in told.items()} == RELATIONS
    assert group.saving == sum(member.row.size for member in group.members[1:])


def test_by_bytes_only_the_same_bytes_count(archive: Archive) -> None:
    assert list(names(archive, by="bytes")) == [("copies/loop.wav", "loop.wav")]


def test_a_copy_that_is_cut_says_so(archive: Archive, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "loop cut.wav", LOOPED[: len(LOOPED) * 4 // 5], RATE, subtype="PCM_24")
    with database.connection_context():
        place(Volume.get(), tmp_path / "loop cut.wav", "loop cut.wav")
    (cut,) = [one for one in archive.duplicates()[0].members if one.row.name == "loop cut.wav"]
    assert cut.relation == "same sound, pcm_s24le, 44.1 kHz, 24 bit, 0.6 s shorter, 0.2 s less silence after"


@pytest.mark.parametrize(("query", "count"), [("bounced", 1), ("hit", 0), ("stereo or bounced", 2)])
def test_a_query_narrows_to_groups_that_hold_what_it_finds(archive: Archive, query: str, count: int) -> None:
    with database.connection_context():
        from archivist.store import words

        words.index_files([row[0] for row in File.select(File.id).tuples()])
    assert len(archive.duplicates(query)) == count


def test_what_is_kept_is_left_out_until_undone(archive: Archive) -> None:
    vox = ids(archive, "vox.wav", "vox stereo.wav")
    assert archive.judge(vox, "keep") == 1
    assert archive.judge(vox, "keep") == 0
    assert len(names(archive)) == 1
    kept = archive.duplicates("", decided=True)
    assert [member.verdict for group in kept for member in group.members if member.verdict] == ["keep"]
    [change] = archive.undo()
    assert (change.before, change.after) == ("keep", None)
    assert Path(change.path).is_absolute()
    assert Path(change.path).name == "vox stereo.wav"
    assert change.field.startswith("verdict on it and ")
    assert change.field.endswith("vox.wav")
    assert names(archive) == GROUPS


def test_taking_back_what_was_said_of_a_file_that_is_gone_does_no_harm(archive: Archive) -> None:
    gone, left = ids(archive, "vox stereo.wav", "vox.wav")
    archive.judge([gone, left], "keep")
    archive.judge([gone, left], "same")
    with database.connection_context():
        file = File.get_by_id(gone)
        content = file.content
        file.delete_instance()
        content.delete_instance()
    archive.undo()
    assert list(names(archive)) == list(GROUPS)[:1]


def test_a_verdict_stays_through_another_analysis_and_a_move(archive: Archive) -> None:
    vox = ids(archive, "vox.wav", "vox stereo.wav")
    archive.judge(vox, "keep")
    with database.connection_context():
        moved = File.get_by_id(vox[0])
        mount = Path(moved.volume.last_path)
        volume, path = moved.volume, mount / moved.rel_path
        moved.delete_instance()
        place(volume, path, "elsewhere/vox.wav")  # heard anew, at another place
    assert len(names(archive)) == 1


def test_one_of_a_group_can_be_told_apart_and_a_stranger_brought_in(archive: Archive) -> None:
    archive.judge(ids(archive, "loop 48k.flac", "loop bounced.mp3"), "different")
    archive.judge(ids(archive, "hit.wav", "vox stereo.wav"), "same")
    found = set(map(frozenset, names(archive)))
    assert frozenset({"loop 48k.flac", "loop.wav", "copies/loop.wav"}) in found
    assert frozenset({"hit.wav", "vox.wav", "vox stereo.wav"}) in found


def test_copies_of_the_same_bytes_can_be_kept_too(archive: Archive) -> None:
    archive.judge(ids(archive, "loop.wav", "copies/loop.wav"), "keep")
    assert names(archive, by="bytes") == {}


BAD = [([], "2 to 200"), ([1], "2 to 200"), ([1, 1], "2 to 200"), ([1, 99_999], "99999")]


@pytest.mark.parametrize(("wrong", "message"), BAD)
def test_a_verdict_on_what_is_no_pair_is_refused(archive: Archive, wrong: list[int], message: str) -> None:
    with pytest.raises(EditError, match=message):
        archive.judge(wrong, "keep")


@pytest.fixture
def run(archive: Archive, tmp_path: Path) -> Run:
    return runner(Path(archive.config.archive), tmp_path)


def test_the_command_lists_keeps_and_forgets(run: Run) -> None:
    said = run("duplicates", "--json")
    assert said.code == 0
    assert [group["why"] for group in said.rows] == list(GROUPS.values())
    vox = [member["id"] for member in said.rows[1]["members"]]
    assert run("duplicates", "--keep", *vox).out == "1 pair changed\n"
    text = run("duplicates").out
    assert "1 group; the best copies alone would save" in text
    assert "same sound, mp3" in text
    assert run("duplicates", "--forget", *vox, "--json").rows == [{"changed": 1}]
    assert len(run("duplicates", "--json").rows) == 2
    assert run("duplicates", "--keep", "vox.wav").code == 2
    assert run("duplicates", "--by", "name").code == 2
