"""REAPER projects (.rpp, .rpp-bak, .rpp-undo): indented text blocks `<TAG …` to `>`, versions 4 to 7.

Block names and fields are those that REAPER writes; times are seconds. A first pass keeps only the lines
and blocks that carry facts, so that megabytes of plugin state are passed over without being looked at.
The master track is not listed, as in REAPER's own track list; its effects count as plugins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from archivist.readers.base import MAX_DEPTH, Reader, ReadError, open_plain, read_head, translate_errors
from archivist.readers.tempo import FASTEST, SLOWEST
from archivist.records import (
    Marker,
    Plugin,
    PluginFormat,
    ProjectInfo,
    SampleRef,
    TempoChange,
    Track,
    TrackKind,
)
from archivist.text import clean

MAX_KEPT = 2_000_000
"""Lines and blocks kept of one file; a set with 2.4 MB of text keeps about 400."""

MAX_NUMBER = 1e15  # no time, tempo or rate is larger, and sums of such stay finite
MAX_PATH = 4_096
MAX_NOTES = 20_000

_LINES: dict[bytes, frozenset[bytes]] = {
    # What is kept of each block: lines by their first word. Blocks that are not named here or in
    # _SEALED are passed over with everything in them.
    b"REAPER_PROJECT": frozenset((b"TEMPO", b"SAMPLERATE", b"MARKER", b"TITLE", b"AUTHOR")),
    b"NOTES": frozenset(),  # its lines start with a bar
    b"TEMPOENVEX": frozenset((b"ACT", b"PT")),
    b"TRACK": frozenset((b"NAME", b"MUTESOLO", b"ISBUS")),
    b"ITEM": frozenset((b"POSITION", b"LENGTH")),
    b"SOURCE": frozenset((b"FILE",)),
    b"FXCHAIN": frozenset(),
    b"FXCHAIN_REC": frozenset(),
    b"MASTERFXLIST": frozenset(),
    b"TAKEFX": frozenset(),
    b"CONTAINER": frozenset(),
}

_FORMATS: dict[str, PluginFormat] = {
    "VST": "vst2",
    "VST3": "vst3",
    "AU": "au",
    "AUv3": "au",
    "CLAP": "clap",
    "LV2": "lv2",
    "DX": "dx",
    "JS": "js",
    "VIDEO_EFFECT": "builtin",
}

_RENAMED_AT = {"VST": 3, "AU": 2, "CLAP": 2, "LV2": 2, "JS": 1, "VIDEO_EFFECT": 1}
"""Where an effect's block holds the name that the user gave to this instance, empty when none."""

_SEALED = frozenset((b"FREEZE", *(tag.encode() for tag in ("DX", *_RENAMED_AT))))
"""Blocks whose presence counts, and whose content is not ours: plugin state, and the old items and
effects that a frozen track keeps to thaw."""

_CHAINS = frozenset(("FXCHAIN", "FXCHAIN_REC", "MASTERFXLIST", "TAKEFX", "CONTAINER"))

_TOKEN = re.compile(r"\"([^\"]*)\"|'([^']*)'|`([^`]*)`|(\S+)")
_FX_NAME = re.compile(r"!*(VST3?|AUv3|AU|CLAP|LV2|DX|JS)(i?): *(.*)", re.DOTALL)
_VARIANT = re.compile(  # brackets that REAPER adds after the vendor's: channels, architecture, bridging
    r"\d+ ?(?:in|out|ch|outs)|\d+ ?-> ?\d+ ?ch|mono|stereo|x86|x64|x86_64|i386|arm64e?|arm64ec|bridged",
    re.IGNORECASE,
)
_ROOTED = re.compile(r"[\\/]|[A-Za-z]:")


@dataclass(slots=True)
class _Block:
    tag: str
    header: str
    lines: list[str] = field(default_factory=list)
    blocks: list[_Block] = field(default_factory=list)

    def arguments(self) -> list[str]:
        return _tokens(self.header)

    def values(self, name: str) -> Iterator[list[str]]:
        """The tokens behind `name`, for each of its lines."""
        for line in self.lines:
            word, _, rest = line.partition(" ")
            if word == name:
                yield _tokens(rest)

    def value(self, name: str) -> list[str]:
        return next(self.values(name), [])

    def all(self, *tags: str) -> Iterator[_Block]:
        return (block for block in self.blocks if block.tag in tags)


def _tokens(text: str) -> list[str]:
    """Bare words, or text quoted by whichever of \" ' ` it does not contain.

    >>> _tokens("1 'a \\"b\\"' c\\"")
    ['1', 'a "b"', 'c"']
    """
    return [match[match.lastindex or 0] for match in _TOKEN.finditer(text)]


def _number(tokens: list[str], index: int = 0) -> float | None:
    try:
        number = float(tokens[index])
    except (IndexError, ValueError):
        return None
    return number if abs(number) < MAX_NUMBER else None


# ---------------------------------------------------------------- text to blocks


def _parse(stream: Iterable[bytes]) -> _Block:
    """The root block with what _LINES and _SEALED keep. Raises ReadError unless it is whole."""
    lines = iter(stream)
    first = next((line for line in map(_trimmed, lines) if line), b"")
    if first.split(maxsplit=1)[:1] != [b"<REAPER_PROJECT"]:
        raise ReadError("is no REAPER project: it does not start with <REAPER_PROJECT")
    root = _opened(b"REAPER_PROJECT", first)
    open_blocks = [root]
    wanted = _LINES[b"REAPER_PROJECT"]
    passing = 0  # how deep in a block that is passed over
    kept = 0
    for raw in lines:
        line = raw.strip()
        if line.startswith(b"<"):
            tag = line[1:].split(maxsplit=1)[0] if len(line) > 1 else b""
            if len(open_blocks) + passing >= MAX_DEPTH:
                raise ReadError("nested too deeply")
            if passing or not (tag in _LINES or tag in _SEALED):
                passing += 1
                continue
            block = _opened(tag, line)
            open_blocks[-1].blocks.append(block)
            kept += 1
            if tag in _SEALED:
                passing = 1
            else:
                open_blocks.append(block)
                wanted = _LINES[tag]
        elif line == b">":
            if passing:
                passing -= 1
                continue
            open_blocks.pop()
            if not open_blocks:
                return root
            wanted = _LINES[open_blocks[-1].tag.encode()]
        elif not passing and (line.startswith(b"|") or line.split(b" ", 1)[0] in wanted):
            open_blocks[-1].lines.append(line.decode("utf-8", "replace"))
            kept += 1
        if kept > MAX_KEPT:
            raise ReadError("holds more tracks and items than a project would")
    raise ReadError("is cut off: a block is still open where the file ends")


def _trimmed(line: bytes) -> bytes:
    return line.removeprefix(b"\xef\xbb\xbf").strip()


def _opened(tag: bytes, line: bytes) -> _Block:
    return _Block(tag.decode(), line[1 + len(tag) :].decode("utf-8", "replace"))


# ---------------------------------------------------------------- blocks to facts


def _effects(chain: _Block) -> Iterator[_Block]:
    """The effects of a chain in order, those inside REAPER 7's containers too."""
    for block in chain.blocks:
        if block.tag in _CHAINS:
            yield from _effects(block)
        elif block.tag in _FORMATS:
            yield block


def _is_instrument(effect: _Block) -> bool:
    match = _FX_NAME.match("".join(effect.arguments()[:1]))
    return bool(match and match[2])


def _plugin(effect: _Block) -> Plugin:
    """ "VST3i: Name (Vendor) (8 out)" in its parts. JS effects are named by their path.

    A name may hold brackets of its own: the vendor is the last that is no channel count or the like.
    """
    shown = clean("".join(effect.arguments()[:1]))
    match = _FX_NAME.match(shown)
    kind, name = (match[1], match[3]) if match else (effect.tag, shown)
    vendor = None
    if effect.tag not in ("JS", "VIDEO_EFFECT"):
        rest, bracket = _last_bracket(name)
        while bracket is not None and _VARIANT.fullmatch(bracket):
            name = rest
            rest, bracket = _last_bracket(name)
        if bracket is not None and rest:
            name, vendor = rest, bracket.strip() or None
        elif _FORMATS[kind] == "au" and ": " in name:  # "AU: Apple: AUDelay", up to REAPER 4
            vendor, name = name.split(": ", 1)
    return Plugin(name or effect.tag, vendor, _FORMATS[kind])


def _last_bracket(text: str) -> tuple[str, str | None]:
    """`text` without the bracket it ends with, and what stood in it.

    >>> _last_bracket("C1 (m) (Waves (UK))")
    ('C1 (m)', 'Waves (UK)')
    """
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        depth += (text[index] == ")") - (text[index] == "(")
        if depth == 0:
            return (text[:index].rstrip(), text[index + 1 : -1]) if text.endswith(")") else (text, None)
    return text, None


def _device(effect: _Block) -> str:
    index = _RENAMED_AT.get(effect.tag)
    renamed = effect.arguments()[index : index + 1] if index else []
    return clean("".join(renamed)) or _plugin(effect).name


def _sources(block: _Block) -> Iterator[_Block]:
    """The media of an item: one for each take, a section's own source inside it."""
    for source in block.all("SOURCE"):
        yield source
        yield from _sources(source)


def _track(block: _Block) -> Track:
    effects = [effect for chain in block.all("FXCHAIN") for effect in _effects(chain)]
    media = {"".join(source.arguments()[:1]) for item in block.all("ITEM") for source in _sources(item)}
    kind: TrackKind = "audio"
    if block.value("ISBUS")[:1] == ["1"]:
        kind = "group"
    elif any(map(_is_instrument, effects)):
        kind = "instrument"
    elif media & {"MIDI", "MIDIPOOL"}:
        kind = "midi"
    return Track(
        name=clean("".join(block.value("NAME")[:1])),
        kind=kind,
        muted=bool(_number(block.value("MUTESOLO"))),
        frozen=any(block.all("FREEZE")),
        devices=tuple(map(_device, effects)),
    )


def _plugins(root: _Block) -> tuple[Plugin, ...]:
    owners = [root, *root.all("TRACK"), *(item for track in root.all("TRACK") for item in track.all("ITEM"))]
    chains = (chain for owner in owners for chain in owner.all(*_CHAINS))
    counts = Counter(_plugin(effect) for chain in chains for effect in _effects(chain))
    return tuple(Plugin(each.name, each.vendor, each.format, count) for each, count in counts.items())


def _samples(items: list[_Block]) -> tuple[SampleRef, ...]:
    sources = (source for item in items for source in _sources(item))
    stored = (path for source in sources for path in source.value("FILE")[:1])
    paths = dict.fromkeys(clean(path, MAX_PATH) for path in stored)
    return tuple(
        SampleRef(path, None if _ROOTED.match(path) else path.replace("\\", "/")) for path in paths if path
    )


def _markers(root: _Block) -> tuple[Marker, ...]:
    """Markers, and regions by where they start. A region's end is a second line with its number."""
    markers = []
    open_regions: set[str] = set()
    for value in root.values("MARKER"):
        at = _number(value, 1)
        if at is None:
            continue
        if int(_number(value, 3) or 0) & 1:
            if value[0] in open_regions:
                open_regions.remove(value[0])
                continue
            open_regions.add(value[0])
        markers.append(Marker(clean("".join(value[2:3])), at, "seconds"))
    return tuple(markers)


def _tempo(root: _Block) -> tuple[float | None, tuple[TempoChange, ...], str | None]:
    """Tempo and signature at the start, and where the tempo becomes another."""
    project = root.value("TEMPO")
    bpm = _number(project)
    signature = _signature(_number(project, 1), _number(project, 2))
    changes: list[TempoChange] = []
    for at, tempo, packed in _tempo_points(root):
        if at <= 0:  # wins over TEMPO, which only says what the transport showed last
            bpm = tempo
            signature = _signature(packed & 0xFFFF, packed >> 16) or signature
        elif tempo != (changes[-1].bpm if changes else bpm):
            changes.append(TempoChange(at, "seconds", tempo))
    return bpm if bpm and SLOWEST <= bpm <= FASTEST else None, tuple(changes), signature


def _tempo_points(root: _Block) -> Iterator[tuple[float, float, int]]:
    """The tempo map: seconds, tempo, and numerator + 65536 × denominator or 0 where they go on."""
    for envelope in root.all("TEMPOENVEX"):
        if _number(envelope.value("ACT")) == 0:
            continue
        for value in envelope.values("PT"):
            at, tempo = _number(value), _number(value, 1)
            if at is not None and tempo is not None and SLOWEST <= tempo <= FASTEST:
                yield at, tempo, int(_number(value, 3) or 0)


def _signature(numerator: float | None, denominator: float | None) -> str | None:
    if not numerator or not denominator or not (0 < numerator < 1000 and 0 < denominator < 1000):
        return None
    return f"{int(numerator)}/{int(denominator)}"


def _saved(seconds: float | None) -> str | None:
    """Unix time as ISO 8601. None where it is absent, or nothing that a clock could have shown."""
    if not seconds or not 0 < seconds < 2**33:
        return None
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


def _text(root: _Block, name: str) -> str | None:
    return clean("".join(root.value(name)[:1])) or None


def _notes(root: _Block) -> str | None:
    lines = (line.removeprefix("|") for notes in root.all("NOTES") for line in notes.lines)
    return clean("\n".join(lines), MAX_NOTES) or None


def read(path: Path) -> ProjectInfo:
    """The project at `path`. Raises ReadError."""
    with translate_errors(), open_plain(path) as stream:
        root = _parse(stream)
    header = root.arguments()  # 0.1 "7.40/win64" 1756235686, and more in later versions
    items = [item for track in root.all("TRACK") for item in track.all("ITEM")]
    spans = ((_number(item.value("POSITION")), _number(item.value("LENGTH"))) for item in items)
    ends = (start + length for start, length in spans if start is not None and length is not None)
    rate = root.value("SAMPLERATE")
    bpm, tempo_changes, time_signature = _tempo(root)
    return ProjectInfo(
        format="reaper",
        daw="REAPER",
        daw_version=clean("".join(header[1:2]).partition("/")[0]) or None,
        bpm=bpm,
        tempo_changes=tempo_changes,
        time_signature=time_signature,
        # The second number says whether the project forces its rate; else it follows the sound card.
        sample_rate=int(_number(rate) or 0) or None if rate[1:2] == ["1"] else None,
        length_seconds=max(ends, default=None),
        title=_text(root, "TITLE"),
        author=_text(root, "AUTHOR"),
        comment=_notes(root),
        saved=_saved(_number(header, 2)),
        tracks=tuple(map(_track, root.all("TRACK"))),
        plugins=_plugins(root),
        samples=_samples(items),
        markers=_markers(root),
    )


def sniff(path: Path) -> bool:
    return _trimmed(read_head(path, 256)).startswith(b"<REAPER_PROJECT")


READER = Reader(
    name="reaper",
    title="REAPER",
    version=1,
    suffixes=(".rpp",),
    read=read,
    sniff=sniff,
    backup_suffixes=(".rpp-bak", ".rpp-undo"),
    backup_folders=("backups",),
)
