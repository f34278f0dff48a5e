"""archivist finds a studio's own past again: its projects, takes, stems and samples."""

__version__ = "0.1.0"
