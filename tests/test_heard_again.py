"""What a second run hears again: nothing, but for what some tagger has not heard at its version of today."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archivist import indexer
from archivist.archive import Archive
from archivist.tables import Embedding, Tag, database
from taggers import Findings, Tagger, registry
from taggers.audio import Audio
from taggers.vectors import PRINT, RHYTHM, TIMBRE
from tests.light import index
from tests.small_studio import write_sound

SOUNDS = 3


@pytest.fixture
def studio(tmp_path: Path, light: Archive) -> Path:
    for number in range(SOUNDS):
        write_sound(tmp_path / f"studio/hit {number}.wav", pitch=300 + 10 * number)
    light.add_root(tmp_path / "studio")
    index(light)
    return tmp_path / "studio"


AN_OLDER = "version = version - 1 WHERE tagger = 'embedded' AND content_id = 1"
BEFORE = [
    ("nothing else", "", 0),
    ("an older version of one", f"UPDATE analysis SET {AN_OLDER}", 1),
    ("a newer one", "UPDATE analysis SET version = version + 1 WHERE tagger = 'name'", SOUNDS),
    ("a tagger of another name, before ours", "UPDATE analysis SET tagger = 'deep' WHERE tagger = 'name'", SOUNDS),
    ("between ours", "UPDATE analysis SET tagger = 'fine' WHERE tagger = 'name'", SOUNDS),
    ("after ours", "UPDATE analysis SET tagger = 'tone' WHERE tagger = 'embedded'", SOUNDS),
    ("one not at all", "DELETE FROM analysis WHERE content_id = 2", 1),
    ("a file of which nothing is known", "UPDATE file SET content_id = NULL WHERE id = 3", 1),
]


@pytest.mark.parametrize(("before", "sql", "heard"), BEFORE, ids=[case[0] for case in BEFORE])
def test_what_was_heard_by_other_taggers_is_heard_again(
    light: Archive, studio: Path, before: str, sql: str, heard: int
) -> None:
    if sql:
        with database.connection_context():
            database.execute_sql(sql)
    assert light.index().analysed == heard
    assert light.index().analysed == 0


def test_copies_that_come_together_both_say_what_their_names_tell(light: Archive, studio: Path) -> None:
    write_sound(studio / "Loop Am.wav", pitch=440)
    shutil.copy(studio / "Loop Am.wav", studio / "Beat Gm.wav")
    assert index(light) == {"seen": SOUNDS + 2, "added": 2}
    with database.connection_context():
        said = {tag.text for tag in Tag.select().where(Tag.field == "key")}
    assert said == {"A minor", "G minor"}


def keys_said(archive: Archive, file: Path) -> list[str]:
    return [value.value for value in archive.show(str(file)).values if value.field == "key"]


def test_copies_saved_one_after_the_other_both_say_what_their_names_tell(
    light: Archive, studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "_COMMIT_RESULTS", 1)  # as where hearing one takes longer than two seconds
    write_sound(studio / "Loop Am.wav", pitch=440)
    shutil.copy(studio / "Loop Am.wav", studio / "Track 01.wav")
    index(light)
    assert keys_said(light, studio / "Track 01.wav") == ["A minor"]


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "after a night with both"])
def test_a_file_that_is_renamed_says_what_its_new_name_says(light: Archive, studio: Path, at_once: bool) -> None:
    write_sound(studio / "Loop Am.wav", pitch=440)
    index(light)
    if at_once:
        (studio / "Loop Am.wav").rename(studio / "Loop Gm.wav")
    else:
        shutil.copy2(studio / "Loop Am.wav", studio / "Loop Gm.wav")
        index(light)
        (studio / "Loop Am.wav").unlink()
    index(light)
    assert keys_said(light, studio / "Loop Gm.wav") == ["G minor"]


def tell(audio: Audio) -> Findings:
    """Of the first file nothing but its rhythm, of the others both."""
    vectors = {RHYTHM: b"new"} if "0" in audio.path.stem else {TIMBRE: b"new", RHYTHM: b"new"}
    return Findings(vectors=vectors)


TELLER = Tagger("embedding", version=2, fields=("embedding",), tag=tell, hears=False, vectors=(TIMBRE, RHYTHM))
VECTORS = {
    # content: before (model, vector) → after the embedding tagger told them anew
    1: ([(TIMBRE, b"old"), ("timbre-0", b"older"), (PRINT, b"print")], {PRINT: b"print", RHYTHM: b"new"}),
    2: ([(TIMBRE, b"old"), ("rhythm-0", b"older")], {TIMBRE: b"new", RHYTHM: b"new"}),
    3: ([], {TIMBRE: b"new", RHYTHM: b"new"}),
}


def test_vectors_that_are_not_told_again_go(light: Archive, studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.connection_context():
        for content, (before, _after) in VECTORS.items():
            for model, vector in before:
                Embedding.create(content=content, model=model, vector=vector)
    monkeypatch.setitem(registry.TAGGERS, "embedding", "tests.test_heard_again:TELLER")
    registry._all.cache_clear()
    registry.load.cache_clear()
    assert light.index().analysed == SOUNDS
    with database.connection_context():
        for content, (_before, after) in VECTORS.items():
            rows = Embedding.select(Embedding.model, Embedding.vector).where(Embedding.content == content).tuples()
            assert {model: bytes(vector) for model, vector in rows} == after


def test_a_file_that_was_never_read_is_not_said_to_be_labelled(light: Archive, studio: Path) -> None:
    with database.connection_context():
        database.execute_sql("UPDATE file SET content_id = NULL WHERE id = 3")
    assert light.label("hit", ["keeper"], []) == SOUNDS - 1
    assert len(list(light.find("label:keeper"))) == SOUNDS - 1


def retag(sound: Path, comment: str) -> None:
    """Give a WAV another comment, as a tag editor would: other bytes, the same sound."""
    text = comment.encode().ljust(len(comment) // 2 * 2 + 2, b"\0")
    info = b"INFOICMT" + len(text).to_bytes(4, "little") + text
    data = sound.read_bytes() + b"LIST" + len(info).to_bytes(4, "little") + info
    sound.write_bytes(data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:])


@pytest.fixture
def hears_prints(light: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.TAGGERS, "fingerprint", "taggers.fingerprint:TAGGER")
    registry._all.cache_clear()
    registry.load.cache_clear()


@pytest.mark.parametrize("place", ["take.wav", "Old/final take.wav"], ids=["where it was", "elsewhere"])
def test_what_a_person_said_stays_with_a_sound_whose_file_is_tagged_anew(
    light: Archive, studio: Path, hears_prints: None, place: str
) -> None:
    sound = write_sound(studio / "take.wav", pitch=777)
    index(light)
    light.set_values("take", {"key": "Am", "bpm": "99"})
    light.label("take", ["keeper"], [])
    retag(sound, "cleaned up")
    (studio / place).parent.mkdir(exist_ok=True)
    sound.rename(studio / place)
    write_sound(studio / "hit 0.wav", pitch=778)  # another sound: nobody said anything of it
    index(light)
    found = [(row.path, row.key, row.bpm) for row in light.find("label:keeper")]
    assert found == [(str(studio / place), "A minor", 99.0)]
    light.undo()
    assert list(light.find("label:keeper")) == []
    assert len(list(light.find("key:Am bpm:99"))) == 1
    light.undo()
    assert list(light.find("key:Am or bpm:99")) == []


@pytest.mark.parametrize("first", [True, False], ids=["the first of the pair", "the second"])
def test_a_verdict_stays_with_a_sound_whose_file_is_tagged_anew(
    light: Archive, studio: Path, hears_prints: None, first: bool
) -> None:
    loop, copy = write_sound(studio / "loop.wav", pitch=777), studio / "loop copy.wav"
    shutil.copy(loop, copy)
    retag(copy, "a copy")
    index(light)
    (group,) = light.duplicates("loop")
    light.judge([member.row.id for member in group.members], "keep")
    retag(loop if first else copy, "cleaned up")
    index(light)
    assert list(light.duplicates("loop")) == []
    light.undo()
    assert len(list(light.duplicates("loop"))) == 1


def test_what_a_person_said_finds_a_sound_that_went_to_a_root_which_was_indexed_first(
    light: Archive, studio: Path, tmp_path: Path, hears_prints: None
) -> None:
    other, sound = tmp_path / "other", write_sound(studio / "take.wav", pitch=777)
    write_sound(other / "pad.wav", pitch=500)
    light.add_root(other)
    index(light)
    light.label("take", ["keeper"], [])
    retag(sound, "cleaned up")
    sound.rename(other / "take, tagged.wav")
    index(light, other)
    index(light, studio, accept_missing=True)
    assert [row.path for row in light.find("label:keeper")] == [str(other / "take, tagged.wav")]


def test_a_copy_that_was_tagged_anew_long_ago_is_no_move_of_what_goes(
    light: Archive, studio: Path, hears_prints: None
) -> None:
    sound = write_sound(studio / "take.wav", pitch=777)
    retag(Path(shutil.copy(sound, studio / "better.wav")), "cleaned up")
    index(light)
    light.label("take", ["throw away"], [])
    sound.unlink()
    index(light, accept_missing=True)
    assert [row.path for row in light.find('label:"throw away" is:missing')] == [str(sound)]
    assert list(light.find('label:"throw away"')) == []
