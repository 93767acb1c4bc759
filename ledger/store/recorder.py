"""The recorder on any database: entries, index of references, and Merkle tree, in one transaction.

What the library's stock recorders leave open is settled here: positions and sequences have no gaps, and are given out
under the lock. Notification ids, which the library counts from 1, are positions plus one.
"""

from collections.abc import Sequence
from typing import Any

from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent

from ledger.log.tree import TILE_WIDTH, Frontier, full_tile_root
from ledger.store.database import Cursor
from ledger.store.head import Head
from ledger.store.mapper import leaf_of

Index = tuple[bytes | None, Sequence[str]]
"""What the database keeps of an entry for finding it: its event id, and the targets that it refers to."""

_NOTIFICATIONS = "SELECT position + 1, matter, sequence, topic, entry FROM entries"
_NO_LIMIT = 2**62


class EntryRecorder(ApplicationRecorder):
    """Records stored events as entries of a ledger; a recorder of the library says on what database."""

    datastore: Any

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, index: Sequence[Index] = (), **_: Any
    ) -> Sequence[int]:
        """Append entries at the next positions, in a transaction of their own; their notification ids."""
        with self.datastore.transaction(commit=True) as c:
            size = self.insert_in_transaction(c, stored_events, index).size
        return list(range(size - len(stored_events) + 1, size + 1))

    def insert_in_transaction(self, c: Cursor, stored_events: Sequence[StoredEvent], index: Sequence[Index]) -> Head:
        """Append entries in a transaction that has already read what they rest on; the head after that."""
        c.execute("SELECT size, frontier FROM head")
        ((size, frontier_bytes),) = c.fetchall()
        frontier = Frontier.from_bytes(size, frontier_bytes)
        index = index or [(None, ())] * len(stored_events)
        c.insert(
            "entries",
            (
                (position, s.originator_id, s.originator_version, s.topic, event_id, s.state)
                for position, (s, (event_id, _)) in enumerate(zip(stored_events, index, strict=True), size)
            ),
        )
        c.insert(
            "refs",
            ((target, position) for position, (_, ts) in enumerate(index, size) for target in dict.fromkeys(ts)),
        )
        leaves: list[bytes] = []
        for s in stored_events:
            leaves.append(leaf_of(s.state))
            frontier.append(leaves[-1])
            if frontier.size % TILE_WIDTH == 0:
                self._insert_tiles(c, frontier.size, leaves[-TILE_WIDTH:])
        head = Head(frontier.size, frontier.root())
        if stored_events:
            c.execute("UPDATE head SET size = ?, root = ?, frontier = ?", (*head, frontier.to_bytes()))
        return head

    def withhold_in_transaction(self, c: Cursor, position: int, remains: bytes, targets: Sequence[str]) -> None:
        """Put what is left of an entry in the place of its bytes, and forget to which targets it referred; the database
        refuses both unless that is on record."""
        c.execute("UPDATE entries SET entry = ? WHERE position = ?", (remains, position))
        for target in targets:
            c.execute("DELETE FROM refs WHERE target = ? AND position = ?", (target, position))

    def sweep(self) -> None:
        """Clear away what the database itself still holds of what was withheld, once that is committed."""
        raise NotImplementedError

    def _insert_tiles(self, c: Cursor, size: int, leaves: Sequence[bytes]) -> None:
        """Write the tiles that have just become full: that of the leaves, of which the last are given, and any above
        it."""
        level, number = 0, size // TILE_WIDTH - 1
        c.execute(
            "SELECT entry FROM entries WHERE position >= ? AND position < ? ORDER BY position",
            (size - TILE_WIDTH, size - len(leaves)),
        )
        hashes = b"".join([*(leaf_of(data) for (data,) in c.fetchall()), *leaves])
        while True:
            c.insert("tiles", [(level, number, full_tile_root(hashes), hashes)])
            if (number + 1) % TILE_WIDTH:
                return
            level, number = level + 1, number // TILE_WIDTH
            first = number * TILE_WIDTH
            c.execute(
                "SELECT root FROM tiles WHERE level = ? AND number >= ? AND number < ? ORDER BY number",
                (level - 1, first, first + TILE_WIDTH),
            )
            hashes = b"".join(root for (root,) in c.fetchall())

    def select_events(
        self,
        originator_id: Any,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The entries of a matter, as notifications: they say at which position they stand."""
        conditions: list[tuple[str, Any]] = [("matter = ?", str(originator_id))]
        conditions += [("sequence > ?", gt)] if gt is not None else []
        conditions += [("sequence <= ?", lte)] if lte is not None else []
        return self._select(conditions, f"sequence {'DESC' if desc else 'ASC'}", limit)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The entries from notification id ``start`` on, in the order of their positions."""
        first = 0 if start is None else start - 1 if inclusive_of_start else start
        conditions: list[tuple[str, Any]] = [("position >= ?", first)]
        conditions += [("position < ?", stop)] if stop is not None else []
        conditions += [(f"topic IN ({','.join('?' * len(topics))})", topics)] if topics else []
        return self._select(conditions, "position", limit)

    def _select(self, conditions: Sequence[tuple[str, Any]], order: str, limit: int | None) -> list[Notification]:
        where = " AND ".join(condition for condition, _ in conditions)
        params: list[Any] = []
        for _, bound in conditions:
            params += bound if isinstance(bound, list | tuple) else [bound]
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                f"{_NOTIFICATIONS} WHERE {where} ORDER BY {order} LIMIT ?",
                (*params, _NO_LIMIT if limit is None else limit),
            )
            return [
                Notification(id=id, originator_id=matter, originator_version=sequence, topic=topic, state=data)
                for id, matter, sequence, topic, data in c.fetchall()
            ]

    def max_notification_id(self) -> int | None:
        """The notification id of the last entry; None where there is none."""
        with self.datastore.transaction(commit=False) as c:
            c.execute("SELECT nullif(size, 0) FROM head")
            ((number,),) = c.fetchall()
            return None if number is None else int(number)
