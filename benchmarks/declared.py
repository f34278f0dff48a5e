"""`python -m benchmarks declared`: how often a file's tempo is right when it is heard alone, when its song's stems
vote, and when a project declares it; and how many project tempi the audio wrongly contradicts.

On the songs of the test corpus ($ARCHIVIST_CORPUS, or ../shared) that come as stems with their maker's tempo: a
folder for each song, indexed first without and then with a project file in it, which hears nothing anew. Right is
within 4 %. Asked are the sounds of two seconds and more that are no one-shots by the truth table; one on which
nobody says anything counts as wrong.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from archivist.agreement import relation
from archivist.archive import Archive
from archivist.config import default
from archivist.records import FileDetails

CORPUS = Path(os.environ.get("ARCHIVIST_CORPUS") or Path(__file__).parents[2] / "shared")
SOURCES = ("everything-is-remixed", "lmms-demos")
SHORTEST = 2.0  # seconds

Song = Mapping[str, Path]
"""Names and files of its sounds."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares of the files asked. conflicts: files that contradict the true tempo of their project."""

    songs: int
    files: int
    heard: float
    heard_or_octave: float
    with_stems: float
    with_project: float
    conflicts: float


def songs(most: int | None = None) -> dict[tuple[str, float], dict[str, Path]]:
    """(name, beats a minute) → the song's sounds."""
    found: dict[tuple[str, float], dict[str, Path]] = defaultdict(dict)
    with (CORPUS / "audio/manifest.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["source"] in SOURCES and row["bpm"] and row["kind"] != "one-shot":
                path = Path(row["path"])
                name = re.sub(r"^\d+-", "", path.stem).split("-")[0]
                found[f"{row['source']} {name}", float(row["bpm"])][path.name] = CORPUS / "audio" / path
    return dict(list(found.items())[:most])


def measure(folder: Path, archive: Archive, chosen: Mapping[tuple[str, float], Song]) -> Scores:
    """In an empty folder and an empty archive."""
    studio = folder / "studio"
    for (name, _bpm), sounds in chosen.items():
        (studio / name).mkdir(parents=True)
        for file, path in sounds.items():
            shutil.copy(path, studio / name / file)
    archive.add_root(studio)
    archive.index()
    before = _details(archive)
    for name, bpm in chosen:
        project = f'<REAPER_PROJECT 0.1 "7.40/linux-x86_64" 1700000000\nTEMPO {bpm} 4 4\n>\n'
        (studio / name / f"{name}.rpp").write_text(project, encoding="utf-8")
    archive.index()
    after = _details(archive)
    truths = {Path(name, file).as_posix(): bpm for (name, bpm), sounds in chosen.items() for file in sounds}
    asked = {
        place: truths[place.relative_to(studio).as_posix()]
        for place, one in before.items()
        if (one.row.duration or 0.0) >= SHORTEST
    }

    def share(tempi: Mapping[Path, float | None], *allowed: str) -> float:
        right = (
            tempi[place] is not None and relation(tempi[place] or 0.0, bpm) in allowed
            for place, bpm in asked.items()
        )
        return round(sum(right) / len(asked), 4)

    heard = {place: _heard(one) for place, one in before.items()}
    conflicts = sum(any(value.conflict for value in after[place].values) for place in asked)
    return Scores(
        songs=len(chosen),
        files=len(asked),
        heard=share(heard, "same"),
        heard_or_octave=share(heard, "same", "half", "double"),
        with_stems=share({place: one.row.bpm for place, one in before.items()}, "same"),
        with_project=share({place: one.row.bpm for place, one in after.items()}, "same"),
        conflicts=round(conflicts / len(asked), 4),
    )


def _details(archive: Archive) -> dict[Path, FileDetails]:
    return {Path(row.path): archive.show_file(row.id) for row in archive.find("")}


def _heard(details: FileDetails) -> float | None:
    tempi = (float(one.value) for one in details.values if one.field == "bpm" and one.source == "machine")
    return next(tempi, None)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks declared", description=__doc__)
    parser.add_argument("--songs", type=int, help="only the first so many")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as home:
        config = replace(default(), archive=str(Path(home) / "archive.db"), log=None, cache=None)
        with Archive.open(config) as archive:
            scores = measure(Path(home), archive, songs(given.songs))
    if given.json:
        print(json.dumps(asdict(scores)))
        return
    for name, value in asdict(scores).items():
        print(f"{name.replace('_', ' '):18}{value:>8}")
