"""What a version changed, as a person would tell it."""

from __future__ import annotations

import pytest

from archivist.changes import State, differences

KICK, BASS, PAD, VOX = ("Kick", "audio"), ("Bass", "audio"), ("Pad", "midi"), ("Vox", "audio")

CHANGES = [
    (State(92.0), State(92.0), []),
    (State(92.0, "A minor"), State(96.5, None), ["tempo 92 → 96.5", "key A minor → none"]),
    (State(time_signature="4/4"), State(time_signature="7/8"), ["time signature 4/4 → 7/8"]),
    (State(tracks=(KICK,)), State(tracks=(KICK, PAD)), ["track added: Pad"]),
    (State(tracks=(KICK, PAD)), State(tracks=(PAD,)), ["track removed: Kick"]),
    (State(tracks=(KICK, BASS)), State(tracks=(KICK, VOX)), ["track changed: Bass → Vox"]),
    (State(tracks=(KICK, BASS)), State(tracks=(KICK, PAD)), ["track removed: Bass", "track added: Pad"]),
    (State(tracks=(KICK, BASS)), State(tracks=(BASS, KICK)), []),  # moved
    (
        State(plugins=(("Serum", 1),)),
        State(plugins=(("Diva", 1),)),
        ["plugin added: Diva", "plugin removed: Serum"],
    ),
    (State(plugins=(("Serum", 1),)), State(plugins=(("Serum", 3),)), ["plugin changed: Serum → Serum × 3"]),
    (State(samples=("a.wav",)), State(samples=("b.wav",)), ["sample removed: a.wav", "sample added: b.wav"]),
]


@pytest.mark.parametrize(("before", "after", "told"), CHANGES)
def test_differences(before: State, after: State, told: list[str]) -> None:
    assert [str(change) for change in differences(before, after)] == told
