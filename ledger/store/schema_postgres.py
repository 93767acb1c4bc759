"""The statements that make the tables of a ledger in a PostgreSQL database.

Privileges prevent TRUNCATE and changes of the tables (docs/operations.md); triggers prevent TRUNCATE by the owner too.
Names sort by their bytes (`COLLATE "C"`), as in an SQLite file.
"""

from ledger.log.tree import EMPTY_ROOT
from ledger.store.schema import APPEND_ONLY, INDEXES, SCHEMA_VERSION, Dialect, Trigger

MARK = "force-ledger, schema version "
"""The comment on the table `head`, before the version. It identifies our tables."""

_DIALECT = Dialect(
    types={"int": "bigint", "text": 'text COLLATE "C"', "blob": "bytea"},
    hex=lambda column: f"encode({column}, 'hex')",
)


def _statement(trigger: Trigger) -> tuple[str, str]:
    row = "OLD" if trigger.act == "DELETE" else "NEW"
    return (
        f"BEFORE {trigger.act} ON {trigger.table} FOR EACH ROW",
        f"IF {trigger.condition} THEN {_refuse(trigger.message)} END IF; RETURN {row};",
    )


def _refuse(message: str) -> str:
    return f"RAISE integrity_constraint_violation USING MESSAGE = '{message}';"


TABLES = _DIALECT.tables()
"""The columns and constraints of each table, one to a line: the audit reads the columns here."""

TRIGGERS = {
    **{name: _statement(trigger) for name, trigger in _DIALECT.triggers().items()},
    **{
        f"{table}_are_never_emptied": (f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT", _refuse(APPEND_ONLY))
        for table in TABLES
    },
    # An entry that the head does not count would be in the way of the next one.
    "head_counts_every_entry": (
        "AFTER INSERT ON entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
        "IF NEW.position >= (SELECT size FROM head) THEN "
        f"{_refuse('the head counts every entry')} END IF; RETURN NULL;",
    ),
}
"""By the name of the trigger: when it fires, and what it then does."""

STATEMENTS = [
    # A trigger uses the tables of the ledger's own schema, despite the session's search path and temporary tables.
    "SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)",
    *(f"CREATE TABLE {name} ({columns})" for name, columns in TABLES.items()),
    *INDEXES,
    *(
        statement
        for name, (when, does) in TRIGGERS.items()
        for statement in (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT"
            f" AS $does$ BEGIN {does} END $does$",
            f"CREATE{' CONSTRAINT' * ('DEFERRABLE' in when)} TRIGGER {name} {when} EXECUTE FUNCTION {name}()",
        )
    ),
    f"INSERT INTO head VALUES (1, 0, '\\x{EMPTY_ROOT.hex()}', '')",
    f"COMMENT ON TABLE head IS '{MARK}{SCHEMA_VERSION}'",
]
