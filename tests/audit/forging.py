"""What somebody can do who has the file of a ledger, and perhaps keys: for tests of what `verify` finds.

tampering(path)     the database, its triggers out of the way
signed(…)           the bytes of a submission that says whatever it is told, properly signed: past every rule
put(path, entries)  a ledger of these very bytes, with columns, index, tiles and head to match: past every table
resigned(…)         a whole history, changed and signed anew by its own recorders
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteCursor

from events import Entry, Event, canonical
from events.dates import instant
from events.event import event_id
from ledger.audit.report import Report
from ledger.audit.tables import LedgerFile
from ledger.audit.verify import AuditOptions, audit
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.encoding import to_base64
from ledger.log.key import Signer
from ledger.log.tree import leaf_hash, root_of
from ledger.rules import RULES
from ledger.statements import Statement
from ledger.store.leaf import leaf_of
from ledger.store.recorder import Index
from ledger.store.store import Store
from tests.conftest import NOW, ORIGIN
from tests.support.recorder import insert

Said = Event | dict[str, Any]
"""An event; or what nobody could say: its `kind`, `version` and `data`, and the `matter` that it is put in."""


@contextmanager
def in_memory() -> Iterator[None]:
    """An audit builds the ledger anew and throws it away: thousands of them need not wait for a disk."""
    memory, before = Path("/dev/shm"), tempfile.tempdir
    tempfile.tempdir = str(memory) if memory.is_dir() else before
    try:
        yield
    finally:
        tempfile.tempdir = before


def verified(path: Path, **asked: Any) -> Report:
    """What an audit of the file says."""
    with LedgerFile(path) as source:
        return audit(source, AuditOptions(**asked))


def found(report: Report) -> dict[str, list[int]]:
    """The checks that found something, and where."""
    return {check.name: check.positions for check in report.checks.values() if check.found}


def bytes_of(path: Path) -> list[bytes]:
    """The bytes of its entries, in order."""
    with closing(sqlite3.connect(path)) as connection:
        return [data for (data,) in connection.execute("SELECT entry FROM entries ORDER BY position")]


def notes_of(path: Path) -> list[bytes]:
    """Its stored checkpoints, in order."""
    with closing(sqlite3.connect(path)) as connection:
        return [note for (note,) in connection.execute("SELECT note FROM checkpoints ORDER BY number")]


@contextmanager
def tampering(path: Path) -> Iterator[sqlite3.Connection]:
    """The database of a ledger without its triggers, which are put back afterwards: nothing shows from outside."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        with _no_triggers(connection):
            yield connection


def tampered(path: Path, *statements: str) -> Report:
    """What an audit says after these statements."""
    with tampering(path) as connection:
        for statement in statements:
            connection.execute(statement)
    return verified(path)


@contextmanager
def _no_triggers(connection: sqlite3.Connection) -> Iterator[None]:
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in triggers:
        connection.execute(sql)


def put(path: Path, entries: Iterable[bytes], notes: Iterable[bytes] = ()) -> Report:
    """Write a ledger of these bytes in the place of what is there, all else made to match as well as the tables allow;
    what an audit says of it."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    events, index = _stored(entries)
    with Store.create(path) as ledger, ledger.writing() as writer:
        cursor = writer._cursor
        assert isinstance(cursor, SQLiteCursor)
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        with _no_triggers(cursor.sqlite_cursor.connection):
            insert(cursor, events, index)
        for note in notes:
            writer.keep_checkpoint(SignedCheckpoint.parse(note))
    return verified(path)


def _stored(entries: Iterable[bytes]) -> tuple[list[StoredEvent], list[Index]]:
    """Entries with what the tables repeat of them; where these have no place for it, something that they have."""
    events: list[StoredEvent] = []
    index: list[Index] = []
    ids: set[bytes] = set()
    places: set[tuple[str, int]] = set()
    for position, data in enumerate(entries):
        try:
            entry = Entry.read(position, data)
            place, topic = (entry.matter, entry.sequence), entry.topic
            id, targets = bytes.fromhex(entry.event_id), list(entry.event.refers_to())
        except (KeyError, ValueError, TypeError, AttributeError):
            place, topic, id, targets = ("unreadable", position), "unreadable@1", b"", []
        if place in places:
            place = (place[0], position + 1_000_000)
        events.append(StoredEvent(*place, topic, data))
        index.append((sha256(b"%d" % position).digest() if id in ids or not id else id, targets))
        places.add(place)
        ids.add(id)
    return events, index


def signed(
    *said: Said,
    by: Signer,
    onto: Sequence[bytes] = (),
    at: datetime = NOW,
    ledger: str = ORIGIN,
    approved_by: Signer | None = None,
    **claims: Any,
) -> list[bytes]:
    """The bytes of a submission, as docs/format.md has them, signed as if it were appended to those entries. What is
    claimed replaces what is true in the submission of its first entry, after it was signed."""
    places = [orjson.loads(data)["matter"] for data in onto]
    events, matters = zip(*(_payload(one, ledger) for one in said), strict=True)
    ids = [bytes.fromhex(event_id(canonical.encode(event))) for event in events]
    draft = {"ledger": ledger, "root": to_base64(root_of(map(leaf_hash, ids))), "size": len(said)}
    seen = {"size": len(onto), "root": to_base64(root_of(map(leaf_of, onto)))}
    place = {"first": len(onto), "size": len(said)}
    first = {**place, "root": draft["root"], "seen": seen, "rules": RULES}
    first["signature"] = Statement("submission", {**draft, "seen": seen}).signed_by(by)
    if approved_by:
        signature = Statement("approval", draft).signed_by(approved_by)
        first["cosigned"] = {"by": approved_by.verifier.id, "signature": signature}
    written: list[dict[str, Any]] = []
    for event, matter in zip(events, matters, strict=True):
        written.append(
            {
                "event": event,
                "matter": matter,
                "sequence": places.count(matter),
                "recorded_at": instant(at),
                "recorded_by": by.verifier.id,
                "submission": place if written else {**first, **claims},
            }
        )
        places.append(matter)
    return [canonical.encode(entry) for entry in written]


def _payload(said: Said, ledger: str) -> tuple[dict[str, Any], str]:
    if isinstance(said, Event):
        return orjson.loads(said.payload(ledger)), said.matter
    return {"ledger": ledger, **{name: said[name] for name in ("kind", "version", "data")}}, said["matter"]


def submissions_of(entries: Sequence[bytes]) -> list[list[bytes]]:
    """The entries by the submissions that they belong to."""
    firsts = [n for n, data in enumerate(entries) if b'"signature":' in data]
    return [list(entries[a:b]) for a, b in pairwise([*firsts, len(entries)])]


def resigned(
    entries: Sequence[bytes], keys: Iterable[Signer], change: Callable[[dict[str, Any]], dict[str, Any]]
) -> list[bytes]:
    """A history in which everything that is said was changed, signed anew by its own recorders: those have turned."""
    by_id = {key.verifier.id: key for key in keys}
    anew: list[bytes] = []
    for submission in submissions_of(entries):
        raw = [orjson.loads(data) for data in submission]
        said = [change({**one["event"], "matter": one["matter"]}) for one in raw]
        approval = raw[0]["submission"].get("cosigned")
        anew += signed(
            *said,
            by=by_id[raw[0]["recorded_by"]],
            onto=anew,
            at=datetime.fromisoformat(raw[0]["recorded_at"]),
            approved_by=by_id[approval["by"]] if approval else None,
        )
    return anew


def with_entry(entries: list[bytes], position: int, data: bytes) -> list[bytes]:
    """Another entry in the place of one."""
    return [*entries[:position], data, *entries[position + 1 :]]


def rewritten(data: bytes, **fields: Any) -> bytes:
    """The bytes of an entry with other fields; ``a__b`` is the field b in a."""
    entry = orjson.loads(data)
    for name, value in fields.items():
        *path, last = name.split("__")
        within = entry
        for step in path:
            within = within[step]
        within[last] = value
    return canonical.encode(entry)


def checkpoint(entries: Sequence[bytes], log_key: Signer, origin: str = ORIGIN) -> bytes:
    """What the log key says of these entries, as a signed note."""
    return Checkpoint(origin, len(entries), root_of(map(leaf_of, entries))).sign(log_key).to_bytes()
