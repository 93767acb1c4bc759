"""Inclusion and consistency proofs: RFC 6962, sections 2.1.1 and 2.1.2.

A proof is a tuple of hashes, from the leaves upwards. To make one takes only roots of perfect subtrees:
``hash_at(level, number)`` is the root of the entries [number·2^level, (number + 1)·2^level); see ledger.log.tiles.

``prove_…`` makes a proof, at most 1 + log2(size) hashes; ``check_…`` checks one. A checker raises LogError for any
fault: an index outside the tree, a proof of the wrong length, a hash that is not 32 bytes, another root.
"""

from collections.abc import Callable, Iterable, Sequence

from ledger.log import LogError
from ledger.log.tree import EMPTY_ROOT, HASH_SIZE, node_hash

HashAt = Callable[[int, int], bytes]
Proof = tuple[bytes, ...]


def prove_inclusion(index: int, size: int, hash_at: HashAt) -> Proof:
    """The proof that the entry at an index is in the tree of a size. Raises LogError if there is no such entry."""
    if not 0 <= index < size:
        raise LogError(f"a tree of {size} has no entry {index}")
    return _path(index, 0, size, hash_at)


def prove_consistency(old: int, new: int, hash_at: HashAt) -> Proof:
    """The proof that the tree of the new size continues that of the old size; empty if they are equal, or the old is 0.

    Raises LogError unless old <= new.
    """
    if not 0 <= old <= new:
        raise LogError(f"a tree of {new} entries never had {old}")
    return _subproof(old, 0, new, hash_at) if old else ()


def check_inclusion(proof: Sequence[bytes], index: int, size: int, leaf: bytes, root: bytes) -> None:
    """Raise LogError unless the proof shows that the leaf hash is at an index of the tree of this size and root."""
    refusal = LogError(f"the proof does not show entry {index} in the tree of {size} with this root")
    if not 0 <= index < size or not _hashes([*proof, leaf, root]):
        raise refusal
    inner = (index ^ (size - 1)).bit_length()  # below this level the paths of the entry and of the last one differ
    if len(proof) != inner + (index >> inner).bit_count():
        raise refusal
    for level, sibling in enumerate(proof):
        on_the_left = level >= inner or index >> level & 1
        leaf = node_hash(sibling, leaf) if on_the_left else node_hash(leaf, sibling)
    if leaf != root:
        raise refusal


def check_consistency(proof: Sequence[bytes], old: int, new: int, old_root: bytes, new_root: bytes) -> None:
    """Raise LogError unless the proof shows that the tree of the new size and root continues the old one."""
    refusal = LogError(f"the proof does not show that the tree of {new} with this root continues that of {old}")
    if not 0 <= old <= new or not _hashes([*proof, old_root, new_root]):
        raise refusal
    if old in (0, new):
        if proof or (old == 0 and old_root != EMPTY_ROOT) or (old == new and old_root != new_root):
            raise refusal
        return
    # From the last perfect subtree of the old tree upwards: what is on its left is old, what is on its right is new.
    level = (old & -old).bit_length() - 1
    last = (old >> level) - 1
    inner = (last ^ ((new - 1) >> level)).bit_length()
    known = proof if last else [old_root, *proof]  # a perfect old tree is its own last subtree
    if len(known) != 1 + inner + (last >> inner).bit_count():
        raise refusal
    was = now = known[0]
    for above, sibling in enumerate(known[1:]):
        if above >= inner or last >> above & 1:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
        else:
            now = node_hash(now, sibling)
    if (was, now) != (old_root, new_root):
        raise refusal


def _root(start: int, end: int, hash_at: HashAt) -> bytes:
    """MTH(D[start:end]), which is not empty, where start is a multiple of the power of two that holds the rest."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return hash_at(level, start >> level)
    middle = _split(start, end)
    return node_hash(_root(start, middle, hash_at), _root(middle, end, hash_at))


def _path(index: int, start: int, end: int, hash_at: HashAt) -> Proof:
    """PATH(index, D[start:end])."""
    if end - start == 1:
        return ()
    middle = _split(start, end)
    if index < middle:
        return (*_path(index, start, middle, hash_at), _root(middle, end, hash_at))
    return (*_path(index, middle, end, hash_at), _root(start, middle, hash_at))


def _subproof(old: int, start: int, end: int, hash_at: HashAt) -> Proof:
    """SUBPROOF(old, D[start:end], start == 0): the checker knows only the root of the whole old tree."""
    if old == end:
        return (_root(start, end, hash_at),) if start else ()
    middle = _split(start, end)
    if old <= middle:
        return (*_subproof(old, start, middle, hash_at), _root(middle, end, hash_at))
    return (*_subproof(old, middle, end, hash_at), _root(start, middle, hash_at))


def _split(start: int, end: int) -> int:
    """Where the tree over [start, end) splits: its left side is the largest power of two below its size."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _hashes(hashes: Iterable[bytes]) -> bool:
    return all(len(hash_) == HASH_SIZE for hash_ in hashes)
