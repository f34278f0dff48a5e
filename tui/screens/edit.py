"""Asks for one value in the words of `archivist set`: field=value; nothing after the sign takes a value back."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from archivist.text import printable

FILE_FIELDS = ("bpm", "key", "instrument", "kind")
PROJECT_FIELDS = ("bpm", "key", "time_signature")

Assignment = tuple[str, str]


class EditScreen(ModalScreen[Assignment | None]):
    BINDINGS: ClassVar = [Binding("escape", "leave", "Leave")]

    def __init__(self, name: str, values: dict[str, str], fields: tuple[str, ...]) -> None:
        """`values`: what is in force now, by field."""
        super().__init__()
        self._about = name
        self._values = values
        self._fields = fields

    def compose(self) -> ComposeResult:
        with Vertical(classes="box") as box:
            box.border_title = "Edit"
            yield Static(self._now())
            yield Input(placeholder="key=A minor", id="assignment", compact=True)
            yield Static(Content.styled(self._hint(), "$quiet"), id="hint")

    def _now(self) -> Content:
        parts = [(f"{field} {printable(self._values[field]) or '–'}   ", "$quiet") for field in self._fields]
        return Content.assemble((f"{printable(self._about)}\n", "bold"), *parts)

    def _hint(self) -> str:
        names = ", ".join(self._fields)
        return f"{names} = value, or none. Yours wins and stays; nothing after = takes it back."

    def action_leave(self) -> None:
        self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        field, sign, value = (part.strip() for part in event.value.partition("="))
        if sign and field.lower() in self._fields:
            self.dismiss((field.lower(), value))
        else:
            problem = f"! write one of {', '.join(self._fields)}, then = and the value"
            self.query_one("#hint", Static).update(Content.styled(problem, "$error"))
