"""Read and write a ledger within one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple, cast

from eventsourcing.persistence import StoredEvent
from pydantic import ValidationError

from events import Entry
from events.amendment import EntryWithheld
from events.recorder import ClockCorrected
from events.rules import RULES
from ledger.errors import Damaged, LaterVersion, Problem
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.tiles import DATA, ENTRIES, Tile, TiledTree, encode_bundle
from ledger.log.tree import EMPTY_ROOT, HASH_SIZE, TILE_WIDTH, Frontier, leaf_hash
from ledger.store import schema
from ledger.store.database import NO_LIMIT, Cursor, Head
from ledger.store.recorder import REPAIR, Beside, EntryRecorder
from projections.clock import Times

_AT_ONCE = 30_000  # parameters in one query: SQLite takes 32,766, PostgreSQL twice as many
_PAGE = 1000  # entries in memory when all are read
_ENTRIES = "SELECT position, entry, salted FROM entries LEFT JOIN data USING (position)"

_read = lru_cache(maxsize=512)(Entry.read)
"""The entry in stored bytes. It is cached, because each append reads the same few: the opening, who may record, a body
and its documents."""


class StoredEntry(NamedTuple):
    """An entry as it is stored: its position, its bytes, and its salted data, if there are any beside them."""

    position: int
    envelope: bytes
    salted: bytes | None

    def read(self) -> Entry:
        """Raises what `Entry.read` raises."""
        return Entry.read(*self)


class Reader:
    """A ledger as one transaction sees it."""

    def __init__(self, cursor: Cursor, last: int = NO_LIMIT) -> None:
        self._cursor = cursor
        self._last = last

    def up_to(self, last: int) -> "Reader":
        """The same transaction without the entries after this position. `head` ignores this limit."""
        return Reader(self._cursor, last)

    def head(self) -> Head:
        for size, root in self.rows("SELECT size, root FROM head"):
            if isinstance(size, int) and isinstance(root, bytes):
                return Head(size, root)
        raise _incomplete("the head of the ledger")

    def origin(self) -> str:
        """The permanent name of the ledger, which its first entry gives. Raises NotFound where there is none."""
        for first in self.entries_at([0]):
            return first.ledger
        raise schema.without_entries()

    def tree(self, size: int | None = None) -> TiledTree:
        """The tree over all entries, or as it was at an earlier size, for making proofs."""
        return TiledTree(self.head().size if size is None else size, self.tile)

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile or bundle. A full tile is stored; any other is computed from the level below. Raises
        Damaged if a part is missing.
        """
        first = tile.number * TILE_WIDTH
        if tile.level == ENTRIES:
            return encode_bundle(self.bytes_at(range(first, first + tile.width)))
        if tile.level == DATA:
            salted = self._salted(first, first + tile.width)
            return encode_bundle(salted.get(position, b"") for position in range(first, first + tile.width))
        if tile.width == TILE_WIDTH:
            query = "SELECT hashes FROM tiles WHERE level = ? AND number = ?"
            hashes = [hashes for (hashes,) in self.rows(query, (tile.level, tile.number))]
        elif tile.level == 0:
            hashes = [leaf_hash(entry) for entry in self.bytes_at(range(first, first + tile.width))]
        else:
            query = "SELECT root FROM tiles WHERE level = ? AND number >= ? AND number < ? ORDER BY number"
            hashes = [root for (root,) in self.rows(query, (tile.level - 1, first, first + tile.width))]
        data = b"".join(hashes)
        if len(data) != tile.width * HASH_SIZE:
            raise _incomplete(tile.path)
        return data

    def entries(self, first: int = 0) -> Iterator[StoredEntry]:
        """The entries from a position on, in order, read a page at a time. The caller checks that none is missing."""
        recorder = EntryRecorder(self._cursor)
        while page := recorder.select_notifications(first + 1, _PAGE):
            salted = self._salted(first, page[-1].id)
            yield from (StoredEntry(entry.id - 1, entry.state, salted.get(entry.id - 1)) for entry in page)
            first = page[-1].id

    def _salted(self, first: int, stop: int) -> dict[int, bytes]:
        """The salted data from a position up to another, as far as there are any."""
        return dict(self.rows("SELECT position, salted FROM data WHERE position >= ? AND position < ?", (first, stop)))

    def bytes_at(self, positions: range) -> list[bytes]:
        """The bytes of the entries at consecutive positions. Raises Damaged where one is missing."""
        query = "SELECT entry FROM entries WHERE position >= ? AND position < ? ORDER BY position"
        found = [data for (data,) in self.rows(query, (positions.start, positions.stop))]
        if len(found) != len(positions):
            raise _incomplete(f"an entry from #{positions.start} to #{positions.stop - 1}")
        return found

    def checkpoint(self) -> SignedCheckpoint | None:
        """The last signed checkpoint, with its cosignatures; None before there is one."""
        return next(self.checkpoints(), None)

    def checkpoints(self) -> Iterator[SignedCheckpoint]:
        """The signed checkpoints, the largest first; of one size, the last that was stored first.

        Raises Damaged for a note that is no checkpoint.
        """
        query = (
            "SELECT size, number, note FROM checkpoints WHERE (size, number) < (?, ?) "
            "ORDER BY size DESC, number DESC LIMIT 1"
        )
        before = (NO_LIMIT, NO_LIMIT)
        while rows := self.rows(query, before):
            ((size, number, note),) = rows
            try:
                yield SignedCheckpoint.parse(note)
            except (LogError, TypeError, AttributeError) as error:  # as a note that is not bytes raises
                raise Damaged(f"a stored note is no checkpoint: {error}", hint="restore a backup") from None
            before = (size, number)

    def notes_after(self, note: bytes | None) -> list[bytes]:
        """The signed checkpoints in the order in which they were stored: those after a note, if it is among them, else
        all."""
        known = 0
        if note is not None:
            query = "SELECT coalesce(max(number), 0) FROM checkpoints WHERE size = ? AND note = ?"
            ((known,),) = self.rows(query, (SignedCheckpoint.parse(note).size, note))
        query = "SELECT note FROM checkpoints WHERE number > ? ORDER BY number"
        return [data for (data,) in self.rows(query, (known,))]

    def withholdings(self) -> list[tuple[Entry, Entry]]:
        """Each withheld entry with the entry that withholds it, in the order of the latter."""
        query = f"{_ENTRIES} WHERE {schema.WITHHOLDS} ORDER BY position"
        acts = {a.amends.target: a for a in self._entries(query) if a.amends and a.kind == EntryWithheld.kind}
        withheld = self.by_event_id(acts)
        return [(withheld[target], act) for target, act in acts.items()]

    def matters(self, names: Iterable[str]) -> dict[str, list[Entry]]:
        """The entries of each of these matters, in order; an empty list for a matter that has none."""
        found: dict[str, list[Entry]] = {name: [] for name in names}
        query = f"{_ENTRIES} WHERE matter IN ({{}}) ORDER BY matter, sequence"
        for entry in self._entries_in(query, found):
            found[entry.matter].append(entry)
        return found

    def matter(self, name: str) -> list[Entry]:
        """The entries of one matter, in order."""
        return self.matters([name])[name]

    def names_at(self, positions: range) -> list[str]:
        """The names of the matters that have an entry at one of these consecutive positions."""
        query = "SELECT matter FROM entries WHERE position >= ? AND position < ? ORDER BY position"
        found = self.rows(query, (positions.start, min(positions.stop, self._last + 1)))
        return [*dict.fromkeys(matter for (matter,) in found)]

    def names_around(self, name: str, most: int) -> list[str]:
        """The names of the matters next to this one in the order of their names, of those that have all but the last
        part in common with it: so many before and after it at most."""
        prefix = name[: name.rindex("/") + 1]
        query = "SELECT matter FROM entries WHERE matter > ? AND matter < ? AND sequence = 0 AND position <= ? ORDER BY"
        before = (prefix, name, self._last, most)
        after = (name, prefix[:-1] + "0", self._last, most)  # "0" is the character after "/"
        found = self.rows(f"{query} matter DESC LIMIT ?", before) + self.rows(f"{query} matter LIMIT ?", after)
        return [matter for (matter,) in found]

    def entries_under(self, prefix: str) -> list[Entry]:
        """The entries of all matters whose name begins with a prefix that ends in a slash."""
        assert prefix.endswith("/")
        query = f"{_ENTRIES} WHERE matter >= ? AND matter < ? ORDER BY matter, sequence"
        return self._entries(query, (prefix, prefix[:-1] + "0"))  # "0" is the character after "/"

    def entries_at(self, positions: Iterable[int]) -> list[Entry]:
        """The entries at these positions, as far as there are any."""
        query = f"{_ENTRIES} WHERE position IN ({{}}) ORDER BY position"
        return list(self._entries_in(query, positions))

    def entry_at(self, position: int) -> Entry:
        """The entry at a position. Raises Damaged where there is none."""
        for entry in self.entries_at([position]):
            return entry
        raise _incomplete(f"the entry #{position}")

    def envelopes_at(self, positions: range) -> list[Entry]:
        """The entries at consecutive positions, as far as there are any, without the data that are stored beside
        them."""
        query = "SELECT position, entry, NULL FROM entries WHERE position >= ? AND position < ? ORDER BY position"
        return self._entries(query, (positions.start, positions.stop))

    def recorded_at(self, position: int) -> datetime:
        """When the entry at a position was recorded. Raises Damaged where there is none."""
        return self.entry_at(position).recorded_at

    def last(self) -> Entry | None:
        """The last entry; None where there is none."""
        return next(iter(self.entries_at([self.head().size - 1])), None)

    def times(self) -> Times:
        """The times of all entries."""
        return Times(
            self.recorded_at,
            lambda: [e.position for e in self.matter("ledger") if e.kind == ClockCorrected.kind],
        )

    def server_time(self) -> datetime | None:
        """The time of the server; None for a file, which has none."""
        return self._cursor.server_time()

    def by_event_id(self, event_ids: Iterable[str]) -> dict[str, Entry]:
        """The entries with these event ids, as far as there are any."""
        wanted = [bytes.fromhex(event_id) for event_id in event_ids]
        found = self._entries_in(f"{_ENTRIES} WHERE event_id IN ({{}})", wanted)
        return {entry.event_id: entry for entry in found}

    def referring_to(self, target: str) -> list[Entry]:
        """The entries that refer to a matter, an event id or another target, in the order of their positions."""
        query = (
            "SELECT position, entry, salted FROM refs JOIN entries USING (position) LEFT JOIN data USING (position) "
            "WHERE target = ? ORDER BY position"
        )
        return self._entries(query, (target,))

    def positions_referring_to(self, target: str) -> list[int]:
        """The positions of these entries."""
        return [position for (position,) in self.rows(schema.REFERRING_TO, (target, self._last))]

    def matters_referring(self, prefix: str) -> dict[str, list[Entry]]:
        """The matters with an entry that refers to a target that begins with a prefix, which ends in a colon."""
        assert prefix.endswith(":")
        query = "SELECT matter FROM refs JOIN entries USING (position) WHERE target >= ? AND target < ?"
        found = self.rows(query, (prefix, prefix[:-1] + ";"))  # ";" is the character after ":"
        return self.matters(dict.fromkeys(matter for (matter,) in found))

    def latest_entries(self, limit: int, before: int | None = None) -> list[Entry]:
        """The last entries, the newest first; those before a position, if one is given."""
        query = f"{_ENTRIES} WHERE position < ? ORDER BY position DESC LIMIT ?"
        return self._entries(query, (min(self._last + 1, NO_LIMIT if before is None else before), limit))

    def _entries_in(self, query: str, wanted: Iterable[Any]) -> Iterator[Entry]:
        remaining = iter(wanted)
        while params := list(islice(remaining, _AT_ONCE)):
            yield from self._entries(query.format(",".join("?" * len(params))), params)

    def _entries(self, query: str, params: Sequence[Any] = ()) -> list[Entry]:
        return [_read_stored(*row) for row in self.rows(query, params) if row[0] <= self._last]

    def rows(self, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self._cursor.execute(query, params)
        return cast(list[tuple[Any, ...]], self._cursor.fetchall())

    def iter_rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Like `rows`, row by row, for more than fits in memory. Read nothing else before its end."""
        self._cursor.execute(query)
        while (row := self._cursor.fetchone()) is not None:
            yield row


class Writer(Reader):
    """A reader that holds the write lock: nothing that it reads can change before it commits.

    Only these append, each after it has checked the entries in this transaction: `ledger.record` (rules and signature),
    `ledger.replicate` (another ledger's checkpoints and root), and `ledger.audit`, to a ledger that it throws away.
    """

    def __init__(self, cursor: Cursor) -> None:
        super().__init__(cursor)
        self.has_withheld = False
        self.left_behind: Problem | None = None
        """Where withheld bytes are left after the commit, and what to do."""

    def append(self, entries: Sequence[Entry]) -> Head:
        """Write entries at the next positions with their data, index them, and extend the tree; the new head. The data
        of the entries that they withhold are deleted."""
        head, recorder = self.head(), EntryRecorder(self._cursor)
        for first in range(0, len(entries), _PAGE):
            some = entries[first : first + _PAGE]
            stored = [StoredEvent(entry.matter, entry.sequence, entry.topic, entry.envelope) for entry in some]
            beside = [Beside(bytes.fromhex(e.event_id), list(e.refers_to()), e.salted) for e in some]
            head = recorder.append(stored, beside)
        targets = [entry.amends.target for entry in entries if entry.amends and entry.kind == EntryWithheld.kind]
        for entry in self.by_event_id(targets).values():
            if not entry.is_withheld:
                self._withhold(entry)
        return head

    def _withhold(self, entry: Entry) -> None:
        """Delete the data of an entry, and the references that only these make. The database refuses both unless the
        decision is recorded."""
        self.has_withheld = True
        self._cursor.execute("DELETE FROM data WHERE position = ?", (entry.position,))
        for target in set(entry.refers_to()) - set(entry.withheld().refers_to()):
            self._cursor.execute("DELETE FROM refs WHERE target = ? AND position = ?", (target, entry.position))

    def rebuild_index(self) -> Head:
        """Make again what is derived from the entries: the index of references, tiles and head. The triggers must be
        out of the way (`Database.without_triggers`)."""
        for table in ("refs", "tiles", "head"):
            self._cursor.execute(f"DELETE FROM {table}")
        self._cursor.insert("head", [(1, *(head := Head(0, EMPTY_ROOT)), b"")])
        recorder, frontier, entries = EntryRecorder(self._cursor), Frontier(), self.entries()
        while page := list(islice(entries, _PAGE)):
            refers_to = [list(stored.read().refers_to()) for stored in page]
            head = recorder.index(frontier, refers_to, [stored.envelope for stored in page])
        return head

    def next_sequence(self, matter: str) -> int:
        ((number,),) = self.rows("SELECT coalesce(max(sequence) + 1, 0) FROM entries WHERE matter = ?", (matter,))
        return int(number)

    def keep_checkpoint(self, note: SignedCheckpoint) -> None:
        """Store a signed checkpoint: a new one, or the last with further cosignatures."""
        ((number,),) = self.rows("SELECT coalesce(max(number) + 1, 1) FROM checkpoints")
        self._cursor.insert("checkpoints", [(number, note.size, note.to_bytes())])


def _read_stored(position: int, envelope: bytes, salted: bytes | None) -> Entry:
    try:
        return _read(position, envelope, salted)
    except (KeyError, ValueError, TypeError, AttributeError) as error:  # as hostile bytes may raise
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        remedy = (
            "see what `force-ledger verify` finds; restore a backup, or use the version of force-ledger that wrote it"
        )
        raise Damaged(f"the entry #{position} cannot be read: {why}", hint=remedy) from error


def of_later_version(entry: Entry) -> LaterVersion:
    """The error for writing to a ledger that has this entry of a later version of this program."""
    what = f"a later version of force-ledger recorded #{entry.position}, by rules of number {entry.rules}"
    return LaterVersion(f"{what}; this one knows them up to {RULES}")


def _incomplete(what: str) -> Damaged:
    return Damaged(f"{what} is missing, or not whole", hint=REPAIR)
