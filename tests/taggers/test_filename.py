"""What names say, and the false friends that say nothing."""

from __future__ import annotations

import pytest

from taggers.filename import read_name

NAMES: dict[str, tuple[float | None, str | None]] = {
    "Loop_120bpm_F#m.wav": (120, "F# minor"),
    "Loop 92,5 BPM.wav": (92.5, None),
    "BPM128 lead Ebmin.aif": (128, "D# minor"),
    "Lead (Bbm) [126.5 bpm].wav": (126.5, "A# minor"),
    "8A - 124.mp3": (124, "A minor"),
    "8A - 124 - Song.aiff": (124, "A minor"),
    "Pad_92_Gm.wav": (92, "G minor"),
    "126_Dm_synth.wav": (126, "D minor"),
    "a_minor_92.wav": (92, "A minor"),
    "F_sharp_minor.wav": (None, "F# minor"),
    "E flat major 100.wav": (100, "D# major"),
    "Cmaj.wav": (None, "C major"),
    "Strings Amin.wav": (None, "A minor"),
    "Guitar in Am (take 3).wav": (None, "A minor"),
    "loop_128_Am_8A.wav": (128, "A minor"),
    "drum loop 174.wav": (174, None),
    # False friends
    "808.wav": (None, None),
    "909 kick 2.wav": (None, None),
    "JUNO 106 pad.wav": (None, None),
    "C4.wav": (None, None),
    "Bass F#.wav": (None, None),
    "take 2.wav": (None, None),
    "take 120.wav": (None, None),
    "vol 90 loop.wav": (None, None),
    "mix_3.wav": (None, None),
    "mix 8A.wav": (None, None),
    "Am I wrong.wav": (None, None),
    "Who I Am.wav": (None, None),
    "A Day.wav": (None, None),
    "Song 1999.wav": (None, None),
    "tone_24bit_44100.wav": (None, None),
    "96k loop.wav": (None, None),
    "01 - Intro.wav": (None, None),
    "Kick 125.wav": (None, None),
    "Am7 stab.wav": (None, None),
    "Bass.wav": (None, None),
    "bpm.wav": (None, None),
    "999bpm.wav": (None, None),
    # Two in one name: which?
    "90bpm_120bpm.wav": (None, None),
    "Am_Dm.wav": (None, None),
    "": (None, None),
    ".wav": (None, None),
    "\udcff_100bpm.wav": (100, None),
}


@pytest.mark.parametrize(("name", "said"), NAMES.items())
def test_names(name: str, said: tuple[float | None, str | None]) -> None:
    findings = read_name(name)
    values = {tag.field: tag.value for tag in findings.tags}
    assert (values.get("bpm"), values.get("key")) == said
    assert all(tag.source == "name" and 0.5 <= tag.confidence < 1 for tag in findings.tags)
    assert set(values) | set(findings.abstained) == {"bpm", "key", "instrument"}


def test_a_number_beside_a_key_is_trusted_less_than_one_with_its_unit() -> None:
    bare, spelled = read_name("x_92_Gm.wav"), read_name("x_92bpm.wav")
    assert bare.tags[0].confidence < spelled.tags[0].confidence


def test_a_title_is_half_believed() -> None:
    assert read_name("A Minor Threat.wav").tags[0].confidence == 0.5
