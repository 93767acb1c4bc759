"""The recorder of a ledger in transactions of its own, for events that are no entries."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent, Subscription

from ledger.store.database import Cursor, Datastore
from ledger.store.recorder import Beside, EntryRecorder
from ledger.store.store import Store


def insert(cursor: Cursor, stored: Sequence[StoredEvent], beside: Sequence[Beside]) -> None:
    """Append in an open transaction, whatever the bytes are."""
    EntryRecorder(cursor).insert_events(stored, beside=beside)


def ids_of(stored: Iterable[StoredEvent], targets: Sequence[str] = ()) -> list[Beside]:
    """What is stored beside each: an id made of its place."""
    names = (f"{s.originator_id} {s.originator_version}" for s in stored)
    return [Beside(sha256(name.encode()).digest(), targets, None) for name in names]


class RecorderAlone(ApplicationRecorder):
    """An `EntryRecorder` with a transaction for each call, as the library's tests ask of one; they know no index."""

    def __init__(self, datastore: Datastore) -> None:
        self.datastore = datastore

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> list[int]:
        with self.datastore.transaction(commit=True) as cursor:
            return EntryRecorder(cursor).insert_events(stored_events, beside=ids_of(stored_events))

    def select_events(self, *args: Any, **kwargs: Any) -> list[Notification]:
        with self.datastore.transaction(commit=False) as cursor:
            return EntryRecorder(cursor).select_events(*args, **kwargs)

    def select_notifications(self, *args: Any, **kwargs: Any) -> list[Notification]:
        with self.datastore.transaction(commit=False) as cursor:
            return EntryRecorder(cursor).select_notifications(*args, **kwargs)

    def max_notification_id(self) -> int | None:
        with self.datastore.transaction(commit=False) as cursor:
            return EntryRecorder(cursor).max_notification_id()

    def subscribe(self, *args: Any, **kwargs: Any) -> Subscription[ApplicationRecorder]:
        raise NotImplementedError


def recorder_of(ledger: Store) -> RecorderAlone:
    """A recorder on the connections of a ledger."""
    return RecorderAlone(ledger._datastore)
