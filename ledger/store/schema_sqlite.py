"""The statements that make the tables of a ledger in an SQLite file."""

from ledger.log.tree import EMPTY_ROOT
from ledger.store.schema import INDEXES, Dialect, Trigger

APPLICATION_ID = 0x464C6564  # "FLed": file(1) and this program recognise it

_DIALECT = Dialect(
    types={"int": "INTEGER", "text": "TEXT", "blob": "BLOB"},
    hex=lambda column: f"lower(hex({column}))",
)
_OPTIONS = {"refs": "STRICT, WITHOUT ROWID", "tiles": "STRICT, WITHOUT ROWID"}

# REPLACE deletes without firing the triggers on DELETE, so a trigger on INSERT refuses rows that exist.
_NEVER_REPLACED = {
    f"{table}_are_never_replaced": Trigger("INSERT", table, f"EXISTS (SELECT 1 FROM {table} WHERE {same})")
    for table, same in (
        ("entries", "event_id = NEW.event_id"),
        ("data", "position = NEW.position"),
        ("tiles", "level = NEW.level AND number = NEW.number"),
        ("checkpoints", "number = NEW.number"),
        ("head", "true"),
    )
}

TRIGGERS = {
    name: f"CREATE TRIGGER {name} BEFORE {trigger.act} ON {trigger.table} WHEN {trigger.condition}"
    f" BEGIN SELECT RAISE(ABORT, '{trigger.message}'); END"
    for name, trigger in (_DIALECT.triggers() | _NEVER_REPLACED).items()
}
"""The statement that makes each trigger, as `sqlite_master` has it."""

STATEMENTS = [
    *(f"CREATE TABLE {name} ({columns}) {_OPTIONS.get(name, 'STRICT')}" for name, columns in _DIALECT.tables().items()),
    *INDEXES,
    *TRIGGERS.values(),
    f"INSERT INTO head VALUES (1, 0, x'{EMPTY_ROOT.hex()}', x'')",
]
