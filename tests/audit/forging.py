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
from typing import Any, NamedTuple

import orjson
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteCursor

from events import Entry, Event, canonical
from events.dates import instant
from events.entry import SALT_SIZE, commitment, is_in_full
from ledger.audit.report import Report
from ledger.audit.tables import LedgerFile
from ledger.audit.verify import AuditOptions, audit
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.encoding import to_base64
from ledger.log.key import Signer
from ledger.log.tree import leaf_hash, root_of
from ledger.rules import RULES
from ledger.statements import Statement
from ledger.store.recorder import Beside
from ledger.store.store import Store
from tests.conftest import NOW, ORIGIN
from tests.support.recorder import insert

SALT = bytes(range(16))


class Stored(NamedTuple):
    """The bytes of an entry, and its salted data."""

    envelope: bytes
    salted: bytes | None = None

    def read(self, position: int) -> Entry:
        """The entry at a position."""
        return Entry.read(position, *self)


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


def entries_of(path: Path) -> list[Stored]:
    """Its entries, in order."""
    query = "SELECT entry, salted FROM entries LEFT JOIN data USING (position) ORDER BY position"
    with closing(sqlite3.connect(path)) as connection:
        return [Stored(*row) for row in connection.execute(query)]


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


def put(path: Path, entries: Iterable[Stored], notes: Iterable[bytes] = ()) -> Report:
    """Write a ledger of these very bytes in the place of what is there, all else made to match as well as the tables
    allow; what an audit says of it."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    events, beside = _stored(entries)
    with Store.create(path) as ledger, ledger.writing() as writer:
        cursor = writer._cursor
        assert isinstance(cursor, SQLiteCursor)
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        with _no_triggers(cursor.sqlite_cursor.connection):
            insert(cursor, events, beside)
            for note in notes:
                writer.keep_checkpoint(SignedCheckpoint.parse(note))
    return verified(path)


def _stored(entries: Iterable[Stored]) -> tuple[list[StoredEvent], list[Beside]]:
    """Entries with what the tables repeat of them; where these have no place for it, something that they have."""
    events: list[StoredEvent] = []
    beside: list[Beside] = []
    ids: set[bytes] = set()
    places: set[tuple[str, int]] = set()
    for position, stored in enumerate(entries):
        try:
            entry = stored.read(position)
            place, topic = (entry.matter, entry.sequence), entry.topic
            id, targets = bytes.fromhex(entry.event_id), list(entry.refers_to())
        except (KeyError, ValueError, TypeError, AttributeError):
            place, topic, id, targets = ("unreadable", position), "unreadable@1", b"", []
        if place in places:
            place = (place[0], position + 1_000_000)
        events.append(StoredEvent(*place, topic, stored.envelope))
        unique = sha256(b"%d" % position).digest() if id in ids or not id else id
        beside.append(Beside(unique, targets, stored.salted))
        places.add(place)
        ids.add(id)
    return events, beside


def root_over(entries: Iterable[Stored]) -> bytes:
    """The root of the tree over these entries."""
    return root_of(leaf_hash(stored.envelope) for stored in entries)


def signed(*said: Said, by: Signer, ledger: str = ORIGIN, salt: bytes = SALT, **how: Any) -> list[Stored]:
    """The bytes of a submission, as docs/format.md has them, signed as if it were appended to the entries ``onto``:
    see `signed_payloads`."""
    payloads, data = zip(*(payload_of(one, ledger, salt) for one in said), strict=True)
    return signed_payloads(payloads, data, by=by, ledger=ledger, **how)


def signed_payloads(
    payloads: Sequence[dict[str, Any]],
    data: Sequence[bytes | None],
    *,
    by: Signer,
    onto: Sequence[Stored] = (),
    at: datetime = NOW,
    ledger: str = ORIGIN,
    approved_by: Signer | None = None,
    rules: int = RULES,
    **claims: Any,
) -> list[Stored]:
    """The bytes of a submission, of what the event ids are the hashes of and of the salted data. What is claimed
    replaces what is true in the submission of its first entry, after it was signed."""
    places = [orjson.loads(stored.envelope)["event"]["matter"] for stored in onto]
    ids = [sha256(canonical.encode(payload)).digest() for payload in payloads]
    draft = {"ledger": ledger, "root": to_base64(root_of(map(leaf_hash, ids))), "size": len(ids)}
    seen = {"size": len(onto), "root": to_base64(root_over(onto))}
    place = {"first": len(onto), "size": len(ids), "rules": rules}
    first: dict[str, Any] = {**place, "root": draft["root"], "seen": seen}
    statement = {**draft, "seen": seen, "rules": rules, "recorded_at": instant(at)}
    first["signature"] = Statement("submission", statement).signed_by(by)
    if approved_by:
        signature = Statement("approval", draft).signed_by(approved_by)
        first["cosigned"] = {"by": approved_by.verifier.id, "signature": signature}
    written: list[Stored] = []
    for payload, salted in zip(payloads, data, strict=True):
        envelope = {
            "event": payload,
            "sequence": places.count(payload["matter"]),
            "recorded_at": instant(at),
            "recorded_by": by.verifier.id,
            "submission": place if written else {**first, **claims},
        }
        written.append(Stored(canonical.encode(envelope), salted))
        places.append(payload["matter"])
    return written


def payload_of(said: Said, ledger: str, salt: bytes) -> tuple[dict[str, Any], bytes | None]:
    """What the event id is the hash of, and the salted data."""
    if isinstance(said, Event):
        amends = said.amends()
        said = {"kind": said.kind, "version": said.version, "data": said.data(), "matter": said.matter}
        said |= {"amends": amends.to_json()} if amends else {}
    payload = {"ledger": ledger, **said}
    if is_in_full(payload["kind"]):
        return payload, None
    salted = salt + canonical.encode(payload.pop("data"))
    return payload | {"commitment": commitment(salted)}, salted


def submissions_of(entries: Sequence[Stored]) -> list[list[Stored]]:
    """The entries by the submissions that they belong to."""
    firsts = [n for n, stored in enumerate(entries) if b'"signature":' in stored.envelope]
    return [list(entries[a:b]) for a, b in pairwise([*firsts, len(entries)])]


def resigned(
    entries: Sequence[Stored], keys: Iterable[Signer], change: Callable[[dict[str, Any]], dict[str, Any]]
) -> list[Stored]:
    """A history in which everything that is said was changed, signed anew by its own recorders: those have turned."""
    by_id = {key.verifier.id: key for key in keys}
    anew: list[Stored] = []
    for submission in submissions_of(entries):
        raw = [orjson.loads(stored.envelope) for stored in submission]
        said = [change(_said(stored)) for stored in submission]
        approval = raw[0]["submission"].get("cosigned")
        anew += signed(
            *said,
            by=by_id[raw[0]["recorded_by"]],
            onto=anew,
            at=datetime.fromisoformat(raw[0]["recorded_at"]),
            approved_by=by_id[approval["by"]] if approval else None,
        )
    return anew


def _said(stored: Stored) -> dict[str, Any]:
    said: dict[str, Any] = orjson.loads(stored.envelope)["event"]
    said.pop("commitment", None)
    return said | ({"data": orjson.loads(stored.salted[SALT_SIZE:])} if stored.salted else {})


def with_entry(entries: list[Stored], position: int, stored: Stored) -> list[Stored]:
    """Another entry in the place of one."""
    return [*entries[:position], stored, *entries[position + 1 :]]


def rewritten(stored: Stored, **fields: Any) -> Stored:
    """An entry with other fields in its bytes; ``a__b`` is the field b in a."""
    return Stored(_with_fields(stored.envelope, fields), stored.salted)


def with_data(stored: Stored, **fields: Any) -> Stored:
    """An entry with other data, to which its bytes do not commit."""
    assert stored.salted
    return Stored(stored.envelope, stored.salted[:SALT_SIZE] + _with_fields(stored.salted[SALT_SIZE:], fields))


def _with_fields(data: bytes, fields: dict[str, Any]) -> bytes:
    value = orjson.loads(data)
    for name, new in fields.items():
        *path, last = name.split("__")
        within = value
        for step in path:
            within = within[step]
        within[last] = new
    return canonical.encode(value)


def checkpoint(entries: Sequence[Stored], log_key: Signer, origin: str = ORIGIN) -> bytes:
    """What the log key says of these entries, as a signed note."""
    return Checkpoint(origin, len(entries), root_over(entries)).sign(log_key).to_bytes()
