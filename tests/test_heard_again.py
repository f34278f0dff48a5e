"""What a second run hears again: nothing, but for what some tagger has not heard at its version of today."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archivist.archive import Archive
from archivist.tables import Tag, database
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
