"""Makes a network's weights, or the numbers of the tempo tagger, anew: one command each.

    python -m taggers.training timbre --audio AUDIO --teacher FILE --work FOLDER [--hours 2.5]
    python -m taggers.training kind --audio AUDIO --work FOLDER
    python -m taggers.training tempo --audio AUDIO --work FOLDER
    python -m taggers.training chords --audio AUDIO --work FOLDER
    python -m taggers.training key --audio AUDIO --work FOLDER [--songs FOLDER] [--teacher FILE]

timbre renders clips, decodes them and AUDIO's, makes three pools of patches of them, learns from these for so many
hours, and writes taggers/weights/timbre.pt with its calibration, and timbre.png; it fills some 8 GB of FOLDER.
kind writes taggers/weights/kind.pt, and hears by means of timbre.pt. tempo composes songs, hears
them and AUDIO's, and writes taggers/weights/tempo.pt. chords renders songs and writes taggers/weights/chords.pt.
key does the same for taggers/weights/key.pt; it learns from whole songs too, in a folder for each source, and from
what S-KEY says of them, where these are given.

A step whose output is there, and is no older than what it was made from, is skipped: delete what to make anew.
"""

# ruff: noqa: T201 - it says what it does

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from pathlib import Path

# Each command imports what it needs: torch takes seconds, and rendering does without
RENDERS = {
    "fonts": ("musescore-general", "timgm6mb", "generaluser", "csound-gm", "avldrums"),
    "presets": ("lmms-presets", "zyn-presets", "voices-speech"),
    "nothing": ("nothing",),
    "samples": ("foxdot", "muldjord", "sectoid", "grandorgue"),
    "modelled": ("modelled",),
}
LABELLED_PATCHES, OTHER_PATCHES, MORE_PATCHES = 100_000, 18_000, 18_000
"""Of AUDIO and sound fonts; of presets, voices and nothing, which are less like what people own; of samples, real
guitars and pipes, and what is modelled."""


def timbre(audio: Path, teacher: Path, work: Path, hours: float) -> None:
    _check(audio, teacher)
    from taggers import model
    from taggers.training import calibrate, clips, naming, pool
    from taggers.training import timbre as network
    from taggers.training.render import studio

    def render(sources: tuple[str, ...]) -> Callable[[Path], None]:
        return lambda folder: studio.make(folder, sources)

    def learn(folder: Path) -> None:
        network.train(network.Pool(pools), hours, folder, threads=2)
        naming.learn(folder / "timbre.pt", pools)

    renders = {name: work / f"renders-{name}" for name in RENDERS}
    for name, sources in RENDERS.items():
        _once(renders[name], render(sources))
    stores = {name: work / f"clips-{name}" for name in ("audio", "fonts", "others", "more")}
    clips.gather([audio], stores["audio"])
    clips.gather([renders["fonts"]], stores["fonts"])
    clips.gather([renders[name] for name in ("presets", "nothing")], stores["others"])
    clips.gather([renders[name] for name in ("samples", "modelled")], stores["more"])
    pools = [work / "pool-labelled", work / "pool-others", work / "pool-more"]
    labelled = [stores["audio"], stores["fonts"]]
    pool.fill(pools[0], labelled, teacher, LABELLED_PATCHES, without=calibrate.HELD_OUT)
    pool.fill(pools[1], [stores["others"]], teacher, OTHER_PATCHES, first=1_000)
    pool.fill(pools[2], [stores["more"]], teacher, MORE_PATCHES, first=2_000)
    _once(work / "network", learn)
    checkpoint = work / "network" / "timbre.pt"
    # The curve is written last
    if not _newer(model.WEIGHTS / "timbre.png", checkpoint):
        calibrate.ship(checkpoint, stores["audio"])


def kind(audio: Path, work: Path) -> None:
    _check(audio)
    from taggers import model
    from taggers.training import clips
    from taggers.training import kind as network

    store = work / "clips-audio"
    clips.gather([audio], store)
    if not _newer(model.WEIGHTS / "kind.pt", store / "clips.json", model.WEIGHTS / "timbre.pt"):
        network.train(audio, store)


def tempo(audio: Path, work: Path) -> None:
    _check(audio)
    from taggers.training import tempo as network

    network.main(audio, work)


def chords(audio: Path, work: Path) -> None:
    _check(audio)
    from taggers.training import chords as network

    network.train(audio, work)


def key(audio: Path, work: Path, songs: Path | None, teacher: Path | None) -> None:
    _check(audio)
    if teacher and not teacher.is_file():
        raise SystemExit(f"{teacher} is no file: --teacher holds the tensors of S-KEY (taggers.training.key.skey)")
    if songs and not songs.is_dir():
        raise SystemExit(f"{songs} is no folder: --songs holds a folder of whole songs for each source")
    from taggers.training import key as network

    network.main(audio, work, songs, teacher)


def _check(audio: Path, teacher: Path | None = None) -> None:
    """Before hours of work, not after."""
    if not (audio / "manifest.csv").is_file():
        raise SystemExit(
            f"{audio} holds no manifest.csv: --audio is the folder of labelled sounds, ../shared/audio"
        )
    if teacher is None:
        return
    if not teacher.is_file():
        raise SystemExit(f"{teacher} is no file: --teacher is ../shared/teachers/yamnet_spectra_in.tflite")
    if not all(importlib.util.find_spec(name) for name in ("ai_edge_litert", "matplotlib")):
        raise SystemExit("ai-edge-litert or matplotlib is not installed: pip install 'studio-archivist[training]'")


def _once(target: Path, make: Callable[[Path], None]) -> None:
    """Make a folder, unless it is there. One that is half made is called NAME.partial."""
    if target.exists():
        print(f"{target}: there already", flush=True)
        return
    partial = target.with_name(f"{target.name}.partial")
    make(partial)
    partial.rename(target)


def _newer(made: Path, *sources: Path) -> bool:
    if not made.exists() or any(made.stat().st_mtime < source.stat().st_mtime for source in sources):
        return False
    print(f"{made}: there already", flush=True)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m taggers.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, dest="command")
    for command in (timbre, kind, tempo, chords, key):
        one = commands.add_parser(command.__name__)
        one.set_defaults(run=command)
        one.add_argument("--audio", type=Path, required=True, help="folder of labelled sounds with a manifest.csv")
        one.add_argument("--work", type=Path, required=True, help="folder for what is made on the way")
        if command is timbre:
            one.add_argument("--teacher", type=Path, required=True, help="yamnet_spectra_in.tflite")
            one.add_argument("--hours", type=float, default=2.5, help="how long to learn")
        if command is key:
            one.add_argument("--songs", type=Path, help="folder of whole songs, in a folder for each source")
            one.add_argument("--teacher", type=Path, help="tensors of S-KEY, see taggers.training.key.skey")
    given = vars(parser.parse_args())
    del given["command"]
    given.pop("run")(**given)


if __name__ == "__main__":
    main()
