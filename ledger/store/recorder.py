"""The eventsourcing library's recorder over the tables of a ledger: entries, index of references and Merkle tree.

It works in a transaction that it is given: that of a `Reader` or a `Writer`, which keep it private. Positions and
sequences have no gaps. Notification ids, which the library counts from 1, are positions plus one.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent, Subscription

from ledger.log.tree import TILE_WIDTH, Frontier, full_tile_root
from ledger.store.database import NO_LIMIT, Cursor
from ledger.store.leaf import leaf_of

Index = tuple[bytes, Sequence[str]]
"""What the database keeps of an entry for finding it: its event id, and the targets that it refers to."""


class EntryRecorder(ApplicationRecorder):
    """Reads and appends the library's stored events as entries of a ledger: the originator is the matter, its version
    the sequence, the state the bytes of the entry."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Cursor]]) -> None:
        self._transaction = transaction

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> list[int]:
        """Append entries at the next positions, with their ``index``, and extend the tree; their notification ids.

        Raises IntegrityError where a sequence leaves a gap, or an event id is recorded already.
        """
        index: Sequence[Index] = kwargs["index"]
        with self._transaction() as c:
            c.execute("SELECT size, frontier FROM head")
            ((size, frontier_bytes),) = c.fetchall()
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
            _extend_tree(c, Frontier.from_bytes(size, frontier_bytes), [leaf_of(s.state) for s in stored_events])
        return list(range(size + 1, size + len(stored_events) + 1))

    def select_events(
        self,
        originator_id: Any,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[Notification]:
        """The entries of a matter, as notifications: they say at which position they stand."""
        bounds = (str(originator_id), -1 if gt is None else gt, NO_LIMIT if lte is None else lte)
        order = f"sequence {'DESC' if desc else 'ASC'}"
        return self._select("matter = ? AND sequence > ? AND sequence <= ?", bounds, order, limit)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        """The entries from notification id ``start`` on, in the order of their positions."""
        first = 0 if start is None else start - 1 if inclusive_of_start else start
        where, params = "position >= ? AND position < ?", [first, NO_LIMIT if stop is None else stop, *topics]
        if topics:
            where += f" AND topic IN ({','.join('?' * len(topics))})"
        return self._select(where, params, "position", limit)

    def _select(self, where: str, params: Sequence[Any], order: str, limit: int | None) -> list[Notification]:
        query = (
            f"SELECT position + 1, matter, sequence, topic, entry FROM entries WHERE {where} ORDER BY {order} LIMIT ?"
        )
        with self._transaction() as c:
            c.execute(query, (*params, NO_LIMIT if limit is None else limit))
            return [
                Notification(matter, sequence, topic, data, id) for id, matter, sequence, topic, data in c.fetchall()
            ]

    def max_notification_id(self) -> int | None:
        """The notification id of the last entry; None where there is none."""
        with self._transaction() as c:
            c.execute("SELECT nullif(size, 0) FROM head")
            ((number,),) = c.fetchall()
            return None if number is None else int(number)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Not supported: a follower waits with `Database.watch`, and reads snapshots."""
        raise NotImplementedError


def _extend_tree(c: Cursor, frontier: Frontier, leaves: Sequence[bytes]) -> None:
    """Append leaves to the tree: store the tiles that become full, and the new head."""
    for count, leaf in enumerate(leaves, 1):
        frontier.append(leaf)
        if frontier.size % TILE_WIDTH == 0:
            _insert_tiles(c, frontier.size, leaves[max(0, count - TILE_WIDTH) : count])
    if leaves:
        head = (frontier.size, frontier.root(), frontier.to_bytes())
        c.execute("UPDATE head SET size = ?, root = ?, frontier = ?", head)


def _insert_tiles(c: Cursor, size: int, leaves: Sequence[bytes]) -> None:
    """Store the tiles that are full at this size: the one of the leaves, of which the last are given, and any above."""
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
