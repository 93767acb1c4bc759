"""The tables of a ledger, declared once for both databases. The database itself enforces append-only tables without
gaps.

`schema_sqlite` and `schema_postgres` turn these declarations into statements, each with a `Dialect` of its own.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ledger.errors import Damaged, LaterVersion, LedgerError, NotFound

SCHEMA_VERSION = 4
"""The version of the tables, indexes and triggers. Raise it whenever they change."""
WITHHOLDS = "topic >= 'entry.withheld@' AND topic < 'entry.withheldA'"
"""Whether an entry withholds another. An index is used only where a query has exactly this text."""

TABLES = {
    # Position is the leaf index in the tree, matter and sequence the place in the stream, topic is kind@version, and
    # event_id the SHA-256 of the canonical payload. Only the envelope counts; the other columns repeat it, for queries.
    # No row is ever changed or deleted.
    "entries": """
        position {int} PRIMARY KEY CHECK (position >= 0),
        matter {text} NOT NULL,
        sequence {int} NOT NULL CHECK (sequence >= 0),
        topic {text} NOT NULL,
        event_id {blob} NOT NULL UNIQUE CHECK (length(event_id) = 32),
        entry {blob} NOT NULL CHECK (length(entry) <= 65535),
        UNIQUE (matter, sequence)
    """,
    # Salt and data of the entries whose envelopes have a commitment to them. A row is deleted only if a later entry
    # withholds the data, and then it never comes back.
    "data": """
        position {int} PRIMARY KEY REFERENCES entries,
        salted {blob} NOT NULL CHECK (length(salted) BETWEEN 18 AND 65535)
    """,
    # Which entries refer to a target: a matter, an event id, or another thing that is looked up.
    "refs": """
        target {text} NOT NULL,
        position {int} NOT NULL REFERENCES entries,
        PRIMARY KEY (target, position)
    """,
    # Full tiles of 256 hashes (C2SP tlog-tiles), written once when they are full; and the root over each, which is a
    # hash of the tile above it.
    "tiles": """
        level {int} NOT NULL CHECK (level BETWEEN 0 AND 6),
        number {int} NOT NULL,
        root {blob} NOT NULL CHECK (length(root) = 32),
        hashes {blob} NOT NULL CHECK (length(hashes) = 8192),
        PRIMARY KEY (level, number)
    """,
    # One row: the size of the ledger, the root of its tree, and the hashes of the perfect subtrees at its right edge.
    "head": """
        only_one {int} PRIMARY KEY CHECK (only_one = 1),
        size {int} NOT NULL,
        root {blob} NOT NULL CHECK (length(root) = 32),
        frontier {blob} NOT NULL CHECK (length(frontier) % 32 = 0)
    """,
    # What the log key signed, as signed notes (C2SP tlog-checkpoint), with the cosignatures that were known then.
    "checkpoints": """
        number {int} PRIMARY KEY,
        size {int} NOT NULL CHECK (size > 0),
        note {blob} NOT NULL
    """,
}

INDEXES = (
    "CREATE INDEX checkpoints_by_size ON checkpoints (size, number)",
    f"CREATE INDEX withholdings ON entries (position) WHERE {WITHHOLDS}",  # each publication queries these few
)

LAST_IN_TILE = "({0}number + 1) * (1 << CAST(8 * ({0}level + 1) AS integer)) - 1"
"""The position of the last entry below a tile; the columns have the prefix that is filled in."""
REFERRING_TO = "SELECT position FROM refs WHERE target = ? AND position <= ? ORDER BY position"
"""The positions of the entries that refer to a target, up to a position."""
APPEND_ONLY = "the ledger is only ever added to"


def of_another_version(ledger: object, version: int) -> LedgerError:
    """The error for a ledger whose tables are not those of this program."""
    what = f"the tables of {ledger} have version {version}, and this program reads version {SCHEMA_VERSION}"
    if version > SCHEMA_VERSION:
        return LaterVersion(what)
    return NotFound(what, hint="use the version of force-ledger that made it")


def without_entries() -> NotFound:
    """The error for a ledger of which only the tables are there, as an interruption may leave them."""
    remedy = "run again what was to fill it, such as `copy`, `follow` or `restore`; or delete it"
    return NotFound("the ledger is empty: no entry was written to it yet", hint=remedy)


def without_triggers(ledger: object, missing: Iterable[str]) -> Damaged:
    """The error for a ledger that its tables no longer protect."""
    what = f"{ledger} is not protected: the trigger {min(missing)} is missing or was changed"
    return Damaged(what, hint="find out who changed it with `force-ledger verify`; `copy` it to a new place")


class Trigger(NamedTuple):
    """A trigger: before this operation on a row of a table, if the condition is true, it raises an error with this
    message."""

    act: str
    table: str
    condition: str = "true"
    message: str = APPEND_ONLY


class Dialect(NamedTuple):
    """What differs between the databases: types, and the hexadecimal text of a column of bytes."""

    types: dict[str, str]
    hex: Callable[[str], str]

    def tables(self) -> dict[str, str]:
        """The columns and constraints of each table, by its name."""
        return {name: columns.format_map(self.types) for name, columns in TABLES.items()}

    def triggers(self) -> dict[str, Trigger]:
        """The triggers that both databases have, by their names."""
        last_in_tile = LAST_IN_TILE.format("NEW.")
        return {
            "entries_are_gap_free": Trigger(
                "INSERT",
                "entries",
                "NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM entries)",
                "positions have no gaps",
            ),
            "sequences_are_gap_free": Trigger(
                "INSERT",
                "entries",
                "NEW.sequence <> (SELECT coalesce(max(sequence) + 1, 0) FROM entries WHERE matter = NEW.matter)",
                "sequences have no gaps",
            ),
            **{
                f"{table}_are_never_changed": Trigger("UPDATE", table)
                for table in ("entries", "data", "refs", "tiles", "checkpoints")
            },
            **{f"{table}_are_never_deleted": Trigger("DELETE", table) for table in ("entries", "tiles", "checkpoints")},
            "head_is_never_deleted": Trigger("DELETE", "head"),
            "head_only_advances": Trigger(
                "UPDATE",
                "head",
                "NEW.size <= OLD.size OR NEW.size <> (SELECT coalesce(max(position) + 1, 0) FROM entries)",
            ),
            # The one exception: data that a later entry withholds, and the references that only these data made.
            "data_are_deleted_if_withheld": Trigger("DELETE", "data", f"NOT {self._withheld}"),
            "refs_are_deleted_if_withheld": Trigger("DELETE", "refs", f"NOT {self._withheld}"),
            # So data that were deleted never come back, and no old decision can be made to name another entry.
            **{
                f"{table}_come_with_their_entries": Trigger("INSERT", table, "NEW.position < (SELECT size FROM head)")
                for table in ("data", "refs")
            },
            # A row that is written ahead would be in the way later.
            "tiles_come_with_their_entries": Trigger(
                "INSERT",
                "tiles",
                f"{last_in_tile} NOT BETWEEN (SELECT size FROM head) AND (SELECT max(position) FROM entries)",
                "a tile is written when it is full",
            ),
            "checkpoints_are_gap_free": Trigger(
                "INSERT",
                "checkpoints",
                "NEW.number <> (SELECT coalesce(max(number) + 1, 1) FROM checkpoints)",
                "the numbers of checkpoints have no gaps",
            ),
            "checkpoints_are_of_entries": Trigger(
                "INSERT", "checkpoints", "NEW.size > (SELECT size FROM head)", "a checkpoint is of entries on record"
            ),
        }

    @property
    def _withheld(self) -> str:
        """Whether an entry withholds the one at the position of the row."""
        return f"""EXISTS (
                    SELECT 1 FROM entries AS target
                    JOIN refs ON refs.target = {self.hex("target.event_id")}
                    JOIN entries AS act ON act.position = refs.position
                    WHERE target.position = OLD.position AND act.topic LIKE 'entry.withheld@%'
                )"""
