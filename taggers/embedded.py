"""What a file says of itself: tags (ID3, Vorbis comments, MP4, …) and the chunks of WAV and AIFF.

The maker's word, not a measurement: source "embedded". A tempo or key that does not parse stays unsaid.
Fields: title, artist, album, genre, comment, year, bpm, key, root (a note, "A2"), beats, kind,
description, originator, recorded (ISO 8601), scene, take, marker.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from taggers import riff, wavechunks
from taggers.base import Findings, Tag, Tagger
from taggers.pitch import key_name, note_name, parse_key

if TYPE_CHECKING:
    from taggers.audio import Audio

MAX_TEXT = 1_000
MAX_MARKERS = 100
LONGEST_LOOP = 60.0
"""Seconds. Some programs write a loop's chunk into every song they render; that does not make it a loop."""

_TEXT_CHUNKS = {
    "bext chunk": wavechunks.broadcast,
    "iXML chunk": wavechunks.ixml,
    "INFO chunk": wavechunks.info,
}
_TEXT_FIELDS = ("title", "artist", "album", "genre", "comment", "year")


def tag(audio: Audio) -> Findings:
    chunks = riff.read_chunks(audio.path)
    if chunks and chunks.wave:
        id3 = chunks.content.get(b"id3 ") or chunks.content.get(b"ID3 ")
        found = _from_tags(io.BytesIO(id3)) if id3 else []
    else:
        found = _from_tags(audio.path)
    if chunks:
        found += _from_chunks(chunks)
    unique = {(one.field, one.value): one for one in reversed(found)}
    return Findings(tuple(reversed(unique.values())))


def _from_tags(source: Path | io.BytesIO) -> list[Tag]:
    from tinytag import TinyTag, TinyTagException

    try:
        if isinstance(source, Path):
            tags = TinyTag.get(source, duration=False)
        else:
            tags = TinyTag.get(file_obj=source, duration=False)
    except (TinyTagException, OSError):
        return []  # a file without readable tags says nothing of itself; its sound may be fine
    found = [
        Tag(name, text, source="embedded", engine="tags")
        for name in _TEXT_FIELDS
        if (text := _text(getattr(tags, name)))
    ]
    for field, parse in (("bpm", _tempo), ("initial_key", parse_key)):
        values = (parse(str(text)) for text in tags.other.get(field, ()))
        name = field.removeprefix("initial_")
        found += [Tag(name, value, 0.9, "embedded", "tags") for value in values if value]
    return found


def _from_chunks(chunks: riff.Chunks) -> list[Tag]:
    content = chunks.content
    rate = riff.byte_rate(content.get(b"fmt ", b""))
    seconds = chunks.present / rate if rate else 0.0
    found = []
    if acid := riff.parse_acid(content.get(b"acid", b"")):
        found += _from_acid(acid, seconds)
    if loop := riff.parse_apple_loop(content.get(b"basc", b"")):
        found += _from_apple_loop(loop)
    if root := wavechunks.sampler_root(content):
        found.append(Tag("root", note_name(root), 0.6, "embedded", "smpl chunk"))
    for chunk, read in _TEXT_CHUNKS.items():
        found += [Tag(field, text, source="embedded", engine=chunk) for field, text in read(content).items()]
    for label in wavechunks.labels(content)[:MAX_MARKERS]:
        found.append(Tag("marker", label, source="embedded", engine="cue chunk"))
    return found


def _from_acid(acid: riff.Acid, seconds: float) -> list[Tag]:
    def said(field: str, value: str | float, confidence: float) -> Tag:
        return Tag(field, value, confidence, "embedded", "acid chunk")

    found = [said("root", note_name(acid.root), 0.7)] if acid.root is not None else []
    if acid.one_shot:  # its tempo is a default that nobody set
        return [*found, said("kind", "one-shot", 0.8)]
    if acid.stretches and acid.beats and 0 < seconds <= LONGEST_LOOP:
        found.append(said("kind", "loop", 0.8))
    by_length = acid.beats * 60 / seconds if seconds else 0.0
    if 20 <= by_length <= 999:  # else nobody counted them: a default, or damage
        found.append(said("beats", float(acid.beats), 0.8))
    if acid.bpm:
        agrees = abs(by_length / acid.bpm - 1) < 0.02
        found.append(said("bpm", round(acid.bpm, 3), 0.95 if agrees else 0.7))
    elif 40 <= by_length <= 250:
        found.append(said("bpm", round(by_length, 3), 0.8))
    return found


def _from_apple_loop(loop: riff.AppleLoop) -> list[Tag]:
    found = [Tag("kind", "one-shot" if loop.one_shot else "loop", 0.9, "embedded", "basc chunk")]
    if loop.beats and not loop.one_shot:
        found.append(Tag("beats", float(loop.beats), 0.9, "embedded", "basc chunk"))
    if loop.root is not None and loop.minor is not None:
        found.append(Tag("key", key_name(loop.root, minor=loop.minor), 0.8, "embedded", "basc chunk"))
    elif loop.root is not None:
        found.append(Tag("root", note_name(loop.root), 0.7, "embedded", "basc chunk"))
    return found


def _text(value: object) -> str:
    return str(value or "")[: 4 * MAX_TEXT].replace("\0", " ").strip()[:MAX_TEXT]


def _tempo(text: str) -> float | None:
    """
    >>> _tempo("128"), _tempo("92,5 BPM"), _tempo("0"), _tempo("fast")
    (128.0, 92.5, None, None)
    """
    match = re.fullmatch(r"\s*(\d{2,3}(?:[.,]\d{1,6})?)\s*(?:bpm)?\s*", text[:32], re.IGNORECASE)
    bpm = float(match[1].replace(",", ".")) if match else 0.0
    return bpm if 20 <= bpm <= 400 else None


TAGGER = Tagger(
    "embedded",
    version=3,
    fields=(
        *_TEXT_FIELDS, "bpm", "key", "root", "beats", "kind",
        "description", "originator", "recorded", "scene", "take", "marker",
    ),
    tag=tag,
    hears=False,
)  # fmt: skip
