"""What audio files say and sound like. Pure functions of audio: no database, no screen, nothing of archivist.

>>> tag_file(Job("Pad_92_Gm.wav", ("name", "key", "tempo")))  # doctest: +SKIP
FileTags(path='Pad_92_Gm.wav', digest=b'…', findings={'name': Findings(tags=(Tag(field='bpm', value=92.0, …
"""

from __future__ import annotations

from taggers.base import AudioFacts, Candidate, FileTags, Findings, Job, Tag, TagError, Tagger
from taggers.formats import AUDIO_SUFFIXES
from taggers.registry import TAGGERS, load, names, vectors_of, versions
from taggers.worker import start_worker, tag_file

__all__ = [
    "AUDIO_SUFFIXES",
    "TAGGERS",
    "AudioFacts",
    "Candidate",
    "FileTags",
    "Findings",
    "Job",
    "Tag",
    "TagError",
    "Tagger",
    "load",
    "names",
    "start_worker",
    "tag_file",
    "vectors_of",
    "versions",
]
