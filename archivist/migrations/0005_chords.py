"""The index of chords: see chordsearch.py, which makes it."""

from archivist import chordsearch


def up(migrator, db):
    chordsearch.create(db)
