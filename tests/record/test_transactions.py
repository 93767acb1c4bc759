"""How many transactions a command opens: each is a round trip to a server, and a write lock keeps others waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.store.store import Store
from tests.conftest import address

BATCH = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}
- kind: monitoring.engaged
  body: kent
  effective: 2024-05-01
  documents: [{document: letter, quote: moved to Engage}]
"""


@contextmanager
def counted(ledger: Store, patch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """The transactions that are opened on databases of that kind; True for one that writes."""
    opened: list[bool] = []
    datastore = type(ledger._datastore)
    transaction = datastore.transaction

    def counting(self: Any, *, commit: bool) -> Any:
        opened.append(commit)
        return transaction(self, commit=commit)

    with patch.context() as patched:
        patched.setattr(datastore, "transaction", counting)
        yield opened


@pytest.fixture
def batch(tmp_path: Path) -> str:
    """A batch with a quote, whose document is read ahead of the write lock."""
    file = tmp_path / "batch.yaml"
    file.write_text(BATCH, "utf-8")
    return str(file)


def test_an_append_opens_three_transactions(ledger: Store, batch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with counted(ledger, monkeypatch) as opened:
        assert run(["--ledger", address(ledger), "append", batch]) == 0
    assert opened == [False, True, True], "to read what it names and quotes, to write, to sign the checkpoint"
    with ledger.reading() as reader:
        assert reader.head().size == 48
        assert reader.checkpoint() is not None


def test_a_dry_run_and_a_check_open_one(ledger: Store, batch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (["append", "--dry-run", batch], ["check", batch]):
        with counted(ledger, monkeypatch) as opened:
            assert run(["--ledger", address(ledger), *command]) == 0
        assert opened == [False]
