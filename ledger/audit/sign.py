"""Sign checkpoints of a ledger: of what this process recorded itself, or of what an audit found sound.

The log key may be on another machine than those who record, and whoever writes to the database can write past every
rule. What it has signed cannot be taken back. So what others have recorded since the last checkpoint is audited before
it is signed, as by `verify --since`, but with an index of all entries that is made anew; with ``full``, everything.

The last signed checkpoint is also stored outside the ledger, in the file `checkpoint` beside the keys. If a backup has
replaced the ledger, nothing is signed: that would make a second history. The file is written first.
"""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ledger import atomic
from ledger.errors import LedgerError, NotVerified, Problem, as_ledger_error
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.key import Signer
from ledger.progress import Progress, no_progress
from ledger.publish.checkpoints import check, log_signer, signed_here
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.record.record import recorded_since
from ledger.replay import log_keys
from ledger.rules.signed import check_version
from ledger.store.database import Database, Head
from ledger.store.reader import Reader, Writer
from ledger.store.store import Store


def sign(ledger: Store, ring: KeyRing, *, full: bool = False, tell: Progress = no_progress) -> SignedCheckpoint:
    """Sign the head of a ledger with its log key, unless it is signed already; returns the checkpoint with its
    cosignatures.

    Raises NotVerified if what is new fails the audit, or with ``full`` anything; what `check` raises; KeyTrouble if the
    log key in force is not on this machine; Busy if another signer holds the lock for too long.
    """
    ring.make_folder()
    with atomic.locked(ring.folder / "checkpoint.lock"):
        known = signed_here(ring)
        if not full and ring.is_at_hand(LOG_KEY):
            with ledger.writing() as writer:
                new = _New.of(writer, ring, known)
                if new.is_recorded_here:
                    return _store(new.note(new.head), writer, ring, known, ledger.database)
        with ledger.reading() as reader:  # what takes long, or asks for a passphrase: without the write lock
            new = _New.of(reader, ring, known)
        head = new.head
        if full or not new.is_recorded_here:
            head = _audited(ledger.database, None if full else new.since, known, tell)
        with ledger.writing() as writer:
            return _store(new.note(head), writer, ring, known, ledger.database)


def sign_after_write(ledger: Store, ring: KeyRing, *, ask: bool = False, tell: Progress = no_progress) -> str | None:
    """Sign the head after a write, if the log key is here and needs no passphrase, or with ``ask`` in any case. Returns
    the error if signing failed, or the key that has signed here is gone: the entries are durable already, and the next
    write signs them too.
    """
    try:
        ring.check_log_key_is_not_lost()
        if ask or ring.is_at_hand(LOG_KEY):
            sign(ledger, ring, tell=tell)
    except LedgerError as error:
        return str(error)
    except OSError as error:
        return str(as_ledger_error(error))
    return None


class _New(NamedTuple):
    """What is to be signed: who signs, the last checkpoint that can be trusted, and the head."""

    signer: Signer
    since: SignedCheckpoint | None
    head: Head

    @classmethod
    def of(cls, reader: Reader, ring: KeyRing, known: SignedCheckpoint | None) -> "_New":
        """Raises what `sign` raises. Who writes to the database can put a checkpoint there, and a log key that signed
        it, and who gave a backup to restore, also beside the keys: only one that the same log key has signed is
        trusted."""
        check_version(reader)
        signer, since = log_signer(ring, log_keys(reader)[-1]), None
        notes = [note for note in (known, reader.checkpoint()) if note]
        head = check(reader, notes)
        for note in sorted(notes, key=lambda note: note.size):
            with suppress(LogError):
                note.verify([signer.verifier])
                since = note
        return cls(signer, since, head)

    def note(self, head: Head) -> SignedCheckpoint:
        return Checkpoint(self.signer.name, head.size, head.root).sign(self.signer)

    @property
    def is_recorded_here(self) -> bool:
        """Whether this process recorded all that is new, and so validated it."""
        return recorded_since(self.head) <= (self.since.size if self.since else 0)


def _audited(
    database: Database, since: SignedCheckpoint | None, known: SignedCheckpoint | None, tell: Progress
) -> Head:
    """The head that an audit found sound. Raises NotVerified with what is wrong."""
    from ledger.audit.verify import AuditOptions, audit_database  # slow to load, and seldom needed

    def last_signed(_origin: str) -> bytes | None:
        return known.to_bytes() if known else None

    options = AuditOptions(
        since=since.to_bytes() if since else None, index_anew=since is not None, last_signed=last_signed
    )
    report = audit_database(database, options, tell)
    if not report.ok:
        remedy = "nothing was signed; see `force-ledger verify`"
        failed = [check for check in report.checks.values() if check.found]
        raise NotVerified(*(Problem(f"{check.name}: {check.detail}", remedy) for check in failed))
    return Head(report.size, report.root)


def _store(
    note: SignedCheckpoint, writer: Writer, ring: KeyRing, known: SignedCheckpoint | None, database: Database
) -> SignedCheckpoint:
    """Store a checkpoint outside the ledger, then in it; returns it with its cosignatures."""
    if known != note:
        atomic.write(ring.checkpoint, note.to_bytes())
        place = str(database)
        ring.remember_place(place if "://" in place else str(Path(place).absolute()))
    stored = writer.checkpoint()
    if stored and stored.text == note.text:
        return stored
    writer.keep_checkpoint(note)
    return note
