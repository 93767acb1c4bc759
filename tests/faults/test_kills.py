"""Writers killed at random moments, on either kind of database: a short run of what `make faults` does at length."""

import os
from itertools import count
from pathlib import Path

import pytest

from tests.audit.forging import in_memory
from tests.faults.killing import kill
from tests.support import server

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are killed by a signal")
KILLS, SEED = 20, 1
"""`make faults` kills a thousand times, with a seed of its own each time."""


@pytest.mark.parametrize("kind", ["file", "server"])
def test_whenever_a_writer_is_killed_nothing_acknowledged_is_lost_or_doubled(kind: str, tmp_path: Path) -> None:
    numbers = count()

    def in_a_file() -> Path:
        return tmp_path / f"{next(numbers)}.db"

    with in_memory():
        tally = kill(KILLS, server.new_schema if kind == "server" else in_a_file, tmp_path, SEED)
    assert tally.clean, str(tally)
    assert tally.killed.total() == KILLS
    assert tally.acknowledged
