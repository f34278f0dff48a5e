"""Labelled clips for training the networks, from sound fonts, synthesizers, speech engines and bare noise.

    python -m taggers.training.render OUTDIR [SOURCE ...]

With sources named it renders only those, and keeps what the manifest says of the others. OUTDIR gets mono 16-bit
FLACs at 44,100 Hz (one-shots of at most 4 s, phrases of at most 6 s) and manifest.csv (path, source, kind,
instruments: the specific slug first, then its family). Same command, same clips. What it renders with are Debian
packages (taggers.training lists them). Times are in seconds, pitches are MIDI keys, velocities 1 to 127. Programs
and presets whose meaning is doubtful are left out: a wrong label costs more than a missing clip.
"""
