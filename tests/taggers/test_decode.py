"""Every format that a studio keeps, and every way in which a file is broken."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from taggers import AUDIO_SUFFIXES, AudioFacts, FileTags, Job, tag_file
from taggers.audio import EXCERPT_SECONDS, RATE, Audio
from taggers.base import TagError
from tests.taggers.signals import noise, sine, write

# suffix, libsndfile's format, subtype: codec, bit depth
BY_LIBSNDFILE = {
    (".wav", "WAV", "PCM_U8"): ("pcm_u8", 8),
    (".wav", "WAV", "PCM_16"): ("pcm_s16le", 16),
    (".wav", "WAVEX", "PCM_24"): ("pcm_s24le", 24),
    (".wav", "WAV", "PCM_32"): ("pcm_s32le", 32),
    (".wav", "WAV", "FLOAT"): ("pcm_f32le", 32),
    (".wav", "WAV", "DOUBLE"): ("pcm_f64le", 64),
    (".wav", "RF64", "PCM_24"): ("pcm_s24le", 24),
    (".w64", "W64", "PCM_16"): ("pcm_s16le", 16),
    (".aif", "AIFF", "PCM_24"): ("pcm_s24be", 24),
    (".caf", "CAF", "PCM_16"): ("pcm_s16be", 16),
    (".caf", "CAF", "ALAC_24"): ("alac", 24),
    (".flac", "FLAC", "PCM_24"): ("flac", 24),
    (".ogg", "OGG", "VORBIS"): ("vorbis", None),
    (".opus", "OGG", "OPUS"): ("opus", None),
    (".mp3", "MP3", "MPEG_LAYER_III"): ("mp3", None),
}
# suffix, FFmpeg's encoder: codec, bit depth
BY_FFMPEG = {
    (".m4a", "aac"): ("aac", None),
    (".m4a", "alac"): ("alac", 24),
    (".aac", "aac"): ("aac", None),
    (".wma", "wmav2"): ("wmav2", None),
    (".wv", "wavpack"): ("wavpack", 8),
    (".mka", "ac3"): ("ac3", None),
    (".tta", "tta"): ("tta", 8),
}
# suffix, encoder, what the encoder is given: bit depth
LOSSLESS = {
    (".m4a", "alac", "s16p"): 16,
    (".m4a", "alac", "s32p"): 24,
    (".wv", "wavpack", "s16p"): 16,
    (".wv", "wavpack", "s32p"): 32,
    (".tta", "tta", "s16"): 16,
    (".tta", "tta", "s32"): 24,
}
TONE = np.stack([sine(440, 2, 0.4, 48_000), sine(660, 2, 0.4, 48_000)], axis=1)


def facts(path: Path) -> AudioFacts:
    result = tag_file(Job(str(path), ("flags", "loudness")))
    assert result.error is None
    assert result.facts
    [loudness] = [tag.value for tag in result.findings["loudness"].tags if tag.field == "loudness"]
    assert loudness == pytest.approx(-8.56, abs=0.1)  # what the tone has, whatever holds it
    assert result.findings["flags"].tags == ()
    return result.facts


@pytest.mark.parametrize("kind", BY_LIBSNDFILE, ids=str)
def test_libsndfile(kind: tuple[str, str, str], tmp_path: Path) -> None:
    suffix, container, subtype = kind
    path = tmp_path / f"x{suffix}"
    soundfile.write(path, TONE, 48_000, format=container, subtype=subtype)
    found = facts(path)
    assert (found.codec, found.bit_depth) == BY_LIBSNDFILE[kind]
    assert (found.sample_rate, found.channels) == (48_000, 2)
    assert found.duration == pytest.approx(2.0, abs=0.06)
    assert suffix in AUDIO_SUFFIXES


@pytest.mark.parametrize("kind", BY_FFMPEG, ids=str)
def test_ffmpeg(kind: tuple[str, str], tmp_path: Path) -> None:
    suffix, encoder = kind
    path = encode(tmp_path / f"x{suffix}", encoder)
    found = facts(path)
    assert (found.codec, found.bit_depth) == BY_FFMPEG[kind]
    assert (found.sample_rate, found.channels) == (48_000, 2)
    assert found.duration == pytest.approx(2.0, abs=0.1)
    assert suffix in AUDIO_SUFFIXES


@pytest.mark.parametrize("kind", LOSSLESS, ids=str)
def test_bit_depth_of_lossless_codecs(kind: tuple[str, str, str], tmp_path: Path) -> None:
    suffix, encoder, stored = kind
    assert facts(encode(tmp_path / f"x{suffix}", encoder, stored)).bit_depth == LOSSLESS[kind]


def encode(path: Path, encoder: str, stored: str | None = None) -> Path:
    with av.open(path, "w") as out:
        stream = out.add_stream(encoder, rate=48_000, layout="stereo")
        stream.bit_rate = 192_000
        if stored:
            stream.format = stored
        samples = (TONE * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, "s16", "stereo")
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)
    return path


def broken(folder: Path, kind: str) -> Path:
    """A file that is broken in one way."""
    path = folder / "x.wav"
    if kind.startswith("truncated"):
        suffix = kind.split()[1]
        path = folder / f"x.{suffix}"
        if suffix == "m4a":
            encode(path, "aac")
        else:
            soundfile.write(path, np.stack([noise(4), noise(4)], axis=1), 44_100)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
    elif kind == "no samples":
        soundfile.write(path, np.zeros((0, 2)), 44_100)
    elif kind == "no sound stream":
        path = folder / "x.mp4"
        with av.open(path, "w") as out:
            stream = out.add_stream("mpeg4", rate=25)
            stream.width = stream.height = 64
            for _ in range(5):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
            out.mux(stream.encode(None))
    elif kind == "no bits":
        soundfile.write(path, noise(1), 44_100)
        data = bytearray(path.read_bytes())
        data[34:36] = bytes(2)
        path.write_bytes(data)
    elif kind == "a rate of 1 Hz":
        soundfile.write(path, noise(1), 1)
    elif kind == "damaged flac":
        path = folder / "x.flac"
        soundfile.write(path, noise(8), 44_100)
        data = bytearray(path.read_bytes())
        data[len(data) // 2 : len(data) // 2 + 200_000] = bytes(200_000)
        path.write_bytes(data)
    else:
        contents = {
            "empty": b"",
            "zeros": bytes(100_000),
            "text": b"dear diary " * 500,
            "header only": b"RIFF\x24\0\0\0WAVE",
            "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/x.aac\n#EXT-X-ENDLIST\n",
            "concat": b"ffconcat version 1.0\nfile /etc/hostname\n",
            "random": np.random.default_rng(1).bytes(50_000),
        }
        path.write_bytes(contents[kind])
    return path


BROKEN = {
    "empty": "empty file (0 bytes)",
    "zeros": "filled with zero bytes",
    "text": "not audio",
    "random": "not audio",
    "header only": "not audio",
    "playlist": "not audio",
    "concat": "not audio",
    "no samples": "no sound inside",
    "no sound stream": "no audio stream inside",
    "no bits": "in a format that no decoder here knows",
    "a rate of 1 Hz": "sample rate of 1 Hz",
    "truncated wav": "truncated",
    "truncated aiff": "truncated",
    "truncated flac": "damaged or cut off between 0.0 and 4.0 s",
    "truncated m4a": "not audio",
    "damaged flac": "damaged or cut off between 0.0 and 8.0 s: ",
}


def test_a_recording_whose_program_died_is_heard(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", noise(4))
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = bytes(4)  # what stands there until a recording is closed
    path.write_bytes(data)
    assert Audio(path).duration == pytest.approx(4)
    path.write_bytes(data[:44])
    with pytest.raises(TagError, match="no sound inside"):
        Audio(path).duration  # noqa: B018 - it is the reading that fails


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_files_get_one_clear_line(kind: str, tmp_path: Path) -> None:
    path = broken(tmp_path, kind)
    result = tag_file(Job(str(path), ("name", "flags", "tempo")))
    assert result.error
    assert BROKEN[kind] in result.error
    assert "\n" not in result.error
    assert str(tmp_path) not in result.error
    assert set(result.findings) == {"name"}, "what needs no sound is heard all the same"
    assert result.digest
    assert result.size == path.stat().st_size


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.wav", tmp_path):
        result: FileTags = tag_file(Job(str(path), ("flags",)))
        assert result.error
        assert result.digest is None


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    for suffix in (".wav", ".m4a"):
        path = tmp_path / f"caf\udce9{suffix}"
        plain = tmp_path / f"plain{suffix}"
        if suffix == ".wav":
            soundfile.write(plain, TONE, 48_000)
        else:
            encode(plain, "aac")
        plain.rename(path)
        assert facts(path).channels == 2


def test_a_header_that_leaves_the_length_open_is_heard(tmp_path: Path) -> None:
    """Streams, and recorders that died, leave 0 or the largest number there."""
    path = tmp_path / "x.wav"
    soundfile.write(path, TONE, 48_000)
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert facts(path).duration == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
def test_mono_is_44100_and_as_long_as_the_file(rate: int, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, np.stack([sine(440, 3, rate=rate), np.zeros(3 * rate)], axis=1), rate)
    audio = Audio(path)
    assert len(audio.mono) == pytest.approx(3 * RATE, abs=2)
    assert float(np.abs(audio.mono[RATE : 2 * RATE]).max()) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(("minutes", "starts"), [(15, [0]), (17, [0, 4, 8, 12, 16]), (40, [0, 8, 16, 24, 32])])
def test_long_files_are_kept_as_evenly_spaced_excerpts(minutes: int, starts: list[int], tmp_path: Path) -> None:
    path = tmp_path / "x.flac"
    soundfile.write(path, np.zeros(minutes * 60 * 8_000, np.float32), 8_000)
    audio = Audio(path)
    assert [excerpt.start / 60 for excerpt in audio.excerpts] == starts
    assert audio.duration == pytest.approx(minutes * 60)
    if minutes > 16:
        assert len(audio.longest) == EXCERPT_SECONDS * RATE
