"""Asks for a folder to keep in the archive; on an empty archive it is the first thing that a person sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState

from archivist.records import RootInfo
from archivist.text import printable
from tui.widgets.cells import fit

if TYPE_CHECKING:
    from archivist.archive import Archive

WELCOME = Content.assemble(
    ("Welcome. This archive is still empty.\n\n", "bold"),
    "Name a folder that holds projects, takes or samples. The archivist walks through it, "
    "reads every DAW project and listens to every audio file: key, tempo, instrument. It only ever reads "
    "there; nothing is moved or changed.",
)
MORE = Content("Name another folder with projects, takes or samples. It is only ever read.")
SHOWN = 60
"""Cells of a folder's name in an error, at most."""
HINT = Content.styled("Enter adds it and starts listening · Esc leaves", "$quiet")


class AddRootScreen(ModalScreen[RootInfo | None]):
    BINDINGS: ClassVar = [Binding("escape", "leave", "Leave")]

    def __init__(self, archive: Archive, *, first: bool) -> None:
        super().__init__()
        self._archive = archive
        self._first = first

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "archivist" if self._first else "Add a root"
            yield Static(WELCOME if self._first else MORE)
            yield Input(placeholder="~/Music/Projects", id="folder", compact=True)
            yield Static(HINT, id="hint")

    def action_leave(self) -> None:
        self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if folder := event.value.strip():
            self._add(folder)

    @work(thread=True, exclusive=True, group="add", exit_on_error=False)
    def _add(self, folder: str) -> RootInfo:
        shown = fit(folder, SHOWN, shorten="middle").rstrip()
        try:
            path = Path(folder).expanduser().absolute()
            there = path.is_dir()
        except OSError as error:
            raise NotADirectoryError(f"{shown}: {error.strerror}") from error
        except RuntimeError as error:  # ~ of somebody who has no home here
            raise NotADirectoryError(f"{shown}: there is no such folder") from error
        if not there:
            raise NotADirectoryError(f"{shown}: there is no such folder")
        return self._archive.add_root(path)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.SUCCESS:
            self.dismiss(event.worker.result)
        elif event.state is WorkerState.ERROR:
            self.query_one("#hint", Static).update(
                Content.styled(f"! {printable(str(event.worker.error))}", "$error")
            )
