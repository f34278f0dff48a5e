"""What every reader owes, held against every real project of its format and against damaged ones."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from archivist.readers import READERS, Reader, ReadError, read_project, reader_for, sniff_reader
from archivist.records import ProjectInfo
from tests.corpus import CORPUS, corpus
from tests.readers.mutate import complaints

BY_NAME = {reader.name: reader for reader in READERS}

FORMATS = {  # the manifest's name of a format: ours
    "h2song": "hydrogen",
    "mscz": "musescore",
    "muse": "muse",
    "tracker": "tracker",
    "aaf": "aaf",
    "als": "ableton",
    "rpp": "reaper",
    "flp": "flstudio",
    "logicx": "logic",
    "band": "garageband",
    "ardour": "ardour",
    "dawproject": "dawproject",
    "bwproject": "bitwig",
    "lmms": "lmms",
    "audacity": "audacity",
    "xrns": "renoise",
    "ptx": "protools",
    "cpr": "cubase",
}

BROKEN = {  # real files that are no projects: what the error says
    "LeftofZen_flstudioprojects__Ragtime.flp": "not a project of FL Studio",
    "demberto_PyFLP__tests_assets_corrupted_invalid-data-magic.flp": "not a project of FL Studio",
    "demberto_PyFLP__tests_assets_corrupted_invalid-event-size.flp": "damaged",
    "DropSnorz_OwlPlug__owlplug-parsers_src_test_resources_reaper_simpleReaperFile.rpp": "not a project of REAPER",
    "fgimian_cubase-project-plugins__testdata_Truncated Project (Version).cpr": "cut off",
}

NOT_IN_ALL = {  # facts that not every real project of a format stores
    "audacity": {"bpm"},
    "musescore": {"bpm"},
    "tracker": {"daw_version", "bpm"},
    "aaf": {"bpm"},
    "protools": {"bpm"},
}

SEEDS = {  # the small projects that are damaged; of Ardour's, which are large, a thinned one
    "ableton": "als/elixirbeats_abletoolz__test_version_fixtures_skeletons_11.2.10b.als",
    "reaper": "rpp/pypi-rpp-0.5__tests_data_vst.RPP",
    "flstudio": "flp/LeftofZen_flstudioprojects__A Journey in the Dark - Howard Shore.flp",
    "logic": "logicx/SparseCasey_Nameless__大风吹.logicx",
    "garageband": "band/markryall_surf.band__surf.band",
    "ardour": "ardour/SpotlightKid_Leaving_Tonite_Sonoj_Mix__Leaving_Tonite_Sonoj_Mix.ardour",
    "dawproject": "dawproject/hifa-lang_dawproject__assets_tests_copied_canon.dawproject",
    "bitwig": "bwproject/jaxter184_bwEdit-Python__input_testproj.bwproject",
    "lmms": "lmms/debian-lmms_1.2.2__tests_emptyproject.mmp",
    "audacity": "audacity/debian-audacity_3.2.4__audacity-Audacity-3.2.4_tests_ProjectCheckTests_"
    "missing_blockfile.aup",
    "renoise": "xrns/tesselode_xrns-rs__test.xrns",
    "hydrogen": "h2song/debian-hydrogen-data_1.2.0__usr_share_hydrogen_data_demo_songs_TR808kit-demo.h2song",
    "musescore": "mscz/debian-musescore3_3.2.3__usr_share_mscore3-3.2_demos_Reunion.mscz",
    "muse": "muse/debian-muse_4.1.0__usr_share_muse_templates_synti.med",
    "tracker": "tracker/debian-libopenmpt_0.6.9__libopenmpt-0.6.9+release.autotools_test_test.mod",
    "aaf": "aaf/pypi-otio-aaf-adapter-2.0.0__tests_sample_data_30fps.aaf",
    "protools": "ptx/zamaudio_ptformat__bins_TestPTX.ptx",
    "cubase": "cpr/fgimian_cubase-project-plugins__testdata_Example Project (Cubase 4.5 32-bit).cpr",
}


def seed_of(reader: Reader) -> Path:
    """The small real project of a format; skips where there is none at hand."""
    if reader.name not in SEEDS:
        pytest.skip(f"no real project of {reader.title} at hand")
    return corpus("daw", SEEDS[reader.name])


def real_projects() -> list[Any]:
    """Every real project with its format's name, or one parameter that skips."""
    manifest = CORPUS / "daw" / "manifest.csv"
    if not manifest.exists():
        return [pytest.param("", Path(), marks=pytest.mark.skip(reason=f"no test corpus at {CORPUS}"))]
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["format"] in FORMATS]
    return [
        pytest.param(FORMATS[row["format"]], CORPUS / "daw" / row["path"], id=row["path"][-60:]) for row in rows
    ]


def fingerprint(path: Path) -> list[tuple[str, int, str]]:
    """The bytes and times of a file, or of all in a folder."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [
        (
            str(file),
            file.stat().st_mtime_ns,
            hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "",
        )
        for file in files
    ]


@pytest.mark.parametrize(("name", "path"), real_projects())
def test_a_real_project_is_read_whole_and_left_alone(name: str, path: Path) -> None:
    before = fingerprint(path)
    if path.name in BROKEN:
        with pytest.raises(ReadError, match=BROKEN[path.name]):
            read_project(path)
    else:
        reader = reader_for(path)
        assert reader is BY_NAME[name]
        assert sniff_reader(path) is reader
        info = read_project(path)
        assert info.format == name
        assert info.daw
        for fact in {"daw_version", "bpm"} - NOT_IN_ALL.get(name, set()):
            assert getattr(info, fact), fact
        assert complaints(info) == []
        assert all(sample.status is not None for sample in info.samples)
        assert set(info.unread) <= set(ProjectInfo.__dataclass_fields__) | {"muted", "devices"}
    assert fingerprint(path) == before


def truths() -> list[Any]:
    path = CORPUS / "daw" / "truth.json"
    if not path.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no test corpus at {CORPUS}"))]
    entries = json.loads(path.read_text(encoding="utf-8"))
    return [pytest.param(entry, id=entry["file"][-60:]) for entry in entries if entry["format"] in FORMATS]


@pytest.mark.parametrize("entry", truths())
def test_a_real_project_says_what_was_read_independently(entry: dict[str, Any]) -> None:
    info = read_project(corpus("daw", entry["file"]))
    truth = entry["truth"]
    ours = {
        "daw": info.daw,
        "daw_version": info.daw_version,
        "tempo": info.bpm,
        "time_signature": info.time_signature,
        "key": info.key,
        "sample_rate": info.sample_rate,
        "n_tracks": len(info.tracks),
        "track_names": [track.name for track in info.tracks],
        "tracks": [track.name for track in info.tracks],
        "samples": [sample.path for sample in info.samples],
        "markers": [marker.name for marker in info.markers],
    }
    if entry["format"] in ("logicx", "band"):  # counted without the master
        played = [track.name for track in info.tracks if track.kind != "master"]
        ours |= {"n_tracks": len(played), "track_names": played}
        ours["daw"] = {"Logic Pro": "Logic Pro X"}.get(info.daw, info.daw)  # called so up to 10.4
    expected = {field: truth[field] for field in ours if field in truth}
    if "tracks" in expected:
        expected["tracks"] = [track["name"] for track in truth["tracks"]]
    assert {field: ours[field] for field in expected} == expected
    if "metadata" in truth:
        assert (info.title, info.author) == (truth["metadata"]["Title"], truth["metadata"]["Artist"])


# ---------------------------------------------------------------- files that are no projects


@pytest.fixture(params=BY_NAME)
def reader(request: pytest.FixtureRequest) -> Reader:
    return BY_NAME[request.param]


def place(reader: Reader, folder: Path, data: bytes, name: str = "Song") -> Path:
    """A "project" of `reader`'s format holding `data`; of a bundle, its ProjectData."""
    path = folder / (name + reader.suffixes[0])
    file = path / "Alternatives" / "000" / "ProjectData" if reader.bundle else path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return path


NO_PROJECTS = {
    "empty": b"",
    "zeros": bytes(4096),
    "text": b"Dear diary\n" * 50,
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>',
    "gzip of nothing": gzip.compress(b""),
    "gzip cut off": gzip.compress(os.urandom(2000))[:900],
    "zip of nothing": b"PK\5\6" + bytes(18),
    "zip cut off": b"PK\3\4" + bytes(500),
    "binary plist": b"bplist00" + b"\xff" * 64,
    "flp header": b"FLhd\6\0\0\0\0\0\1\0\x60\0FLdt\xff\xff\xff\xff",
    "reaper header": b"<REAPER_PROJECT 0.1",
    "nested deeply": b"<Session version='7002'>" + b"<a>" * 100_000,
}


@pytest.mark.parametrize("what", NO_PROJECTS)
def test_what_is_no_project_is_an_error(reader: Reader, what: str, tmp_path: Path) -> None:
    if (reader.name, what) == ("reaper", "reaper header"):
        pytest.skip("a project without anything in it")
    path = place(reader, tmp_path, NO_PROJECTS[what])
    for read in (reader.read, read_project):
        try:
            info = read(path)
        except ReadError as error:
            message = str(error)
            assert message
            assert "\n" not in message
            assert str(tmp_path) not in message
            assert len(message) < 300
        else:  # only a folder with all that makes a bundle may say that nothing in it can be read
            assert reader.bundle
            assert (info.daw_version, info.bpm, info.tracks, info.samples) == (None, None, (), ())
            assert {"bpm", "tracks", "samples"} <= set(info.unread)


def test_what_is_not_there_is_an_error(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / f"gone{reader.suffixes[0]}"
    assert not reader.sniff(path)
    for read in (reader.read, read_project):
        with pytest.raises(ReadError):
            read(path)
    with pytest.raises(ReadError, match="no such file"):
        read_project(path)


def test_a_file_is_no_folder_and_a_folder_no_file(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / f"Song{reader.suffixes[0]}"
    if reader.bundle:
        path.write_bytes(b"not a folder")
    else:
        path.mkdir()
    assert not reader.sniff(path)
    for read in (reader.read, read_project):
        with pytest.raises(ReadError):
            read(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "Song.als"
    os.mkfifo(path)
    with pytest.raises(ReadError, match="neither a file nor a folder"):
        read_project(path)


@pytest.mark.skipif(os.getuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read_is_an_error(reader: Reader, tmp_path: Path) -> None:
    path = place(reader, tmp_path, b"")
    path.chmod(0)
    with pytest.raises(ReadError):
        read_project(path)


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.98])
def test_half_a_project_is_never_a_whole_one(reader: Reader, kept: float, tmp_path: Path) -> None:
    source = seed_of(reader)
    if reader.bundle:
        path = tmp_path / source.name
        shutil.copytree(source, path)
        cut = next(path.glob("Alternatives/*/ProjectData"))
    else:
        path = cut = tmp_path / source.name
        shutil.copy(source, path)
    data = cut.read_bytes()
    cut.write_bytes(data[: int(len(data) * kept)])
    try:
        info = read_project(path)
    except ReadError:
        return
    assert info.status == "partial"


@pytest.mark.parametrize("real", SEEDS)
def test_a_wrong_name_is_found_out(reader: Reader, real: str, tmp_path: Path) -> None:
    if real == reader.name:
        pytest.skip("that is its right name")
    source = corpus("daw", SEEDS[real])
    path = tmp_path / f"renamed{reader.suffixes[0]}"
    (shutil.copytree if source.is_dir() else shutil.copy)(source, path)
    with pytest.raises(ReadError, match=BY_NAME[real].title):
        read_project(path)


@pytest.mark.parametrize("real", SEEDS)
def test_a_project_without_a_suffix_is_known_by_what_is_in_it(real: str, tmp_path: Path) -> None:
    source = corpus("daw", SEEDS[real])
    path = tmp_path / "unnamed"
    (shutil.copytree if source.is_dir() else shutil.copy)(source, path)
    assert reader_for(path) is None
    assert read_project(path).format == real


# ---------------------------------------------------------------- damage


def thinned(source: Path, target: Path) -> None:
    """A small version of a large XML project: of every element, at most three children of one kind."""

    def thin(element: ElementTree.Element) -> None:
        seen: dict[str, int] = {}
        for child in list(element):
            seen[child.tag] = seen.get(child.tag, 0) + 1
            if seen[child.tag] > 3:
                element.remove(child)
            else:
                thin(child)

    tree = ElementTree.parse(source)
    thin(tree.getroot())
    tree.write(target, encoding="utf-8", xml_declaration=True)


def damage(reader: Reader, count: int, folder: Path) -> str:
    """What goes wrong in `count` damaged versions of one project, in a process of its own."""
    seed = seed_of(reader)
    if reader.name == "ardour":
        thinned(seed, folder / seed.name)
        seed = folder / seed.name
    command = [sys.executable, "-m", "tests.readers.mutate", reader.name, str(seed), str(count)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=250, check=False)
    return (done.stdout + done.stderr)[:4000]


def test_damage_ends_in_an_error_or_a_project(reader: Reader, tmp_path: Path) -> None:
    assert damage(reader, 100, tmp_path).strip() == ""


@pytest.mark.slow
def test_much_damage_ends_in_an_error_or_a_project(reader: Reader, tmp_path: Path) -> None:
    count = 1_000 if reader.name == "garageband" else 10_000  # Logic's code, and no small project at hand
    assert damage(reader, count, tmp_path).strip() == ""


# ---------------------------------------------------------------- bombs


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.als"
    path.write_bytes(gzip.compress(b"<Ableton><LiveSet>" + b" " * 60_000_000))
    with pytest.raises(ReadError, match="decompression bomb"):
        read_project(path)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.dawproject"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.xml", "<Project>" + " " * 60_000_000)
    with pytest.raises(ReadError, match="decompression bomb"):
        read_project(path)


def test_a_zip_of_too_many_members_is_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "many.dawproject"
    record = b"PK\1\2" + bytes(24) + (1).to_bytes(2, "little") + bytes(16) + b"a"
    directory = record * 200_000
    end = b"PK\5\6" + bytes(8) + len(directory).to_bytes(4, "little") + bytes(6)
    path.write_bytes(b"PK\3\4" + bytes(26) + directory + end)
    with pytest.raises(ReadError, match="members"):
        BY_NAME["dawproject"].read(path)


@pytest.mark.parametrize("declaration", ['<!ENTITY a "b">', '<!ENTITY % a SYSTEM "file:///etc/passwd">'])
def test_entities_are_refused(declaration: str, tmp_path: Path) -> None:
    text = (
        f'<?xml version="1.0"?><!DOCTYPE Ableton [{declaration}]><Ableton><LiveSet><Tracks/></LiveSet></Ableton>'
    )
    path = tmp_path / "entities.als"
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(ReadError, match="entities"):
        read_project(path)
