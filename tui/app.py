"""The terminal UI's application: themes, the command palette, one browse screen over one archive.

ArchivistApp(Archive(config), "key:~Am bpm:118..124").run()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import App

from tui.commands import CommandProvider
from tui.screens.browse import BrowseScreen
from tui.themes import DARK, LIGHT

if TYPE_CHECKING:
    from archivist.archive import Archive


class ArchivistApp(App[None]):
    """`query` is what the browse screen starts with."""

    TITLE = "archivist"
    CSS_PATH = "archivist.tcss"
    COMMANDS: ClassVar = {CommandProvider}

    def __init__(self, archive: Archive, query: str = "") -> None:
        super().__init__()
        self._archive = archive
        self._query = query
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name  # before the style sheet is read: it names the themes' own colours

    def get_default_screen(self) -> BrowseScreen:
        return BrowseScreen(self._archive, self._query)
