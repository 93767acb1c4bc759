"""The small ledger, for each test in a folder of its own."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copy

import pytest

from tests.audit.small import Small, build


@pytest.fixture(scope="session", autouse=True)
def _in_memory() -> Iterator[None]:
    """An audit builds the ledger anew and throws it away: thousands of them need not wait for a disk."""
    memory = Path("/dev/shm")
    with pytest.MonkeyPatch.context() as patch:
        if memory.is_dir():
            patch.setattr(tempfile, "tempdir", str(memory))
        yield


@pytest.fixture(scope="session")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return build(tmp_path_factory.mktemp("small"))


@pytest.fixture
def small(_small: Small, tmp_path: Path) -> Small:
    """A small ledger with something of everything."""
    return replace(_small, path=Path(copy(_small.path, tmp_path)))
