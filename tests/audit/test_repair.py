"""No statement that the tables allow a writer stops a ledger; what only the owner can break, `repair` makes again."""

import sqlite3
from pathlib import Path

import psycopg
import pytest

from ledger.cli import run
from ledger.errors import Damaged
from ledger.store.store import Store
from tests.audit.forging import tampering
from tests.conftest import address, path_of, record_events
from tests.store.test_postgres import letters

ZEROS, TILE = f"X'{'00' * 32}'", f"X'{'00' * 8192}'"
STATEMENTS = {
    "the head is set ahead": "UPDATE head SET size = size + 1000",
    "the head is set ahead to the end of time": f"UPDATE head SET size = {2**63 - 1}",
    "the head is set back": "UPDATE head SET size = size - 1",
    "the head gets another root": f"UPDATE head SET root = {ZEROS}",
    "the next tile is there already": f"INSERT INTO tiles VALUES (0, 0, {ZEROS}, {TILE})",
    "a later tile is there already": f"INSERT INTO tiles VALUES (0, 7, {ZEROS}, {TILE})",
    "a tile of a higher level is there already": f"INSERT INTO tiles VALUES (1, 0, {ZEROS}, {TILE})",
    "a tile of a level that no ledger reaches": f"INSERT INTO tiles VALUES (8, 0, {ZEROS}, {TILE})",
    "the last number of a checkpoint is taken": f"INSERT INTO checkpoints VALUES ({2**63 - 1}, 1, X'00')",
    "a checkpoint is of entries to come": "INSERT INTO checkpoints VALUES (1, 1000, X'00')",
    "an old decision refers to more": "INSERT INTO refs VALUES ('body/kent', 3)",
    "an old entry gets data": f"INSERT INTO data VALUES (0, {ZEROS})",
}


def execute(ledger: Store, statement: str, *, behind: bool = False) -> None:
    """Execute a statement past this program; ``behind`` the triggers, as only the owner can."""
    where = address(ledger)
    if where.startswith("postgresql:"):
        statement = statement.replace("X'", "'\\x")
        with psycopg.connect(where, autocommit=True) as server:
            if behind:
                server.execute("SET session_replication_role = replica")
            server.execute(statement.encode())
    elif behind:
        with tampering(path_of(ledger)) as file:
            file.execute(statement)
    else:
        with sqlite3.connect(where) as file:
            file.execute(statement)
        file.close()


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_the_tables_refuse_what_would_stop_the_ledger(ledger: Store, statement: str) -> None:
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.IntegrityError)):
        execute(ledger, statement)
    record_events(ledger, *letters(*(f"letter-{n}" for n in range(300))))
    assert run(["--ledger", address(ledger), "verify"]) == 0


@pytest.mark.on_a_server
def test_no_entry_is_left_that_the_head_does_not_count(ledger: Store) -> None:
    row = f"(46, 'body/nowhere', 0, 'body.registered@1', {ZEROS}, X'00')"
    with pytest.raises(psycopg.errors.IntegrityError, match="the head counts every entry"):
        execute(ledger, f"INSERT INTO entries VALUES {row}")
    assert record_events(ledger, *letters("after")).appended[0].position == 46


BROKEN = {
    "another root": f"UPDATE head SET root = {ZEROS}",
    "another frontier": f"UPDATE head SET frontier = {ZEROS}",
    "another size": "UPDATE head SET size = size + 1000",
    "no head": "DELETE FROM head",
    "no tiles": "DELETE FROM tiles",
    "another root of a tile": f"UPDATE tiles SET root = {ZEROS}",
    "another tile": f"UPDATE tiles SET hashes = {TILE}",
    "no index": "DELETE FROM refs",
    "another index": "INSERT INTO refs VALUES ('body/kent', 3)",
}


@pytest.mark.parametrize("statement", BROKEN.values(), ids=BROKEN)
def test_what_is_derived_is_made_again(
    ledger: Store, statement: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    record_events(ledger, *letters(*(f"letter-{n}" for n in range(300))))
    call = ["--ledger", address(ledger)]
    assert run([*call, "repair"]) == 0
    assert capsys.readouterr().out.startswith("Nothing to repair.\n")
    execute(ledger, statement, behind=True)
    assert run([*call, "verify"]) == 5
    if "head" in statement:
        with (
            pytest.raises(Damaged, match=r"`force-ledger repair` makes the tree and the head again"),
            Store(address(ledger)) as another,
        ):
            record_events(another, *letters("refused"))
    capsys.readouterr()
    assert run([*call, "repair"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Made the index, the tiles and the head again from the entries.\n")
    assert "Verified: 346 entries" in told
    record_events(ledger, *letters("after"))
    assert run([*call, "verify"]) == 0


def test_entries_that_are_not_whole_are_not_repaired(ledger: Store, capsys: pytest.CaptureFixture[str]) -> None:
    execute(ledger, f"UPDATE head SET root = {ZEROS}", behind=True)
    execute(ledger, "UPDATE entries SET entry = X'7b7d' WHERE position = 7", behind=True)
    assert run(["--ledger", address(ledger), "repair"]) == 5
    assert "the entries themselves are not whole: form" in capsys.readouterr().err
    with pytest.raises(Damaged):
        record_events(ledger, *letters("refused"))
