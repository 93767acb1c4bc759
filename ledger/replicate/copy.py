"""Copying a ledger from a snapshot (see ledger.replicate.snapshot) to a database.

The entries are appended byte for byte; columns, index, tree and head are made of them. Everything is checked before it
is committed: the log key in force at its size signed each checkpoint, whose root is that of the copy; all entries lead
to the root of the source; and what is left of a withheld entry has the hash that its decision names. So the target is
always the ledger as it once was, and an interrupted copy goes on where it stopped.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from eventsourcing.persistence import IntegrityError

from events import Entry
from events.amendment import EntryWithheld, Withheld
from ledger.errors import NotFound, NotVerified, Refused, RolledBack
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.key import Verifier
from ledger.progress import Progress, no_progress
from ledger.replay import authority_of, log_keys_at
from ledger.replicate.snapshot import Snapshot
from ledger.store.database import Database, Head
from ledger.store.reader import Reader, Writer
from ledger.store.store import Store

_AT_ONCE = 2000  # entries that are appended at once, and the fewest that are committed before the last
_LAST_KEPT = "SELECT note FROM checkpoints ORDER BY number DESC LIMIT 1"
_IS_KEPT = "SELECT 1 FROM checkpoints WHERE size = ? AND note = ?"
_BAD_BYTES = (LookupError, ValueError, TypeError, AttributeError, OverflowError, IntegrityError, sqlite3.IntegrityError)
_ELSEWHERE = "see `force-ledger checkpoint compare`; copy the right one to a new place"
_VERIFY = "`force-ledger verify` the source"


@dataclass(frozen=True)
class CopyResult:
    """What a copy did."""

    first: int
    """The position from which on entries were copied."""
    size: int
    """How many entries the target has now."""
    signed: int
    """How many of these the last checkpoint covers; 0 where there is none."""
    log_key: Verifier
    checkpoints: int = 0
    """How many checkpoints were new."""


@contextmanager
def open_or_create(where: Database) -> Iterator[Store]:
    """Open the ledger to copy to; where nothing is yet, make an empty one."""
    if not where.exists():
        with where.creating() as place:
            place.create()
    with Store(where) as ledger:
        yield ledger


def copy(
    source: Snapshot, target: Store, *, trusted: Verifier | None = None, tell: Progress = no_progress
) -> CopyResult:
    """Copy the entries and checkpoints that the target lacks.

    With a ``trusted`` log key, an empty target accepts only what that key signed; without it the log key in the first
    entry is trusted. Later keys are those on record. Raises Refused where the target is another ledger, RolledBack
    where the source is behind the target or its own checkpoints, NotVerified where anything fails a check. What was
    committed by then is verified.
    """
    head = source.head()
    with target.reading() as reader:
        first = size = reader.head().size
        notes = _new_notes(source, reader)
        _check_consistency(source, head, reader, notes)
        if trusted:
            _check_trust(trusted, reader, notes)
    missing = notes
    while size < head.size or missing:
        with _untrusted(), target.writing() as writer:
            if writer.head().size != size:
                raise Refused("somebody else appends to the target", hint="copy again when nobody does")
            _append(source, writer, head, missing, tell)
            size = writer.head().size
            due = [note for note in missing if note.size <= size]
            _check_signed(writer, due)
            for note in due:
                writer.keep_checkpoint(note)
        missing = [note for note in missing if note.size > size]
    with target.reading() as reader:
        last, key = reader.checkpoint(), authority_of(reader).log_keys[-1]
        signed = last.size if last else 0
    return CopyResult(first, size, signed, Verifier.parse(key.key), len(notes))


def _new_notes(source: Snapshot, target: Reader) -> list[SignedCheckpoint]:
    """The checkpoints that the target lacks, in the order in which they were kept."""
    last = next((note for (note,) in target.rows(_LAST_KEPT)), None)
    found = []
    for data in source.notes_after(last):
        with _untrusted():
            note = SignedCheckpoint.parse(data)
            if not target.rows(_IS_KEPT, (note.size, data)):
                found.append(note)
    return found


def _check_consistency(source: Snapshot, head: Head, target: Reader, notes: Sequence[SignedCheckpoint]) -> None:
    """Raise unless the source continues the target, and has all entries that were signed."""
    ours = target.head()
    common = min(ours.size, head.size)
    if not head.size:
        raise NotFound("the source holds nothing, not even its opening", hint="name another source")
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
            f"the source has {head.size} entries, and there are {ours.size} here: it was rolled back, or this copy has "
            "gone on by itself",
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


def _append(source: Snapshot, target: Writer, head: Head, notes: Sequence[SignedCheckpoint], tell: Progress) -> None:
    """Append entries up to a checkpoint, or to the head of the source: there they can be verified and committed."""
    undecided: dict[str, Entry] = {}  # withheld entries for which no decision was read yet
    for stop in _stops(target.head().size, sorted(note.size for note in notes), head.size):
        for entries in _submissions(source, target.head().size, stop):
            target.append(entries)
            undecided |= {entry.event_id: entry for entry in entries if isinstance(entry.event, Withheld)}
            for decision in entries:
                if isinstance(decision.event, EntryWithheld) and (left := undecided.pop(decision.event.target, None)):
                    _check_remains(left, decision)
            tell(target.head().size, head.size)
        if not undecided:
            break
    if undecided:
        position = min(entry.position for entry in undecided.values())
        raise NotVerified(f"#{position} was withheld, and no entry says so", hint=_VERIFY)
    if target.head().size == head.size and target.head() != head:
        raise NotVerified("the copy has another root than the source", hint=_VERIFY)


def _check_remains(left: Entry, decision: Entry) -> None:
    if sha256(left.data).hexdigest() != decision.submission.get("remains"):
        what = f"what is left of #{left.position} is not what #{decision.position} left when it withheld it"
        raise NotVerified(what, hint=_VERIFY)


def _stops(first: int, signed: Sequence[int], size: int) -> Iterator[int]:
    """The sizes at which the copy can be committed."""
    for stop in signed:
        if first + _AT_ONCE <= stop < size:
            yield stop
            first = stop
    yield size


def _submissions(source: Snapshot, first: int, size: int) -> Iterator[list[Entry]]:
    """The entries from a position on, some whole submissions at a time."""
    some: list[Entry] = []
    expected = range(first, size)
    for number, (position, data) in zip(expected, islice(source.entries(first), len(expected)), strict=True):
        if position != number:
            raise NotVerified(f"#{number} is missing in the source", hint=_VERIFY)
        some.append(Entry.read(position, data))
        place = some[-1].submission
        if place["first"] + place["size"] == position + 1 and len(some) >= _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _check_signed(target: Reader, notes: Sequence[SignedCheckpoint]) -> None:
    """Raise NotVerified unless the log signed these checkpoints, each with the root of the target at its size."""
    tree, authority = target.tree(), authority_of(target)
    for note in notes:
        try:
            note.verify(log_keys_at(authority, note.size, tree.size), tree)
        except LogError as error:
            raise NotVerified(f"the checkpoint of {note.size} entries: {error}", hint=_ELSEWHERE) from None


@contextmanager
def _untrusted() -> Iterator[None]:
    """Raise NotVerified for any error that bytes of unknown origin lead to."""
    try:
        yield
    except _BAD_BYTES as error:
        raise NotVerified(
            f"what the source holds is not a ledger that can be read here: {error}",
            hint="`force-ledger verify` the source; a later version may have written it",
        ) from error
