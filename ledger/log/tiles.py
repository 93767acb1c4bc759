"""Tiles: the tree and its entries as static files, as in C2SP tlog-tiles.

    tile/<level>/<number>[.p/<width>]      up to 256 hashes of 32 bytes, concatenated
    tile/entries/<number>[.p/<width>]      a bundle: up to 256 entries, each after its length in two bytes, big-endian
    data/<number>[.p/<width>]              what belongs to these entries but is not in the tree, in the same form

A number is written in groups of three digits, all but the last with an x before it: 1234067 is ``x001/x234/067``. A
partial tile has its width in its path. A tree of 1000 entries has ``tile/entries/000`` to ``002`` and ``003.p/232``,
``tile/0/000`` to ``002`` and ``003.p/232``, and ``tile/1/000.p/3``.

``data/`` is not part of C2SP: it may lose items (their length is then 0), and tiles never change.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from ledger.log import LogError
from ledger.log.tree import HASH_SIZE, TILE_HEIGHT, TILE_WIDTH, Frontier, node_hash, root_of, split_hashes

CHECKPOINT = "checkpoint"
"""The path of the signed checkpoint, below the folder of the log."""
ENTRIES = -1
"""The level of bundles, below that of their leaf hashes."""
DATA = -2
"""The level of the data of entries."""
LONGEST_ENTRY = 65_535


class Tile(NamedTuple):
    """A tile or a bundle: its level, its number in the level, and how many hashes or entries it has."""

    level: int
    number: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Its path, below the folder of the log."""
        *upper, last = [group.zfill(3) for group in f"{self.number:,}".split(",")]
        level = {DATA: "data", ENTRIES: "tile/entries"}.get(self.level, f"tile/{self.level}")
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"{level}/{''.join(f'x{group}/' for group in upper)}{last}{partial}"


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """The data, bundles and tiles of a tree that are new since an earlier size, the lowest level first."""
    level = DATA
    while new := _count(level, size):
        if new > (old := _count(level, since)):
            for number in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
                yield Tile(level, number, min(TILE_WIDTH, new - number * TILE_WIDTH))
        level += 1


def _count(level: int, size: int) -> int:
    return size >> TILE_HEIGHT * max(level, 0)


def decode_hashes(data: bytes, width: int) -> list[bytes]:
    """The hashes of a tile. Raises LogError unless there are exactly ``width``."""
    if len(data) != width * HASH_SIZE:
        raise LogError(f"a tile of {width} hashes has {width * HASH_SIZE} bytes, not {len(data)}")
    return split_hashes(data)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """The bytes of a bundle. Raises LogError for an entry that is too long."""
    bundle = bytearray()
    for entry in entries:
        if len(entry) > LONGEST_ENTRY:
            raise LogError(f"an entry of {len(entry)} bytes is longer than {LONGEST_ENTRY}")
        bundle += len(entry).to_bytes(2, "big") + entry
    return bytes(bundle)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The entries of a bundle. Raises LogError unless there are exactly ``width``."""
    entries, at = [], 0
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data):
        raise LogError(f"{len(data)} bytes are not a bundle of {width} entries")
    return entries


def is_same_but_withheld(tile: Tile, earlier: bytes, later: bytes) -> bool:
    """Whether two states of a published file are the same, except data that were withheld between them."""
    if tile.level != DATA or earlier == later:
        return earlier == later
    try:
        pairs = zip(decode_bundle(earlier, tile.width), decode_bundle(later, tile.width), strict=True)
    except LogError:
        return False
    return all(before == after or not after for before, after in pairs)


def read_tile(tile: Tile, read: Callable[[Tile], bytes]) -> bytes:
    """The bytes of a published tile or bundle; where only the full one is left, its beginning.

    ``read`` raises FileNotFoundError where there is none.
    """
    try:
        return read(tile)
    except FileNotFoundError:
        data = read(Tile(tile.level, tile.number))
    if tile.level < 0:
        return encode_bundle(decode_bundle(data, TILE_WIDTH)[: tile.width])
    return data[: tile.width * HASH_SIZE]


class TiledTree:
    """A tree in its tiles: the roots of its perfect subtrees, from which proofs are made.

    ``read`` returns the bytes of a full or partial tile. A proof reads at most two of each level; 64 are cached.
    """

    def __init__(self, size: int, read: Callable[[Tile], bytes]) -> None:
        self.size = size
        self._subtrees = lru_cache(maxsize=64)(lambda tile: _subtrees(decode_hashes(read(tile), tile.width)))

    def hash_at(self, level: int, number: int) -> bytes:
        """The root of the entries [number·2^level, (number + 1)·2^level). Raises LogError if the tree has fewer."""
        if min(level, number) < 0 or (number + 1) << level > self.size:
            raise LogError(f"a tree of {self.size} has no perfect subtree {number} at level {level}")
        tile_level, levels_above = divmod(level, TILE_HEIGHT)
        tile_number, first = divmod(number << levels_above, TILE_WIDTH)
        count = _count(tile_level, self.size)
        tile = Tile(tile_level, tile_number, min(TILE_WIDTH, count - tile_number * TILE_WIDTH))
        return self._subtrees(tile)[levels_above][first >> levels_above]

    def frontier(self, size: int) -> Frontier:
        """The frontier of the tree at an earlier size. Raises LogError if the tree is smaller."""
        hashes, start = [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                hashes.append(self.hash_at(level, start >> level))
                start += 1 << level
        return Frontier(size, hashes)

    def root(self, size: int) -> bytes:
        """The root of the tree at an earlier size. Raises LogError if the tree is smaller."""
        return self.frontier(size).root()


def _subtrees(hashes: list[bytes]) -> list[list[bytes]]:
    """The roots of the perfect subtrees over these hashes: those of one hash, of two, of four …"""
    levels = [hashes]
    while len(below := levels[-1]) > 1:
        levels.append([node_hash(below[i - 1], below[i]) for i in range(1, len(below), 2)])
    return levels


def tree_over(leaves: Sequence[bytes]) -> TiledTree:
    """The tree over leaf hashes in memory."""
    levels = [leaves]
    while len(below := levels[-1]) >= TILE_WIDTH:
        whole = range(0, len(below) // TILE_WIDTH * TILE_WIDTH, TILE_WIDTH)
        levels.append([root_of(below[i : i + TILE_WIDTH]) for i in whole])

    def read(tile: Tile) -> bytes:
        first = tile.number * TILE_WIDTH
        return b"".join(levels[tile.level][first : first + tile.width])

    return TiledTree(len(leaves), read)
