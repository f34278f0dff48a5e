"""Clips as one LMMS song, a track for each preset; LMMS plays Zyn's presets too."""

from __future__ import annotations

import gzip
import os
import random
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfilt

from taggers.training.render.jobs import GAP, LONGEST, RATE, Clip, Floats, Job, mono

BPM = 140
TICKS = 48 * BPM / 60
"""A second of an LMMS song; 48 are a beat."""


def play(job: Job, scratch: Path, _rng: random.Random) -> list[Floats]:
    try:
        return _song_cuts(job.clips, scratch)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pass
    # One preset brought LMMS down: each by itself, to lose only that one.
    cuts = []
    for preset in dict.fromkeys(clip.preset for clip in job.clips):
        clips = [clip for clip in job.clips if clip.preset == preset]
        try:
            cuts += _song_cuts(clips, scratch)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            cuts += [np.zeros(0) for _ in clips]
    return cuts


def _song_cuts(made: Sequence[Clip], scratch: Path) -> list[Floats]:
    tracks: dict[str, list[str]] = {}
    cuts, at = [], 0.1
    for clip in made:
        begin = round(at * TICKS)
        notes = "".join(
            f'<note pos="{round(note.start * TICKS)}" len="{max(1, round(note.length * TICKS))}" '
            # LMMS counts its octaves from one lower; its volumes go to 200.
            f'key="{note.key - 12}" vol="{note.velocity}" pan="0"/>'
            for note in clip.notes
        )
        tracks.setdefault(clip.preset, []).append(
            f'<pattern type="1" pos="{begin}" muted="0" name="">{notes}</pattern>'
        )
        ends = max(note.start + note.length for note in clip.notes)
        length = min(LONGEST[clip.kind], ends + 2.5)
        cuts.append((begin / TICKS - 0.005, length + 0.005))
        at += length + GAP
    # A mute note at the end, so that the song is as long as we count on.
    end = (
        f'<pattern type="1" pos="{round(at * TICKS)}"><note pos="0" len="96" key="57" vol="0" pan="0"/></pattern>'
    )
    body = "".join(
        f'<track type="0" muted="0" solo="0" name="{place}">{track_of(Path(preset))}{"".join(patterns)}'
        f"{end if place == 0 else ''}</track>"
        for place, (preset, patterns) in enumerate(tracks.items())
    )
    song = scratch / "song.mmp"
    song.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE lmms-project>\n'
        '<lmms-project creator="LMMS" version="1.0" type="song" creatorversion="1.2.2">'
        f'<head timesig_numerator="4" timesig_denominator="4" bpm="{BPM}" mastervol="40" masterpitch="0"/>'
        f'<song><trackcontainer type="song">{body}</trackcontainer></song></lmms-project>'
    )
    out = scratch / "song.wav"
    command = ["lmms", "--allowroot", "render", str(song), "-f", "wav", "-a", "-o", str(out)]
    command += ["-s", str(RATE), "-x", "1", "-i", "linear"]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(scratch)}
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=environment)
    # Some of its synthesizers have a constant offset while a note sounds.
    sound = np.asarray(sosfilt(butter(2, 15, "high", fs=RATE, output="sos"), mono(out)))
    return [sound[int(start * RATE) : int((start + length) * RATE)] for start, length in cuts]


def track_of(path: Path) -> str:
    """The <instrumenttrack> of a song's track with this preset, "" where its file is another kind or broken."""
    raw = path.read_bytes()
    # Early files declare no entities and hold control characters that no parser takes.
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", "replace")
    try:
        root = ET.fromstring(re.sub(r"<!DOCTYPE[^>]*>|[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text).strip())
    except ET.ParseError:
        return ""
    if path.suffix == ".xpf":
        track = root.find(".//instrumenttrack")
        if track is None:
            return ""
        # A song of ours has only the master channel.
        track.set("fxch", "0")
        return ET.tostring(track, encoding="unicode")
    instrument = root.find("INSTRUMENT")
    if instrument is None:
        return ""
    # Zyn reads a whole state, of which an instrument is the first part.
    return (
        '<instrumenttrack vol="100" pan="0" fxch="0" basenote="57" pitchrange="1" pitch="0" usemasterpitch="1">'
        '<instrument name="zynaddsubfx"><zynaddsubfx portamento="0" filterfreq="64" filterq="64" bandwidth="64" '
        'fmgain="127" resonancecenterfreq="64" resonancebandwidth="64" modifiedcontrollers="">'
        '<ZynAddSubFX-data version-major="2" version-minor="4"><MASTER><par name="volume" value="80"/>'
        '<PART id="0"><par_bool name="enabled" value="yes"/><par name="volume" value="96"/>'
        f"{ET.tostring(instrument, encoding='unicode')}</PART></MASTER></ZynAddSubFX-data>"
        "</zynaddsubfx></instrument></instrumenttrack>"
    )
