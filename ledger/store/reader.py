"""What one transaction sees of a ledger, and what it writes to it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper

from events import Entry
from events.amendment import EntryWithheld, Withheld
from ledger.errors import Damaged, NotFound
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.tiles import ENTRIES, Tile, TiledTree, encode_bundle
from ledger.log.tree import HASH_SIZE, TILE_WIDTH, Frontier
from ledger.store import schema
from ledger.store.database import Cursor
from ledger.store.head import Head
from ledger.store.mapper import leaf_of, what_remains
from ledger.store.recorder import EntryRecorder

_AT_ONCE = 30_000  # parameters in one query: SQLite takes 32,766, PostgreSQL twice as many

_PAGE = 1000  # entries that are held at once when all are read

_read = lru_cache(maxsize=512)(Entry.read)
"""The entry of stored bytes. The opening, who may record, a body and its reports: each append reads the same few."""


class Reader:
    """What a ledger holds, as one transaction sees it."""

    def __init__(self, cursor: Cursor, last: int = 2**62) -> None:
        self._cursor = cursor
        self._last = last

    def known(self, last: int) -> "Reader":
        """The same transaction, as if nothing after this position were recorded; the head stays the ledger's."""
        return Reader(self._cursor, last)

    def head(self) -> Head:
        """The size and root of the ledger."""
        ((size, root),) = self.rows("SELECT size, root FROM head")
        return Head(size, root)

    def origin(self) -> str:
        """The name that the ledger has for ever: that of its log key, which its first entry opens it with."""
        for first in self.at([0]):
            return first.ledger
        raise NotFound("the ledger holds nothing, not even its opening", hint="create one with `force-ledger init`")

    def tree(self, size: int | None = None) -> TiledTree:
        """The tree over all entries, or as it was at an earlier size, for making proofs."""
        return TiledTree(self.head().size if size is None else size, self.tile)

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile or bundle: a full tile as it is stored, any other made of what is below it.

        Raises Damaged where something of it is missing.
        """
        first = tile.number * TILE_WIDTH
        if tile.level == ENTRIES:
            return encode_bundle(self.bytes_at(range(first, first + tile.width)))
        if tile.width == TILE_WIDTH:
            query = "SELECT hashes FROM tiles WHERE level = ? AND number = ?"
            hashes = [hashes for (hashes,) in self.rows(query, (tile.level, tile.number))]
        elif tile.level == 0:
            hashes = [leaf_of(entry) for entry in self.bytes_at(range(first, first + tile.width))]
        else:
            query = "SELECT root FROM tiles WHERE level = ? AND number >= ? AND number < ? ORDER BY number"
            hashes = [root for (root,) in self.rows(query, (tile.level - 1, first, first + tile.width))]
        data = b"".join(hashes)
        if len(data) != tile.width * HASH_SIZE:
            raise _incomplete(tile.path)
        return data

    def entries(self, first: int = 0) -> Iterator[tuple[int, bytes]]:
        """The entries from a position on, each its position and bytes, in order. They are read some at a time.

        It is for the caller to see whether one is missing.
        """
        query = "SELECT position, entry FROM entries WHERE position >= ? ORDER BY position LIMIT ?"
        while rows := self.rows(query, (first, _PAGE)):
            for position, data in rows:
                yield position, data
                first = position + 1

    def bytes_at(self, positions: range) -> list[bytes]:
        """The bytes of the entries at consecutive positions; of those that were withheld what is left of them.

        Raises Damaged where one is missing.
        """
        query = "SELECT entry FROM entries WHERE position >= ? AND position < ? ORDER BY position"
        found = [data for (data,) in self.rows(query, (positions.start, positions.stop))]
        if len(found) != len(positions):
            raise _incomplete(f"an entry from #{positions.start} to #{positions.stop - 1}")
        return found

    def checkpoint(self) -> SignedCheckpoint | None:
        """The last signed checkpoint, with its cosignatures; None before there is one."""
        return next(self.checkpoints(), None)

    def checkpoints(self) -> Iterator[SignedCheckpoint]:
        """The signed checkpoints, the largest first; of one size the last that was kept. Raises Damaged for any other
        note."""
        query = (
            "SELECT size, number, note FROM checkpoints WHERE (size, number) < (?, ?) "
            "ORDER BY size DESC, number DESC LIMIT 1"
        )
        before = (2**62, 2**62)
        while rows := self.rows(query, before):
            ((size, number, data),) = rows
            before = (size, number)
            try:
                note = SignedCheckpoint.parse(data)
            except LogError as error:
                raise Damaged(f"a checkpoint that is kept is none: {error}", hint="restore a backup") from None
            yield note

    def notes_after(self, note: bytes | None) -> list[bytes]:
        """The signed checkpoints in the order in which they were kept, those after a known one if that is here."""
        known = 0
        if note is not None:
            size = SignedCheckpoint.parse(note).size
            query = "SELECT coalesce(max(number), 0) FROM checkpoints WHERE size = ? AND note = ?"
            ((known,),) = self.rows(query, (size, note))
        return [
            data for (data,) in self.rows("SELECT note FROM checkpoints WHERE number > ? ORDER BY number", (known,))
        ]

    def withholdings(self) -> list[tuple[Entry, Entry]]:
        """What was withheld, each with the entry that withholds it, in the order of the latter."""
        query = f"SELECT position, entry FROM entries WHERE {schema.WITHHOLDS} ORDER BY position"
        acts = {act.event.target: act for act in self._entries(query, ()) if isinstance(act.event, EntryWithheld)}
        gone = self.by_event_id(acts)
        return [(gone[target], act) for target, act in acts.items()]

    def matters(self, names: Iterable[str]) -> dict[str, list[Entry]]:
        """The entries of each of these matters, in order; an empty list for a matter that has none."""
        found: dict[str, list[Entry]] = {name: [] for name in names}
        for entry in self._in(
            "SELECT position, entry FROM entries WHERE matter IN ({}) ORDER BY matter, sequence", found
        ):
            found[entry.matter].append(entry)
        return found

    def matters_at(self, positions: range) -> dict[str, list[Entry]]:
        """The matters that have an entry at one of these consecutive positions, each up to there, in their order."""
        query = "SELECT matter FROM entries WHERE position >= ? AND position < ? ORDER BY position"
        stop = min(positions.stop, self._last + 1)
        matters = [matter for (matter,) in self.rows(query, (positions.start, stop))]
        return self.known(stop - 1).matters(matters)

    def under(self, prefix: str) -> list[Entry]:
        """The entries of all matters whose name begins with a prefix that ends in a slash."""
        assert prefix.endswith("/")
        query = "SELECT position, entry FROM entries WHERE matter >= ? AND matter < ? ORDER BY matter, sequence"
        return self._entries(query, (prefix, prefix[:-1] + "0"))  # "0" is the character after "/"

    def at(self, positions: Iterable[int]) -> list[Entry]:
        """The entries at these positions, as far as there are any."""
        return list(self._in("SELECT position, entry FROM entries WHERE position IN ({}) ORDER BY position", positions))

    def recorded_at(self, position: int) -> datetime:
        """When the entry at a position was recorded. Raises ValueError where there is none."""
        (entry,) = self.at([position])
        return entry.recorded_at

    def by_event_id(self, event_ids: Iterable[str]) -> dict[str, Entry]:
        """The entries with these event ids, as far as there are any."""
        wanted = [bytes.fromhex(event_id) for event_id in event_ids]
        found = self._in("SELECT position, entry FROM entries WHERE event_id IN ({})", wanted)
        return {entry.event_id: entry for entry in found}

    def referring_to(self, target: str) -> list[Entry]:
        """The entries that refer to a matter, an event id or another target, in the order of their positions."""
        query = "SELECT position, entry FROM refs JOIN entries USING (position) WHERE target = ? ORDER BY position"
        return self._entries(query, (target,))

    def newest(self, limit: int, before: int | None = None) -> list[Entry]:
        """The last entries, the newest first; those before a position, if one is given."""
        query = "SELECT position, entry FROM entries WHERE position < ? ORDER BY position DESC LIMIT ?"
        return self._entries(query, (min(self._last + 1, 2**62 if before is None else before), limit))

    def _in(self, query: str, wanted: Iterable[Any]) -> Iterator[Entry]:
        wanted = list(wanted)
        for i in range(0, len(wanted), _AT_ONCE):
            part = wanted[i : i + _AT_ONCE]
            yield from self._entries(query.format(",".join("?" * len(part))), part)

    def _entries(self, query: str, params: Sequence[Any]) -> list[Entry]:
        return [_read(position, data) for position, data in self.rows(query, params) if position <= self._last]

    def rows(self, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query finds in the tables."""
        self._cursor.execute(query, params)
        return cast(list[tuple[Any, ...]], self._cursor.fetchall())

    def each(self, query: str) -> Iterator[tuple[Any, ...]]:
        """The same, row by row: for what is too much to hold. Nothing else is to be read before its end."""
        self._cursor.execute(query)
        while (row := self._cursor.fetchone()) is not None:
            yield row


class Writer(Reader):
    """A reader that holds the only pen: what it reads stays true until what it appends is written."""

    def __init__(self, cursor: Cursor, mapper: Mapper[str], recorder: EntryRecorder) -> None:
        super().__init__(cursor)
        self._mapper, self._recorder = mapper, recorder
        self.withheld = False

    def append(self, entries: Sequence[Entry]) -> Head:
        """Write entries at the next positions, with their place in the index and the tree; the head after that."""
        stored = [self._mapper.to_stored_event(cast(DomainEventProtocol[str], entry)) for entry in entries]
        index = [(bytes.fromhex(entry.event_id), list(entry.event.refers_to())) for entry in entries]
        head = self._recorder.insert_in_transaction(self._cursor, stored, index)
        withheld = [entry.event.target for entry in entries if isinstance(entry.event, EntryWithheld)]
        self.withheld |= bool(withheld)
        for gone in self.by_event_id(withheld).values():
            if isinstance(gone.event, Withheld):
                continue
            what_stays = what_remains(gone)
            still = set(Entry.read(gone.position, what_stays).event.refers_to())
            forgotten = [*set(gone.event.refers_to()) - still]
            self._recorder.withhold_in_transaction(self._cursor, gone.position, what_stays, forgotten)
        return head

    def next_sequence(self, matter: str) -> int:
        """The place of the next entry in a matter."""
        ((number,),) = self.rows("SELECT coalesce(max(sequence) + 1, 0) FROM entries WHERE matter = ?", (matter,))
        return int(number)

    def import_rows(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Take rows over from another ledger as they are, in their order; `go_on_from` says up to where."""
        self._cursor.insert(table, rows)

    def go_on_from(self, frontier: Frontier) -> None:
        """Go on after the entries that were taken over."""
        head = (frontier.size, frontier.root(), frontier.to_bytes())
        self._cursor.execute("UPDATE head SET size = ?, root = ?, frontier = ?", head)

    def keep_checkpoint(self, note: SignedCheckpoint) -> None:
        """Keep a signed checkpoint: a new one, or the last with further cosignatures."""
        ((number,),) = self.rows("SELECT coalesce(max(number) + 1, 1) FROM checkpoints")
        self._cursor.insert("checkpoints", [(number, note.size, note.to_bytes())])


def _incomplete(what: str) -> Damaged:
    return Damaged(f"{what} is missing, or not whole", hint="restore a backup")
