"""The eventsourcing library's recorder over the tables of a ledger: entries, index of references and Merkle tree.

It works in the open transaction of a `Reader` or a `Writer`, which do not expose it. Positions and sequences have no
gaps. Notification ids, which the library counts from 1, are positions plus one.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent, Subscription

from ledger.errors import Damaged
from ledger.log import LogError
from ledger.log.tree import HASH_SIZE, TILE_WIDTH, Frontier, full_tile_root, leaf_hash
from ledger.store.database import NO_LIMIT, Cursor, Head

REPAIR = "see what `force-ledger verify` finds; `force-ledger repair` makes the tree and the head again"


class Beside(NamedTuple):
    """What is stored beside an envelope: the event id and the targets that it refers to, by which the database finds
    it; and the salted data, if the envelope does not have the data itself."""

    event_id: bytes
    refers_to: Sequence[str]
    salted: bytes | None


class EntryRecorder(ApplicationRecorder):
    """Reads and appends the library's stored events as entries of a ledger: the originator is the matter, its version
    the sequence, the state the envelope. The data of an entry are beside it."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> list[int]:
        """Like `append`; the notification ids."""
        size = self.append(stored_events, kwargs["beside"]).size
        return list(range(size - len(stored_events) + 1, size + 1))

    def append(self, stored_events: Sequence[StoredEvent], beside: Sequence[Beside]) -> Head:
        """Append entries at the next positions, and extend the tree; the new head.

        Raises IntegrityError where a sequence leaves a gap, or an event id is recorded already; Damaged if the head is
        not that of a tree.
        """
        ((size, root, frontier_bytes),) = self._rows("SELECT size, root, frontier FROM head")
        try:
            frontier = Frontier.from_bytes(size, frontier_bytes)
        except LogError:
            frontier = Frontier()
        if (frontier.size, frontier.root()) != (size, root):
            raise Damaged("the head of the ledger is not that of a tree", hint=REPAIR)
        self._cursor.insert(
            "entries",
            (
                (position, s.originator_id, s.originator_version, s.topic, more.event_id, s.state)
                for position, (s, more) in enumerate(zip(stored_events, beside, strict=True), size)
            ),
        )
        of_data = ((position, more.salted) for position, more in enumerate(beside, size) if more.salted is not None)
        self._cursor.insert("data", of_data)
        refers_to = [more.refers_to for more in beside]
        return self.index(frontier, refers_to, [s.state for s in stored_events])

    def index(self, frontier: Frontier, refers_to: Sequence[Iterable[str]], envelopes: Sequence[bytes]) -> Head:
        """Write what is derived from the entries after a frontier: the index of references, tiles, and head."""
        pairs = ((t, at) for at, targets in enumerate(refers_to, frontier.size) for t in dict.fromkeys(targets))
        self._cursor.insert("refs", pairs)
        return self._extend_tree(frontier, list(map(leaf_hash, envelopes)))

    def _extend_tree(self, frontier: Frontier, leaves: Sequence[bytes]) -> Head:
        for count, leaf in enumerate(leaves, 1):
            frontier.append(leaf)
            if frontier.size % TILE_WIDTH == 0:
                self._insert_tiles(frontier.size, leaves[max(0, count - TILE_WIDTH) : count])
        head = Head(frontier.size, frontier.root())
        if leaves:
            self._cursor.execute("UPDATE head SET size = ?, root = ?, frontier = ?", (*head, frontier.to_bytes()))
        return head

    def _insert_tiles(self, size: int, leaves: Sequence[bytes]) -> None:
        """Store the tiles that these last leaves fill, from the lowest level upwards."""
        level, number = 0, size // TILE_WIDTH - 1
        query = "SELECT entry FROM entries WHERE position >= ? AND position < ? ORDER BY position"
        earlier = self._rows(query, (size - TILE_WIDTH, size - len(leaves)))
        hashes = b"".join([*(leaf_hash(data) for (data,) in earlier), *leaves])
        while True:
            if len(hashes) != TILE_WIDTH * HASH_SIZE:
                raise Damaged("tiles of the tree are missing", hint=REPAIR)
            self._cursor.insert("tiles", [(level, number, full_tile_root(hashes), hashes)])
            if (number + 1) % TILE_WIDTH:
                return
            level, number = level + 1, number // TILE_WIDTH
            first = number * TILE_WIDTH
            query = "SELECT root FROM tiles WHERE level = ? AND number >= ? AND number < ? ORDER BY number"
            hashes = b"".join(root for (root,) in self._rows(query, (level - 1, first, first + TILE_WIDTH)))

    def select_events(
        self,
        originator_id: Any,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[Notification]:
        """The entries of a matter, as notifications, which have the position."""
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
        query = f"SELECT position, matter, sequence, topic, entry FROM entries WHERE {where} ORDER BY {order} LIMIT ?"
        rows = self._rows(query, (*params, NO_LIMIT if limit is None else limit))
        return [Notification(matter, sequence, topic, data, at + 1) for at, matter, sequence, topic, data in rows]

    def max_notification_id(self) -> int | None:
        ((size,),) = self._rows("SELECT size FROM head")
        return int(size) or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Not supported: a follower waits with `Database.watch`, and reads snapshots."""
        raise NotImplementedError

    def _rows(self, query: str, params: Sequence[Any] = ()) -> Any:
        self._cursor.execute(query, params)
        return self._cursor.fetchall()
