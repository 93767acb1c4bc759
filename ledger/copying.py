"""Copying a ledger to another database, byte for byte.

The entries are appended as they stand, whole submissions in each transaction; columns, index, tree and head are made of
them anew. So the target is at every moment the ledger as it once was, and a copy that was broken off is gone on with.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from events import Entry
from ledger.errors import NotVerified, Refused
from ledger.log.proof import root_at
from ledger.store.database import Database
from ledger.store.ledger import Ledger, Reader

_AT_ONCE = 2000  # entries in a transaction, but for the rest of a submission
_CHECKPOINTS = "SELECT number, size, note FROM checkpoints ORDER BY number"
_ELSEWHERE = "copy to a place where nothing is yet"


@contextmanager
def opened(where: Database) -> Iterator[Ledger]:
    """The ledger in a place to copy to, open; where nothing is yet an empty one is made."""
    if not where.exists():
        with where.founding() as place:
            place.create()
    with Ledger(where) as ledger:
        yield ledger


def copy(source: Reader, target: Ledger) -> int:
    """Copy the entries and checkpoints that the target lacks; the number of these entries.

    Raises Refused where the target holds what the source does not, NotVerified where the copy has not the root of the
    source.
    """
    with target.reading() as reader:
        _check_is_the_beginning(source, reader)
        size = reader.head().size
    for entries in _steps(source, size):
        with target.writing() as writer:
            if writer.head().size != entries[0].position:
                raise Refused("somebody else appends to the target", hint="copy again when nobody does")
            writer.append(entries)
    with target.writing() as writer:
        head = source.head()
        if writer.head() != head or root_at(head.size, writer.tree().hash_at) != head.root:
            raise NotVerified("the copy has not the root of the source", hint="`force-ledger verify` the source")
        writer.take_over("checkpoints", source.rows(_CHECKPOINTS)[len(writer.rows(_CHECKPOINTS)) :])
    return head.size - size


def _check_is_the_beginning(source: Reader, target: Reader) -> None:
    """Raise Refused unless the target is the source as it once was."""
    head, tree, signed = target.head(), source.tree(), target.rows(_CHECKPOINTS)
    if head.size > tree.size or root_at(head.size, tree.hash_at) != head.root:
        raise Refused("the target is another ledger, or has gone on by itself", hint=_ELSEWHERE)
    if source.rows(_CHECKPOINTS)[: len(signed)] != signed:
        raise Refused("the target has checkpoints that the source has not", hint=_ELSEWHERE)


def _steps(source: Reader, first: int) -> Iterator[list[Entry]]:
    """The entries from a position on, some whole submissions at a time."""
    step: list[Entry] = []
    size = source.head().size
    for start in range(first, size, _AT_ONCE):
        for entry in source.at(range(start, min(start + _AT_ONCE, size))):
            step.append(entry)
            ends = entry.submission["first"] + entry.submission["size"] == entry.position + 1
            if ends and len(step) >= _AT_ONCE:
                yield step
                step = []
    if step:
        yield step
