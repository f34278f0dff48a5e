"""The vectors by which files are compared, by name and size: what `Findings.vectors` and the archive hold.

A name ends in its edition: numbers of two editions cannot be compared.
"""

TIMBRE = "timbre-4"
TIMBRE_SIZE = 128
"""float16, unit length: what it sounds like. The cosine of two is their likeness."""

RHYTHM = "rhythm-1"
RHYTHM_SIZE = 24
"""float16, unit length, or all 0 where nothing repeats: how its onsets repeat, whatever its tempo."""

PRINT = "print-1"
"""What taggers.fingerprint.Print.pack makes, at most 4.2 KB: the same recording has nearly the same in any format
or level."""

CHORD_TRACK = "chords-1"
"""What taggers.chordtrack.pack makes, at most 3.6 KB: which chord sounds when."""

INSTRUMENTS = "instruments-1"
"""float16, one for each word of taggers.instrument.INSTRUMENTS: the chance that it plays."""
