"""Names from disks and files are hostile data: what may be done with them before anybody sees them.

`clean` is for what enters the archive, `printable` for what leaves it towards a person or a script.
"""

from __future__ import annotations

import re
import unicodedata

MAX_TEXT = 1_000
"""The most characters kept of one name; notes may be longer and say so with `limit`."""

# Bidirectional overrides and isolates re-order the letters around them, so that "gpj.exe" reads as
# "exe.jpg" (Unicode TR 36). Right-to-left letters themselves are fine and stay.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """`text` as the archive keeps it: no NUL (PostgreSQL refuses it), bounded, trimmed at both ends.

    >>> clean(" Lead Vox\\x00\\x00 ")
    'Lead Vox'
    """
    return text[: 4 * limit].replace("\0", "").strip()[:limit]


# Lone surrogates (os.fsdecode's stand-ins for bytes that are not UTF-8) cannot be stored as UTF-8 text.
# They are kept as 128 code points of plane 16's private use area, which no file name uses.
_TO_STORE = {0xDC80 + n: 0x10FF00 + n for n in range(128)}
_FROM_STORE = {stored: lone for lone, stored in _TO_STORE.items()}


def to_store(path: str) -> str:
    """A path or file name as text that any database takes; `from_store` gives it back whole."""
    return path if path.isascii() else path.translate(_TO_STORE)


def from_store(text: str) -> str:
    return text if text.isascii() else text.translate(_FROM_STORE)


def sort_key(path: str) -> str:
    """Text that orders paths as the database orders stored ones (SQLite's BINARY, PostgreSQL's "C"): Python
    compares code points, which is the order of their bytes in UTF-8."""
    return path if path.isascii() else to_store(path)


def number_text(value: float | None) -> str | None:
    """A number as people write it, to two digits.

    >>> number_text(120.0), number_text(93.271), number_text(None)
    ('120', '93.27', None)
    """
    return None if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def size_text(octets: int) -> str:
    """Bytes as people write them.

    >>> size_text(999), size_text(12_345_678)
    ('999 B', '12.35 MB')
    """
    value = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{number_text(value)} {unit}"
        value /= 1000
    return f"{number_text(value)} TB"


def printable(text: str) -> str:
    """`text` with everything escaped that could move a cursor, colour a screen or re-order letters.

    Bytes of a name that are not UTF-8 (lone surrogates) appear as `\\xNN`; line breaks and other
    controls too.

    >>> printable("Kick\\x1b[31m")
    'Kick\\\\x1b[31m'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_escape, text))


_ESCAPED = re.compile(r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})")


def from_printed(text: str) -> str:
    """The name that `printable` wrote so. A byte that is not UTF-8 and a control of one number look alike there,
    and the byte is likelier.

    >>> ascii(from_printed("caf\\\\xe9.wav"))
    "'caf\\\\udce9.wav'"
    """
    return _ESCAPED.sub(_unescaped, text)


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    if match[1] and code >= 0x80:
        code += 0xDC00
    return chr(code) if code else match[0]  # no name holds a NUL


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode's stand-in for an undecodable byte
        return f"\\x{code - 0xDC00:02x}"
    if char in _BIDI_CONTROLS or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"):
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return char
