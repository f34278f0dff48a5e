"""The query: an input that completes field names and values, with the number of matches beside it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, Static

from archivist.query.fields import FIELDS
from archivist.records import Facet
from tui.terms import last_word
from tui.widgets.results_table import ResultsTable

PROMPT = "❯ "


class QueryInput(Input):
    """While typing, the arrow keys move the list below."""

    BINDINGS: ClassVar = [
        # With priority, so that a key right behind Enter goes to the list already.
        Binding("enter", "leave", show=False, priority=True),
        Binding("up", "list('move', -1)", show=False),
        Binding("down", "list('move', 1)", show=False),
        Binding("pageup", "list('page', -1)", show=False),
        Binding("pagedown", "list('page', 1)", show=False),
    ]

    def action_leave(self) -> None:
        self.screen.set_focus(self.screen.query_one(ResultsTable))

    def action_list(self, move: str, amount: int) -> None:
        table = self.screen.query_one(ResultsTable)
        table.action_move(amount) if move == "move" else table.action_page(amount)


class Completion(Suggester):
    """Completes the word at the query's end: a field's name, a closed vocabulary, or a value counted now."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.facets: tuple[Facet, ...] = ()

    async def get_suggestion(self, value: str) -> str | None:
        word = last_word(value)
        sign = "-" if word.startswith("-") else ""
        typed = word.removeprefix("-")
        if not typed:
            return None
        for candidate in self._candidates():
            if candidate.casefold().startswith(typed.casefold()) and len(candidate) > len(typed):
                return value[: len(value) - len(word)] + sign + typed + candidate[len(typed) :]
        return None

    def _candidates(self) -> list[str]:
        names = [f"{field.name}:" for field in FIELDS]
        counted = [count.query for facet in self.facets for count in facet.counts]
        allowed = [f"{field.name}:{value}" for field in FIELDS for value in field.values]
        return names + counted + allowed


class QueryLine(Horizontal):
    def __init__(self, value: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._value = value
        self._matches = ""
        self._marked = 0
        self.completion = Completion()

    def compose(self) -> ComposeResult:
        yield Static(PROMPT, id="prompt")
        yield QueryInput(
            self._value,
            placeholder="words, bpm:118..124, key:~Am, instrument:vocals …",
            suggester=self.completion,
            select_on_focus=False,
            compact=True,
            id="query",
        )
        yield Static(id="matches")

    def show_matches(self, text: str) -> None:
        self._matches = text
        self._tell()

    def show_marked(self, count: int) -> None:
        """Of the matches so many are marked."""
        self._marked = count
        self._tell()

    def _tell(self) -> None:
        text = f"{self._marked:,} of {self._matches}" if self._marked else self._matches
        self.query_one("#matches", Static).update(Content(text), layout=False)
