"""Clips as one MIDI file, played by fluidsynth with a sound font."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from taggers.training.render.jobs import GAP, LONGEST, RATE, Floats, Job, mono

DRUM_CHANNEL = 9


def fluidsynth(job: Job, scratch: Path, rng: random.Random) -> list[Floats]:
    events: list[tuple[float, int, bytes]] = []
    cuts, at = [], 0.2
    for clip in job.clips:
        channel = DRUM_CHANNEL if clip.drums else 0
        begin = at - 0.1
        events.append((begin, 1, bytes((0xB0 | channel, 120, 0))))
        events.append((begin, 2, bytes((0xB0 | channel, 1, clip.modulation))))
        events.append((begin, 3, bytes((0xC0 | channel, clip.program))))
        for note in clip.notes:
            events.append((at + note.start, 5, bytes((0x90 | channel, note.key, note.velocity))))
            events.append((at + note.start + note.length, 4, bytes((0x80 | channel, note.key, 0))))
        ends = max(note.start + note.length for note in clip.notes)
        length = min(LONGEST[clip.kind], ends + 2.5)
        cuts.append((at - 0.005, length + 0.005))
        at += length + GAP
    # Something to wait for, so that the render does not end with the last note.
    events.append((at, 1, bytes((0xB0, 120, 0))))
    (scratch / "clips.mid").write_bytes(midi_file(events))
    out = scratch / "clips.wav"
    effects = str(rng.randrange(2))
    # Float, since a loud chord would clip 16 bits.
    command = ["fluidsynth", "-ni", "-q", "-F", str(out), "-T", "wav", "-O", "float", "-r", str(RATE)]
    command += ["-g", "0.5", "-R", effects, "-C", effects, "-o", "synth.dynamic-sample-loading=1"]
    command += [job.resource, str(scratch / "clips.mid")]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    sound = mono(out)
    return [sound[int(start * RATE) : int((start + length) * RATE)] for start, length in cuts]


def midi_file(events: list[tuple[float, int, bytes]]) -> bytes:
    """A MIDI file of one track, in milliseconds."""
    track = bytearray(b"\x00\xff\x51\x03" + (1_000_000).to_bytes(3, "big"))
    now = 0
    for when, _, message in sorted(events, key=lambda event: (round(event[0] * 1000), event[1])):
        track += _variable(round(when * 1000) - now) + message
        now = round(when * 1000)
    track += b"\x00\xff\x2f\x00"
    head = b"MThd" + (6).to_bytes(4, "big") + b"\x00\x00\x00\x01" + (1000).to_bytes(2, "big")
    return head + b"MTrk" + len(track).to_bytes(4, "big") + bytes(track)


def _variable(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))
