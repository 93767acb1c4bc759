"""The signed checkpoints of a ledger, and what is checked before the next one is signed (`ledger.audit.sign`)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ledger.errors import KeyTrouble, NotFound, NotVerified, RolledBack
from ledger.log import LogError
from ledger.log.checkpoint import BeyondTree, OtherRoot, SignedCheckpoint
from ledger.log.key import Signer, Verifier
from ledger.log.note import Signature
from ledger.log.tree import TILE_WIDTH, Frontier, leaf_hash
from ledger.record.keys import LOG_KEY, WITHOUT_LOG_KEY, KeyRing
from ledger.replay import log_keys
from ledger.rules.signed import check_version
from ledger.store.data import DataCheck
from ledger.store.database import Head
from ledger.store.reader import Reader
from ledger.store.store import Store

_AT_ONCE = 4 * TILE_WIDTH  # entries


def check(reader: Reader, signed: Iterable[SignedCheckpoint | None], *, full: bool = False) -> Head:
    """The head of a ledger, after checking that it continues all of these checkpoints.

    The root is computed again from the entries since the last checkpoint; with ``full`` from all, and their data are
    checked too. Raises NotVerified if anything differs, or a checkpoint is not this ledger's; RolledBack if the ledger
    does not continue one.
    """
    head, keys = reader.head(), log_keys(reader)
    tree, frontier = reader.tree(head.size), Frontier()
    for note in sorted(filter(None, signed), key=lambda note: note.size):
        try:
            note.verify(keys, tree)
        except BeyondTree:
            raise _rolled_back(f"the ledger has {head.size} entries, and {note.size} were signed") from None
        except OtherRoot:
            raise _rolled_back(f"the first {note.size} entries are not those that were signed") from None
        except LogError as error:
            raise NotVerified(
                f"the checkpoint that was signed last is not this ledger's: {error}",
                hint="restore the keys, or the ledger, from a backup of the same day",
            ) from None
        if not full:
            frontier = tree.frontier(note.size)
        _extend(frontier, reader, note.size)
        if frontier.root() != note.checkpoint.root:
            raise _rolled_back(f"the first {note.size} entries are not those that were signed")
    _extend(frontier, reader, head.size)
    if full:
        _check_data(reader)
    if (frontier.size, frontier.root()) != (head.size, head.root):
        raise NotVerified(
            "the entries do not lead to the head of the ledger", hint="nothing was signed; see `force-ledger verify`"
        )
    return head


def log_signer(ring: KeyRing, in_force: Verifier) -> Signer:
    """The private log key in force. Raises KeyTrouble if it is not on this machine.

    After an interrupted rotation it may still have the name of a successor.
    """
    for file in (LOG_KEY, *ring.successors(LOG_KEY)):
        if ring.has(file) and ring.verifier(file) == in_force:
            return ring.read(file)
    raise KeyTrouble(f"the log key {in_force.id} is not in {ring.folder}", hint=WITHOUT_LOG_KEY)


def last_signed(reader: Reader) -> SignedCheckpoint:
    """The last signed checkpoint. Raises NotFound before there is one."""
    if note := reader.checkpoint():
        return note
    raise NotFound("no checkpoint has been signed", hint="`force-ledger checkpoint sign`, where the log key is")


def unsigned(reader: Reader) -> int:
    """How many entries no stored checkpoint covers yet."""
    note = reader.checkpoint()
    return max(0, reader.head().size - (note.size if note else 0))


def keep_cosignatures(
    ledger: Store, signatures: Sequence[Signature], witnesses: Sequence[Verifier]
) -> SignedCheckpoint:
    """Store cosignatures with the checkpoint that they sign, the last or an earlier one; returns that checkpoint with
    them.

    A later cosignature replaces an earlier one of the same witness. Raises NotVerified unless these witnesses signed a
    checkpoint of this ledger.
    """
    with ledger.writing() as writer:
        check_version(writer)
        for note in writer.checkpoints():
            try:
                good = replace(note, signatures=tuple(signatures)).signers(witnesses).values()
            except LogError:
                continue
            if good:
                ids = {signature.key_id for signature in good}
                others = (signature for signature in note.signatures if signature.key_id not in ids)
                cosigned = replace(note, signatures=(*others, *good))
                if cosigned != note:
                    writer.keep_checkpoint(cosigned)
                return cosigned
    raise NotVerified(
        "no checkpoint of this ledger is cosigned by that", hint="check the file, and the witness's key (--witness-key)"
    )


def signed_here(ring: KeyRing) -> SignedCheckpoint | None:
    """The last checkpoint that was signed on this machine, from the file beside the keys; None if there is none."""
    try:
        data = ring.last_checkpoint()
        return None if data is None else SignedCheckpoint.parse(data)
    except LogError as error:
        raise NotVerified(
            f"{ring.checkpoint}, the checkpoint that was signed last, cannot be read: {error}",
            hint="restore it from a backup of the keys",
        ) from None


def _check_data(reader: Reader) -> None:
    check = DataCheck()
    for stored in reader.entries():
        check.read(stored)
    check.finish()


def _extend(frontier: Frontier, reader: Reader, size: int) -> None:
    for first in range(frontier.size, size, _AT_ONCE):
        frontier.extend([leaf_hash(data) for data in reader.bytes_at(range(first, min(first + _AT_ONCE, size)))])


def _rolled_back(what: str) -> RolledBack:
    return RolledBack(
        f"{what}: a backup took its place",
        hint="restore the newest copy, and bring in what it lacks with `force-ledger copy`; if there is none, create "
        "another ledger, so that this one has one history",
    )
