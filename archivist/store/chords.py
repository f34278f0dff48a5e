"""The chord tracks that taggers hear, and the index that finds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from peewee import chunked

from archivist import chordsearch
from archivist.tables import Embedding, database
from taggers.chordtrack import chords_of, unpack
from taggers.vectors import CHORD_TRACK

_ROWS = 500


def save(tracks: Mapping[int, bytes | None]) -> None:
    """Have these contents found by their chords; None: there are none to hear, whatever an older tagger heard."""
    silent = [content_id for content_id, track in tracks.items() if not track]
    for batch in chunked(silent, _ROWS):
        Embedding.delete().where(Embedding.content << batch, Embedding.model == CHORD_TRACK).execute()
    forget(silent)
    heard = ((content_id, chords_of(unpack(track))) for content_id, track in tracks.items() if track)
    chordsearch.index(database, heard)


def forget(content_ids: Iterable[int]) -> None:
    """Contents that are no more, or have no chords."""
    chordsearch.remove(database, content_ids)
