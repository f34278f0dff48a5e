"""What an archive says, free of ids and times, so that two ways to the same studio can be compared whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

ASKED = {
    "files": """
        SELECT f.rel_path, f.size, f.mtime_ns, f.is_project, f.missing_since IS NULL, hex(c.digest), p.name, p.daw
        FROM file f LEFT JOIN content c ON c.id = f.content_id LEFT JOIN project p ON p.id = f.project_id""",
    "contents": """
        SELECT hex(digest), size, codec, duration, sample_rate, channels, bit_depth, kind, bpm, key, instrument,
        instruments FROM content""",
    "analyses": """
        SELECT hex(digest), tagger, version, status, error
        FROM analysis a JOIN content c ON c.id = a.content_id""",
    "tags": """
        SELECT hex(c.digest), p.name, t.field, t.text, t.number, t.source, t.tagger, t.confidence
        FROM tag t LEFT JOIN content c ON c.id = t.content_id LEFT JOIN project p ON p.id = t.project_id""",
    "projects": """
        SELECT rel_path, name, daw, bpm, key, time_signature, track_count, missing_since IS NOT NULL, note
        FROM project""",
    "versions": """
        SELECT p.name, f.rel_path, hex(c.digest), v.bpm, v.status, v.is_current, v.saved_at
        FROM version v JOIN project p ON p.id = v.project_id JOIN content c ON c.id = v.content_id
        LEFT JOIN file f ON f.id = v.file_id""",
    "tracks": """
        SELECT hex(c.digest), t.position, t.name, t.kind FROM track t JOIN version v ON v.id = t.version_id
        JOIN content c ON c.id = v.content_id""",
    "samples": """
        SELECT hex(c.digest), s.raw_path, s.status, f.rel_path, hex(d.digest)
        FROM sample_use s JOIN version v ON v.id = s.version_id JOIN content c ON c.id = v.content_id
        LEFT JOIN file f ON f.id = s.file_id LEFT JOIN content d ON d.id = s.content_id""",
    "labels": """
        SELECT l.name, hex(c.digest), p.name FROM label_use u JOIN label l ON l.id = u.label_id
        LEFT JOIN content c ON c.id = u.content_id LEFT JOIN project p ON p.id = u.project_id""",
    "roots": "SELECT rel_path, kind, enabled FROM root",
    "words of files": "SELECT name, path, extra FROM file_search",
    "words of projects": "SELECT name, path, tracks, plugins, notes FROM project_search",
}  # fmt: skip

FAULTS = {
    "damage": "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    "rows whose owner is gone": "SELECT * FROM pragma_foreign_key_check",
    "places twice": "SELECT volume_id, rel_path FROM file GROUP BY 1, 2 HAVING count(*) > 1",
    "audio unheard": """
        SELECT rel_path FROM file f WHERE NOT is_project AND missing_since IS NULL
        AND NOT EXISTS (SELECT 1 FROM analysis a WHERE a.content_id = f.content_id)""",
    "projects unread": """
        SELECT rel_path FROM file f WHERE is_project AND missing_since IS NULL AND NOT EXISTS
        (SELECT 1 FROM version v WHERE v.content_id = f.content_id AND v.project_id = f.project_id)""",
    "projects without one current version": """
        SELECT name FROM project p
        WHERE 1 <> (SELECT count(*) FROM version WHERE project_id = p.id AND is_current)""",
    "files that no word finds": "SELECT rel_path FROM file WHERE id NOT IN (SELECT rowid FROM file_search)",
    "words of files that are gone": "SELECT name FROM file_search WHERE rowid NOT IN (SELECT id FROM file)",
    "words of projects that are gone": """
        SELECT name FROM project_search WHERE rowid NOT IN (SELECT id FROM project)""",
    "chords of sounds that are gone": "SELECT rich FROM chord_search WHERE rowid NOT IN (SELECT id FROM content)",
}  # fmt: skip


def rows(archive: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(archive)) as database:
        return sorted(database.execute(sql).fetchall(), key=repr)


def state(archive: Path) -> dict[str, list[tuple[object, ...]]]:
    return {name: rows(archive, sql) for name, sql in ASKED.items()}


def faults(archive: Path) -> dict[str, list[tuple[object, ...]]]:
    """What must never be, by its name; {} of a sound archive."""
    return {name: found for name, sql in FAULTS.items() if (found := rows(archive, sql))}
