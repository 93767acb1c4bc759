"""Compare two checkpoints of a log: prove that they are of one history, or that they are of two."""

from collections.abc import Collection

from ledger.errors import NotFound, NotVerified, Refused
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.key import Verifier
from ledger.log.proof import prove_consistency
from ledger.log.proof_file import ConsistencyFile, ForkFile
from ledger.log.tiles import TiledTree
from ledger.store.reader import Reader


def consistency_file(reader: Reader, old: int, note: SignedCheckpoint) -> ConsistencyFile:
    """The consistency proof from an old size to a checkpoint: the request that a witness cosigns.

    Raises NotFound if the checkpoint is smaller.
    """
    size = note.size
    if old > size:
        raise NotFound(f"the checkpoint is of {size} entries, and {old} are more", hint="give an earlier size")
    return ConsistencyFile(old, prove_consistency(old, size, reader.tree(size).hash_at), note)


def compare(
    one: SignedCheckpoint, other: SignedCheckpoint, keys: Collection[Verifier], tree: TiledTree | None
) -> ConsistencyFile | ForkFile:
    """The proof that two signed checkpoints are of one history, or that they are of two.

    ``tree`` is the tree of a copy of the log; it is needed unless the sizes are equal. Raises NotVerified if the log
    has not signed both, or the later one is not of the copy; Refused if they are of two logs; NotFound if no copy is
    large enough.
    """
    try:
        one.verify(keys)
        other.verify(keys)
    except LogError as error:
        raise NotVerified(str(error), hint="check whose checkpoints they are, and the key") from None
    earlier, later = sorted((one, other), key=lambda note: note.size)
    first, then = earlier.checkpoint, later.checkpoint
    if first.origin != then.origin:
        raise Refused(f"the checkpoints are of two logs, {first.origin} and {then.origin}", hint="give two of one log")
    if first.size == then.size:
        same = first.root == then.root
        return ConsistencyFile(then.size, (), later) if same else ForkFile(earlier, later, then.root, ())
    if tree is None or tree.size < then.size:
        has = "there is no copy of it here" if tree is None else f"the copy here has {tree.size}"
        remedy = "name a copy that is as large with --ledger, or ask the log for a proof"
        raise NotFound(f"one is of {first.size} entries, the other of {then.size}, and {has}", hint=remedy)
    if tree.root(then.size) != then.root:
        raise NotVerified(
            f"the checkpoint of {then.size} entries is not of the ledger here",
            hint="compare it alone with this ledger: `force-ledger checkpoint compare FILE`",
        )
    root, proof = tree.root(first.size), prove_consistency(first.size, then.size, tree.hash_at)
    if root == first.root:
        return ConsistencyFile(first.size, proof, later)
    return ForkFile(earlier, later, root, proof)
