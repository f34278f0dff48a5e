"""How values look in a fixed number of terminal cells: numerals aligned, names shortened, nothing interpreted.

Widths are terminal cells, not characters: a Chinese letter takes two.
"""

from __future__ import annotations

from typing import Literal

from rich.cells import cell_len, set_cell_size

from archivist.text import printable

Shorten = Literal["end", "middle", "start"]
"""Where a text that is too long loses its letters."""


def fit(text: str, width: int, *, right: bool = False, shorten: Shorten = "end") -> str:
    """`text` in exactly `width` cells, safe to print.

    >>> fit("Lead Vox take 03.wav", 14, shorten="middle")
    'Lead Vo…03.wav'
    >>> fit("128.0", 7, right=True)
    '  128.0'
    """
    text = printable(text)
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return _shortened(text, width, shorten)
    space = " " * (width - length)
    return space + text if right else text + space


def _shortened(text: str, width: int, shorten: Shorten) -> str:
    if width < 1:
        return ""
    after = {"end": 0, "middle": (width - 1) // 2, "start": width - 1}[shorten]
    tail = set_cell_size(text[::-1], after)[::-1] if after else ""
    while tail and not cell_len(tail[0]):  # an accent whose letter was cut off would stand on the dots
        tail = tail[1:]
    return set_cell_size(text, width - 1 - after) + "…" + tail


def decimal(value: float | None) -> str:
    """One digit after the point, always, so that a column of them lines up.

    >>> decimal(128), decimal(None)
    ('128.0', '')
    """
    return "" if value is None else f"{value:.1f}"


def clock(seconds: float | None) -> str:
    """Minutes, seconds and tenths; hours without tenths.

    >>> clock(3.21), clock(238), clock(3730), clock(None)
    ('0:03.2', '3:58.0', '1:02:10', '')
    """
    if seconds is None:
        return ""
    tenths = round(seconds * 10)
    minutes, tenths = divmod(tenths, 600)
    if minutes < 60:
        return f"{minutes}:{tenths // 10:02}.{tenths % 10}"
    return f"{minutes // 60}:{minutes % 60:02}:{tenths // 10:02}"


def count(number: int, one: str, many: str | None = None) -> str:
    """
    >>> count(1, "file"), count(12431, "file"), count(0, "match", "matches")
    ('1 file', '12,431 files', '0 matches')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(share: float, width: int) -> str:
    """`share` (0 to 1) of `width` cells, in eighths of a cell; the least still shows.

    >>> bar(0.5, 4), bar(0.9, 4), bar(0.0, 4)
    ('██  ', '███▋', '▏   ')
    """
    eighths = max(1, round(8 * width * min(share, 1.0)))
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def day(date: str | None) -> str:
    """The day of an ISO 8601 time.

    >>> day("2024-03-01T10:20:30Z")
    '2024-03-01'
    """
    return (date or "")[:10]
