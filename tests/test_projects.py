"""Which files are versions of one song, and whose audio is whose."""

from __future__ import annotations

import pytest

from archivist.projects import ProjectFile, Song, Territory, group, is_factory

ABLETON = {"daw": "ableton", "suffixes": (".als",), "backup_folders": ("backup",)}
REAPER = {"daw": "reaper", "suffixes": (".rpp",), "backup_suffixes": (".rpp-bak",), "backup_folders": ("backups",)}
LOGIC = {"daw": "logic", "suffixes": (".logicx",), "backup_folders": ("project file backups",)}
ARDOUR = {
    "daw": "ardour",
    "suffixes": (".ardour",),
    "backup_suffixes": (".ardour.bak",),
    "backup_folders": ("backup",),
}

FOLDERS = [
    # (files in one volume, {song's folder and name: number of versions})
    (
        ABLETON,
        ["S Project/Sun.als", "S Project/Sun v2.als", "S Project/Sun_final FINAL.als"],
        {("S Project", "Sun"): 3},
    ),
    (ABLETON, ["S/Sun.als", "S/Backup/Sun [2024-03-05 181500].als"], {("S", "Sun"): 2}),
    (ABLETON, ["S/Sun 2024-05-01.als", "S/Sun 2024-06-11.als"], {("S", "Sun"): 2}),
    (ABLETON, ["S/Sun.als", "S/Moon.als"], {("S", "Sun"): 1, ("S", "Moon"): 1}),
    (ABLETON, ["S/Studio 54.als"], {("S", "Studio 54"): 1}),
    (ABLETON, ["S/Brand New.als"], {("S", "Brand New"): 1}),
    (ABLETON, ["S/Sun.als", "S/Sun 2.als", "S/sun (3).als"], {("S", "Sun"): 3}),
    (ABLETON, ["S/Idea 1.als", "S/Idea 2.als"], {("S", "Idea 1"): 1, ("S", "Idea 2"): 1}),
    (REAPER, ["x/Sun.rpp", "x/Sun.rpp-bak", "x/Sun-2024-01-02_1215.rpp-bak"], {("x", "Sun"): 3}),
    (ARDOUR, ["a/Sun.ardour", "a/Sun.ardour.bak"], {("a", "Sun"): 2}),
    (ARDOUR, ["a/Sun.ardour", "a/Sun-01-live.ardour"], {("a", "Sun"): 1, ("a", "Sun-01-live"): 1}),
    (
        LOGIC,
        ["L/Sun.logicx", "L/Sun.logicx/Alternatives/000/Project File Backups/01", "L/Sun.logicx/Alternatives/001"],
        {("L", "Sun"): 3},
    ),
    (ABLETON, ["[2019] Пейзаж 🎹/Пейзаж v3.als"], {("[2019] Пейзаж 🎹", "Пейзаж"): 1}),
    (ABLETON, ["S/2019.als"], {("S", "2019"): 1}),
    (ABLETON, ["S/v2.als"], {("S", "v2"): 1}),
]


@pytest.mark.parametrize(("marks", "paths", "songs"), FOLDERS)
def test_versions_of_a_song_are_grouped(marks: dict, paths: list[str], songs: dict) -> None:
    found = group(ProjectFile(path, **marks) for path in paths)
    counts: dict[tuple[str, str], int] = {}
    for song in found.values():
        counts[song.folder, song.name] = counts.get((song.folder, song.name), 0) + 1
    assert {
        (folder, name.capitalize() if name == "sun" else name): n for (folder, name), n in counts.items()
    } == songs


BACKUPS = [
    (ABLETON, "S/Sun.als", False),
    (ABLETON, "S/Backup/Sun [2024-03-05 181500].als", True),
    (REAPER, "x/Sun.rpp-bak", True),
    (LOGIC, "L/Sun.logicx", False),
    (LOGIC, "L/Sun.logicx/Alternatives/001", True),
]


@pytest.mark.parametrize(("marks", "path", "expected"), BACKUPS)
def test_backups_are_told_from_the_plain_file(marks: dict, path: str, expected: bool) -> None:
    assert ProjectFile(path, **marks).is_backup is expected


SUN = Song("Songs/Sun Project", "Sun", "ableton")
A, B = Song("Shelf", "Alpha", "reaper"), Song("Shelf", "Beta", "reaper")
LOOSE = Song("", "Loose", "reaper")
BUNDLE = Song("Logic", "Moon", "logic")
OTHER = Song("Logic", "Mars", "logic")
TERRITORY = Territory([SUN, A, B, LOOSE, BUNDLE, OTHER], [""], frozenset((".logicx",)))

OWNERS = [
    ("Songs/Sun Project/Samples/Recorded/Audio 1.wav", SUN),
    ("Songs/Sun Project/Bounce.wav", SUN),
    ("Songs/other.wav", None),
    ("Shelf/Alpha mix.wav", A),
    ("Shelf/Beta-01.flac", B),
    ("Shelf/Alphabet.wav", None),
    ("Shelf/drums.wav", None),
    ("Loose take.wav", LOOSE),
    ("Stems/kick.wav", LOOSE),
    ("Samples of all kinds/kick.wav", None),
    ("Logic/Moon.logicx/Media/Audio Files/vox.wav", BUNDLE),
    ("Logic/Mars.logicx/Media/Audio Files/vox.wav", OTHER),
]


@pytest.mark.parametrize(("path", "owner"), OWNERS)
def test_audio_belongs_to_the_song_in_whose_folder_it_lies(path: str, owner: Song | None) -> None:
    assert TERRITORY.owner(path) == owner


FACTORY = [
    ("Users/jo/Music/Ableton/Live Recordings/2024-05-01 Temp Project/Temp", True),
    ("Users/jo/Music/Ableton/Factory Packs/Drum Booth/Demo", True),
    ("Program Files/Image-Line/FL Studio 21/Data/Projects/Demo songs/Song", True),
    ("Users/jo/Music/Audio Music Apps/Project Templates/Band", True),
    ("usr/share/lmms/projects/demos/CapDan", True),
    ("Users/jo/Music/Live Recordings/Gig in Bern/Gig", False),
    ("Studio/Demos for Anna/Temp", False),
    ("Studio/Contemplate/Song", False),
]


@pytest.mark.parametrize(("path", "expected"), FACTORY)
def test_a_daw_s_own_content_is_recognised(path: str, expected: bool) -> None:
    assert is_factory(path) is expected
