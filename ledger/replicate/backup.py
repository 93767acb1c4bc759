"""Backups: a folder with all that a ledger cannot be made anew from, private keys excepted.

<folder>/ledger.db         the entries, checkpoints and cosignatures, as an SQLite file
        /ledger.evidence   the documents that are kept for it on this machine
        /checkpoint        what was signed last, as far as this machine knows
        /backup.json       what the folder holds; it is written last, and without it there is no backup

The ledger is copied from one snapshot, whoever writes meanwhile (see ledger.replicate.copy). Until a later backup to
the same folder is complete, what the earlier one said still holds. After a restoration nobody may know what was signed
since the backup; then the log key is barred until that was shown to be in the ledger (`reconcile`).
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from events.dates import instant
from ledger import atomic
from ledger.errors import LedgerError, NotFound, NotVerified, Refused, RolledBack
from ledger.evidence.folder import Evidence
from ledger.log import LogError
from ledger.log.checkpoint import BeyondTree, Checkpoint, OtherRoot, SignedCheckpoint
from ledger.log.encoding import to_base64
from ledger.publish import checkpoints
from ledger.record.keys import KeyRing
from ledger.record.record import Clock, utc_now
from ledger.replay import log_keys
from ledger.replicate.copy import copy, opened
from ledger.store.database import Database
from ledger.store.reader import Reader
from ledger.store.sqlite import SQLiteFile
from ledger.store.store import Store

_ANOTHER = "take another backup, to another folder"


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a backup holds: the ledger of an origin at a size, and documents, by their SHA-256. The public halves of the
    keys that were on the machine, by the names of their files, say which to bring."""

    schema: Literal["force-ledger/backup/v1"] = "force-ledger/backup/v1"
    ledger: str
    size: int
    root: str
    made_at: str
    evidence: list[str]
    keys: dict[str, str]


@dataclass(frozen=True)
class Restored:
    """What was restored: so many entries; which documents the backup has lost, and the files of which keys are not on
    this machine."""

    size: int
    contents: Contents
    lost: list[str]
    missing_keys: list[str]


def backup(ledger: Store, ring: KeyRing, folder: Path, *, clock: Clock = utc_now) -> Contents:
    """Bring the backup of a ledger in a folder up to date, and check it whole; what it holds.

    Raises RolledBack where the ledger is not what was signed here, Refused where the folder is another ledger's,
    NotVerified where the ledger, a document or the backup itself does not bear checking.
    """
    place = _place(folder, ledger.database)
    _make(folder, place)
    with atomic.locked(folder / ".lock"):
        _tidy(folder)
        signed = checkpoints.signed_here(ring)  # before the snapshot, which has all its entries then
        with ledger.reading() as reader, opened(place) as copied:
            notes = [note for note in (signed, reader.checkpoint()) if note]
            origin, head = reader.origin(), checkpoints.check(reader, notes)
            copy(reader, copied)
        copies = Evidence(place.evidence_folder)
        copies.add_all(Evidence(ledger.database.evidence_folder))
        with _judging(folder), Store(place) as copied, copied.reading() as reader:
            checkpoints.check(reader, notes, full=True)
        if notes:
            last = max(notes, key=_size)
            atomic.write(folder / "checkpoint", last.to_bytes())
        contents = Contents(
            ledger=origin,
            size=head.size,
            root=to_base64(head.root),
            made_at=instant(clock()),
            evidence=list(copies),
            keys={file: str(verifier) for file, verifier in ring.verifiers().items()},
        )
        atomic.write(folder / "backup.json", f"{json.dumps(asdict(contents), indent=2)}\n".encode())
        atomic.sync(folder.absolute().parent)
    return contents


def restore(folder: Path, database: Database, ring_of: Callable[[str], KeyRing]) -> Restored:
    """Put the backup in a folder where nothing is yet, or where an earlier restoration was broken off.

    The log key is barred before the first entry is there, unless what it signed last is known on this machine, and no
    earlier than the backup. Raises NotFound where there is no complete backup, NotVerified where it does not bear
    checking, Refused where the place is taken by something else.
    """
    contents, place = _contents(folder), _place(folder, database)
    ring = ring_of(contents.ledger)
    with Store(place) as source, source.reading() as reader:
        signed = _signed(folder, reader, contents)
        if database.exists():
            _check_may_be_completed(database, reader)
        if _is_behind(checkpoints.signed_here(ring), signed):
            ring.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            atomic.write(ring.restored, f"from a backup of {contents.made_at}, {contents.size} entries\n".encode())
        with opened(database) as there:
            copy(reader, there)
        size = reader.head().size
    lost = _restored(contents.evidence, Evidence(place.evidence_folder), Evidence(database.evidence_folder))
    here = ring.verifiers()
    return Restored(size, contents, lost, [file for file in contents.keys if file not in here])


def reconcile(ledger: Store, ring: KeyRing, shown: Iterable[SignedCheckpoint]) -> Checkpoint:
    """Free the log key of a ledger that was restored, by the last checkpoint that anybody can show; that checkpoint.

    What is kept beside the keys counts as shown. Nobody can know of a checkpoint that nobody shows. Raises RolledBack
    where entries that were signed are missing, NotVerified where others were signed, NotFound where the ledger itself
    has a later checkpoint than is shown.
    """
    ring.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with atomic.locked(ring.folder / "checkpoint.lock"), ledger.reading() as reader:
        known, kept = checkpoints.signed_here(ring), reader.checkpoint()
        notes = [*shown, *([known] if known else [])]
        for note in notes:
            _check_has_what_was_signed(reader, note)
        last = max(notes, key=_size, default=None)
        if last is None or (kept and _size(last) < _size(kept)):
            raise NotFound(
                "nobody has shown what was signed last",
                hint="show it, as it was published, or a witness or an auditor has it: "
                "`force-ledger checkpoint reconcile CHECKPOINT`; where nobody has one, that of the backup",
            )
        atomic.write(ring.checkpoint, last.to_bytes())
        ring.restored.unlink(missing_ok=True)
        atomic.sync(ring.folder)
    return last.checkpoint


def _place(folder: Path, other: Database) -> SQLiteFile:
    """The ledger of a backup. Raises Refused where it is that which is backed up, or restored to."""
    place = SQLiteFile(folder / "ledger.db")
    if isinstance(other, SQLiteFile) and other.path.resolve() == place.path.resolve():
        raise Refused(f"{folder} is where the ledger itself is", hint="name another folder")
    return place


def _make(folder: Path, place: SQLiteFile) -> None:
    """Have the folder. Raises Refused where it holds anything else: what has our names in it would be replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    if not place.exists() and any(not path.name.startswith(".") for path in folder.iterdir()):
        raise Refused(f"{folder} holds something else", hint="name an empty folder, or one with a backup in it")


def _tidy(folder: Path) -> None:
    """Remove what a backup that was broken off has left half-written."""
    for leftover in (*folder.glob(".ledger.db.*.new*"), *folder.glob("ledger.evidence/.*.new")):
        leftover.unlink()


def _contents(folder: Path) -> Contents:
    try:
        return TypeAdapter(Contents).validate_json((folder / "backup.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(
            f"{folder} holds no backup, or one that was never completed", hint="name the folder of one that was"
        ) from None
    except ValidationError:
        raise NotVerified(f"{folder / 'backup.json'} cannot be read", hint=_ANOTHER) from None


def _signed(folder: Path, reader: Reader, contents: Contents) -> list[SignedCheckpoint]:
    """The checkpoints of a backup, once it has been checked from its first entry on."""
    beside = folder / "checkpoint"
    with _judging(folder):
        outside = SignedCheckpoint.parse(beside.read_bytes()) if beside.exists() else None
        notes = [note for note in (outside, reader.checkpoint()) if note]
        head = checkpoints.check(reader, notes, full=True)
        if head.size < contents.size or to_base64(reader.tree().root(contents.size)) != contents.root:
            raise NotVerified(f"it has not the {contents.size} entries that its backup.json says")
    return notes


def _check_may_be_completed(database: Database, backup: Reader) -> None:
    """Raise Refused unless what is there already is the beginning of what a backup has."""
    with Store(database) as there, there.reading() as reader:
        head, tree = reader.head(), backup.tree()
    if head.size > tree.size or tree.root(head.size) != head.root:
        raise Refused(
            f"at {database} is another ledger, or one that has gone on", hint="restore to where nothing is yet"
        )


@contextmanager
def _judging(folder: Path) -> Iterator[None]:
    """Whatever is wrong here is wrong with a backup."""
    try:
        yield
    except (LedgerError, LogError) as error:
        what = error.problems[0].message if isinstance(error, LedgerError) else error
        raise NotVerified(f"{folder} does not bear checking: {what}", hint=_ANOTHER) from None


def _is_behind(known: SignedCheckpoint | None, signed: list[SignedCheckpoint]) -> bool:
    """Whether what a machine knows to have been signed last is less than a backup knows."""
    return known is None or _size(known) < max(map(_size, signed), default=0)


def _size(note: SignedCheckpoint) -> int:
    return note.size


def _check_has_what_was_signed(reader: Reader, note: SignedCheckpoint) -> None:
    """Raise unless a ledger has every entry that a checkpoint is of."""
    tree = reader.tree()
    try:
        note.verify(log_keys(reader), tree)
    except BeyondTree:
        raise RolledBack(
            f"{note.size - tree.size} entries are missing: {note.size} were signed, {tree.size} are here",
            hint="bring them in from a copy that has them (`force-ledger copy`), and reconcile again; "
            "where there is none, found another ledger, so that this one has one history",
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


def _restored(documents: list[str], source: Evidence, target: Evidence) -> list[str]:
    """Put documents in place, as far as the backup still has them; those that it has lost."""
    lost = []
    for sha256 in documents:
        try:
            source.read(sha256)
        except (NotFound, NotVerified):
            lost.append(sha256)
        else:
            target.add(source.path(sha256))
    return lost
