"""Backups: a folder with everything of a ledger that cannot be rebuilt, except private keys.

<folder>/ledger.db         the entries, checkpoints and cosignatures, as an SQLite file
        /ledger.evidence   the documents that this machine has for the ledger
        /checkpoint        the last signed checkpoint that this machine knows
        /backup.json       the contents of the folder; it is written last, and without it there is no backup

The ledger is copied from one snapshot (see ledger.replicate.copy); others may write meanwhile. Until a later backup to
the same folder is complete, the earlier backup.json is valid. After a restore newer checkpoints may exist. Signing is
disabled until `reconcile` is given the latest.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Literal

from pydantic import StringConstraints, TypeAdapter, ValidationError

from events.dates import instant
from ledger import atomic, files
from ledger.errors import Busy, DiskFull, LedgerError, NotFound, NotVerified, Refused, RolledBack, Unusable
from ledger.evidence.folder import Evidence
from ledger.log import LogError
from ledger.log.checkpoint import BeyondTree, Checkpoint, OtherRoot, SignedCheckpoint
from ledger.log.encoding import to_base64
from ledger.publish import checkpoints
from ledger.record.clock import Clock, utc_now
from ledger.record.keys import KeyRing
from ledger.replay import log_keys
from ledger.replicate.copy import copy, open_or_create
from ledger.rules.signed import check_signed
from ledger.store.database import Database, Head
from ledger.store.reader import Reader
from ledger.store.sqlite import SQLiteFile
from ledger.store.store import Store

_ANOTHER = "take another backup, to another folder"
_size = attrgetter("size")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The contents of a backup, as backup.json has them."""

    schema: Literal["force-ledger/backup/v1"] = "force-ledger/backup/v1"
    ledger: str
    size: int
    root: str
    made_at: str
    evidence: list[Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]]
    """The SHA-256 of each document."""
    keys: dict[str, str]
    """The verifier keys on the machine, by the names of their files: a restored ledger needs these files."""


@dataclass(frozen=True)
class RestoreResult:
    size: int
    manifest: Manifest
    missing_documents: list[str]
    """The SHA-256 of each document that is missing from the backup, or has changed in it."""
    missing_keys: list[str]
    """The names of the key files that are not on this machine."""


def backup(ledger: Store, ring: KeyRing, folder: Path, *, clock: Clock = utc_now) -> Manifest:
    """Bring the backup in a folder up to date, and verify all of it.

    Raises RolledBack if the ledger lacks what was signed here, Refused if the folder has other files, NotVerified if
    the ledger, a document or the backup itself fails a check.
    """
    place = _place(folder, ledger.database)
    folder.mkdir(parents=True, exist_ok=True)
    if not place.exists() and any(not path.name.startswith(".") for path in folder.iterdir()):
        raise Refused(f"{folder} holds other files", hint="name an empty folder, or one with a backup")
    with atomic.locked(folder / ".lock"):
        for leftover in (*folder.glob(".ledger.db.*.new*"), *folder.glob("ledger.evidence/.*.new")):
            leftover.unlink()
        signed = checkpoints.signed_here(ring)  # read before the snapshot, which then has all its entries
        with ledger.reading() as reader, open_or_create(place) as copied:
            notes = [note for note in (signed, reader.checkpoint()) if note]
            origin, head = reader.origin(), _check(reader, notes)
            copy(reader, copied, any_version=True)
        documents = Evidence(place.evidence_folder)
        documents.add_all(Evidence(ledger.database.evidence_folder))
        with _errors_of_backup(folder), Store(place) as copied, copied.reading() as reader:
            _check(reader, notes, full=True)
        if notes:
            atomic.write(folder / "checkpoint", max(notes, key=_size).to_bytes())
        manifest = Manifest(
            ledger=origin,
            size=head.size,
            root=to_base64(head.root),
            made_at=instant(clock()),
            evidence=list(documents),
            keys={file: str(verifier) for file, verifier in ring.verifiers().items()},
        )
        atomic.write(folder / "backup.json", f"{json.dumps(asdict(manifest), indent=2)}\n".encode())
        atomic.sync(folder.absolute().parent)
    return manifest


def restore(folder: Path, database: Database, ring_of: Callable[[str], KeyRing]) -> RestoreResult:
    """Restore a backup to an empty place, or continue an interrupted restore.

    Before the first entry is written, signing is disabled, unless this machine knows a last checkpoint that is no
    smaller than the backup's. Raises NotFound where there is no complete backup, NotVerified where it fails a check,
    Refused where another ledger is in the place.
    """
    manifest, place = _manifest(folder), _place(folder, database)
    with Store(place) as source, source.reading() as reader:
        signed = _verified_checkpoints(folder, reader, manifest)
        if database.exists():
            _check_continues(database, reader)
        ring = ring_of(manifest.ledger)
        known = checkpoints.signed_here(ring)
        if known is None or known.size < max(map(_size, signed), default=0):
            ring.make_folder()
            atomic.write(ring.restored, f"from a backup of {manifest.made_at}, {manifest.size} entries\n".encode())
        with open_or_create(database) as there:
            copy(reader, there)
        size = reader.head().size
    missing = _restore_documents(manifest.evidence, Evidence(place.evidence_folder), Evidence(database.evidence_folder))
    here = ring.verifiers()
    return RestoreResult(size, manifest, missing, [file for file in manifest.keys if file not in here])


def reconcile(ledger: Store, ring: KeyRing, shown: Iterable[SignedCheckpoint]) -> Checkpoint:
    """Enable signing of a restored ledger, given the latest checkpoint that anybody can show; returns the largest.

    The one beside the keys counts too. Raises RolledBack where signed entries are missing, NotVerified where others
    were signed, NotFound where the ledger itself has a larger checkpoint than these.
    """
    ring.make_folder()
    with atomic.locked(ring.folder / "checkpoint.lock"), ledger.reading() as reader:
        known, stored = checkpoints.signed_here(ring), reader.checkpoint()
        notes = [*shown, *([known] if known else [])]
        for note in notes:
            _check_has_signed_entries(reader, note)
        last = max(notes, key=_size, default=None)
        if last is None or (stored and last.size < stored.size):
            raise NotFound(
                "it is not known what was signed last",
                hint="give the last checkpoint, as it was published or as a witness or an auditor has it: "
                "`force-ledger checkpoint reconcile CHECKPOINT`; if nobody has one, give that of the backup",
            )
        atomic.write(ring.checkpoint, last.to_bytes())
        ring.restored.unlink(missing_ok=True)
        atomic.sync(ring.folder)
    return last.checkpoint


def _place(folder: Path, other: Database) -> SQLiteFile:
    """The ledger in a backup. Raises Refused if the other ledger is in the same file."""
    place = SQLiteFile(folder / "ledger.db")
    if isinstance(other, SQLiteFile) and other.path.resolve() == place.path.resolve():
        raise Refused(f"{folder} is where the ledger itself is", hint="name another folder")
    return place


def _manifest(folder: Path) -> Manifest:
    try:
        return TypeAdapter(Manifest).validate_json(files.read(folder / "backup.json"))
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"{folder} has no complete backup", hint="name the folder of a complete one") from None
    except ValidationError:
        raise NotVerified(f"{folder / 'backup.json'} cannot be read", hint=_ANOTHER) from None


def _check(reader: Reader, notes: Sequence[SignedCheckpoint], *, full: bool = False) -> Head:
    """`checkpoints.check`, and whether recorders have signed what is newer than these checkpoints."""
    head = checkpoints.check(reader, notes, full=full)
    check_signed(reader, range(max(map(_size, notes), default=0), head.size))
    return head


def _verified_checkpoints(folder: Path, reader: Reader, manifest: Manifest) -> list[SignedCheckpoint]:
    """The checkpoints of a backup, which is verified from its first entry on."""
    path = folder / "checkpoint"
    with _errors_of_backup(folder):
        outside = SignedCheckpoint.parse(files.read(path)) if path.exists() else None
        notes = [note for note in (outside, reader.checkpoint()) if note]
        head = _check(reader, notes, full=True)
        if head.size < manifest.size or to_base64(reader.tree().root(manifest.size)) != manifest.root:
            raise NotVerified(f"it lacks the {manifest.size} entries that its backup.json names")
        if reader.origin() != manifest.ledger:
            raise NotVerified(f"its backup.json is of another ledger, {manifest.ledger}")
    return notes


def _check_continues(database: Database, backup: Reader) -> None:
    """Raise Refused unless the backup continues the ledger that is there."""
    with Store(database) as there, there.reading() as reader:
        head, tree = reader.head(), backup.tree()
    if head.size > tree.size or tree.root(head.size) != head.root:
        raise Refused(f"at {database} is another ledger, or has later entries", hint="restore to an empty place")


@contextmanager
def _errors_of_backup(folder: Path) -> Iterator[None]:
    try:
        yield
    except (Busy, DiskFull, Unusable):
        raise
    except (LedgerError, LogError) as error:
        why = error.problems[0].message if isinstance(error, LedgerError) else error
        raise NotVerified(f"{folder} failed verification: {why}", hint=_ANOTHER) from None


def _check_has_signed_entries(reader: Reader, note: SignedCheckpoint) -> None:
    tree = reader.tree()
    try:
        note.verify(log_keys(reader), tree)
    except BeyondTree:
        raise RolledBack(
            f"{note.size - tree.size} entries are missing: {note.size} were signed, {tree.size} are here",
            hint="bring them in from a copy that has them (`force-ledger copy`), and reconcile again; "
            "where there is none, create another ledger, so that this one has one history",
        ) from None
    except OtherRoot:
        raise NotVerified(
            f"other entries were signed than the first {note.size} that are here",
            hint="restore to another place, and complete it from a copy before anything is recorded there",
        ) from None
    except LogError as error:
        raise NotVerified(
            f"a checkpoint that is shown is not this ledger's: {error}", hint="check whose it is"
        ) from None


def _restore_documents(documents: list[str], source: Evidence, target: Evidence) -> list[str]:
    """Copy the documents of the backup; returns those that are missing or have changed."""
    missing = []
    for sha256 in documents:
        try:
            source.check(sha256)
        except (NotFound, NotVerified):
            missing.append(sha256)
        else:
            target.add(source.path(sha256))
    return missing
