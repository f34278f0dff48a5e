"""The terminal UI's application: themes, the command palette, one browse screen over one archive.

ArchivistApp(Archive(config), "key:~Am bpm:118..124").run()
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ClassVar

from textual.app import App

from tui.commands import CommandProvider
from tui.screens.browse import BrowseScreen
from tui.themes import DARK, LIGHT

if TYPE_CHECKING:
    from archivist.archive import Archive

THREADS = 4
"""One to index, one to search, one for rows and details, one for a search that is being cut short. Each more
would cost memory: the C library keeps a heap of its own for every thread, full of what searches left."""


class ArchivistApp(App[None]):
    """`query` is what the browse screen starts with."""

    TITLE = "archivist"
    CSS_PATH = "archivist.tcss"
    COMMANDS: ClassVar = {CommandProvider}
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high")]  # noqa: RUF012

    def __init__(self, archive: Archive, query: str = "") -> None:
        super().__init__()
        self._archive = archive
        self._query = query
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name  # before the style sheet is read: it names the themes' own colours

    def on_mount(self) -> None:
        executor = ThreadPoolExecutor(THREADS, thread_name_prefix="archive")
        asyncio.get_running_loop().set_default_executor(executor)

    def get_default_screen(self) -> BrowseScreen:
        return BrowseScreen(self._archive, self._query)
