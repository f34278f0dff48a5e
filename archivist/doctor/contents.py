"""What the archive holds: what waits, what was given up, and how much there is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from peewee import fn

import taggers
from archivist import pending, readers, roots
from archivist.doctor.case import Case
from archivist.records import Finding
from archivist.tables import Analysis, Content, File, Project, Quarantine, Root, Tag, Volume

_EXAMPLES = 3


def waiting(_case: Case) -> Iterator[Finding]:
    here = ~roots.offline().of(File)
    projects = pending.project_files(here, {reader.name: reader.version for reader in readers.readers()})
    sounds = pending.audio_files(here, taggers.versions())
    if projects or sounds:
        text = (
            f"{len(sounds)} sounds and {len(projects)} project files wait to be heard or read, by today's versions"
        )
        yield Finding("stale", "warning", text, "archivist index")
    else:
        yield Finding("stale", "ok", "everything was heard and read by today's taggers and readers")


def failed(_case: Case) -> Iterator[Finding]:
    rows = (
        File.select(Volume.last_path, File.rel_path, Quarantine.reason)
        .join(Quarantine, on=(Quarantine.file == File.id))
        .join(Volume, on=(File.volume == Volume.id))
        .where(Quarantine.size == File.size, Quarantine.mtime_ns == File.mtime_ns)
        .order_by(File.id)
    )
    killed = list(rows.tuples())
    for mount, rel_path, reason in killed[:_EXAMPLES]:
        advice = "It is left alone until it, or what reads it, changes; please report it."
        yield Finding("quarantine", "warning", f"{Path(mount, rel_path)}: {reason}", advice)
    if len(killed) > _EXAMPLES:
        yield Finding(
            "quarantine", "warning", f"and {len(killed) - _EXAMPLES} more", "archivist index names new ones."
        )
    unheard = Analysis.select(fn.COUNT(fn.DISTINCT(Analysis.content))).where(Analysis.status == "error").scalar()
    if unheard:
        text = f"{unheard} sounds could not be heard in full: damaged, cut short, or no audio"
        yield Finding("quarantine", "warning", text, "archivist show FILE says why.")
    if not killed and not unheard:
        yield Finding("quarantine", "ok", "no file is left alone")


def counted(_case: Case) -> Iterator[Finding]:
    tables: dict[str, Callable[[], int]] = {
        "files": File.select().where(~File.is_project).count,
        "contents": Content.select().count,
        "projects": Project.select().count,
        "values": Tag.select().count,
        "by hand": Tag.select().where(Tag.tagger == "user").count,
        "roots": Root.select().count,
    }
    yield Finding("counts", "ok", ", ".join(f"{count()} {name}" for name, count in tables.items()))
    ahead = File.select().where(File.first_seen_at > time.time() + 24 * 3600).count()
    if ahead:
        text = f"{ahead} files were first seen in the future: the clock was wrong then, or is now"
        yield Finding("counts", "warning", text, "Set this machine's clock; nothing else is needed.")
