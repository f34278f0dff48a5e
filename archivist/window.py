"""The hours of the day in which a studio lets its drives be read, such as 01:00-06:00 or 22:30-05:00."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time

ALWAYS = "always"
_LOOK = 1.0  # seconds between looks at the clock: it may be set, and a laptop may sleep over the end


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to just before `end`, by the local clock; over midnight where `end` is the earlier one."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Window | None:
        """None for "always". Raises ValueError.

        >>> Window.parse("22:30-05:00")
        Window(start=datetime.time(22, 30), end=datetime.time(5, 0))
        """
        if text.strip().lower() == ALWAYS:
            return None
        try:
            start, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
        except ValueError:
            raise ValueError(f"write it like 01:00-06:00, or {ALWAYS}") from None
        if start == end or start.tzinfo or end.tzinfo:
            raise ValueError(f"it begins when it ends; write it like 01:00-06:00, or {ALWAYS}")
        return cls(start, end)

    def holds(self, moment: time) -> bool:
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@contextmanager
def closing(
    window: Window, stop: threading.Event, now: Callable[[], datetime] = datetime.now
) -> Iterator[threading.Event]:
    """Set `stop` when the window closes, and the event that is given too."""
    closed, left = threading.Event(), threading.Event()

    def look() -> None:
        while not left.wait(_LOOK):
            if not window.holds(now().time()):
                closed.set()
                stop.set()
                return

    thread = threading.Thread(target=look, name="window", daemon=True)
    thread.start()
    try:
        yield closed
    finally:
        left.set()
        thread.join()
