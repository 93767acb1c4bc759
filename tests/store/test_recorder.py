"""The recorder: what the library asks of one, and what the database refuses whoever asks."""

import multiprocessing
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.tests import persistence

from events import Entry
from events.document import DocumentRegistered
from events.terms import DocumentType
from ledger.cli import run
from ledger.errors import AlreadyThere, Busy, Damaged, NotFound
from ledger.evidence.folder import Evidence
from ledger.files import check_plain
from ledger.log.key import Signer
from ledger.log.tree import EMPTY_ROOT, leaf_hash, root_of
from ledger.record.create import create_ledger
from ledger.record.record import Draft, Receipt, record, validate
from ledger.store.database import Cursor, Head
from ledger.store.reader import Writer
from ledger.store.recorder import Beside
from ledger.store.schema import SCHEMA_VERSION
from ledger.store.sqlite import SQLiteFile
from ledger.store.store import Store
from tests.conftest import ORIGIN, StandingClock, address, key_of, path_of, record_events
from tests.support import server
from tests.support.recorder import RecorderAlone, ids_of, insert, recorder_of

TABLES = ("entries", "refs", "tiles", "head")


class OnOurRecorder(persistence.RecorderTestCase):
    """Gives the library's own tests a recorder of ours: text ids, sequences from 0, a place of its own."""

    INITIAL_VERSION = 0

    def new_originator_id(self) -> str:
        return f"matter/{uuid4()}"

    def create_recorder(self) -> RecorderAlone:
        ledger = Store.create(self.place())
        self.addCleanup(ledger.close)
        self.addCleanup(_join_all_but, set(threading.enumerate()))  # first of all, for cleanups run backwards
        return recorder_of(ledger)

    def place(self) -> Path | str:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Path(folder.name) / "entries.db"


class OnAServer(OnOurRecorder):
    """The same, on a server."""

    def place(self) -> Path | str:
        return server.new_schema()


def validated(writer: Writer, events: list[DocumentRegistered], keeper: Signer, clock: StandingClock) -> Receipt:
    """What would be written, in a transaction that is open."""
    drafts = [Draft(event) for event in events]
    return validate(writer, Evidence(Path("nowhere")), drafts, keeper, clock=clock)


def _join_all_but(before: set[threading.Thread]) -> None:
    """Wait for threads that a library test leaves reading: closing a connection in use crashes the process."""
    for thread in set(threading.enumerate()) - before:
        if not thread.name.startswith("pool-"):  # those of a pool of connections end when it is closed
            thread.join()


class TestTheLibrarysRecorderTests(OnOurRecorder, persistence.ApplicationRecorderTestCase[RecorderAlone]):
    """What the eventsourcing library expects of any application recorder."""

    def test_insert_select(self) -> None:
        super().test_insert_select()


class TestNotificationIdsDoNotInterleave(OnOurRecorder, persistence.NonInterleavingNotificationIDsBaseCase):
    """What it expects of the order of concurrent appends."""


class TestTheLibrarysRecorderTestsOnAServer(OnAServer, persistence.ApplicationRecorderTestCase[RecorderAlone]):
    """The first, on a server."""

    def test_insert_select(self) -> None:
        super().test_insert_select()


class TestNotificationIdsDoNotInterleaveOnAServer(OnAServer, persistence.NonInterleavingNotificationIDsBaseCase):
    """The second."""


@pytest.fixture
def empty(place: Path | str) -> Iterator[Store]:
    """A ledger of no entries."""
    with Store.create(place) as ledger:
        yield ledger


@pytest.fixture
def filled(empty: Store) -> Store:
    """A ledger with a row in every table."""
    states = [StoredEvent("m", sequence, "tiny", b"%d" % sequence) for sequence in range(256)]
    with empty._datastore.transaction(commit=True) as cursor:
        insert(cursor, states, ids_of(states, ["target"]))
    return empty


def tiny(matter: str, sequence: int) -> StoredEvent:
    """A stored event that is no entry: the recorder doesn't look inside."""
    return StoredEvent(matter, sequence, "tiny", f"{matter} {sequence}".encode())


def content(ledger: Store) -> dict[str, list[Any]]:
    """All rows of a ledger."""
    with ledger._datastore.transaction(commit=False) as cursor:
        return {table: rows(cursor, f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


def rows(cursor: Cursor, query: str) -> list[tuple[Any, ...]]:
    """What a query finds."""
    cursor.execute(query)
    return [tuple(row) for row in cursor.fetchall()]


def change(ledger: Store, statement: str, *params: Any) -> None:
    """Change the tables past all that a ledger does by itself."""
    with ledger._datastore.transaction(commit=True) as cursor:
        cursor.execute(statement, params)


# Positions and sequences


@pytest.mark.parametrize("sequences", [[1], [0, 2], [0, 1, 1], [0, 0], [-1], [1, 0]])
def test_a_gap_or_a_repeat_in_a_matter_is_refused_and_nothing_of_the_batch_stays(
    empty: Store, sequences: list[int]
) -> None:
    with pytest.raises(IntegrityError):
        recorder_of(empty).insert_events([tiny("a", 0), *(tiny("b", sequence) for sequence in sequences)])
    assert content(empty) == {"entries": [], "refs": [], "tiles": [], "head": [(1, 0, EMPTY_ROOT, b"")]}


def test_a_matter_goes_on_where_it_stopped(empty: Store) -> None:
    recorder = recorder_of(empty)
    recorder.insert_events([tiny("a", 0), tiny("b", 0), tiny("a", 1)])
    with pytest.raises(IntegrityError, match="sequences have no gaps"):
        recorder.insert_events([tiny("a", 3)])
    assert recorder.max_notification_id() == 3
    recorder.insert_events([tiny("a", 2)])
    assert [stored.originator_version for stored in recorder.select_events("a")] == [0, 1, 2]


def test_a_gap_in_positions_is_refused_by_the_database(filled: Store) -> None:
    for position in (0, 255, 257, -1):
        with pytest.raises(IntegrityError):
            change(filled, "INSERT INTO entries VALUES (?, 'new', 0, 'tiny', ?, ?)", position, bytes(32), b"x")


def test_one_event_id_stands_once(empty: Store) -> None:
    index = [Beside(bytes(32), (), None)]
    with empty._datastore.transaction(commit=True) as cursor:
        insert(cursor, [tiny("a", 0)], index)
    with (
        pytest.raises(IntegrityError),
        empty._datastore.transaction(commit=True) as cursor,
    ):
        insert(cursor, [tiny("b", 0)], index)
    assert len(content(empty)["entries"]) == 1


# Only ever added to


@pytest.mark.parametrize(
    ("statement", "params"),
    [
        ("UPDATE entries SET entry = ?", [b"x"]),
        ("UPDATE entries SET topic = topic", []),
        ("DELETE FROM entries WHERE position = 255", []),
        ("DELETE FROM entries", []),
        ("UPDATE refs SET target = 'other'", []),
        ("DELETE FROM refs", []),
        ("UPDATE tiles SET hashes = ?", [bytes(8192)]),
        ("DELETE FROM tiles", []),
        ("UPDATE head SET root = ?", [bytes(32)]),
        ("UPDATE head SET size = size - 1", []),
        ("UPDATE head SET size = 0, root = ?, frontier = ?", [bytes(32), b""]),
        ("DELETE FROM head", []),
    ],
)
def test_what_stands_is_neither_changed_nor_deleted(filled: Store, statement: str, params: list[Any]) -> None:
    before = content(filled)
    with pytest.raises(IntegrityError, match="the ledger is only ever added to"):
        change(filled, statement, *params)
    assert content(filled) == before


@pytest.mark.in_a_file
@pytest.mark.parametrize(
    "statement",
    [
        "REPLACE INTO entries SELECT 256, 'other', 0, topic, event_id, x'00' FROM entries WHERE position = 0",
        "REPLACE INTO tiles VALUES (0, 0, zeroblob(32), zeroblob(8192))",
        "REPLACE INTO head VALUES (1, 0, zeroblob(32), x'')",
    ],
)
def test_what_stands_is_not_replaced(empty: Store, statement: str) -> None:
    states = [tiny("m", sequence) for sequence in range(256)]
    with empty._datastore.transaction(commit=True) as cursor:
        insert(cursor, states, [Beside(i.to_bytes(32, "big"), (), None) for i in range(256)])
    before = content(empty)
    with closing(sqlite3.connect(path_of(empty))) as connection:
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
        connection.commit()
    assert content(empty) == before


def test_the_head_only_advances(filled: Store) -> None:
    for change_of_size in ("+ 1", "+ 1000", "- 1"):
        with pytest.raises(IntegrityError, match="only ever added to"):
            change(filled, f"UPDATE head SET size = size {change_of_size}")
    with pytest.raises(IntegrityError):
        change(filled, "INSERT INTO head VALUES (2, 0, ?, ?)", bytes(32), b"")


def test_an_error_of_ours_in_the_transaction_leaves_nothing(
    ledger: Store, keeper: Signer, clock: StandingClock
) -> None:
    before = content(ledger)

    def fail() -> None:
        with ledger.writing() as writer:
            head = writer.append(validated(writer, [letter("a"), letter("b")], keeper, clock).appended)
            assert head.size == len(before["entries"]) + 2
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    assert content(ledger) == before
    assert record(ledger, [Draft(letter("c"))], keeper, clock=clock).appended[0].position == len(before["entries"])


# Opening


@pytest.mark.in_a_file
@pytest.mark.parametrize("prefix", ["", "FORCE-LEDGER_"])
def test_stray_environment_variables_redirect_nothing(
    ledger: Store, tmp_path: Path, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stray = {"SQLITE_DBNAME": str(tmp_path / "stray.db"), "MAPPER_TOPIC": "os:system", "CREATE_TABLE": "y"}
    for name, value in {**stray, "COMPRESSOR_TOPIC": "zlib", "PERSISTENCE_MODULE": "os"}.items():
        monkeypatch.setenv(prefix + name, value)
    with Store(ledger.database) as again, again.reading() as reader, ledger.reading() as other:
        assert reader.head() == other.head()
        assert reader.origin() == other.origin() == ORIGIN
    assert {path.name for path in tmp_path.iterdir()} <= {"ledger.db", "ledger.db-wal", "ledger.db-shm"}


def _folder(path: Path) -> None:
    path.mkdir()


def _text(path: Path) -> None:
    path.write_text("not a database\n" * 100)


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE entries (position)")
        connection.commit()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (None, "there is no ledger at .*create one with `force-ledger"),
        (_folder, "is a folder, not a ledger"),
        (Path.touch, "is not a ledger of ours"),
        (_text, "is not a ledger of ours"),
        (_foreign, "is not a ledger of ours"),
    ],
)
def test_opening_what_is_no_ledger_fails_and_creates_nothing(
    tmp_path: Path, make: Callable[[Path], None] | None, message: str
) -> None:
    path = tmp_path / "ledgr.db"
    if make:
        make(path)
    before = {found: found.is_file() and found.read_bytes() for found in tmp_path.rglob("*")}
    with pytest.raises(NotFound, match=message):
        Store(path)
    assert {found: found.is_file() and found.read_bytes() for found in tmp_path.rglob("*")} == before


def test_a_ledger_of_another_version_is_refused(ledger: Store, capsys: pytest.CaptureFixture[str]) -> None:
    in_a_file = isinstance(ledger.database, SQLiteFile)
    comment = "COMMENT ON TABLE head IS 'force-ledger, schema version 1'"
    change(ledger, "PRAGMA user_version = 1" if in_a_file else comment)
    ledger.close()
    with pytest.raises(NotFound, match=rf"have version 1, and .* reads version {SCHEMA_VERSION}; use the version"):
        Store(address(ledger))
    assert run(["--ledger", address(ledger), "verify"]) == 6
    assert "have version 1" in capsys.readouterr().err
    with pytest.raises(AlreadyThere):
        create_ledger(address(ledger))


def test_opening_below_a_file_fails_like_any_missing_path(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotFound):
        Store(tmp_path / "file" / "ledger.db")


def test_a_ledger_is_not_created_over_another(ledger: Store) -> None:
    before = content(ledger)
    with pytest.raises(AlreadyThere):
        Store.create(ledger.database)
    assert content(ledger) == before


@pytest.mark.parametrize("name", ["a ledger?mode=memory#x.db", "100%25.db", "gwlâd.db", ":memory:"])
def test_a_ledger_may_have_any_file_name(tmp_path: Path, name: str) -> None:
    with Store.create(tmp_path / name) as created:
        recorder_of(created).insert_events([tiny("m", 0)])
    with Store(tmp_path / name) as opened, opened.reading() as reader:
        assert reader.head().size == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.in_a_file
def test_a_commit_is_durable_once_it_returns(ledger: Store) -> None:
    for commit in (True, False):
        with ledger._datastore.transaction(commit=commit) as cursor:
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone()[0] == 2  # FULL
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone()[0] == "wal"


# Several at once


def test_a_second_writer_waits_for_the_first(ledger: Store, keeper: Signer, clock: StandingClock) -> None:
    holding = threading.Event()

    def hold() -> None:
        with Store(ledger.database) as other, other.writing() as writer:
            holding.set()
            time.sleep(0.2)
            writer.append(validated(writer, [letter("first")], keeper, clock).appended)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait()
    second = record(ledger, [Draft(letter("second"))], keeper, clock=clock).appended[0]
    thread.join()
    with ledger.reading() as reader:
        (first,) = reader.entries_at([second.position - 1])
    assert first.matter == "document/first"


def test_a_second_writer_that_waits_too_long_is_told_so(ledger: Store) -> None:
    with ledger.writing(), Store(ledger.database, lock_timeout=1) as other:
        with pytest.raises(Busy, match=r"another writer holds .*; try again in a moment"), other.writing():
            pytest.fail("two writers hold the lock")
        with other.reading() as reader:
            assert reader.head().size > 0


def test_a_reader_is_unmoved_by_what_is_appended_meanwhile(ledger: Store, keeper: Signer, clock: StandingClock) -> None:
    with Store(ledger.database) as other, other.reading() as reader:
        before = reader.head()
        record(ledger, [Draft(letter("a"))], keeper, clock=clock)
        assert reader.head() == before
        assert reader.entries_at([before.size]) == []
    with ledger.reading() as reader:
        assert reader.head().size == before.size + 1


def test_processes_that_append_at_once_leave_no_gap(ledger: Store) -> None:
    with ledger.reading() as reader:
        before = reader.head().size
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=append_letters, args=(address(ledger), name, 10)) for name in "abcd"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    rows = content(ledger)["entries"]
    entries = [Entry.read(row[0], row[5], None) for row in rows]
    assert [entry.position for entry in entries] == list(range(before + 80))
    assert sorted(entry.matter for entry in entries[before:]) == sorted(
        f"document/{name}-{number}" for name in "abcd" for number in range(20)
    )
    assert all(first.recorded_at <= second.recorded_at for first, second in pairwise(entries))
    with ledger.reading() as reader:
        assert reader.head() == Head(before + 80, root_of(leaf_hash(row[5]) for row in rows))


def append_letters(where: str, name: str, times: int) -> None:
    """Record two letters at a time, in a process of its own."""
    with Store(where) as ledger:
        for number in range(0, 2 * times, 2):
            record(ledger, [Draft(letter(f"{name}-{n}")) for n in (number, number + 1)], key_of(ledger))


def letter(document: str) -> DocumentRegistered:
    """A document that can be registered."""
    return DocumentRegistered(
        document=document, type=DocumentType.INSPECTORATE_LETTER, title=f"Letter {document}", publisher="HMICFRS"
    )


def test_a_ledger_without_a_trigger_is_written_by_nobody(ledger: Store) -> None:
    """Without it the database would let somebody change what is on record."""
    before, in_a_file = content(ledger), isinstance(ledger.database, SQLiteFile)
    name = "entries_are_never_deleted"
    change(ledger, f"DROP TRIGGER {name}" + ("" if in_a_file else " ON entries"))
    with pytest.raises(Damaged, match=rf"is not protected: the trigger {name} is missing.*`copy` it to a new place"):
        record(ledger, [Draft(letter("a"))], key_of(ledger))
    assert content(ledger) == before


OTHER = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT size FROM head').fetchone()"


@pytest.mark.in_a_file
def test_another_look_at_the_file_drops_no_lock(ledger: Store) -> None:
    """Else another process, when it closes the ledger, deletes the WAL to which this one goes on to write: what it then
    acknowledges is lost."""
    path = path_of(ledger)
    with ledger.reading() as reader:
        size = reader.head().size
    with Store(path) as another, another.reading() as reader:  # who looks at the header, and at what is beside it
        assert reader.head().size == size
    check_plain(path)
    subprocess.run([sys.executable, "-c", OTHER, str(path)], check=True)
    assert path.with_name("ledger.db-wal").exists()
    record_events(ledger, DocumentRegistered(document="l", type=DocumentType.DATASET, title="L", publisher="P"))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT size FROM head").fetchone() == (size + 1,)
