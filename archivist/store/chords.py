"""The chord tracks that taggers hear, and the index that finds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archivist import chordsearch
from archivist.tables import database
from taggers.chordtrack import chords_of, unpack


def save(tracks: Mapping[int, bytes | None]) -> None:
    """Have these contents found by their chords; None: there are none to hear, whatever an older tagger heard."""
    forget(content_id for content_id, track in tracks.items() if not track)
    heard = ((content_id, chords_of(unpack(track))) for content_id, track in tracks.items() if track)
    chordsearch.index(database, heard)


def forget(content_ids: Iterable[int]) -> None:
    """Contents that are no more, or have no chords."""
    chordsearch.remove(database, content_ids)
