"""Copy a ledger from a snapshot (see ledger.replicate.snapshot) to a database.

The entries are appended byte for byte; columns, index, tree and head are computed from them. All is checked before it
is committed: each checkpoint is signed by the log key in force at its size, and has the root of the copy; all entries
lead to the root of the source; their data are those that they commit to, and none are missing without a decision to
withhold them. So the target is always an earlier state of the ledger, and an interrupted copy continues where it
stopped.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from eventsourcing.persistence import IntegrityError

from ledger.errors import NotFound, NotVerified, Problem, Refused, RolledBack
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.key import Verifier
from ledger.progress import Progress, no_progress
from ledger.readmodel.place import discard
from ledger.replay import authority_of, log_keys, log_keys_at
from ledger.replicate.snapshot import Snapshot
from ledger.rules.signed import check_signed, check_version
from ledger.store.data import DataCheck
from ledger.store.database import Database, Head
from ledger.store.reader import Reader, StoredEntry, Writer
from ledger.store.store import Store
from projections.amendments import Versions

_AT_ONCE = 2000  # entries: the most that are appended at once, the fewest that are committed before the last
_BAD_BYTES = (LookupError, ValueError, TypeError, AttributeError, OverflowError, IntegrityError, sqlite3.IntegrityError)
_ELSEWHERE = "see `force-ledger checkpoint compare`; copy the right one to a new place"
_VERIFY = "`force-ledger verify` the source"


@dataclass(frozen=True)
class CopyResult:
    """What a copy did."""

    first: int
    """The position of the first entry that was copied."""
    size: int
    """How many entries the target has now."""
    signed: int
    """How many of these the last checkpoint covers."""
    log_key: Verifier
    checkpoints: int = 0
    """How many were copied."""
    left_behind: Problem | None = None
    """Where withheld bytes are left in the target, and what to do."""


@contextmanager
def open_or_create(where: Database) -> Iterator[Store]:
    """Open the ledger to copy to; where there is none, create an empty one."""
    if not where.exists():
        with where.creating() as place:
            place.create()
    with Store(where) as ledger:
        yield ledger


def copy(
    source: Snapshot,
    target: Store,
    *,
    trusted: Verifier | None = None,
    any_version: bool = False,
    tell: Progress = no_progress,
) -> CopyResult:
    """Copy the entries and checkpoints that the target lacks.

    An empty target accepts only what the ``trusted`` log key signed; without one the log key in the first entry is
    trusted. Later keys are those on record. Raises Refused where the target is another ledger, RolledBack where the
    source is behind the target or its own checkpoints, NotVerified where a check fails, LaterVersion where the source
    has entries of a later version of this program, which cannot be indexed, unless ``any_version`` will do. What is
    committed before the error is verified.
    """
    head = source.head()
    with target.reading() as reader:
        first = size = reader.head().size
        notes = _new_notes(source, reader)
        _check_consistency(source, head, reader, notes)
        if trusted:
            _check_trust(trusted, reader, notes)
    missing, left = notes, None
    while size < head.size or missing:
        with _untrusted(), target.writing() as writer:
            if writer.head().size != size:
                raise Refused("somebody else appends to the target", hint="copy again when nobody does")
            _append(source, writer, head, missing, tell)
            if not any_version:
                check_version(writer)
            _check_withholdings(writer, size)
            size = writer.head().size
            due = [note for note in missing if note.size <= size]
            log_keys(writer)  # raises where the log has none: what opens it is missing
            _check_checkpoints(writer, due)
            for note in due:
                writer.keep_checkpoint(note)
        if writer.has_withheld:
            discard(target.database.cache_path)
            left = writer.left_behind
        missing = [note for note in missing if note.size > size]
    with target.reading() as reader:
        last, key = reader.checkpoint(), log_keys(reader)[-1]
        signed = last.size if last else 0
    return CopyResult(first, size, signed, key, len(notes), left)


def _new_notes(source: Snapshot, target: Reader) -> list[SignedCheckpoint]:
    """The checkpoints that the target lacks, in the order in which they were stored."""
    last = next((note for (note,) in target.rows("SELECT note FROM checkpoints ORDER BY number DESC LIMIT 1")), None)
    found = []
    for data in source.notes_after(last):
        with _untrusted():
            note = SignedCheckpoint.parse(data)
            if not target.rows("SELECT 1 FROM checkpoints WHERE size = ? AND note = ?", (note.size, data)):
                found.append(note)
    return found


def _check_consistency(source: Snapshot, head: Head, target: Reader, notes: Sequence[SignedCheckpoint]) -> None:
    """Raise unless the source continues the target, and has all signed entries."""
    ours = target.head()
    common = min(ours.size, head.size)
    if not head.size:
        raise NotFound("the source is empty", hint="name another source")
    with _untrusted():
        there = head.root if common == head.size else source.tree().root(common)
        if there != target.tree().root(common):
            if next(source.entries(), None) != next(target.entries(), None):
                raise Refused("the target is another ledger", hint="copy to a place where nothing is yet")
            raise NotVerified(
                f"the {common} entries that both should have are not the same: these are two histories", hint=_ELSEWHERE
            )
    if head.size < ours.size:
        raise RolledBack(
            f"the source has {head.size} entries, and there are {ours.size} here: it was rolled back, or "
            "somebody recorded entries in this copy",
            hint=_ELSEWHERE,
        )
    if (signed := max((note.size for note in notes), default=0)) > head.size:
        raise RolledBack(
            f"the source has {head.size} entries, and {signed} were signed: it was rolled back",
            hint=_VERIFY,
        )


def _check_trust(trusted: Verifier, target: Reader, notes: Sequence[SignedCheckpoint]) -> None:
    """Raise NotVerified unless the target has the key on record or, while it is empty, the key signed the last
    checkpoint of the source."""
    if target.head().size:
        if str(trusted) not in [key.key for key in authority_of(target).log_keys]:
            raise NotVerified(f"{trusted.id} is no key of the log that is copied here", hint="check the key")
        return
    if not notes:
        raise NotVerified("the source has no signed checkpoint", hint="have one signed: `force-ledger checkpoint sign`")
    try:
        max(notes, key=lambda note: note.size).verify([trusted])
    except LogError as error:
        remedy = "check the key; after a rotation, take the one that is in force"
        raise NotVerified(f"the last checkpoint of the source: {error}", hint=remedy) from None


def _append(
    source: Snapshot,
    target: Writer,
    head: Head,
    notes: Sequence[SignedCheckpoint],
    tell: Progress,
) -> None:
    """Append entries up to a checkpoint, or to the head of the source: there they can be verified and committed."""
    check = DataCheck()
    for stop in _stops(target.head().size, sorted(note.size for note in notes), head.size):
        for batch in _batches(source, target.head().size, stop):
            for stored in batch:
                check.read(stored)
            target.append([stored.read() for stored in batch])
            tell(target.head().size, head.size)
        if not check.missing:
            break
    check.finish()
    if target.head().size == head.size and target.head() != head:
        raise NotVerified("the copy has another root than the source", hint=_VERIFY)


def _stops(first: int, signed: Sequence[int], size: int) -> Iterator[int]:
    """The sizes at which the copy can be committed."""
    for stop in signed:
        if first + _AT_ONCE <= stop < size:
            yield stop
            first = stop
    yield size


def _batches(source: Snapshot, first: int, size: int) -> Iterator[list[StoredEntry]]:
    """The entries from a position up to a size."""
    entries = source.entries(first)
    for position in range(first, size, _AT_ONCE):
        batch = list(islice(entries, min(_AT_ONCE, size - position)))
        for expected, stored in zip(range(position, min(position + _AT_ONCE, size)), batch, strict=True):
            if stored.position != expected:
                raise NotVerified(f"#{expected} is missing in the source", hint=_VERIFY)
        yield batch


def _check_withholdings(target: Reader, first: int) -> None:
    """Raise NotVerified unless the decisions since a position to withhold data are signed, and about what is not in
    force: data that are deleted never come back."""
    acts = [(withheld, act) for withheld, act in target.withholdings() if act.position >= first]
    for withheld, act in acts:
        before = Versions(entry for entry in target.matter(act.matter) if entry.position < act.position)
        if withheld.matter != act.matter or before.is_in_force(withheld.event_id):
            raise NotVerified(f"#{act.position} withholds #{withheld.position}, which is in force", hint=_VERIFY)
    check_signed(target, sorted(act.position for _, act in acts))


def _check_checkpoints(target: Reader, notes: Sequence[SignedCheckpoint]) -> None:
    """Raise NotVerified unless these checkpoints are of the target."""
    tree, authority = target.tree(), authority_of(target)
    for note in notes:
        try:
            note.verify(log_keys_at(authority, note.size, tree.size), tree)
        except LogError as error:
            raise NotVerified(f"the checkpoint of {note.size} entries: {error}", hint=_ELSEWHERE) from None


@contextmanager
def _untrusted() -> Iterator[None]:
    """Raise NotVerified for any error that bytes of unknown origin can cause."""
    try:
        yield
    except _BAD_BYTES as error:
        raise NotVerified(
            f"the source is not a ledger that this version can read: {error}",
            hint="`force-ledger verify` the source; a later version may have written it",
        ) from error
