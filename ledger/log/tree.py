"""The Merkle tree of RFC 6962, section 2.1, and the tiles of C2SP tlog-tiles that store it.

    leaf = SHA-256(0x00 || entry)      node = SHA-256(0x01 || left || right)      empty root = SHA-256("")

A tree of n leaves splits at the largest power of two below n. Its *frontier* is the roots of the perfect subtrees
that n is the sum of, the largest first. It is enough to append leaves and to compute the root.

Hash i of tile t at level L is the root of the entries [(256t + i)·256^L, (256t + i + 1)·256^L). Only full tiles are
stored, each written once. The hashes after the last full tile are computed again from the entries.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from ledger.log import LogError

HASH_SIZE = 32
TILE_HEIGHT = 8  # levels of the tree
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree: its size, and the roots of its perfect subtrees, the largest first."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count():
            raise LogError(f"a tree of {size} leaves has {size.bit_count()} perfect subtrees, not {len(self.hashes)}")

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> "Frontier":
        """Read what `to_bytes` wrote for a tree of this size."""
        return cls(size, split_hashes(data))

    def to_bytes(self) -> bytes:
        """The hashes, concatenated."""
        return b"".join(self.hashes)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes in order. Those that fill a tile are added together, level by level, which is faster."""
        start = 0
        while start < len(leaves):
            if self.size % TILE_WIDTH == 0 and start + TILE_WIDTH <= len(leaves):
                self.append(_perfect_root(leaves[start : start + TILE_WIDTH]), TILE_HEIGHT)
                start += TILE_WIDTH
            else:
                self.append(leaves[start])
                start += 1

    def append(self, root: bytes, height: int = 0) -> None:
        """Add one leaf hash; or the root of 2^height leaves, if the size is a multiple of that."""
        carry, size = root, self.size >> height
        while size & 1:
            carry, size = node_hash(self.hashes.pop(), carry), size >> 1
        self.hashes.append(carry)
        self.size += 1 << height

    def root(self) -> bytes:
        """The Merkle tree hash of all leaves."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, root = self.hashes
        for left in reversed(rest):
            root = node_hash(left, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The Merkle tree hash over leaf hashes."""
    frontier = Frontier()
    frontier.extend(list(leaves))
    return frontier.root()


def full_tile_root(hashes: bytes) -> bytes:
    """The root over the 256 hashes of a full tile: a hash of the tile above. Raises LogError for other bytes."""
    if len(hashes) != TILE_WIDTH * HASH_SIZE:
        raise LogError("not a full tile")
    return _perfect_root(split_hashes(hashes))


def split_hashes(data: bytes) -> list[bytes]:
    """The hashes in concatenated bytes."""
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


def _perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes, whose number is a power of two."""
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]
