"""Sign checkpoints of a ledger, and store the cosignatures of witnesses.

The last signed checkpoint is also stored outside the ledger, in the file `checkpoint` beside the keys. If a backup has
replaced the ledger, nothing is signed: that would make a second history. The file is written first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ledger import atomic
from ledger.errors import KeyTrouble, LedgerError, NotFound, NotVerified, RolledBack, as_ledger_error
from ledger.log import LogError
from ledger.log.checkpoint import BeyondTree, Checkpoint, OtherRoot, SignedCheckpoint
from ledger.log.key import Signer, Verifier
from ledger.log.note import Signature
from ledger.log.tree import TILE_WIDTH, Frontier, leaf_hash
from ledger.record.keys import LOG_KEY, WITHOUT_LOG_KEY, KeyRing
from ledger.replay import log_keys
from ledger.rules.signed import check_signed
from ledger.store.data import DataCheck
from ledger.store.database import Head
from ledger.store.reader import Reader
from ledger.store.store import Store

_AT_ONCE = 4 * TILE_WIDTH  # entries


def sign(ledger: Store, ring: KeyRing, *, full: bool = False) -> SignedCheckpoint:
    """Sign the head of a ledger with its log key, unless it is signed already; returns the checkpoint with its
    cosignatures.

    Before signing, `check` computes the root again. Raises what that raises, KeyTrouble if the log key in force is not
    on this machine, Busy if another signer holds the lock for too long.
    """
    ring.make_folder()
    with atomic.locked(ring.folder / "checkpoint.lock"):
        known, signer = signed_here(ring), None
        if full or not ring.is_at_hand(LOG_KEY):  # this may take long, or ask for a passphrase: without the write lock
            with ledger.reading() as reader:
                signer = log_signer(ring, log_keys(reader)[-1])
                check(reader, [known, reader.checkpoint()], full=full)
        with ledger.writing() as writer:
            in_force, stored = log_keys(writer)[-1], writer.checkpoint()
            if signer is None or signer.verifier != in_force:
                signer = log_signer(ring, in_force)
            head = check(writer, [known, stored])
            note = Checkpoint(signer.name, head.size, head.root).sign(signer)
            if known != note:
                atomic.write(ring.checkpoint, note.to_bytes())
                place = str(ledger.database)
                ring.remember_place(place if "://" in place else str(Path(place).absolute()))
            if stored and stored.text == note.text:
                return stored
            writer.keep_checkpoint(note)
    return note


def sign_after_write(ledger: Store, ring: KeyRing, *, ask: bool = False) -> str | None:
    """Sign the head after a write, if the log key is here and needs no passphrase, or with ``ask`` in any case. Returns
    the error if signing failed, or the key that has signed here is gone: the entries are durable already, and the next
    write signs them too.
    """
    try:
        ring.check_log_key_is_not_lost()
        if ask or ring.is_at_hand(LOG_KEY):
            sign(ledger, ring)
    except LedgerError as error:
        return str(error)
    except OSError as error:
        return str(as_ledger_error(error))
    return None


def check(reader: Reader, signed: Iterable[SignedCheckpoint | None], *, full: bool = False) -> Head:
    """The head of a ledger, after checking that it continues all of these checkpoints.

    The root is computed again from the entries since the last checkpoint; with ``full`` from all, and their data are
    checked too. Those since the last checkpoint must be signed by recorders who were allowed to record them.
    Raises NotVerified if anything differs, or a checkpoint is not this ledger's; RolledBack if the ledger does not
    continue one.
    """
    head, keys, since = reader.head(), log_keys(reader), 0
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
        since = note.size
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
    check_signed(reader, range(since, head.size))
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
