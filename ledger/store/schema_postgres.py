"""The PostgreSQL tables of a ledger: the same tables and columns as in an SQLite file, with the same checks.

There is no REPLACE here, and what bars TRUNCATE and changes of the tables is privilege (docs/operations.md); the
triggers bar TRUNCATE for the owner too. Names sort by their bytes (`COLLATE "C"`), as in a file.
"""

from ledger.log.tree import EMPTY_ROOT
from ledger.store.schema import WITHHOLDS

MARK = "force-ledger, schema version 1"
"""The comment on the table `head`, by which we know a ledger of ours."""

# One column to a line, its name and type first: the audit reads them here.
TABLES = {
    "entries": """
        position bigint PRIMARY KEY CHECK (position >= 0),
        matter text COLLATE "C" NOT NULL,
        sequence bigint NOT NULL CHECK (sequence >= 0),
        topic text COLLATE "C" NOT NULL,
        event_id bytea UNIQUE CHECK (length(event_id) = 32),
        entry bytea NOT NULL CHECK (length(entry) <= 65535),
        UNIQUE (matter, sequence)
    """,
    "refs": """
        target text COLLATE "C" NOT NULL,
        position bigint NOT NULL REFERENCES entries,
        PRIMARY KEY (target, position)
    """,
    "tiles": """
        level bigint NOT NULL,
        number bigint NOT NULL,
        root bytea NOT NULL CHECK (length(root) = 32),
        hashes bytea NOT NULL CHECK (length(hashes) = 8192),
        PRIMARY KEY (level, number)
    """,
    "head": """
        only_one bigint PRIMARY KEY CHECK (only_one = 1),
        size bigint NOT NULL,
        root bytea NOT NULL CHECK (length(root) = 32),
        frontier bytea NOT NULL CHECK (length(frontier) % 32 = 0)
    """,
    "checkpoints": """
        number bigint PRIMARY KEY,
        size bigint NOT NULL CHECK (size > 0),
        note bytea NOT NULL
    """,
}

_REFUSE = "RAISE integrity_constraint_violation USING MESSAGE = 'the ledger is only ever added to'"

# By the name of the trigger: when it fires, and what it then does.
TRIGGERS = {
    "entries_are_gap_free": (
        "BEFORE INSERT ON entries FOR EACH ROW",
        """
        IF NEW.position IS DISTINCT FROM (SELECT coalesce(max(position) + 1, 0) FROM entries) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'positions have no gaps';
        END IF;
        RETURN NEW;
        """,
    ),
    "sequences_are_gap_free": (
        "BEFORE INSERT ON entries FOR EACH ROW",
        """
        IF NEW.sequence IS DISTINCT FROM
            (SELECT coalesce(max(sequence) + 1, 0) FROM entries WHERE matter = NEW.matter)
        THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'sequences have no gaps';
        END IF;
        RETURN NEW;
        """,
    ),
    **{
        f"{table}_are_never_{done}": (f"BEFORE {act} ON {table} FOR EACH {each}", f"{_REFUSE};")
        for table, act, done, each in (
            *((table, "UPDATE", "changed", "ROW") for table in ("refs", "tiles", "checkpoints")),
            *((table, "DELETE", "deleted", "ROW") for table in ("entries", "tiles", "checkpoints", "head")),
            *((table, "TRUNCATE", "emptied", "STATEMENT") for table in TABLES),
        )
    },
    # The one exception: the bytes of an entry are withheld, once a later entry says so. What stays names the leaf.
    "entries_are_never_changed": (
        "BEFORE UPDATE ON entries FOR EACH ROW",
        f"""
        IF (
            NEW.position = OLD.position AND NEW.matter = OLD.matter AND NEW.sequence = OLD.sequence
            AND NEW.topic = OLD.topic AND NEW.event_id = OLD.event_id
            AND convert_from(OLD.entry, 'UTF8') LIKE '{{"event":%'
            AND convert_from(NEW.entry, 'UTF8')
                LIKE '{{"matter":%"withheld":{{"event_id":"' || encode(OLD.event_id, 'hex') || '"%'
            AND convert_from(NEW.entry, 'UTF8')::json IS NOT NULL
            AND EXISTS (
                SELECT 1 FROM refs JOIN entries AS act USING (position)
                WHERE refs.target = encode(OLD.event_id, 'hex') AND act.topic LIKE 'entry.withheld@%'
            )
        ) IS NOT TRUE THEN
            {_REFUSE};
        END IF;
        RETURN NEW;
        """,
    ),
    "refs_are_never_deleted": (
        "BEFORE DELETE ON refs FOR EACH ROW",
        f"""
        IF NOT EXISTS (
            SELECT 1 FROM entries
            WHERE position = OLD.position AND convert_from(entry, 'UTF8') LIKE '{{"matter":%'
        ) THEN
            {_REFUSE};
        END IF;
        RETURN OLD;
        """,
    ),
    "head_only_advances": (
        "BEFORE UPDATE ON head FOR EACH ROW",
        f"""
        IF NEW.size <= OLD.size THEN
            {_REFUSE};
        END IF;
        RETURN NEW;
        """,
    ),
}

INDEXES = [
    "CREATE INDEX checkpoints_by_size ON checkpoints (size, number)",
    f"CREATE INDEX withholdings ON entries (position) WHERE {WITHHOLDS}",
]

# A trigger sees the tables of the ledger's own schema, whatever the search path, or the temporary tables, of whoever
# fires it.
STATEMENTS = [
    "SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)",
    *(f"CREATE TABLE {name} ({columns})" for name, columns in TABLES.items()),
    *INDEXES,
    *(
        statement
        for name, (when, does) in TRIGGERS.items()
        for statement in (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT"
            f" AS $does$ BEGIN {does} END $does$",
            f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()",
        )
    ),
    f"INSERT INTO head VALUES (1, 0, '\\x{EMPTY_ROOT.hex()}', '')",
    f"COMMENT ON TABLE head IS '{MARK}'",
]
