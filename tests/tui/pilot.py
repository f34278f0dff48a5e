"""Driving the terminal UI in tests: start it over a fake archive, wait for what the screen shows, read it."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from archivist.archive import Archive
from tests.tui.fake import FakeArchive
from tui.app import ArchivistApp

SMALL, LARGE = (80, 24), (200, 60)


class Driver:
    def __init__(self, app: ArchivistApp, archive: Any, pilot: Pilot[None]) -> None:
        self.app, self.archive, self.pilot = app, archive, pilot

    def lines(self) -> list[str]:
        """The screen as a person sees it, a string a line."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        return "\n".join(self.lines())

    def row_at_cursor(self) -> str:
        return next((line for line in self.lines() if CURSOR.search(line)), "")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        await self.pilot.press(*(KEY_NAMES.get(char, char) for char in text))

    async def until(self, holds: Callable[[], Any], seconds: float = 5.0) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"still not so after {seconds} s; the screen:\n{self.text()}"
            await self.pilot.pause(0.01)

    async def shows(self, *texts: str) -> None:
        for text in texts:
            await self.until(lambda text=text: text in self.text())

    async def hides(self, text: str) -> None:
        await self.until(lambda: text not in self.text())


CURSOR = re.compile("(?<!█)▌[ ×○] ")
"""Before a row; a bar may end in the same sign."""
DOTS = "·" * 12
"""A row that is not there yet."""
KEY_NAMES = {" ": "space", ":": "colon", '"': "quotation_mark", "-": "minus", "=": "equals_sign", "/": "slash"}


@asynccontextmanager
async def running(
    archive: FakeArchive | Archive, size: tuple[int, int] = SMALL, query: str = "", *, first: str = ""
) -> AsyncIterator[Driver]:
    """The UI over `archive`, once it shows `first`, or else its first rows."""
    app = ArchivistApp(archive, query)  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, archive, pilot)
        if first:
            await driver.shows(first)
        else:
            await driver.until(lambda: "▌" in driver.text() and DOTS not in driver.text())
        yield driver
