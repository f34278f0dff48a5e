"""Asks for one value in the words of `archivist set`: field=value; nothing after the sign takes a value back."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from archivist.edits import EditError, checked
from archivist.text import printable

Assignment = tuple[str, str]


class EditScreen(ModalScreen[Assignment | None]):
    BINDINGS: ClassVar = [Binding("escape", "leave", "Leave")]

    def __init__(self, name: str, values: dict[str, str], *, projects: bool) -> None:
        """`values`: what is in force now, by field that can be set; whether of projects."""
        super().__init__()
        self._about = name
        self._values = values
        self._projects = projects

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Edit"
            yield Static(self._now())
            yield Input(placeholder="key=A minor", id="assignment", compact=True)
            yield Static(Content.styled(self._hint(), "$quiet"), id="hint")

    def _now(self) -> Content:
        parts = [(f"{field} {printable(self._values[field]) or '–'}   ", "$quiet") for field in self._values]
        return Content.assemble((f"{printable(self._about)}\n", "bold"), *parts)

    def _hint(self) -> str:
        names = ", ".join(self._values)
        return f"{names} = value, or none. Yours wins and stays; nothing after = takes it back."

    def action_leave(self) -> None:
        self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        field, sign, value = (part.strip() for part in event.value.partition("="))
        try:
            if not (sign and field.lower() in self._values):
                raise EditError(f"write one of {', '.join(self._values)}, then = and the value")
            if value:
                checked({field.lower(): value}, projects=self._projects)
        except EditError as error:
            hint = self.query_one("#hint", Static)
            hint.update(Content.styled(f"! {printable(str(error))}", "$error"))
            hint.scroll_visible(animate=False)  # where it does not fit below what is written
        else:
            self.dismiss((field.lower(), value))
