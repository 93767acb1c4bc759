"""Nothing public in the store writes an entry past rules, signature and tree, but `Writer.append`."""

import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from events import Entry
from ledger.errors import AlreadyThere
from ledger.log.tiles import Tile
from ledger.store.database import Database
from ledger.store.reader import Reader, Writer
from ledger.store.recorder import EntryRecorder
from ledger.store.store import Store
from tests.conftest import address

Calls = dict[str, Callable[[Any], object]]

STORE: Calls = {
    "close": lambda store: None,  # called last, by the fixture
    "create": lambda store: Store.create(store.database),
    "reading": lambda store: store.reading().__enter__(),
    "writing": lambda store: None,  # what it gives is walked below
    "rebuilding": lambda store: _rebuild(store),
}
DATABASE: Calls = {
    "exists": lambda database: database.exists(),
    "check": lambda database: database.check(),
    "create": lambda database: database.create(),
    "creating": lambda database: database.creating().__enter__(),
    "datastore": lambda database: database.datastore(1).close(),  # raw connections, for this package
    "watch": lambda database: database.watch().__enter__(),
    "purge": lambda database: database.purge(),
    "as_ledger_error": lambda database: database.as_ledger_error(ValueError("no")),
    "evidence_folder": lambda database: database.evidence_folder,
    "cache_path": lambda database: database.cache_path,
}
READER: Calls = {
    name: lambda reader, name=name: _read(reader, name)  # type: ignore[misc]  # each binds its own name
    for name, _ in inspect.getmembers(Reader, inspect.isfunction)
    if not name.startswith("_")
}
WRITER: Calls = {
    "next_sequence": lambda writer: writer.next_sequence("body/nowhere"),
}
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "up_to": (3,), "bytes_at": (range(3),), "matters": (["ledger"],), "matter": ("ledger",), "names_at": (range(3),),
    "names_around": ("body/kent", 3), "entry_at": (0,), "envelopes_at": (range(1),),
    "entries_under": ("body/",), "entries_at": ([0],), "recorded_at": (0,), "by_event_id": (["00" * 32],),
    "matters_referring": ("body:",), "referring_to": ("body/kent",),
    "positions_referring_to": ("body/kent",),
    "latest_entries": (3,), "rows": ("SELECT size FROM head",),
    "tile": (Tile(0, 0, 3),), "iter_rows": ("SELECT size FROM head",), "notes_after": (None,),
}  # fmt: skip


def _rebuild(store: Store) -> None:
    with store.rebuilding() as writer:
        writer.rebuild_index()


def _read(reader: Reader, name: str) -> object:
    found = getattr(reader, name)(*ARGUMENTS.get(name, ()))
    return list(found) if inspect.isgenerator(found) else found


def stored(place: str) -> list[bytes]:
    """The bytes of all entries, as somebody else sees them."""
    with Store(place) as store, store.reading() as reader:
        return reader.bytes_at(range(reader.head().size))


def public(of: type) -> set[str]:
    return {name for name in dir(of) if not name.startswith("_")}


def test_every_public_method_is_walked() -> None:
    assert public(Store) == STORE.keys()
    assert public(Database) == DATABASE.keys() | {"check_triggers", "without_triggers"}
    assert public(Reader) == READER.keys()
    assert public(Writer) == READER.keys() | WRITER.keys() | {"append", "keep_checkpoint", "rebuild_index"}


@pytest.mark.parametrize(("of", "name"), [
    *(("store", name) for name in STORE), *(("database", name) for name in DATABASE),
    *(("reader", name) for name in READER), *(("writer", name) for name in [*READER, *WRITER]),
])  # fmt: skip
def test_it_writes_no_entry(ledger: Store, of: str, name: str) -> None:
    before = stored(address(ledger))
    calls = {"store": STORE, "database": DATABASE, "reader": READER, "writer": READER | WRITER}[of]
    with suppress(AlreadyThere, ValueError):  # to refuse is as good
        if of == "store":
            calls[name](ledger)
        elif of == "database":
            calls[name](ledger.database)
        else:
            with ledger.reading() if of == "reader" else ledger.writing() as transaction:
                calls[name](transaction)
    assert stored(address(ledger)) == before


def test_none_has_what_the_library_writes_with(ledger: Store) -> None:
    with ledger.writing() as writer:
        for each in (ledger, writer):
            assert not {"save", "repository", "recorder", "insert_events", "events"} & set(dir(each))


def test_a_recorder_without_ids_appends_nothing(ledger: Store) -> None:
    with ledger.writing() as writer, pytest.raises(KeyError):
        EntryRecorder(writer._cursor).insert_events([])


def test_a_writer_is_of_no_use_after_its_block(ledger: Store) -> None:
    before = stored(address(ledger))
    with ledger.writing() as writer:
        entry = writer.entries_at([0])[0]
    with pytest.raises(Exception, match="closed"):
        writer.append([Entry.read(len(before), entry.envelope, None)])
    assert stored(address(ledger)) == before
