"""The small ledger, for each test in a folder of its own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copy

import pytest

from tests.audit.forging import in_memory
from tests.audit.small import Small, build


@pytest.fixture(scope="session", autouse=True)
def _in_memory() -> Iterator[None]:
    with in_memory():
        yield


@pytest.fixture(scope="session")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return build(tmp_path_factory.mktemp("small"))


@pytest.fixture
def small(_small: Small, tmp_path: Path) -> Small:
    """A small ledger with something of everything."""
    return replace(_small, path=Path(copy(_small.path, tmp_path)))
