"""One line above a list of similar files: how much each aspect counts, with the key that changes it."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from archivist.weights import ASPECTS
from tui.likeness import Level, Likeness

STYLES: dict[Level, str] = {"normal": "", "strong": "bold $primary", "off": "$quiet"}


class WeightsLine(Static):
    def show(self, likeness: Likeness) -> None:
        self.update(weights_line(likeness), layout=False)


def weights_line(likeness: Likeness) -> Content:
    parts: list[tuple[str, str]] = []
    for key, (aspect, level) in enumerate(zip(ASPECTS, likeness.levels, strict=True), 1):
        text = aspect if level == "normal" else f"{aspect} {level}"
        parts += [(f"{key} ", "bold $primary"), (f"{text}   ", STYLES[level])]
    return Content.assemble(*parts)
