"""One indexer at a time: who holds the archive, whether that process still lives, and letting it go again.

On the holder's own host its process decides, whatever the clocks say: a number that is gone, or that another
process has by now, is dead. From another host only the heartbeat is seen. One that looks stopped is watched for
a while: clocks jump, and those of two hosts differ, but a holder that lives beats.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from peewee import DatabaseError

from archivist import processes
from archivist.database import ArchiveError
from archivist.tables import IndexLock, database
from archivist.text import clean

log = logging.getLogger(__name__)

_ONLY = 1  # the id of the one row
_POLL = 1.0  # seconds between looks at a lock that is waited for


@dataclass(frozen=True, slots=True)
class Rhythm:
    """In seconds. A lock of another host is looked at closely when its beat is older than `limit`."""

    beat: float = 15.0
    limit: float = 300.0


RHYTHM = Rhythm()


class Locked(ArchiveError):
    """Another indexer holds the archive; str(error) names it."""


@contextmanager
def held(command: str, stop: threading.Event, *, wait: bool = False, rhythm: Rhythm = RHYTHM) -> Iterator[None]:
    """Hold the archive for `command`. Raises Locked where a living indexer holds it, or waits for that one's
    end, or for `stop`. Should the lock be taken away (this machine had slept), `stop` is set."""
    token = uuid.uuid4().hex
    while holder := _take(token, command, rhythm, stop):
        if not wait or stop.wait(_POLL):
            raise Locked(_named(holder))
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(token, rhythm, ended, stop), name="heartbeat", daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()
        _release(token)


def _take(token: str, command: str, rhythm: Rhythm, stop: threading.Event) -> IndexLock | None:
    """Write our name; or the holder, if one lives."""
    now, pid = time.time(), os.getpid()
    mine = {
        "token": token,
        "command": command,
        "host": _host(),
        "pid": pid,
        "born": processes.born(pid) or "",
        "started_at": now,
        "heartbeat_at": now,
        "beats": 0,
    }
    with database.atomic():
        IndexLock.insert(id=_ONLY, **mine).on_conflict_ignore().execute()
    holder: IndexLock | None = IndexLock.get_or_none(IndexLock.id == _ONLY)
    if holder is None:  # let go between the two looks
        return _take(token, command, rhythm, stop)
    if holder.token == token:
        return None
    if _lives(holder, rhythm, stop):
        return holder
    log.warning("taking over from %s, which ended without a word", _title(holder))
    with database.atomic():  # only one of several can find the dead one's token still there
        taken = IndexLock.update(**mine).where(IndexLock.token == holder.token).execute()
    return None if taken else IndexLock.get_or_none(IndexLock.id == _ONLY) or holder


def _lives(holder: IndexLock, rhythm: Rhythm, stop: threading.Event) -> bool:
    if holder.host == _host():
        born = processes.born(holder.pid)
        if born is None:
            return False
        return not (born and holder.born and born != holder.born)
    if abs(time.time() - holder.heartbeat_at) <= rhythm.limit:
        return True
    return _beats(holder, 3 * rhythm.beat, stop)


def _beats(holder: IndexLock, seconds: float, stop: threading.Event) -> bool:
    """Whether the holder gives a sign of life within so many seconds, by our monotonic clock."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if stop.wait(min(_POLL, seconds / 10)):
            return True
        now = IndexLock.get_or_none(IndexLock.id == _ONLY)
        if now is None or (now.token, now.beats) != (holder.token, holder.beats):
            return True
    return False


def _beat(token: str, rhythm: Rhythm, ended: threading.Event, stop: threading.Event) -> None:
    """The holder's heart, in a thread and a connection of its own."""
    while not ended.wait(rhythm.beat):
        try:
            with database.connection_context():
                ours = _mark(token)
        except DatabaseError as error:  # busy for long, or away for a moment: the next beat may get through
            log.info("no heartbeat: %s", error)
            continue
        if not ours:
            log.warning("another indexer has taken over the archive; this one ends")
            stop.set()
            return


def _mark(token: str) -> bool:
    beats = {IndexLock.heartbeat_at: time.time(), IndexLock.beats: IndexLock.beats + 1}
    return bool(IndexLock.update(beats).where(IndexLock.token == token).execute())


def _release(token: str) -> None:
    try:
        IndexLock.delete().where(IndexLock.token == token).execute()
    except DatabaseError as error:  # what ended the run matters more; the next indexer sees that we are gone
        log.warning("the lock could not be let go: %s", error)


def _named(holder: IndexLock) -> str:
    return f"{_title(holder)} works on this archive; try again when that has finished"


def _title(holder: IndexLock) -> str:
    since = datetime.fromtimestamp(holder.started_at)
    form = "%H:%M" if since.date() == datetime.now().date() else "%Y-%m-%d %H:%M"
    return f"archivist {holder.command} on {holder.host} (pid {holder.pid}) since {since:{form}}"


def _host() -> str:
    return clean(socket.gethostname())
