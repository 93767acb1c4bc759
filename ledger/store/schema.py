"""The tables of a ledger, declared once for both databases. The database itself enforces append-only tables without
gaps.

`schema_sqlite` and `schema_postgres` turn these declarations into statements, each with a `Dialect` of its own.
"""

from collections.abc import Callable
from typing import NamedTuple

from ledger.errors import NotFound

SCHEMA_VERSION = 2
"""The version of the tables, indexes and triggers. Raise it whenever they change."""
WITHHOLDS = "topic >= 'entry.withheld@' AND topic < 'entry.withheldA'"
"""Whether an entry withholds another. An index is used only where a query has exactly this text."""

TABLES = {
    # Position is the leaf index in the tree, matter and sequence the place in the stream, topic is kind@version, and
    # event_id the SHA-256 of the canonical payload. Only the bytes count; the other columns repeat them, for queries.
    "entries": """
        position {int} PRIMARY KEY CHECK (position >= 0),
        matter {text} NOT NULL,
        sequence {int} NOT NULL CHECK (sequence >= 0),
        topic {text} NOT NULL,
        event_id {blob} NOT NULL UNIQUE CHECK (length(event_id) = 32),
        entry {blob} NOT NULL CHECK (length(entry) <= 65535),
        UNIQUE (matter, sequence)
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
        level {int} NOT NULL,
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

APPEND_ONLY = "the ledger is only ever added to"


def of_another_version(ledger: object, version: object) -> NotFound:
    """The error for a ledger whose tables are not those of this program."""
    return NotFound(
        f"the tables of {ledger} have version {version}, and this program reads version {SCHEMA_VERSION}",
        hint="use the version of force-ledger that made it",
    )


class Trigger(NamedTuple):
    """A trigger: before this operation on a row of a table, if the condition is true, it raises an error with this
    message."""

    act: str
    table: str
    condition: str = "true"
    message: str = APPEND_ONLY


class Dialect(NamedTuple):
    """What differs between the databases: types, and expressions over a column of bytes."""

    types: dict[str, str]
    text: Callable[[str], str]
    hex: Callable[[str], str]
    is_json: Callable[[str], str]

    def tables(self) -> dict[str, str]:
        """The columns and constraints of each table, by its name."""
        return {name: columns.format_map(self.types) for name, columns in TABLES.items()}

    def triggers(self) -> dict[str, Trigger]:
        """The triggers that both databases have, by their names."""
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
            **{f"{table}_are_never_changed": Trigger("UPDATE", table) for table in ("refs", "tiles", "checkpoints")},
            **{f"{table}_are_never_deleted": Trigger("DELETE", table) for table in ("entries", "tiles", "checkpoints")},
            "head_is_never_deleted": Trigger("DELETE", "head"),
            "head_only_advances": Trigger("UPDATE", "head", "NEW.size <= OLD.size"),
            # The one exception: a stub may replace the bytes of an entry that a later entry withholds.
            "entries_are_never_changed": Trigger(
                "UPDATE",
                "entries",
                f"""(
                    NEW.position = OLD.position AND NEW.matter = OLD.matter AND NEW.sequence = OLD.sequence
                    AND NEW.topic = OLD.topic AND NEW.event_id = OLD.event_id
                    AND {self.text("OLD.entry")} LIKE '{{"event":%'
                    AND {self.text("NEW.entry")}
                        LIKE '{{"matter":%"withheld":{{"event_id":"' || {self.hex("OLD.event_id")} || '"%'
                    AND {self.is_json("NEW.entry")}
                    AND EXISTS (
                        SELECT 1 FROM refs JOIN entries AS act USING (position)
                        WHERE refs.target = {self.hex("OLD.event_id")} AND act.topic LIKE 'entry.withheld@%'
                    )
                ) IS NOT TRUE""",
            ),
            "refs_are_never_deleted": Trigger(
                "DELETE",
                "refs",
                f"""NOT EXISTS (
                    SELECT 1 FROM entries
                    WHERE position = OLD.position AND {self.text("entry")} LIKE '{{"matter":%'
                )""",
            ),
        }
