"""The SQLite tables of a ledger. The schema is the manual: what may not happen, the database refuses."""

from ledger.log.tree import EMPTY_ROOT

APPLICATION_ID = 0x464C6564  # "FLed", so that file(1) and we can tell
SCHEMA_VERSION = 1
WITHHOLDS = "topic >= 'entry.withheld@' AND topic < 'entry.withheldA'"
"""Whether an entry withholds another. An index is used only where a query says it in these words."""

STATEMENTS = [
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
    # The entries: position is the leaf index in the tree, matter and sequence the place in the stream. The bytes
    # are the only authority; the other columns repeat what they say, for finding them.
    """
    CREATE TABLE entries (
        position INTEGER PRIMARY KEY CHECK (position >= 0),
        matter   TEXT    NOT NULL,
        sequence INTEGER NOT NULL CHECK (sequence >= 0),
        topic    TEXT    NOT NULL,                                      -- kind@version
        event_id BLOB    UNIQUE CHECK (length(event_id) = 32),          -- SHA-256 of the canonical payload
        entry    BLOB    NOT NULL CHECK (length(entry) <= 65535),
        UNIQUE (matter, sequence)
    ) STRICT
    """,
    # Which entries refer to a target: a matter, an event id, or another thing that can be looked up.
    """
    CREATE TABLE refs (
        target   TEXT    NOT NULL,
        position INTEGER NOT NULL REFERENCES entries,
        PRIMARY KEY (target, position)
    ) STRICT, WITHOUT ROWID
    """,
    # The tree: full tiles of 256 hashes (C2SP tlog-tiles), written once when they are full; and the root over each,
    # which is a hash of the tile above it.
    """
    CREATE TABLE tiles (
        level  INTEGER NOT NULL,
        number INTEGER NOT NULL,
        root   BLOB    NOT NULL CHECK (length(root) = 32),
        hashes BLOB    NOT NULL CHECK (length(hashes) = 8192),
        PRIMARY KEY (level, number)
    ) STRICT, WITHOUT ROWID
    """,
    # The head: one row, how far the ledger has come, and the right edge of its tree.
    """
    CREATE TABLE head (
        only_one    INTEGER PRIMARY KEY CHECK (only_one = 1),
        size        INTEGER NOT NULL,
        root        BLOB    NOT NULL CHECK (length(root) = 32),
        frontier    BLOB    NOT NULL CHECK (length(frontier) % 32 = 0)
    ) STRICT
    """,
    # What the log key signed, as signed notes (C2SP tlog-checkpoint), with the cosignatures that were known then.
    """
    CREATE TABLE checkpoints (
        number INTEGER PRIMARY KEY,
        size   INTEGER NOT NULL CHECK (size > 0),
        note   BLOB    NOT NULL
    ) STRICT
    """,
    "CREATE INDEX checkpoints_by_size ON checkpoints (size)",
    # What was withheld is looked for at every publication; it is little.
    f"CREATE INDEX withholdings ON entries (position) WHERE {WITHHOLDS}",
    """
    CREATE TRIGGER entries_are_gap_free BEFORE INSERT ON entries
    WHEN NEW.position IS NOT (SELECT coalesce(max(position) + 1, 0) FROM entries)
    BEGIN SELECT RAISE(ABORT, 'positions have no gaps'); END
    """,
    """
    CREATE TRIGGER sequences_are_gap_free BEFORE INSERT ON entries
    WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence) + 1, 0) FROM entries WHERE matter = NEW.matter)
    BEGIN SELECT RAISE(ABORT, 'sequences have no gaps'); END
    """,
    *(
        f"""
        CREATE TRIGGER {table}_are_never_{done} BEFORE {act} ON {table}
        BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END
        """
        for table, act, done in (
            *((table, "UPDATE", "changed") for table in ("refs", "tiles", "checkpoints")),
            *((table, "DELETE", "deleted") for table in ("entries", "tiles", "checkpoints")),
        )
    ),
    # The one exception: the bytes of an entry are withheld, once a later entry says so. What stays names the leaf.
    """
    CREATE TRIGGER entries_are_never_changed BEFORE UPDATE ON entries
    WHEN (
        NEW.position = OLD.position AND NEW.matter = OLD.matter AND NEW.sequence = OLD.sequence
        AND NEW.topic = OLD.topic AND NEW.event_id = OLD.event_id
        AND CAST(OLD.entry AS TEXT) LIKE '{"event":%' AND json_valid(CAST(NEW.entry AS TEXT))
        AND CAST(NEW.entry AS TEXT) LIKE '{"matter":%"withheld":{"event_id":"' || lower(hex(OLD.event_id)) || '"%'
        AND EXISTS (
            SELECT 1 FROM refs JOIN entries AS act USING (position)
            WHERE refs.target = lower(hex(OLD.event_id)) AND act.topic LIKE 'entry.withheld@%'
        )
    ) IS NOT TRUE
    BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END
    """,
    """
    CREATE TRIGGER refs_are_never_deleted BEFORE DELETE ON refs
    WHEN NOT EXISTS (SELECT 1 FROM entries WHERE position = OLD.position AND CAST(entry AS TEXT) LIKE '{"matter":%')
    BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END
    """,
    """
    CREATE TRIGGER head_only_advances BEFORE UPDATE ON head WHEN NEW.size <= OLD.size
    BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END
    """,
    # REPLACE deletes without firing the triggers on DELETE: what it would replace is refused on its way in.
    *(
        f"""
        CREATE TRIGGER {table}_are_never_replaced BEFORE INSERT ON {table}
        WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})
        BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END
        """
        for table, same in (
            ("entries", "event_id = NEW.event_id"),
            ("tiles", "level = NEW.level AND number = NEW.number"),
            ("checkpoints", "number = NEW.number"),
            ("head", "true"),
        )
    ),
    """
    CREATE TRIGGER head_is_never_deleted BEFORE DELETE ON head
    BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END
    """,
    f"INSERT INTO head VALUES (1, 0, x'{EMPTY_ROOT.hex()}', x'')",
]
