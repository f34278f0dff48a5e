"""Samples out of files: libsndfile first, FFmpeg (through PyAV) for what it does not know.

A Stream hands out blocks of float32, shape (frames, channels), full scale ±1, at the file's own rate. Every
failure is a TagError. FFmpeg may open containers of sound only, and nothing that those name: a playlist
disguised as a song must not make it fetch files or addresses.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taggers.base import TagError
from taggers.riff import is_unfinished, read_chunks

Block = NDArray[np.float32]

MAX_CHANNELS = 256
MIN_RATE, MAX_RATE = 4_000, 768_000
BLOCK_SAMPLES = 2**19
"""Samples of all channels in one block: 2 MiB."""
MAX_FAILED_PACKETS = 20
"""A broken packet is 20 ms of silence; more of them and the file is not what its maker heard."""
_NO_LENGTH = 2**62  # libsndfile's frame count where a stream does not say its own

_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,caf,eac3,flac,matroska,webm,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,"
    "mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,ogg,tta,w64,wav,wv"
)

_PCM = {  # libsndfile's subtype: FFmpeg's name without the byte order, bits
    "PCM_S8": ("s8", 8), "PCM_U8": ("u8", 8), "PCM_16": ("s16", 16), "PCM_24": ("s24", 24),
    "PCM_32": ("s32", 32), "FLOAT": ("f32", 32), "DOUBLE": ("f64", 64),
}  # fmt: skip
_CODED = {
    "VORBIS": "vorbis", "OPUS": "opus", "MPEG_LAYER_I": "mp1", "MPEG_LAYER_II": "mp2", "MPEG_LAYER_III": "mp3",
    "ULAW": "pcm_mulaw", "ALAW": "pcm_alaw", "IMA_ADPCM": "adpcm_ima_wav", "MS_ADPCM": "adpcm_ms",
    "GSM610": "gsm",
}  # fmt: skip
_BIG_ENDIAN = {"AIFF", "AU", "CAF"}


@dataclass(frozen=True, slots=True)
class Stream:
    sample_rate: int
    channels: int
    bit_depth: int | None
    codec: str
    blocks: Iterator[Block]


@contextmanager
def open_stream(path: Path) -> Iterator[Stream]:
    """The sound of `path`; TagError where there is none, on opening or between two blocks."""
    with ExitStack() as stack:
        _refuse_hopeless(path)
        try:
            stream = stack.enter_context(_by_libsndfile(path))
        except TagError:
            stream = stack.enter_context(_by_ffmpeg(path))
        if not 1 <= stream.channels <= MAX_CHANNELS:
            raise TagError(f"{stream.channels} channels")
        if not MIN_RATE <= stream.sample_rate <= MAX_RATE:
            raise TagError(f"a sample rate of {stream.sample_rate} Hz is none of sound's")
        yield stream


def _refuse_hopeless(path: Path) -> None:
    """What no decoder says clearly: empty, filled with zeros, cut off."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        chunks = read_chunks(path)
    except FileNotFoundError as error:
        raise TagError("no such file (it vanished, or its drive did)") from error
    except PermissionError as error:
        raise TagError("no permission to read it") from error
    except OSError as error:
        raise TagError(f"cannot be read: {error.strerror or error}") from error
    if not head:
        raise TagError("empty file (0 bytes)")
    if not head.strip(b"\0"):
        raise TagError("filled with zero bytes (an incomplete copy or download?)")
    if chunks and chunks.sound and chunks.present < 0.99 * chunks.sound:
        raise TagError(f"truncated: {chunks.present:,} of {chunks.sound:,} bytes of sound are there")


@contextmanager
def _by_libsndfile(path: Path) -> Iterator[Stream]:
    import soundfile

    try:
        # bytes: soundfile cannot encode a name that is not UTF-8
        sound = soundfile.SoundFile(str(path) if sys.platform == "win32" else os.fsencode(path))
    except soundfile.LibsndfileError as error:
        raise TagError(f"not readable as sound: {error.error_string}") from error
    with sound:
        if not sound.frames and is_unfinished(path):
            raise TagError("no sound by its header, which nobody completed")  # FFmpeg reads what follows it
        codec, bits = _sndfile_codec(sound.format, sound.subtype, sound.endian)
        yield Stream(sound.samplerate, sound.channels, bits, codec, _sndfile_blocks(sound))


def _sndfile_codec(container: str, subtype: str, endian: str) -> tuple[str, int | None]:
    if subtype.startswith("ALAC_"):
        return "alac", int(subtype.removeprefix("ALAC_"))
    if subtype not in _PCM:
        return _CODED.get(subtype, subtype.lower()), None
    name, bits = _PCM[subtype]
    if container == "FLAC":
        return "flac", bits
    if bits == 8:
        return f"pcm_{name}", bits
    big = endian == "BIG" or (endian == "FILE" and container in _BIG_ENDIAN)
    return f"pcm_{name}{'be' if big else 'le'}", bits


def _sndfile_blocks(sound: Any) -> Iterator[Block]:
    import soundfile

    size = max(1024, BLOCK_SAMPLES // sound.channels)
    done = 0
    try:
        while len(block := sound.read(size, dtype="float32", always_2d=True)):
            done += len(block)
            yield block
    except soundfile.LibsndfileError as error:
        start, end = (min(at, sound.frames) / sound.samplerate for at in (done, done + size))
        reason = error.error_string.removeprefix("Error : ").rstrip(".")
        raise TagError(f"damaged or cut off between {start:.1f} and {end:.1f} s: {reason}") from error
    # An MP3's length is an estimate; the length of the others stands in their headers.
    if sound.format != "MP3" and done < 0.99 * sound.frames < 0.99 * _NO_LENGTH:
        rate = sound.samplerate
        raise TagError(f"damaged or cut off after {done / rate:.1f} of {sound.frames / rate:.1f} s")


@contextmanager
def _by_ffmpeg(path: Path) -> Iterator[Stream]:
    import av

    # FFmpeg gets an open file and no name: a name that is not UTF-8 is none to it
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "none"}
    with path.open("rb") as file:
        try:
            container = av.open(file, options=options, metadata_errors="replace")
        except (av.FFmpegError, ValueError, OSError) as error:
            raise TagError("not audio, or in a format that no decoder here knows") from error
        with container:
            if not container.streams.audio:
                raise TagError("no audio stream inside")
            sound = container.streams.audio[0]
            if sound.codec_context is None:  # such as 0 bits a sample
                raise TagError("its sound is in a format that no decoder here knows, or damaged at its start")
            if sound.codec_context.format is None or not sound.sample_rate:  # FFmpeg guessed from a few bytes
                raise TagError("not audio, or damaged at its start")
            sound.codec_context.thread_count = 1
            codec = sound.codec_context.codec.canonical_name
            bits = _ffmpeg_bits(path, codec)
            yield Stream(sound.sample_rate, sound.channels, bits, codec, _ffmpeg_blocks(container, sound))


def _ffmpeg_bits(path: Path, codec: str) -> int | None:
    """Bits of a sample as stored, which PyAV does not say: it has the size of those it decodes to.

    From the headers of TTA1 (its format's page on tta.sourceforge.net) and of WavPack 4 and 5 (its file format's
    document: bytes of a sample, hybrid and so lossy, bits shifted out).
    """
    from tinytag import TinyTag, TinyTagException

    if pcm := re.match(r"pcm_[a-z]+(\d+)", codec):
        return int(pcm[1])
    if codec == "alac":
        try:
            return TinyTag.get(path, tags=False).bitdepth
        except TinyTagException:  # in a container that it does not know
            return None
    with path.open("rb") as file:
        head = file.read(32)
    if codec == "tta" and head.startswith(b"TTA1") and len(head) >= 10:
        return int.from_bytes(head[8:10], "little")
    if codec == "wavpack" and head.startswith(b"wvpk") and len(head) >= 28:
        flags = int.from_bytes(head[24:28], "little")
        hybrid, shifted = flags & 8, flags >> 13 & 31
        return None if hybrid else 8 * ((flags & 3) + 1) - shifted
    return None


def _ffmpeg_blocks(container: Any, sound: Any) -> Iterator[Block]:
    import av

    rate, channels = sound.sample_rate, sound.channels
    to_float = av.AudioResampler(format="flt", layout=sound.layout, rate=rate)
    parts: list[Block] = []
    held = done = failed = 0
    try:
        for packet in container.demux(sound):
            try:
                frames = packet.decode()
            except av.FFmpegError:  # a player would skip this packet and go on
                failed += 1
                continue
            for frame in frames:
                for part in to_float.resample(frame):
                    parts.append(part.to_ndarray().reshape(-1, channels).astype(np.float32, copy=False))
                    held += len(parts[-1])
            if held * channels >= BLOCK_SAMPLES:
                yield np.concatenate(parts)
                done, held, parts = done + held, 0, []
        for part in to_float.resample(None):
            parts.append(part.to_ndarray().reshape(-1, channels).astype(np.float32, copy=False))
    except (av.FFmpegError, ValueError, OSError) as error:
        raise TagError(f"damaged after {(done + held) / rate:.1f} s") from error
    if parts:
        yield np.concatenate(parts)
        done += sum(map(len, parts))
    if failed and (not done or failed > MAX_FAILED_PACKETS):
        raise TagError(f"damaged: {failed} packets could not be decoded")
