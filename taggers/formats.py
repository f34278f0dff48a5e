"""Which files are sound, by their names. Light: the scanner imports it."""

from __future__ import annotations

AUDIO_SUFFIXES: frozenset[str] = frozenset({
    # libsndfile
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".caf", ".flac", ".ogg", ".oga",
    ".opus", ".mp3", ".mp2", ".mp1", ".au", ".snd", ".sd2", ".voc",
    # FFmpeg, through PyAV
    ".m4a", ".m4b", ".aac", ".alac", ".wma", ".wv", ".ape", ".tta", ".mka", ".weba", ".ac3", ".amr", ".spx",
    ".mpc",
})  # fmt: skip
"""Lower case, with the dot."""
