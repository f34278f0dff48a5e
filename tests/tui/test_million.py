"""A million rows: the first screen, a keystroke, the way to the end, the memory."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events

from tests.tui.fake import FakeArchive
from tests.tui.pilot import LARGE, running

MILLION = 1_000_000
FIRST_SCREEN_SECONDS, KEYSTROKE_SECONDS, MEMORY_MIB = 1.0, 0.1, 150


@pytest.fixture
def alone() -> Iterator[None]:
    """The collector does not walk through what thousands of other tests keep: that costs more than the UI."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def test_first_screen_and_keystroke(alone: None) -> None:
    """In time of the UI's own thread, which says the same on a busy machine."""
    start = time.thread_time()
    async with running(FakeArchive(files=MILLION), LARGE) as ui:
        assert time.thread_time() - start < FIRST_SCREEN_SECONDS
        await ui.shows("1,000,000 files")
        await ui.pilot.pause(0.3)
        taken = []
        for typed in ("f", "fe", "fel"):
            start = time.thread_time()
            ui.app.post_message(events.Key(typed[-1], typed[-1]))
            await ui.until(lambda typed=typed: ui.archive.asked[-1] == typed and "Felt" in ui.row_at_cursor())
            taken.append(time.thread_time() - start)
        assert min(taken) < KEYSTROKE_SECONDS  # a core that others use too has cold caches


async def test_to_the_end_and_through_it() -> None:
    async with running(FakeArchive(files=MILLION, page_delay=0.01)) as ui:
        await ui.shows("1,000,000 files")
        await ui.press("enter", "end")
        await ui.until(lambda: "99999.wav" in ui.row_at_cursor())
        assert "99980.wav" in ui.text()
        await ui.press(*["pageup"] * 20)
        await ui.until(lambda: "99619.wav" in ui.row_at_cursor())
        table = ui.app.screen.query_one("#results")
        table.scroll_to(y=500_000, animate=False)
        await ui.shows("00000.wav", "00019.wav")
        await ui.press("home")
        await ui.until(lambda: "00000.wav" in ui.row_at_cursor())


async def test_rows_not_fetched_yet_are_dotted() -> None:
    async with running(FakeArchive(files=MILLION, page_delay=0.3)) as ui:
        await ui.shows("1,000,000 files")
        await ui.press("enter", "end")
        assert "············" in ui.text()
        await ui.until(lambda: "99999.wav" in ui.row_at_cursor())


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads its own memory from /proc")
@pytest.mark.slow
def test_memory() -> None:
    import subprocess

    code = """
import asyncio
from tests.tui.fake import FakeArchive
from tests.tui.pilot import LARGE, running
async def main():
    async with running(FakeArchive(files=1_000_000), LARGE) as ui:
        await ui.shows("1,000,000 files")
        await ui.press("enter", "end", *["pageup"] * 40)
        await ui.until(lambda: ".wav" in ui.row_at_cursor())
    now = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(int(now.split()[1]) / 1024)
asyncio.run(main())
"""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert float(done.stdout) < MEMORY_MIB
