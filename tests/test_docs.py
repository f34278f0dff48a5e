"""The README says what is true: its commands exist, its queries parse, nothing that can be asked is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from archivist.cli.app import app
from archivist.config import CONFIDENCE
from archivist.doctor import CHECKS
from archivist.query.fields import FIELDS, STATES
from archivist.query.parse import parse
from archivist.readers import READERS
from archivist.weights import ASPECTS
from tui.commands import COMMANDS as COMMANDS_OF_THE_UI

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


def test_every_command_the_readme_shows_exists() -> None:
    shown = set(re.findall(r"(?:^ {4}|`)(?:\.venv\\Scripts\\)?archivist ([a-z]+)", README, re.MULTILINE))
    assert shown <= set(COMMANDS)
    assert {"add", "index", "find", "show", "set", "undo"} <= shown


def test_every_command_and_option_of_the_operations_page_exists() -> None:
    shown = re.findall(r"(?:^ {4}|`)archivist ([a-z]+)([^`\n]*)", OPERATIONS, re.MULTILINE)
    assert {"backup", "doctor", "index"} <= {name for name, _rest in shown} <= set(COMMANDS)
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for name, rest in shown:
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest.partition("#")[0])) <= known, name


@pytest.mark.parametrize("check", CHECKS)
def test_the_operations_page_says_what_to_do_about_each_finding(check: str) -> None:
    assert f"| `{check}` |" in OPERATIONS


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_names_every_command(command: str) -> None:
    assert re.search(rf"`(?:archivist )?{command}\b|archivist {command}\b", README)


@pytest.mark.parametrize("field", [field.name for field in FIELDS])
def test_the_readme_shows_every_field_of_a_query(field: str) -> None:
    assert f"{field}:" in README


@pytest.mark.parametrize(("aspect", "weight"), ASPECTS.items())
def test_the_readme_tells_every_weight(aspect: str, weight: float) -> None:
    assert f"    {aspect} = {weight}\n" in README


@pytest.mark.parametrize("state", STATES)
def test_the_readme_shows_every_state(state: str) -> None:
    assert f"is:{state}" in README


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_s_example_parses(field: object) -> None:
    parse(field.example)  # type: ignore[attr-defined]


def test_the_queries_of_the_readme_parse() -> None:
    queries = re.findall(r"archivist find '([^']+)'", README)
    assert queries
    for query in queries:
        parse(query)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_every_format_is_on_its_page(reader: object) -> None:
    assert reader.title in FORMATS  # type: ignore[attr-defined]
    for suffix in reader.suffixes:  # type: ignore[attr-defined]
        assert f"`{suffix}`" in FORMATS


def test_the_changelog_tells_the_version() -> None:
    from archivist import __version__

    assert f"## {__version__}" in CHANGELOG
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_what_the_readme_points_at_is_there() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_dependency_has_its_reason_and_is_pinned() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    listed = re.findall(
        r'^    "([A-Za-z0-9_-]+)[^"]*",?(.*)$', project.split("[project.scripts]")[0], re.MULTILINE
    )
    dependencies = [(name, rest) for name, rest in listed if ">=" in project.split(name, 1)[1][:40]]
    assert len(dependencies) > 12
    for name, rest in dependencies:
        assert "#" in rest, f"{name}: say why it is there"
        assert re.search(rf"^{name.lower().replace('_', '-')}==", pinned, re.MULTILINE), f"{name} is not pinned"


@pytest.mark.parametrize(("field", "chance"), CONFIDENCE.items())
def test_the_readme_tells_every_threshold(field: str, chance: float) -> None:
    assert f"    {field} = {chance}\n" in README.partition("[confidence]  ")[2]


def test_every_key_that_the_readme_names_for_the_queue_is_one() -> None:
    keys = re.search(r"`v` makes a queue of it: (.*?)\n\n", README, re.DOTALL)
    assert keys
    named = set(re.findall(r"`([^`])`", keys[1])) | {"v"}
    assert named <= {command.shown for command in COMMANDS_OF_THE_UI}
