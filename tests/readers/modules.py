"""Small tracker modules, written field by field as their formats' descriptions lay them out.

A pattern is a dict of (row, channel) to (effect, parameter), 64 rows long; a sample a name and its bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

Pattern = dict[tuple[int, int], tuple[int, int]]
Samples = Sequence[tuple[str, int]]  # names and lengths, which are even


def mod(
    patterns: Sequence[Pattern], order: bytes, samples: Samples = (), title: str = "", mark: bytes = b"M.K."
) -> bytes:
    channels = {b"M.K.": 4, b"8CHN": 8}[mark]
    heads = [*samples, *[("", 0)] * 31][:31]
    data = title.encode("cp437").ljust(20, b"\0")
    for name, length in heads:
        data += name.encode("cp437").ljust(22, b"\0") + struct.pack(">HBBHH", length // 2, 0, 64, 0, 1)
    data += bytes([len(order), 127]) + order.ljust(128, b"\0") + mark
    for pattern in patterns:
        for row in range(64):
            for channel in range(channels):
                effect, value = pattern.get((row, channel), (0, 0))
                data += bytes([0, 0, effect, value])
    return data + bytes(sum(length for _, length in heads))


def s3m(
    patterns: Sequence[Pattern],
    order: bytes,
    samples: Samples = (),
    speed: int = 6,
    pace: int = 125,
    channels: bytes = b"\0\1\2\3",
) -> bytes:
    order += b"\xff" * (1 + (len(order) + 1) % 2)
    head = b"Song".ljust(28, b"\0") + b"\x1a\x10\0\0"
    head += struct.pack("<6H", len(order), len(samples), len(patterns), 0, 0x1320, 2) + b"SCRM"
    head += bytes([64, speed, pace, 48, 0, 0]) + bytes(10) + channels.ljust(32, b"\xff") + order
    packed = []
    for pattern in patterns:
        rows = b""
        for row in range(64):
            cells = sorted((channel, what) for (at, channel), what in pattern.items() if at == row)
            rows += b"".join(bytes([0x80 | channel, *what]) for channel, what in cells) + b"\0"
        packed.append(struct.pack("<H", len(rows) + 2) + rows)
    at = -(-(len(head) + 2 * (len(samples) + len(packed))) // 16) * 16
    pointers, body = [], b""

    def place(piece: bytes) -> int:
        nonlocal body
        here = at + len(body)
        body += piece + bytes(-len(piece) % 16)
        pointers.append(here // 16)
        return here

    sound = at + sum(-(-len(piece) // 16) * 16 for piece in packed) + 80 * len(samples)
    for name, length in samples:
        place(
            bytes([1 if length else 0])
            + b"FILE.SMP".ljust(12, b"\0")
            + struct.pack("<BH3IBBBBI", 0, sound // 16, length, 0, 0, 64, 0, 0, 0, 8363)
            + bytes(12)
            + name.encode("cp437").ljust(28, b"\0")
            + b"SCRS"
        )
        sound += -(-length // 16) * 16
    for piece in packed:
        place(piece)
    head += struct.pack(f"<{len(pointers)}H", *pointers)
    return head.ljust(at, b"\0") + body + bytes(sum(-(-length // 16) * 16 for _, length in samples))


def xm(
    patterns: Sequence[Pattern],
    order: bytes,
    samples: Samples = (),
    speed: int = 6,
    pace: int = 125,
    tail: bytes = b"",
    tracker: bytes = b"FastTracker v2.00",
) -> bytes:
    """Each sample in an instrument of its own, called "In " and its name."""
    data = b"Extended Module: " + b"Song".ljust(20) + b"\x1a" + tracker.ljust(20) + struct.pack("<H", 0x0104)
    counts = (276, len(order), 0, 2, len(patterns), len(samples), 1, speed, pace)
    data += struct.pack("<I8H", *counts) + order.ljust(256, b"\0")
    for pattern in patterns:
        cells = b""
        for row in range(64):
            for channel in range(2):
                what = pattern.get((row, channel))
                cells += b"\x80" if what is None else bytes([0x98, *what])
        data += struct.pack("<IBHH", 9, 0, 64, len(cells)) + cells
    for name, length in samples:
        head = struct.pack("<I", 263) + f"In {name}".encode().ljust(22, b"\0") + b"\0" + struct.pack("<HI", 1, 40)
        data += head.ljust(263, b"\0")
        data += struct.pack("<3IBbBBbB", length, 0, 0, 64, 0, 0, 128, 0, 0) + name.encode().ljust(22, b"\0")
        data += bytes(length)
    return data + tail


def it(
    patterns: Sequence[Pattern],
    order: bytes,
    samples: Samples = (),
    speed: int = 6,
    pace: int = 125,
    message: bytes = b"",
    highlight: int = 0,
    tail: bytes = b"",
) -> bytes:
    """`highlight`: rows a beat, where they are stored. `tail`: what OpenMPT writes after the offsets."""
    order += b"\xff"
    pieces = [
        b"IMPS"
        + b"FILE.ITS".ljust(12, b"\0")
        + bytes([0, 64, bool(length), 64])
        + name.encode("cp437").ljust(28, b"\0")
        + struct.pack("<7I4x", length, 0, 0, 8363, 0, 0, 0)
        for name, length in samples
    ]
    for pattern in patterns:
        rows = b""
        for row in range(64):
            cells = sorted((channel, what) for (at, channel), what in pattern.items() if at == row)
            rows += b"".join(bytes([0x80 | channel + 1, 8, *what]) for channel, what in cells) + b"\0"
        pieces.append(struct.pack("<HH4x", len(rows), 64) + rows)
    at = 192 + len(order) + 4 * len(pieces) + len(tail)
    offsets = []
    for piece in pieces:
        offsets.append(at)
        at += len(piece)
    sound = at + len(message)
    for number, (_, length) in enumerate(samples):
        pieces[number] = pieces[number][:72] + struct.pack("<I", sound) + pieces[number][76:]
        sound += length
    special = bool(message) | 4 * bool(highlight)
    head = b"IMPM" + b"Song".ljust(26, b"\0") + bytes([highlight, 16])
    head += struct.pack("<8H", len(order), 0, len(samples), len(patterns), 0x0214, 0x0200, 9, special)
    head += bytes([128, 48, speed, pace, 128, 0]) + struct.pack("<HI4x", len(message), at)
    head += b"\x20" * 64 + b"\x40" * 64 + order + struct.pack(f"<{len(offsets)}I", *offsets)
    return head + tail + b"".join(pieces) + message + bytes(sum(length for _, length in samples))
