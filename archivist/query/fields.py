"""The fields a query can name. One table: it feeds the parser, the help, the docs and the UI's completion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from archivist.vocabulary import INSTRUMENTS, KINDS

Kind = Literal["text", "enum", "number", "length", "date", "key", "chords", "sort"]
About = Literal["both", "file", "project"]

STATES = ("missing", "offline", "unused", "take", "conflict", "doubtful", "factory")
SORTS = ("name", "date", "bpm", "key", "length", "size", "loudness", "added", "doubt")

DAW_ALIASES = {"live": "ableton", "abletonlive": "ableton", "fl": "flstudio", "fruityloops": "flstudio"}
"""Spoken names of DAWs whose reader is called otherwise; spaces are gone already."""


@dataclass(frozen=True, slots=True)
class Field:
    """about: whose value it is. Asked of a file, a project's field is that of the project it belongs to;
    asked of a project, a file's field holds where one of its files has it. `values`: all that are allowed,
    where the vocabulary is closed."""

    name: str
    kind: Kind
    about: About
    meaning: str
    example: str
    values: tuple[str, ...] = ()


FIELDS: tuple[Field, ...] = (
    Field("bpm", "number", "both", "tempo; ~ is within 3 %, half and double too", "bpm:118..124"),
    Field("key", "key", "both", "key; ~ takes the harmonically compatible ones too", "key:~Am"),
    Field("chords", "chords", "file", "chords in a row, from any of them on; ~ in any key", 'chords:"Am F C G"'),
    Field("instrument", "enum", "file", "what plays; a family finds its own", "instrument:bass", INSTRUMENTS),
    Field("kind", "enum", "file", "one-shot, loop, stem or mix", "kind:loop", KINDS),
    Field("length", "length", "file", "duration in s, m, h or as 1:30", "length:<10s"),
    Field("loudness", "number", "file", "integrated loudness in LUFS", "loudness:>-14"),
    Field("flag", "text", "file", "what is wrong with the sound", "flag:clipped"),
    Field("daw", "text", "project", "the program of the project", "daw:ableton"),
    Field("plugin", "text", "project", "a plugin in the project", "plugin:serum"),
    Field("track", "text", "project", "a track in the project", 'track:"lead vox"'),
    Field("project", "text", "project", "the project's name", "project:sunrise"),
    Field("path", "text", "both", "words of the folders, in their order", "path:drums/kicks"),
    Field("date", "date", "both", "last change: a year, month, day, or an age in d, w, m, y", "date:<30d"),
    Field("label", "text", "both", "a label that you gave", "label:favourite"),
    Field("is", "enum", "both", "a state", "is:missing", STATES),
    Field("sort", "sort", "both", "the order; - turns it round", "sort:-date", SORTS),
)  # fmt: skip

BY_NAME = {field.name: field for field in FIELDS}
