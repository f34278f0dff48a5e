"""Tempo, key and instrument that a maker wrote into a file's name: "Loop_120bpm_F#m.wav", "8A - 124 - Song.aiff",
"Lead Vox_02.wav" (see taggers.naming).

Names lie in known ways, so a bare number or letter counts only in company: 808 is a drum machine, C4 a note,
"Am I wrong" a sentence, "01 - " a place in a list. Two different tempi or keys in one name say nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from taggers.base import Findings, Tag, Tagger
from taggers.naming import instrument
from taggers.pitch import parse_key

if TYPE_CHECKING:
    from taggers.audio import Audio

MIN_BPM, MAX_BPM = 40.0, 300.0
MIN_BARE, MAX_BARE = 60, 200
"""Tempi that a number without "bpm" may mean."""

_SPELLED_BPM = re.compile(r"(?<![\d.,])(\d{2,3}(?:[.,]\d{1,3})?)[\s_-]*bpm(?![a-z])", re.IGNORECASE)
_BPM_FIRST = re.compile(r"(?<![a-z])bpm[\s_=-]*(\d{2,3}(?:[.,]\d{1,3})?)(?![\d.,]*\d)", re.IGNORECASE)
_MACHINES = {"101", "106", "110"}  # of Roland's that fall into the bare range; 303, 808, 909 do not
_COUNTED = {
    "take", "vol", "volume", "part", "pt", "no", "nr", "num", "track", "trk", "tr", "bar", "bars", "ch",
    "chapter", "version", "ver", "v", "rev", "session", "opus", "op", "mix", "bounce", "scene", "preset",
    "patch", "midi",
}  # fmt: skip
_REPEATED = {"loop", "loops", "beat", "beats", "groove", "break", "drumloop", "breakbeat"}

_ATTACHED = re.compile(r"[A-Ga-g][#♯♭b]?-?(?:major|minor|maj|min)", re.IGNORECASE)
_SHORT = re.compile(r"[A-G][#♯♭b]?m|[a-g][#♯]m")  # "bbm" and "dm" in lower case are no keys to most people
_NOTE = re.compile(r"[A-Ga-g](?:[#♯♭b]|sharp|flat)?")
_MODES = {"major", "minor", "maj", "min"}
_ACCIDENTALS = {"sharp", "flat"}
_CAMELOT = re.compile(r"0?(?:1[0-2]|[1-9])[AB]")
_SENTENCE = {"i", "who", "what", "where", "here", "how", "you", "not", "the", "a", "an", "so", "we", "and"}

_SURE_OF_INSTRUMENT = 0.8

_TOKENS = re.compile(r"[^\s_\-.,;()\[\]{}+&~@]+")


def tag(audio: Audio) -> Findings:
    return read_name(audio.path.name)


def read_name(name: str) -> Findings:
    """
    >>> [(t.field, t.value) for t in read_name("Pad_92_Gm.wav").tags]
    [('bpm', 92.0), ('key', 'G minor'), ('instrument', 'pad')]
    """
    stem = PurePath(name).stem[:255] if "." in name else name[:255]
    words = _Words(stem)
    named = _keys(words)
    keys = {one.key: one.confidence for one in sorted(named, key=lambda one: one.confidence)}
    tempi = dict(sorted(_tempi(stem, words, named), key=lambda found: found[1]))
    tags = []
    abstained = {}
    for field, found in (("bpm", tempi), ("key", keys)):
        if len(found) == 1:
            [(value, confidence)] = found.items()
            tags.append(Tag(field, value, confidence, "name", "file name"))
        else:
            abstained[field] = "the name says two" if found else "the name does not say"
    if slug := instrument(stem):
        tags.append(Tag("instrument", slug, _SURE_OF_INSTRUMENT, "name", "file name"))
    else:
        abstained["instrument"] = "the name does not say"
    return Findings(tuple(tags), abstained)


@dataclass(frozen=True, slots=True)
class _Key:
    key: str
    confidence: float
    first: int  # of the words that name it
    last: int


class _Words:
    """The words of a name, with what stands between them."""

    def __init__(self, stem: str) -> None:
        matches = list(_TOKENS.finditer(stem))
        self.all = [match.group() for match in matches]
        self.lower = [word.lower() for word in self.all]
        self._stem = stem
        self._spans = [match.span() for match in matches]

    def lower_at(self, index: int) -> str:
        return self.lower[index] if 0 <= index < len(self.lower) else ""

    def plain_spaces_around(self, index: int) -> bool:
        """Whether this word stands in a sentence: nothing but blanks, or the name's end, at its sides."""
        start, end = self._spans[index]
        before = self._stem[self._spans[index - 1][1] : start] if index else " "
        after = self._stem[end : self._spans[index + 1][0]] if index + 1 < len(self.all) else " "
        return before.isspace() and after.isspace()

    def number_beside(self, index: int) -> bool:
        return any(_is_tempo(self.lower_at(near)) for near in (index - 1, index + 1))


def _is_tempo(word: str) -> bool:
    digits = word.removesuffix("bpm")
    if not (digits.isdecimal() and digits.isascii()) or digits[0] == "0":
        return False
    return MIN_BARE <= int(digits[:4]) <= MAX_BARE


def _tempi(stem: str, words: _Words, keys: list[_Key]) -> list[tuple[float, float]]:
    spelled = [
        float(match[1].replace(",", "."))
        for pattern in (_SPELLED_BPM, _BPM_FIRST)
        for match in pattern.finditer(stem)
    ]
    if spelled := [bpm for bpm in spelled if MIN_BPM <= bpm <= MAX_BPM]:
        # "90bpm" is found by both patterns only where the name says "bpm" twice
        return [(bpm, 0.95) for bpm in spelled]
    beside_a_key = {place for key in keys for place in (key.first - 1, key.last + 1)}
    found = []
    for index, word in enumerate(words.all):
        if not _is_tempo(word) or word in _MACHINES or words.lower_at(index - 1) in _COUNTED:
            continue
        if index in beside_a_key:
            found.append((float(word), 0.8))
        elif _REPEATED & {words.lower_at(index - 1), words.lower_at(index + 1)}:
            found.append((float(word), 0.5))
    return found


def _keys(words: _Words) -> list[_Key]:
    found = []
    for index, word in enumerate(words.all):
        near, after = words.lower_at(index + 1), words.lower_at(index + 2)
        text, confidence, last = "", 0.0, index
        if _ATTACHED.fullmatch(word):
            text, confidence = word, 0.9
        elif _SHORT.fullmatch(word):
            text, confidence = word, _sure_of_short(words, index)
        elif _NOTE.fullmatch(word) and near in _MODES:
            # "A Minor Threat" is a title
            spaced = words.plain_spaces_around(index) and not words.number_beside(index + 1)
            text, confidence, last = f"{word} {near}", 0.5 if spaced and after.isalpha() else 0.9, index + 1
        elif _NOTE.fullmatch(word) and near in _ACCIDENTALS and after in _MODES:
            text, confidence, last = f"{word} {near} {after}", 0.9, index + 2
        elif _CAMELOT.fullmatch(word) and words.lower_at(index - 1) not in _COUNTED:
            text, confidence = word, 0.8 if words.number_beside(index) else 0.0
        if confidence and (key := parse_key(text)):
            found.append(_Key(key, confidence, index, last))
    return found


def _sure_of_short(words: _Words, index: int) -> float:
    word = words.all[index]
    if len(word) == 3 or words.number_beside(index):
        return 0.9
    if _SENTENCE & {words.lower_at(index - 1), words.lower_at(index + 1)}:
        return 0.0
    if words.plain_spaces_around(index):
        return 0.0 if word == "Am" and index == 0 else 0.6
    return 0.8


TAGGER = Tagger("name", version=2, fields=("bpm", "key", "instrument"), tag=tag, hears=False)
