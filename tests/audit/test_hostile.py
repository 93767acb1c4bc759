"""A hostile file: nothing that it names is run, nothing is written, nothing goes on for ever, and every byte string is
an entry or malformed."""

import json
import os
import sqlite3
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from events import canonical
from events.entry import commitment, is_in_full
from ledger.audit.database import differing
from ledger.audit.report import Report
from ledger.audit.tables import LedgerFile
from ledger.cli import run
from ledger.record.record import Draft, record
from ledger.store.form import Malformed, read_entry
from ledger.store.reader import StoredEntry
from ledger.store.store import Store
from tests.audit.forging import SALT, Stored, found, put, signed, tampering, verified
from tests.audit.small import Small, document
from tests.conftest import NOW, now
from tests.log.test_hostile import mutated
from tests.support.golden import FOLDER

GOLDEN = [line for line in (FOLDER / "submissions.jsonl").read_bytes().splitlines() if line]
PAYLOADS = [json.loads(file.read_bytes()) for file in sorted(FOLDER.glob("*@*.json"))]


def read(data: bytes, salted: bytes | None = None) -> None:
    """An entry that is written again to the same bytes, or Malformed; nothing else."""
    try:
        entry = read_entry(StoredEntry(7, data, salted))
    except Malformed:
        return
    assert entry.envelope == data
    assert canonical.encode(json.loads(data)) == data


@given(st.binary())
@example(b"[" * 60_000)
@example(b'{"a":' * 60_000)
@example(b"\xff" * 100)
@example(b'{"event":1}')
def test_any_bytes(data: bytes) -> None:
    read(data)


@given(st.sampled_from(GOLDEN).flatmap(lambda good: mutated(good, st.binary(max_size=8))))
def test_an_entry_with_a_stretch_of_it_changed(data: bytes) -> None:
    read(data)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.text(max_size=10) | st.just("2024-05-01"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_an_entry_with_anything_in_the_place_of_a_field(data: st.DataObject) -> None:
    """Of every kind; canonical, so that it is the shape which is judged."""
    entry = json.loads(data.draw(st.sampled_from(GOLDEN)))
    payload = json.loads(json.dumps(data.draw(st.sampled_from(PAYLOADS))))
    salted = None
    if not is_in_full(payload["kind"]):
        salted = SALT + canonical.encode(payload.pop("data"))
        payload |= {"commitment": commitment(salted)}
    entry["event"] = payload | {"matter": data.draw(st.sampled_from(["ledger", "document/x", "kent/monitoring"]))}
    within: Any = entry
    while isinstance(within, dict) and within:
        name = data.draw(st.sampled_from(sorted(within)))
        if not isinstance(within[name], dict) or data.draw(st.booleans()):
            within[name] = data.draw(JSON)
            break
        within = within[name]
    try:
        read(canonical.encode(entry), salted)
    except canonical.CanonicalError:
        return


# What is not done


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_nothing_is_written(small: Small) -> None:
    before = snapshot(small.path.parent)
    assert before.keys() == {small.path.name}
    assert verified(small.path).ok
    assert run(["--ledger", str(small.path), "verify"]) == 0
    small.path.write_bytes(small.path.read_bytes()[:30_000])
    before = snapshot(small.path.parent)
    assert not verified(small.path).ok
    assert snapshot(small.path.parent) == before


def test_a_folder_that_cannot_be_written(small: Small) -> None:
    small.path.chmod(0o400)
    small.path.parent.chmod(0o500)
    try:
        assert verified(small.path).ok
    finally:
        small.path.parent.chmod(0o700)


def test_a_ledger_that_somebody_writes_to(small: Small) -> None:
    """It is read as one transaction sees it; and one that moved while it was read as it lay there is read again."""
    with Store(small.path) as ledger:
        record(ledger, [Draft(document("one"))], small.clerk, clock=now)
        assert small.path.with_name("ledger.db-wal").exists()
        assert verified(small.path).size == 13
    with LedgerFile(small.path) as source:
        assert not source.moved
        with Store(small.path) as ledger:
            record(ledger, [Draft(document("two"))], small.clerk, clock=now)
        assert source.moved


def test_what_moved_is_read_again(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def check(source: LedgerFile, report: Any, whole: Callable[..., bool] = LedgerFile.check_outside) -> bool:
        opened.append(source)
        if len(opened) == 1:  # as if a page were read before, and another after it was written
            os.utime(small.path)
            report.wrong("file", "SQLite says: torn")
            return False
        return whole(source, report)

    monkeypatch.setattr(LedgerFile, "check_outside", check)
    assert run(["--ledger", str(small.path), "verify"]) == 0
    assert len(opened) == 2


def test_nothing_that_it_names_is_imported_or_run(small: Small) -> None:
    entries = small.entries
    names = {"kind": "antigravity:geohash", "version": 1, "data": {"__import__": "antigravity"}, "matter": "this/os"}
    put(small.path, entries + signed(names, by=small.clerk, onto=entries))
    with closing(sqlite3.connect(small.path)) as connection, connection:
        connection.execute("CREATE VIEW antigravity AS SELECT load_extension('antigravity')")
    report = verified(small.path)
    assert found(report).keys() == {"file", "form"}
    assert "antigravity" not in sys.modules


def test_names_that_would_write_on_the_screen(small: Small) -> None:
    """Whatever a file calls things is shown as text, never given to the terminal as a command."""
    entries = small.entries
    with closing(sqlite3.connect(small.path)) as connection, connection:
        connection.execute('CREATE VIEW "\x1b[2Jok" AS SELECT 1')
    assert verified(small.path).checks["file"].detail == "the view \\x1b[2Jok does not belong here"
    said = {"kind": "x\x1b[2J", "version": 1, "data": {}, "matter": "x"}
    report = put(small.path, entries + signed(said, by=small.clerk, onto=entries))
    assert report.checks["form"].detail == "#12: no event x\\x1b[2J version 1"


def test_thousands_of_entries_that_are_none(small: Small) -> None:
    entries = small.entries
    report = put(small.path, [*entries, *(Stored(b"garbage %d" % n) for n in range(10_000))])
    assert report.checks["form"].positions == list(range(12, 10_012))
    assert len(report.checks["form"].detail) < 2_000


def test_thousands_of_entries_of_one_submission_that_never_ends(small: Small) -> None:
    entries = small.entries
    endless = signed(*(document(f"x-{n}") for n in range(2_000)), by=small.clerk, onto=entries, size=2**53 - 1)
    assert found(put(small.path, entries + endless))["submissions"][0] == 12


def test_recorded_at_the_ends_of_time(small: Small) -> None:
    entries = small.entries
    late = signed(document("x"), by=small.clerk, onto=entries, at=NOW.replace(year=9999, month=12, day=31, hour=23))
    assert found(put(small.path, entries + late)) == {}
    early = [late[0]._replace(envelope=late[0].envelope.replace(b"9999-12-31", b"0001-01-01"))]
    assert found(put(small.path, entries + early))


def test_a_ledger_full_of_notes_is_read_in_bounded_memory(small: Small) -> None:
    """A file of any size is read row by row, and of what is wrong with it so much is told as a person can read."""
    with tampering(small.path) as connection:
        notes = ((number, 1, bytes(1_000_000)) for number in range(9, 108))
        connection.executemany("INSERT INTO checkpoints VALUES (?, ?, ?)", notes)
    tracemalloc.start()
    try:
        report = verified(small.path)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
    assert len(report.checks["checkpoints"].found) == 99


def test_tables_in_which_every_row_differs_are_compared_in_bounded_memory() -> None:
    ours, theirs = ([(side, number) for number in range(10_000)] for side in ("ours", "theirs"))
    assert 1_000 < len(differing(ours, theirs)) < 1_010
    report = Report()
    for number in range(200_000):
        report.wrong("stored", "it is wrong", number)
    assert (len(report.checks["stored"].found), report.first_bad, report.ok) == (100_000, 0, False)
