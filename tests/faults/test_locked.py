"""A ledger whose pen another process holds for longer than anybody waits."""

import os
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from ledger.store.store import Store
from tests.conftest import address
from tests.faults.children import FORKING, child, told
from tests.faults.failing import LETTERS

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are forked")


def hold(where: str, tell: Connection) -> None:
    """Hold the write lock until somebody says that it is enough, or the process is killed."""
    with Store(where) as ledger, ledger.writing():
        tell.send("held")
        tell.recv()


@pytest.mark.parametrize("end", ["let go", "killed"])
def test_who_waits_too_long_is_told_and_writes_nothing_until_the_pen_is_free(
    ledger: Store, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = tmp_path / "batch.yaml"
    batch.write_text(LETTERS[0], "utf-8")
    append = ("--ledger", address(ledger), "append", batch)
    ours, theirs = FORKING.Pipe()
    holder = child(hold, address(ledger), theirs)
    holder.start()
    theirs.close()
    with ours:
        assert ours.recv() == "held"
        with monkeypatch.context() as patch:
            patch.setattr("ledger.store.store.Store", partial(Store, lock_timeout=1))
            code, printed = told(*append)
        assert (code, "another writer holds" in printed, "try again in a moment" in printed) == (1, True, True)
        with ledger.reading() as reader:
            before = reader.head()
        if end == "killed":
            holder.kill()
        else:
            ours.send("enough")
        holder.join()
    code, printed = told(*append)
    shown, _, rest = printed.partition("This changes no state, on any day.\n")
    assert shown.startswith(f"document/letter-0: document registered  #{before.size}\n")
    assert (code, rest) == (0, f"Appended 1 (#{before.size}), 0 already recorded\n")
