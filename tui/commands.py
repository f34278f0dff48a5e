"""Every command of the terminal UI, once: key bindings, footer, palette and help are all made of this table.

A command's action is a method of the browse screen. Keys are Textual's names, the first one is shown;
letters work while the result list or a pane has the focus, function keys also while typing a query.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from textual.binding import Binding, BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider


@dataclass(frozen=True, slots=True)
class Command:
    action: str
    keys: str
    shown: str  # the keys as a person reads them
    title: str  # in the footer: one word where possible
    help: str  # in the palette and on the help screen
    footer: bool = False


COMMANDS = (
    Command("search", "slash,ctrl+f", "/", "Search", "Write a query", footer=True),
    Command("help", "question_mark,f1", "?", "Help", "Keys and the query language", footer=True),
    Command("projects", "p,f4", "p", "Projects", "Switch between files and projects", footer=True),
    Command("facets", "f,f2", "f", "Facets", "Show or hide the counts that narrow the list", footer=True),
    Command("details", "d,f3", "d", "Details", "Show or hide all that is known of a row", footer=True),
    Command("edit", "e", "e", "Edit", "Set a value of these rows by hand: yours then wins", footer=True),
    Command("scale_tempo('2')", "right_square_bracket", "]", "Tempo ×2", "Double their tempo"),
    Command("scale_tempo('1/2')", "left_square_bracket", "[", "Tempo ÷2", "Halve their tempo"),
    Command("scale_tempo('3/2')", "right_curly_bracket", "}", "Tempo 3:2", "Their tempo times three halves"),
    Command("scale_tempo('2/3')", "left_curly_bracket", "{", "Tempo 2:3", "Their tempo times two thirds"),
    Command("mark", "space", "Spc", "Mark", "Mark this row, or no longer: changes are of all that are"),
    Command("mark_all", "asterisk", "*", "Mark all", "Mark all rows of the list, or none"),
    Command("review", "v,f7", "v", "Review", "Only what is in doubt, most worth your ear first"),
    Command("step(1)", "n", "n", "Next", "Go to the next row"),
    Command("step(-1)", "N", "N", "Previous", "Go to the row before"),
    Command("accept", "l", "l", "Accept", "What is in doubt is right as it stands: yours from now on"),
    Command("similar", "m,f6", "m", "Similar", "Files that sound like this one; Esc goes back", footer=True),
    Command("more_like", "plus", "+", "More", "Similar files: more like this one too, or no longer", footer=True),
    Command("less_like", "minus", "-", "Less", "Similar files: less like this one, or no longer", footer=True),
    Command("weigh('timbre')", "1", "1", "Timbre", "Similar files: timbre counts strongly, not at all, normally"),
    Command("weigh('rhythm')", "2", "2", "Rhythm", "Similar files: the same for rhythm"),
    Command("weigh('key')", "3", "3", "Key", "Similar files: the same for the key"),
    Command("weigh('tempo')", "4", "4", "Tempo", "Similar files: the same for the tempo"),
    Command("weigh('length')", "5", "5", "Length", "Similar files: the same for the length"),
    Command("begin_again", "0", "0", "Begin again", "Similar files: only the first example, all weights normal"),
    Command("undo", "u", "u", "Undo", "Take back the last change of values"),
    Command("sort", "s", "s", "Sort", "Sort by the next column"),
    Command("reverse", "S", "S", "Reverse", "Sort the other way round"),
    Command("clear", "c", "c", "Clear", "Empty the query"),
    Command("refresh", "r,f8", "r", "Refresh", "List anew: another program may have indexed meanwhile"),
    Command("copy_path", "y", "y", "Copy path", "Copy this row's path to the clipboard"),
    Command("index", "i,f5", "i", "Index", "Look for new and changed files in all roots", footer=True),
    Command("stop", "x", "x", "Stop", "Stop indexing; what is finished is kept", footer=True),
    Command("add_root", "a", "a", "Add root", "Add a folder to the archive and index it"),
    Command("theme", "t,f9", "t", "Theme", "Switch between the dark and the light theme"),
    Command("back", "escape", "Esc", "Back", "Close a pane or similar files; go from query to list and back"),
    Command("quit", "q,ctrl+q", "q", "Quit", "Leave; a running index is stopped first"),
)

MOVES = (
    ("↑ ↓  j k", "One row up or down, also while typing a query"),
    ("PgUp PgDn", "One screen up or down"),
    ("Home End  g G", "First and last row"),
    ("Enter", "From the query to the list; from the list to the details"),
    ("→", "Take the query's completion, at its end"),
    ("Tab", "Next pane"),
    ("Space", "In the facets: add this value to the query, or take it out"),
    ("Ctrl+P", "Every command by name"),
)
"""Keys that belong to one widget, and what they do: for the help screen."""


def bindings() -> list[BindingType]:
    """What follows the key of the query is typed into it, however fast it comes: hence that one's priority."""
    return [
        Binding(keys, command.action, command.title, show=command.footer, priority=command.action == "search")
        for command in COMMANDS
        for keys in command.keys.split(",")
    ]


class CommandProvider(Provider):
    """The command palette's entries: those commands that can be used now."""

    def _usable(self) -> list[Command]:
        return [
            command
            for command in COMMANDS
            if self.screen.check_action(command.action.partition("(")[0], ()) is True
        ]

    async def discover(self) -> Hits:
        for command in self._usable():
            yield DiscoveryHit(command.title, partial(self.screen.run_action, command.action), help=_help(command))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._usable():
            text = f"{command.title} · {command.help}"
            if (score := matcher.match(text)) > 0:
                yield Hit(score, matcher.highlight(text), partial(self.screen.run_action, command.action), text)


def _help(command: Command) -> str:
    return f"{command.shown:<4} {command.help}"
