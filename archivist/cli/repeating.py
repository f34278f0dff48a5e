"""The command that lists files which hold the same sound, and takes a person's word on them. Deletes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from archivist.cli import printing
from archivist.cli.app import Json, Query, app, query_text
from archivist.records import DuplicateGroup
from archivist.text import printable, size_text


@app.command()
def duplicates(
    context: typer.Context,
    query: Query = None,
    by: Annotated[str, typer.Option(help="bytes: only the same bytes; sound: the same sound too.")] = "sound",
    decided: Annotated[bool, typer.Option("--all", help="Also those that you said to keep.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Instead of QUERY, ids to keep all: listed no more.")
    ] = False,
    different: Annotated[bool, typer.Option("--different", help="Instead of QUERY, ids not the same.")] = False,
    same: Annotated[bool, typer.Option("--same", help="Instead of QUERY, ids that are the same.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Take back what you said of these ids.")] = False,
    as_json: Json = False,
) -> None:
    """List files with the same sound, in whatever format, level or silence, best copy first. Deletes nothing."""
    said = {"keep": keep, "different": different, "same": same, None: forget}
    verdicts = [verdict for verdict, chosen in said.items() if chosen]
    if len(verdicts) > 1:
        raise typer.BadParameter("say one of --keep, --different, --same and --forget")
    if by not in ("bytes", "sound"):
        raise typer.BadParameter(f"--by {printable(by)}: write bytes or sound")
    with context.obj.open() as archive:
        if verdicts:
            changed = archive.judge(_ids(query or ()), verdicts[0])
            told = f"{changed} pair{'s' * (changed != 1)} changed"
            printing.write_line(printing.as_json({"changed": changed}) if as_json else told)
            return
        tier: Literal["bytes", "sound"] = "bytes" if by == "bytes" else "sound"
        _say(archive.duplicates(query_text(query), by=tier, decided=decided), as_json)


def _ids(words: Sequence[str]) -> list[int]:
    if wrong := [word for word in words if not (word.isascii() and word.isdecimal() and len(word) < 19)]:
        raise typer.BadParameter(f"{printable(wrong[0])} is no id; `duplicates` shows them before each path")
    return [int(word) for word in words]


def _say(groups: Sequence[DuplicateGroup], as_json: bool) -> None:
    if as_json:
        for group in groups:
            members = [
                {**asdict(member.row), "relation": member.relation, "verdict": member.verdict}
                for member in group.members
            ]
            printing.write_line(printing.as_json({"why": group.why, "saving": group.saving, "members": members}))
        return
    for group in groups:
        for member in group.members:
            remark = group.why if member is group.members[0] else member.verdict
            relation = f"{member.relation} ({remark})" if remark else member.relation
            state = printing.mark(member.row.state, member.row.drive)
            printing.write_line(f"{member.row.id:>8}  {printable(member.row.path)}{state}\n{'':10}{relation}")
        printing.write_line()
    saving = sum(group.saving for group in groups)
    count = len(groups)
    printing.write_line(f"{count} group{'s' * (count != 1)}; the best copies alone would save {size_text(saving)}")
