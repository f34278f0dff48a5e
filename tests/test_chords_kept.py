"""Chords from a tagger to the archive, and out of it again: found, shown, replaced, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.content import Content

from archivist.archive import Archive
from archivist.records import FileDetails, PlacedChord
from archivist.tables import database
from taggers import Findings, Tag, Tagger, registry
from taggers.audio import Audio
from taggers.chordnames import parse_chord
from taggers.chordtrack import Change, pack
from taggers.vectors import CHORD_TRACK
from tests.conftest import Run
from tests.light import index, light_archive
from tests.small_studio import write_sound
from tui.widgets.describe import describe


def tell(audio: Audio) -> Findings:
    """A file's chords are its name, one every two seconds."""
    names = audio.path.stem.split()
    if names == ["silent"]:
        return Findings(abstained={"chords": "percussion, speech or single notes"})
    changes = [Change(2.0 * number, parse_chord(name) or 0) for number, name in enumerate(names)]
    return Findings(
        (Tag("chords", " ".join(names), 0.8, engine="its name"),), vectors={CHORD_TRACK: pack(changes)}
    )


TAGGER = Tagger("chords", version=1, fields=("chords",), tag=tell, hears=False, vectors=(CHORD_TRACK,))
NAMES = ("Am F C G", "Bm G D A", "Dm7 G7 Cmaj7", "silent", "N Em N B Em")


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    with light_archive(tmp_path / "home/archive.db", monkeypatch) as opened:
        monkeypatch.setitem(registry.TAGGERS, "chords", "tests.test_chords_kept:TAGGER")
        registry._all.cache_clear()
        for number, name in enumerate(NAMES):
            write_sound(tmp_path / f"songs/{name}.wav", pitch=300 + 10 * number)
        opened.add_root(tmp_path / "songs")
        index(opened)
        yield opened


def found(archive: Archive, query: str) -> set[str]:
    return {row.name.removesuffix(".wav") for row in archive.find(query)}


def details(archive: Archive, name: str) -> FileDetails:
    [row] = archive.find(f'"{name}"')
    return archive.show_file(row.id)


def test_chords_are_found(archive: Archive) -> None:
    assert found(archive, 'chords:"Am F C G"') == {"Am F C G"}
    assert found(archive, 'chords:"~C G Am F"') == {"Am F C G", "Bm G D A"}
    assert found(archive, "chords:B-Em") == {"N Em N B Em"}
    assert found(archive, "-chords:C") == {"Bm G D A", "silent", "N Em N B Em"}


def test_chords_are_shown(archive: Archive) -> None:
    shown = details(archive, "Dm7 G7 Cmaj7")
    assert shown.chords == (PlacedChord(0.0, "Dm7"), PlacedChord(2.0, "G7"), PlacedChord(4.0, "Cmaj7"))
    assert [(value.value, value.confidence) for value in shown.values if value.field == "chords"] == [
        ("Dm7 G7 Cmaj7", 0.8)
    ]
    pane = describe(shown, 60)
    assert isinstance(pane, Content)
    assert "0:00.0  Dm7    G7     Cmaj7" in pane.plain
    silent = details(archive, "silent")
    assert silent.chords == ()
    assert "no chords: percussion, speech or single notes" in describe(silent, 60).plain


def test_show_tells_the_chords(archive: Archive, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "songs/N Em N B Em.wav"
    [told] = run("show", path, "--json").rows
    assert told["chords"][:2] == [{"at": 0.0, "chord": "N"}, {"at": 2.0, "chord": "Em"}]
    assert "0.00s  N      Em     N      B      Em\n" in run("show", path).out


def test_a_newer_tagger_that_hears_none_takes_them_away(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = replace(TAGGER, version=2, tag=lambda _audio: Findings(abstained={"chords": "no clear chords"}))
    monkeypatch.setitem(globals(), "TAGGER", newer)
    registry._all.cache_clear()
    registry.load.cache_clear()
    index(archive)
    assert found(archive, "chords:Am") == set()
    assert details(archive, "Am F C G").chords == ()


def test_what_is_pruned_leaves_no_chords(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "songs/Am F C G.wav").unlink()
    index(archive, accept_missing=True)
    archive.prune()
    with database.connection_context():
        assert database.execute_sql("SELECT count(*) FROM chord_search").fetchone() == (3,)
