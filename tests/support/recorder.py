"""The recorder of a ledger in transactions of its own, for events that are no entries."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from hashlib import sha256
from typing import Any

from eventsourcing.persistence import StoredEvent

from ledger.store.database import Cursor, Datastore
from ledger.store.recorder import EntryRecorder, Index
from ledger.store.store import Store


def insert(cursor: Cursor, stored: Sequence[StoredEvent], index: Sequence[Index]) -> None:
    """Append in an open transaction, whatever the bytes are."""
    EntryRecorder(lambda: nullcontext(cursor)).insert_events(stored, index=index)


def ids_of(stored: Iterable[StoredEvent], targets: Sequence[str] = ()) -> list[Index]:
    """What the index keeps of each: an id made of its place."""
    return [(sha256(f"{s.originator_id} {s.originator_version}".encode()).digest(), targets) for s in stored]


class RecorderAlone(EntryRecorder):
    """A recorder with a transaction for each call, as the library's tests ask of one; they know no index."""

    def __init__(self, datastore: Datastore) -> None:
        super().__init__(lambda: datastore.transaction(commit=False))
        self.datastore = datastore

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> list[int]:
        with self.datastore.transaction(commit=True) as cursor:
            recorder = EntryRecorder(lambda: nullcontext(cursor))
            return recorder.insert_events(stored_events, index=ids_of(stored_events))


def recorder_of(ledger: Store) -> RecorderAlone:
    """A recorder on the connections of a ledger."""
    return RecorderAlone(ledger._datastore)
