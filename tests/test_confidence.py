"""How sure a machine has to be: what is withheld, where it is still seen, and what another threshold changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from archivist import config
from archivist.archive import Archive
from archivist.config import ConfigError
from tests.ear import Ear, heard
from tests.light import index
from tests.small_studio import write_sound


@pytest.fixture
def loop(tmp_path: Path, light: Archive, ear: Ear) -> Path:
    folder = tmp_path / "studio"
    write_sound(folder / "loop.wav", seconds=2.5, rate=8_000)
    ear.hears(
        "loop.wav",
        heard("bpm", (93.0, 0.35), (140.0, 0.3)),
        heard("key", ("A minor", 0.2), ("C major", 0.15)),
        heard("instrument", ("kick", 0.6)),
    )
    light.add_root(folder)
    index(light)
    return folder


def ask(archive: Archive, **confidence: float) -> None:
    archive.config = replace(archive.config, confidence={**config.CONFIDENCE, **confidence})
    index(archive)


THRESHOLDS = {
    # asked of bpm and key: what is in force
    (0.3, 0.3): (93.0, None),
    (0.0, 0.0): (93.0, "A minor"),
    (0.36, 0.1): (None, "A minor"),
    (1.0, 1.0): (None, None),
}


@pytest.mark.parametrize(("bpm", "key"), THRESHOLDS)
def test_a_threshold_withholds_what_is_less_sure_and_hears_nothing_anew(
    light: Archive,
    loop: Path,
    ear: Ear,
    bpm: float,
    key: float,
) -> None:
    ear.hears("loop.wav")  # whoever listened now would hear nothing
    ask(light, bpm=bpm, key=key)
    (row,) = light.find("")
    assert (row.bpm, row.key, row.instrument) == (*THRESHOLDS[bpm, key], "kick")
    ask(light)
    (row,) = light.find("")
    assert (row.bpm, row.key) == (93.0, None)


def test_what_is_withheld_is_shown_and_doubtful(light: Archive, loop: Path) -> None:
    ask(light, bpm=0.5)
    (row,) = light.find("is:doubtful")
    assert light.show_file(row.id).doubtful == ("bpm", "key")
    (tempo,) = (value for value in light.show_file(row.id).values if value.field == "bpm")
    assert (tempo.value, tempo.wins, tempo.reason) == ("93", False, "withheld: less sure than 0.5")
    assert tempo.candidates == (("93.0", 0.35), ("140.0", 0.3))
    light.accept([row.id])  # a person hears it, and it is so
    assert [row.bpm for row in light.find("")] == [93.0]


def test_a_pass_that_was_cut_short_is_made_whole(
    light: Archive, loop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archivist.store import declared

    with monkeypatch.context() as patched:
        patched.setattr(declared, "refresh", lambda _ids: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ask(light, bpm=0.9)
    ask(light)  # as before: but nobody can know which are resolved by which
    assert [row.bpm for row in light.find("")] == [93.0]
    ask(light, bpm=0.9)
    assert [row.bpm for row in light.find("")] == [None]


WRONG = {
    "confidence = 0.5": "write it as a section",
    "[confidence]\ntempo = 0.5": "no field tempo; there are bpm, key, instrument",
    "[confidence]\nbpm = 2": "bpm is a chance, from 0 to 1",
    "[confidence]\nbpm = 'high'": "could not convert",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_threshold_that_cannot_be_is_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=WRONG[text]):
        config.load(file)


def test_a_file_that_names_one_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[confidence]\nkey = 0.6\n", encoding="utf-8")
    assert config.load(file).confidence == {**config.CONFIDENCE, "key": 0.6}
