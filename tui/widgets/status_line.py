"""One quiet line under the query: what is wrong in it, else the last event, else where one is.

An event may take more lines: of an error the end says what to do.
"""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from archivist.records import ArchiveCounts
from archivist.text import printable
from tui.messages import Misread
from tui.widgets.cells import count, fit
from tui.widgets.query_line import PROMPT

NOTICE_SECONDS = 8.0


class StatusLine(Static):
    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._misread: Misread | None = None
        self._notice: Content | None = None
        self._counts: ArchiveCounts | None = None
        self._projects = False
        self._like = ""

    def show_query(self, misread: Misread | None, projects: bool, like: str = "") -> None:
        """`like`: what a list of similar files tells of itself; it stands in the place of files and projects."""
        self._misread, self._projects, self._like = misread, projects, like
        self._draw()

    def show_counts(self, counts: ArchiveCounts) -> None:
        self._counts = counts
        self._draw()

    def notice(self, text: str, *, failed: bool = False) -> None:
        """Tell something for a few seconds, or until somebody types."""
        style = "$error" if failed else "$success"
        self._notice = notice = Content.assemble(("! " if failed else "", style), (printable(text), style))
        self.set_timer(NOTICE_SECONDS, lambda: self.forget(notice))
        self._draw()

    def forget(self, notice: Content | None = None) -> None:
        """Take this notice away, or any."""
        if notice is None or self._notice is notice:
            self._notice = None
            self._draw()

    def _draw(self) -> None:
        self.set_class(self._notice is not None, "-notice")
        if self._notice:
            self.update(self._notice, layout=False)
        elif self._misread:
            self.update(misread_line(self._misread, self.content_region.width), layout=False)
        elif self._like:
            text = fit(
                f" {self._like} ", min(self.content_region.width, cell_len(self._like) + 2), shorten="middle"
            )
            self.update(Content.styled(text, "bold reverse"), layout=False)
        else:
            self.update(place_line(self._counts, self._projects), layout=False)


def misread_line(misread: Misread, width: int) -> Content:
    """A caret under the character where reading stopped, and why; far to the right the place as a number."""
    left = len(PROMPT) + misread.position
    if left <= width // 2:
        line = f"{' ' * left}^ {printable(misread.reason)}"
    else:
        line = f"at character {misread.position + 1}: {printable(misread.reason)}"
    return Content.styled(fit(line, width).rstrip(), "$warning")


def place_line(counts: ArchiveCounts | None, projects: bool) -> Content:
    """A click on files or projects, whichever are not listed, lists them."""
    on, off = "bold reverse", "$quiet @click=screen.projects"
    parts: list[tuple[str, str]] = [
        (f" Files {counts.files:,} " if counts else " Files ", off if projects else on),
        (" ", ""),
        (f" Projects {counts.projects:,} " if counts else " Projects ", on if projects else off),
    ]
    if counts is None:
        return Content.assemble(*parts)
    away = sum(root.status == "offline" for root in counts.roots)
    for number, text in (
        (away, f"○ {count(away, 'root')} offline"),
        (counts.missing, f"× {counts.missing:,} missing"),
        (counts.failures, f"! {counts.failures:,} unreadable"),
    ):
        if number:
            parts.append((f"   {text}", "$quiet"))
    return Content.assemble(*parts)
