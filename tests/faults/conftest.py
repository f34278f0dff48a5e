"""What the tests of faults share: a server that runs commands quickly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.running import Light


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `faults`, which takes half an hour, unless `-m` asks for it."""
    if "faults" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("faults")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Light]:
    server = Light(tmp_path_factory.mktemp("light"))
    yield server
    server.close()
