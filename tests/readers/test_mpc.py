"""Akai MPC: projects written here, one of the version 3 that public documentations describe, one of 2."""

from __future__ import annotations

import copy
import gzip
from pathlib import Path
from typing import Any

import pytest

from archivist.readers import read_project
from archivist.readers.base import ReadError
from archivist.readers.mpc import read, sniff
from archivist.records import Marker, Plugin, SampleRef, Track
from tests.readers.written import MPC, MPC_2, write_mpc


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Beat.xpj"


def test_all_that_a_project_says(path: Path) -> None:
    assert sniff(write_mpc(path))
    info = read(path)
    assert (info.format, info.daw, info.daw_version) == ("mpc", "Akai MPC", "3.7.0.56")
    assert (info.bpm, info.time_signature, info.key) == (93.0, "6/8", "F# minor")
    assert info.length_seconds == pytest.approx(64 * 60 / 93)  # 61440 pulses are 64 beats
    assert info.markers == (Marker("Drop", 6.75, "beats"),)  # 2 bars of 3, an eighth, a sixteenth
    assert info.samples == (
        SampleRef("Kick.wav", "Beat_[ProjectData]/Kick.wav"),
        SampleRef("02 Music.wav", "Beat_[ProjectData]/02 Music.wav"),
    )
    assert info.status == "ok"


def test_tracks_and_plugins(path: Path) -> None:
    info = read(write_mpc(path))
    assert info.tracks == (
        Track("Kit", "instrument", muted=True, devices=("Reverb Large",)),
        Track("Bass", "instrument", devices=("Bassline",)),
        Track("Vox", "audio", devices=("Pro-Q 3", "Reverb Large")),
        Track("Ext", "midi"),
        Track("Return 1", "return", devices=("Delay Sync",)),  # the empty submix and output are not counted
    )
    assert info.plugins == (
        Plugin("Reverb Large", "Akai Professional", "builtin", 2),
        Plugin("Bassline", None, "builtin"),
        Plugin("Pro-Q 3", "FabFilter", "vst3"),
        Plugin("Delay Sync", None, "builtin"),
    )


CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # changes to the data: what is read then
    "the project's tempo counts": ({"masterTempoEnabled": True}, {"bpm": 120.0}),
    "no sequence": ({"sequences": []}, {"bpm": 120.0, "time_signature": None, "length_seconds": None}),
    "the key of every new project": ({"key": "C Major"}, {"key": None}),
    "another mode": ({"key": "D Dorian"}, {"key": None}),
    "the wrong types": (
        {"tracks": 5, "sequences": {"a": 1}, "samples": "x", "key": []},
        {"tracks": (), "bpm": 120.0},
    ),
    "true is no tempo": ({"sequences": [], "masterTempo": True}, {"bpm": None}),
}


@pytest.mark.parametrize("what", CHANGED)
def test_what_changes(path: Path, what: str) -> None:
    changes, expected = CHANGED[what]
    project = copy.deepcopy(MPC)
    project["data"] |= changes
    info = read(write_mpc(path, project))
    assert {name: getattr(info, name) for name in expected} == expected


def test_of_several_sequences_the_open_one_counts(path: Path) -> None:
    project = copy.deepcopy(MPC)
    project["data"]["sequences"].insert(0, {"key": 0, "value": {"bpm": 70.0, "lengthPulses": 960}})
    info = read(write_mpc(path, project))
    assert (info.bpm, info.length_seconds) == (93.0, None)
    project["data"]["currentSequence"] = 0
    assert read(write_mpc(path, project)).bpm == 70.0


def test_samples_lie_in_the_projects_folder(path: Path) -> None:
    write_mpc(path)
    folder = path.parent / "Beat_[ProjectData]"
    folder.mkdir()
    (folder / "Kick.wav").write_bytes(b"RIFF")
    assert [sample.status for sample in read_project(path).samples] == ["found", "missing"]


def test_a_manifest_of_mpc_2(path: Path) -> None:
    path.write_text(MPC_2, encoding="utf-8")
    assert sniff(path)
    info = read(path)
    assert (info.daw_version, info.bpm) == ("2.10.1.13", 88.5)
    assert info.samples == (SampleRef("./Old_[ProjectData]/Snare.WAV"),)
    assert info.unread == ("tracks", "plugins", "time_signature", "length_seconds")


NO_PROJECTS = {
    "a track": (b"ACVS\n3.7\nSerialisableTrackData\njson\nLinux\n{}", "not an MPC project"),
    "another encoding": (b"ACVS\n3.7\nSerialisableProjectData\nbinary\nLinux\n{}", "as binary"),
    "no data": (b"ACVS\n3.7\nSerialisableProjectData\njson\nLinux\n{}", "without data"),
    "no json": (b"ACVS\n3.7\nSerialisableProjectData\njson\nLinux\n{", "damaged"),
    "no header": (b"{}", "not an MPC project"),
}


@pytest.mark.parametrize("what", NO_PROJECTS)
def test_what_is_no_project(path: Path, what: str) -> None:
    data, message = NO_PROJECTS[what]
    path.write_bytes(gzip.compress(data))
    with pytest.raises(ReadError, match=message):
        read(path)
