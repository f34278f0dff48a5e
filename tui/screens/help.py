"""The help screen: every key and the whole query language on one page, made of the tables that define them."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from archivist.query.fields import FIELDS
from tui.commands import COMMANDS, MOVES

SYNTAX = (
    ("kick vox", "both words, in names, folders, notes, tracks, plugins, labels"),
    ('"lead vox"', "these words side by side"),
    ("kick or snare", "either of them; brackets group"),
    ("-term", "not this"),
    ("field:value", "a field, listed below"),
    ("bpm:118..124", "from … to; also 118.. and ..124"),
    ("length:<10s", "less than; also > <= >="),
    ("bpm:~124", "about: half and double too; for keys the compatible ones"),
    ("chords:~Am-F-C-G", "chords in a row, in any key; a triad is its sevenths too"),
)


class HelpScreen(ModalScreen[None]):
    BINDINGS: ClassVar = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close"),
        Binding("j", "scroll_text(1)", show=False),
        Binding("k", "scroll_text(-1)", show=False),
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box") as box:
            box.border_title = "Help"
            box.border_subtitle = "Esc closes"
            yield Static(_page())

    def action_scroll_text(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _page() -> Content:
    keys = [(f"{command.shown}", command.help) for command in COMMANDS]
    fields = [(field.example, field.meaning) for field in FIELDS]
    return Content("\n\n").join(
        [
            _table("Commands", keys, 6),
            _table("Moving", MOVES, 16),
            _table("A query", SYNTAX, 20),
            _table("Fields", fields, 20),
        ]
    )


def _table(title: str, rows: object, width: int) -> Content:
    lines = [Content.styled(title, "bold $primary")]
    for left, right in rows:  # type: ignore[attr-defined]
        lines.append(Content.assemble((f"  {left:<{width}}", "bold"), (right, "")))
    return Content("\n").join(lines)
