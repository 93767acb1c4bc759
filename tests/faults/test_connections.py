"""A ledger on a server whose connection breaks, and whose server goes: what was acknowledged is there once."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.errors import AlreadyThere, Unreachable
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.record.record import Draft, record
from ledger.store.store import Store
from tests.audit.forging import in_memory
from tests.conftest import ORIGIN, address, key_of
from tests.faults.children import told
from tests.faults.cutting import cut_after_commit
from tests.faults.killing import kill
from tests.faults.writer import letter
from tests.support import server

pytestmark = [pytest.mark.on_a_server, pytest.mark.skipif(os.name != "posix", reason="cuts Unix sockets")]
RESTARTS, SEED = 3, 1


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder for a Unix socket, whose path must be short."""
    with tempfile.TemporaryDirectory(prefix="fl-") as folder:
        yield Path(folder)


def test_a_connection_cut_after_the_commit_leaves_what_is_found_on_record(ledger: Store, sockets: Path) -> None:
    drafts = [Draft(letter(name)) for name in ("one", "two")]
    with ledger.reading() as reader:
        before = reader.head().size
    with (
        cut_after_commit(address(ledger), sockets) as url,
        Store(url) as far,
        pytest.raises(Unreachable, match="nothing is recorded twice"),
    ):
        record(far, drafts, key_of(ledger))
    again = record(ledger, drafts, key_of(ledger))
    assert (again.appended, [entry.position for entry in again.already]) == ((), [before, before + 1])
    assert again.head.size == before + 2
    assert told("--ledger", address(ledger), "verify")[0] == 0


def test_a_founding_whose_answer_is_lost_keeps_its_keys(place: str, sockets: Path) -> None:
    with cut_after_commit(place, sockets) as url, pytest.raises(Unreachable):
        create_ledger(url, origin=ORIGIN, forces=False)
    with pytest.raises(AlreadyThere):
        create_ledger(place, origin=ORIGIN)
    with Store(place) as ledger:
        record(ledger, [Draft(letter("one"))], KeyRing(ORIGIN).recorder(None))
    assert told("--ledger", place, "verify")[0] == 0


def test_a_server_that_is_restarted_at_any_moment_has_what_it_acknowledged(tmp_path: Path) -> None:
    with in_memory(), server.restarted() as (url, restart):
        tally = kill(RESTARTS, lambda: url, tmp_path, SEED, disaster=restart)
    assert tally.clean, str(tally)
    assert tally.acknowledged
