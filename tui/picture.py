"""python -m tui.picture ARCHIVE PICTURE.svg [QUERY]: what the terminal UI shows of an archive, for the README."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from archivist import config
from archivist.archive import Archive
from tui.app import ArchivistApp

SIZE = (160, 40)
SETTLE_SECONDS = 2.0


async def picture(archive: Archive, query: str) -> str:
    """An SVG of the UI with its three panes, after it has come to rest."""
    app = ArchivistApp(archive, query)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("enter")
        await pilot.pause(SETTLE_SECONDS)
        return app.export_screenshot(title="archivist")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tui.picture", description="Draw the terminal UI as SVG.")
    parser.add_argument("archive", help="an archive's file or URL")
    parser.add_argument("picture", type=Path)
    parser.add_argument("query", nargs="?", default="")
    arguments = parser.parse_args()
    with Archive.open(config.load(archive=arguments.archive)) as archive:
        arguments.picture.write_text(asyncio.run(picture(archive, arguments.query)), encoding="utf-8")


if __name__ == "__main__":
    main()
