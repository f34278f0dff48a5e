"""How the results spread over key, tempo, instrument …: each value with its count, to pick and unpick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from archivist.records import Facet, FacetCount
from tui.terms import has_term
from tui.widgets.cells import bar, fit

TITLES = {"key": "Key", "bpm": "BPM", "daw": "DAW", "instrument": "Instrument", "kind": "Kind", "year": "Year"}
SHOWN = 8
"""Values of one field before the rest folds away."""
_NAME, _BAR, _COUNT = 12, 4, 7


class FacetsPane(OptionList):
    BINDINGS: ClassVar = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("space", "select", show=False),
    ]

    @dataclass
    class Picked(Message):
        """A value to narrow the query to, or to take out of it."""

        term: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True, markup=False)
        self._facets: tuple[Facet, ...] = ()
        self._query = ""
        self._unfolded: set[str] = set()

    def show(self, facets: tuple[Facet, ...], query: str) -> None:
        self._facets, self._query = facets, query
        self._fill()

    def _fill(self) -> None:
        at = self.highlighted
        option_id = None if at is None else self.get_option_at_index(at).id
        self.clear_options()
        for facet in self._facets:
            if facet.counts:
                self.add_options(self._group(facet))
        ids = [option.id for option in self.options]
        self.highlighted = ids.index(option_id) if option_id in ids else None

    def _group(self, facet: Facet) -> list[Option]:
        title = TITLES.get(facet.field, facet.field.capitalize())
        by_count = sorted(facet.counts, key=lambda count: -count.count)
        folded = set() if facet.field in self._unfolded else set(by_count[SHOWN:])
        shown = [count for count in facet.counts if count not in folded]  # in their own order
        most = by_count[0].count
        options = [Option(Content.styled(title, "bold $quiet"), disabled=True)]
        options += [Option(self._line(count, most), id=f"term {count.query}") for count in shown]
        if folded:
            more = Content.styled(f"  {len(folded)} more", "$quiet")
            options.append(Option(more, id=f"unfold {facet.field}"))
        return options

    def _line(self, count: FacetCount, most: int) -> Content:
        picked = has_term(self._query, count.query)
        return Content.assemble(
            ("● " if picked else "  ", "bold $primary"),
            (fit(count.value, _NAME), "bold" if picked else ""),
            (f" {bar(count.count / most, _BAR)}", "$secondary 60%"),
            (fit(f"{count.count:,}", _COUNT, right=True), "$quiet"),
        )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        verb, _, what = (event.option.id or "").partition(" ")
        if verb == "unfold":
            self._unfolded.add(what)
            self._fill()
        else:
            self.post_message(self.Picked(what))
