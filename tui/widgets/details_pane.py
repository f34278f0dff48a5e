"""The pane that tells all about the row under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from archivist.records import FileDetails, ProjectDetails
from tui.widgets.describe import describe

NOTHING = Content.styled("Nothing is selected.", "$quiet")


class DetailsPane(VerticalScroll):
    BINDINGS: ClassVar = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._details: FileDetails | ProjectDetails | None = None
        self._reasons: Sequence[tuple[str, float]] = ()

    def compose(self) -> ComposeResult:
        yield Static(NOTHING)

    def show(
        self, details: FileDetails | ProjectDetails | None, reasons: Sequence[tuple[str, float]] = ()
    ) -> None:
        """The same row again keeps the place that was scrolled to. reasons: see `describe`."""
        before, self._details = self._details, details
        self._reasons = reasons
        if before is None or details is None or before.row.id != details.row.id:
            self.scroll_home(animate=False)
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        details = self._details
        self.query_one(Static).update(describe(details, width, self._reasons) if details else NOTHING)
