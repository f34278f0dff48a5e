"""AAF (.aaf), the Advanced Authoring Format: what Avid, Pro Tools, Logic and others exchange edits in.

Objects are storages of a compound file, each with its class and a stream of numbered properties, as in
the AMWA's "AAF Low-Level Container Specification" and "AAF Object Specification". The numbers of the
built-in properties are fixed, so the definitions that a file brings of its own are not needed: going by
them, as pyaaf2 1.7 does, takes sizes and loop counts from the file unchecked, and forty times as
long. Described is the top-level composition. AAF stores no tempo and no time signature; its dates have
no zone.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from archivist.readers.base import MAX_ITEMS, Reader, ReadError, read_head, translate_errors
from archivist.readers.cfb import MAGIC, CompoundFile
from archivist.records import Marker, ProjectInfo, SampleRef, Track, TrackKind
from archivist.text import clean

MAX_SECONDS = 1e7
MAX_NOTES = 20_000

# Properties by their fixed numbers.
_HEADER = 0x0002
_HEADER_MODIFIED, _HEADER_CONTENT, _HEADER_IDENTIFICATIONS = 0x3B02, 0x3B03, 0x3B06
_PRODUCT, _PRODUCT_VERSION = 0x3C02, 0x3C04
_MOBS, _ESSENCES = 0x1901, 0x1902
_ESSENCE_MOB = 0x2701
_MOB_ID, _MOB_NAME, _MOB_SLOTS, _MOB_CREATED, _MOB_COMMENTS, _MOB_USAGE = (
    0x4401,
    0x4402,
    0x4403,
    0x4405,
    0x4406,
    0x4408,
)
_ESSENCE_DESCRIPTION, _DESCRIPTOR_LOCATORS, _DESCRIPTOR_PARTS = 0x4701, 0x2F01, 0x3F01
_FILE_RATE, _AUDIO_RATE = 0x3001, 0x3D03
_LOCATOR_URL, _LOCATOR_NAME = 0x4001, 0x4101
_SLOT_NAME, _SLOT_SEGMENT, _SLOT_NUMBER = 0x4802, 0x4803, 0x4804
_TIMELINE_RATE, _EVENT_RATE = 0x4B01, 0x4901
_DATA_DEFINITION, _LENGTH = 0x0201, 0x0202
_SEQUENCE_PARTS, _EVENT_POSITION, _EVENT_COMMENT = 0x1001, 0x0601, 0x0602

_STRONG, _STRONG_VECTOR, _STRONG_SET = 0x22, 0x32, 0x3A  # forms in which a property is stored


def _class(name: str) -> bytes:
    """The built-in class whose number in the registry is `name`."""
    return UUID(f"0d010101-0101-{name}00-060e-2b3402060101").bytes_le


_COMPOSITION, _SOURCE = _class("35"), _class("37")
_AUDIO_FILES = frozenset((_class("26"), _class("2c")))  # AIFC and WAVE descriptors
_MARKERS = frozenset((_class("08"), _class("41")))  # CommentMarker, DescriptiveMarker
_TOP_LEVEL = UUID("0d010102-0101-0500-060e-2b3404010101").bytes_le

_KINDS: dict[str, tuple[TrackKind, str]] = {  # by data definition: a track's kind, and its letter in Avid
    "01030202-0200-0000-060e-2b3404010101": ("audio", "A"),
    "78e1ebe1-6cef-11d2-807d-006008143e6f": ("audio", "A"),  # before AAF 1.1
    "01030202-0100-0000-060e-2b3404010101": ("other", "V"),
    "6f3c8ce1-6cef-11d2-807d-006008143e6f": ("other", "V"),
    "05cba732-1daa-11d3-80ad-006008143e6f": ("other", "V"),
}

_VERSION = re.compile(r"(.*\S)\s+v?(\d+(?:\.\d+)+\S*)")


# ---------------------------------------------------------------- objects


@dataclass(frozen=True, slots=True)
class _Object:
    """An object: the entry that it is stored in, its class, and its properties (form, value) by number."""

    file: CompoundFile
    entry: int
    kind: bytes
    properties: dict[int, tuple[int, bytes]]

    def value(self, number: int) -> bytes:
        """A property as it is stored; b"" where there is none."""
        return self.properties.get(number, (0, b""))[1]

    def text(self, number: int, limit: int = 1_000) -> str:
        return clean(_utf16(self.value(number)), limit)

    def integer(self, number: int) -> int | None:
        value = self.value(number)
        return int.from_bytes(value, "little", signed=True) if value else None

    def rational(self, number: int) -> float | None:
        value = self.value(number)
        upper, lower = struct.unpack("<ii", value) if len(value) == 8 else (0, 0)
        return upper / lower if upper > 0 and lower > 0 else None

    def date(self, number: int) -> str | None:
        """A TimeStamp: year, month, day, hour, minute, second and 250ths of one."""
        value = self.value(number)
        if len(value) != 8:
            return None
        try:
            return datetime(*struct.unpack("<h5B", value[:7])).isoformat()
        except ValueError:
            return None  # all zero where nobody filled it in

    def objects(self, number: int) -> Iterator[_Object]:
        """The objects that a property refers to as its own: one, or a vector or set of them."""
        form, value = self.properties.get(number, (0, b""))
        children = self.file.children(self.entry)
        name = _utf16(value)
        names: Iterator[str] = iter(())
        if form == _STRONG:
            names = iter((name,))
        elif form in (_STRONG_VECTOR, _STRONG_SET) and f"{name} index" in children:
            names = (f"{name}{{{key:x}}}" for key in _index(self.file.stream(children[f"{name} index"]), form))
        for each in names:
            if each in children:
                yield _object(self.file, children[each])

    def object(self, number: int) -> _Object | None:
        return next(self.objects(number), None)


def _utf16(value: bytes) -> str:
    return value.decode("utf-16-le", "replace").split("\0", 1)[0]


def _index(data: bytes, form: int) -> Iterator[int]:
    """The keys of a vector's or set's members: after 12 bytes each by itself, or with its identification."""
    if form == _STRONG_VECTOR:
        step, start = 4, 12
    else:
        step, start = 8 + data[14], 15
    (count,) = struct.unpack_from("<I", data)
    for place in range(start, min(start + count * step, len(data) - 3), step):
        yield struct.unpack_from("<I", data, place)[0]


def _object(file: CompoundFile, entry: int) -> _Object:
    """Properties lie in a stream: byte order, version, count; then for each number, form and size; then values."""
    stream = file.children(entry).get("properties")
    properties: dict[int, tuple[int, bytes]] = {}
    if stream is not None:
        data = file.stream(stream)
        if data[:1] != b"L":
            raise ReadError("not stored in Intel's byte order, which AAF has in theory alone")
        (count,) = struct.unpack_from("<H", data, 2)
        at = 4 + 6 * count
        for number, form, size in struct.iter_unpack("<HHH", data[4:at]):
            properties[number] = form, data[at : at + size]
            at += size
    return _Object(file, entry, file.class_id(entry), properties)


# ---------------------------------------------------------------- what they say


def _composition(mobs: list[_Object]) -> _Object | None:
    """The edit itself; other compositions are its parts."""
    found = [mob for mob in mobs if mob.kind == _COMPOSITION]
    return next((mob for mob in found if mob.value(_MOB_USAGE) == _TOP_LEVEL), found[0] if found else None)


def _seconds(units: int | None, rate: float | None) -> float | None:
    seconds = units / rate if units is not None and rate else None
    return seconds if seconds is not None and 0 <= seconds <= MAX_SECONDS else None


def _medium(segment: _Object) -> str:
    """What a segment is of: the identification that its weak reference ends with."""
    identification = segment.value(_DATA_DEFINITION)[5:21]
    return str(UUID(bytes_le=identification)) if len(identification) == 16 else ""


def _tracks(slots: list[tuple[_Object, _Object]]) -> tuple[Track, ...]:
    """Sound and picture; slots of time code, edge code and markers are no tracks."""
    tracks = []
    for slot, segment in slots:
        kind, letter = _KINDS.get(_medium(segment), (None, ""))
        number = slot.integer(_SLOT_NUMBER)
        if kind is not None:
            tracks.append(Track(slot.text(_SLOT_NAME) or (f"{letter}{number}" if number else ""), kind))
    return tuple(tracks)


def _units(segment: _Object) -> int:
    """How long a segment is; some programs leave that to the parts of a sequence."""
    parts = segment.objects(_SEQUENCE_PARTS)
    return segment.integer(_LENGTH) or sum(max(part.integer(_LENGTH) or 0, 0) for part in parts)


def _length(slots: list[tuple[_Object, _Object]]) -> float | None:
    lengths = (
        _seconds(_units(segment), slot.rational(_TIMELINE_RATE))
        for slot, segment in slots
        if _medium(segment) in _KINDS
    )
    return max(filter(None, lengths), default=None)


def _markers(slots: list[tuple[_Object, _Object]]) -> tuple[Marker, ...]:
    found: list[Marker] = []
    for slot, segment in slots:
        rate = slot.rational(_EVENT_RATE) or slot.rational(_TIMELINE_RATE)
        if _EVENT_RATE not in slot.properties and _medium(segment) in _KINDS:
            continue  # clips
        for event in segment.objects(_SEQUENCE_PARTS):
            at = _seconds(event.integer(_EVENT_POSITION), rate)
            if event.kind in _MARKERS and at is not None and len(found) < MAX_ITEMS:
                found.append(Marker(event.text(_EVENT_COMMENT), at, "seconds"))
    return tuple(sorted(found, key=lambda marker: marker.at))


def _descriptors(mobs: list[_Object]) -> Iterator[tuple[_Object, _Object]]:
    """Each source mob with what describes its media; one of several files has a description of each."""
    for mob in mobs:
        described = mob.object(_ESSENCE_DESCRIPTION) if mob.kind == _SOURCE else None
        if described is not None:
            yield mob, described
            for part in described.objects(_DESCRIPTOR_PARTS):
                yield mob, part


def _samples(descriptors: list[tuple[_Object, _Object]], embedded: frozenset[bytes]) -> tuple[SampleRef, ...]:
    """Media files by the URLs that locate them, and what lies in the file itself by its name."""
    found: dict[str, SampleRef] = {}
    for mob, described in descriptors:
        if mob.value(_MOB_ID) in embedded:
            name = mob.text(_MOB_NAME) or "embedded media"
            found.setdefault(name, SampleRef(name, status="found"))
            continue
        for locator in described.objects(_DESCRIPTOR_LOCATORS):
            path = locator.text(_LOCATOR_URL, 4_096) or locator.text(_LOCATOR_NAME, 4_096)
            if path and len(found) < MAX_ITEMS:
                found.setdefault(path, SampleRef(path))
    return tuple(found.values())


def _sample_rate(descriptors: list[tuple[_Object, _Object]]) -> int | None:
    """That of most of the audio."""
    rates: Counter[int] = Counter()
    for _, described in descriptors:
        rate = described.rational(_AUDIO_RATE)
        if rate is None and described.kind in _AUDIO_FILES:
            rate = described.rational(_FILE_RATE)
        if rate is not None and 1_000 <= rate <= 1_000_000:
            rates[round(rate)] += 1
    return max(rates, key=lambda rate: rates[rate], default=None)


def _program(header: _Object) -> tuple[str, str | None]:
    """Who wrote the file last. Media Composer keeps its version in its name."""
    programs = list(islice(header.objects(_HEADER_IDENTIFICATIONS), MAX_ITEMS))
    name = programs[-1].text(_PRODUCT) if programs else ""
    version = programs[-1].text(_PRODUCT_VERSION) if programs else ""
    if version in ("", "Unknown version"):
        split = _VERSION.fullmatch(name)
        return (split[1], split[2]) if split else (name or "AAF", None)
    return name or "AAF", version


def read(path: Path) -> ProjectInfo:
    """The AAF at `path`. Raises ReadError."""
    with translate_errors(struct.error, IndexError), path.open("rb") as file:
        return _read(_object(CompoundFile(file), 0))


def _read(root: _Object) -> ProjectInfo:
    header = root.object(_HEADER)
    content = header.object(_HEADER_CONTENT) if header else None
    if header is None or content is None:
        raise ReadError("is no AAF: it has no header, or one without content")
    mobs = list(islice(content.objects(_MOBS), MAX_ITEMS))
    composition = _composition(mobs)
    slots = []
    for slot in islice(composition.objects(_MOB_SLOTS) if composition else (), MAX_ITEMS):
        segment = slot.object(_SLOT_SEGMENT)
        if segment is not None:
            slots.append((slot, segment))
    descriptors = list(_descriptors(mobs))
    embedded = frozenset(essence.value(_ESSENCE_MOB) for essence in content.objects(_ESSENCES))
    daw, version = _program(header)
    return ProjectInfo(
        format="aaf",
        daw=daw,
        daw_version=version,
        sample_rate=_sample_rate(descriptors),
        length_seconds=_length(slots),
        title=composition.text(_MOB_NAME) or None if composition else None,
        created=composition.date(_MOB_CREATED) if composition else None,
        saved=header.date(_HEADER_MODIFIED),
        tracks=_tracks(slots),
        samples=_samples(descriptors, embedded),
        markers=_markers(slots),
    )


def sniff(path: Path) -> bool:
    """By the SMPTE label of its kind; some programs leave that out, and Office's compound files have none."""
    head = read_head(path, 24)
    if not head.startswith(MAGIC) or head[16:20] == b"\x06\x0e\x2b\x34":
        return head.startswith(MAGIC)
    try:
        with translate_errors(struct.error, IndexError), path.open("rb") as file:
            return "referenced properties" in CompoundFile(file).children(0)
    except ReadError:
        return False


READER = Reader(
    name="aaf",
    title="AAF",
    version=1,
    suffixes=(".aaf",),
    exchange=True,
    read=read,
    sniff=sniff,
)
