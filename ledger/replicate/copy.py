"""Copying a ledger, byte for byte, from wherever it can be read (see ledger.replicate.snapshot) to another database.

The entries are appended as they stand; columns, index, tree and head are made of them anew. What arrives is checked
before it is committed: each signed checkpoint must be signed by the log key that was in force at its size, and have
the root of the copy; all that is taken must lead to the root of the source; and what is left of an entry that was
withheld must be what the act that withheld it says. So the target is at every moment the ledger as it once was, and a
copy that was broken off is gone on with.
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
from ledger.store.database import Database
from ledger.store.head import Head
from ledger.store.reader import Reader, Writer
from ledger.store.store import Store

_AT_ONCE = 2000  # entries that are appended at once, and the fewest that are committed before the last
_LAST_KEPT = "SELECT note FROM checkpoints ORDER BY number DESC LIMIT 1"
_IS_KEPT = "SELECT 1 FROM checkpoints WHERE size = ? AND note = ?"
_UNSOUND = (LookupError, ValueError, TypeError, AttributeError, OverflowError, IntegrityError, sqlite3.IntegrityError)
_ELSEWHERE = "see `force-ledger checkpoint compare`; a copy of the right one can be made anew where nothing is yet"


@dataclass(frozen=True)
class Copied:
    """What a copy did: from which position on it took entries, how many there are now, and how many of these the last
    checkpoint signs (0 where there is none)."""

    first: int
    size: int
    signed: int
    log_key: Verifier
    checkpoints: int = 0
    """How many checkpoints were new."""


@contextmanager
def opened(where: Database) -> Iterator[Store]:
    """The ledger in a place to copy to, open; where nothing is yet an empty one is made."""
    if not where.exists():
        with where.creating() as place:
            place.create()
    with Store(where) as ledger:
        yield ledger


def copy(source: Snapshot, target: Store, *, trusted: Verifier | None = None, tell: Progress = no_progress) -> Copied:
    """Copy the entries and checkpoints that the target lacks.

    With a ``trusted`` log key, an empty target takes nothing that this has not signed; without it the key is believed
    that the ledger says it has. Later keys are those on record. Raises Refused where the target is another ledger,
    RolledBack where it has more than the source, NotVerified where anything does not bear checking; what is committed
    by then was verified.
    """
    head = source.head()
    with target.reading() as reader:
        first = size = reader.head().size
        notes = _new_notes(source, reader)
        _check_has_grown(source, head, reader, notes)
        if trusted:
            _check_trust(trusted, reader, notes)
    missing = notes
    while size < head.size or missing:
        with _sound(), target.writing() as writer:
            if writer.head().size != size:
                raise Refused("somebody else appends to the target", hint="copy again when nobody does")
            _take(source, writer, head, missing, tell)
            size = writer.head().size
            due = [note for note in missing if note.size <= size]
            _check_signed(writer, due)
            for note in due:
                writer.keep_checkpoint(note)
        missing = [note for note in missing if note.size > size]
    with target.reading() as reader:
        last, key = reader.checkpoint(), authority_of(reader).log_keys[-1]
        signed = last.size if last else 0
    return Copied(first, size, signed, Verifier.parse(key.key), len(notes))


def _new_notes(source: Snapshot, target: Reader) -> list[SignedCheckpoint]:
    """The checkpoints of the source that the target has not, in the order in which they were kept."""
    last = next((note for (note,) in target.rows(_LAST_KEPT)), None)
    found = []
    for data in source.notes_after(last):
        with _sound():
            note = SignedCheckpoint.parse(data)
            if not target.rows(_IS_KEPT, (note.size, data)):
                found.append(note)
    return found


def _check_has_grown(source: Snapshot, head: Head, target: Reader, notes: Sequence[SignedCheckpoint]) -> None:
    """Raise unless the target is the source as it once was, and the source is all that was signed."""
    ours = target.head()
    common = min(ours.size, head.size)
    if not head.size:
        raise NotFound("the source holds nothing, not even its opening", hint="name another source")
    with _sound():
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
            hint="`force-ledger verify` the source",
        )


def _check_trust(trusted: Verifier, target: Reader, notes: Sequence[SignedCheckpoint]) -> None:
    """Raise NotVerified unless the key is the log's by what the target holds, or, while that is nothing, has signed the
    last checkpoint that there is."""
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


def _take(source: Snapshot, target: Writer, head: Head, notes: Sequence[SignedCheckpoint], tell: Progress) -> None:
    """Append entries, up to where something can be said of all of them: at a checkpoint, or the head of the source."""
    bare: dict[str, Entry] = {}  # what is left of entries for whose withholding there is no act yet
    for stop in _stops(target.head().size, sorted(note.size for note in notes), head.size):
        for entries in _submissions(source, target.head().size, stop):
            target.append(entries)
            bare |= {entry.event_id: entry for entry in entries if isinstance(entry.event, Withheld)}
            for act in entries:
                if isinstance(act.event, EntryWithheld) and (gone := bare.pop(act.event.target, None)):
                    _check_remains(gone, act)
            tell(target.head().size, head.size)
        if not bare:
            break
    if bare:
        position = min(entry.position for entry in bare.values())
        raise NotVerified(f"#{position} was withheld, and no entry says so", hint="`force-ledger verify` the source")
    if target.head().size == head.size and target.head() != head:
        raise NotVerified("the copy has not the root of the source", hint="`force-ledger verify` the source")


def _check_remains(gone: Entry, act: Entry) -> None:
    if sha256(gone.data).hexdigest() != act.submission.get("remains"):
        raise NotVerified(
            f"what is left of #{gone.position} is not what #{act.position}, which withheld it, has left of it",
            hint="`force-ledger verify` the source",
        )


def _stops(first: int, signed: Sequence[int], size: int) -> Iterator[int]:
    """The sizes at which what was taken can be committed."""
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
            raise NotVerified(f"#{number} is missing in the source", hint="`force-ledger verify` the source")
        some.append(Entry.read(position, data))
        place = some[-1].submission
        if place["first"] + place["size"] == position + 1 and len(some) >= _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _check_signed(target: Reader, notes: Sequence[SignedCheckpoint]) -> None:
    """Raise NotVerified unless the log signed these checkpoints, each of the target as it was at that size."""
    tree, authority = target.tree(), authority_of(target)
    for note in notes:
        try:
            note.verify(log_keys_at(authority, note.size, tree.size), tree)
        except LogError as error:
            raise NotVerified(f"the checkpoint of {note.size} entries: {error}", hint=_ELSEWHERE) from None


@contextmanager
def _sound() -> Iterator[None]:
    """Raise NotVerified for whatever comes of bytes that are none of ours."""
    try:
        yield
    except _UNSOUND as error:
        raise NotVerified(
            f"what the source holds is not a ledger that can be read here: {error}",
            hint="`force-ledger verify` the source; a later version may have written it",
        ) from error
