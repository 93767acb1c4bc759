"""Tiles: where they are, which there are, what they hold; a proof about a large tree reads a handful of them."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log import LogError
from ledger.log.proof import check_consistency, check_inclusion, prove_consistency, prove_inclusion
from ledger.log.tiles import (
    ENTRIES,
    LONGEST_ENTRY,
    Tile,
    TiledTree,
    decode_bundle,
    decode_hashes,
    encode_bundle,
    tiles_of,
    tree_over,
)
from ledger.log.tree import HASH_SIZE, TILE_WIDTH, node_hash
from tests.support.rfc6962 import LEAVES, mth

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 0, 1), "tile/0/000.p/1"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(2, 1234067, 8), "tile/2/x001/x234/067.p/8"),
        (Tile(ENTRIES, 999), "tile/entries/999"),
        (Tile(ENTRIES, 1000, 255), "tile/entries/x001/000.p/255"),
        (Tile(5, 10**9), "tile/5/x001/x000/x000/000"),
    ],
)
def test_the_path_of_a_tile(tile: Tile, path: str) -> None:
    assert tile.path == path


def test_the_tiles_of_a_tree_of_a_thousand() -> None:
    assert [tile.path for tile in tiles_of(1000)] == [
        "data/000", "data/001", "data/002", "data/003.p/232",
        "tile/entries/000", "tile/entries/001", "tile/entries/002", "tile/entries/003.p/232",
        "tile/0/000", "tile/0/001", "tile/0/002", "tile/0/003.p/232",
        "tile/1/000.p/3",
    ]  # fmt: skip
    assert [tile.path for tile in tiles_of(1030, since=1000)] == [
        "data/003", "data/004.p/6",
        "tile/entries/003", "tile/entries/004.p/6", "tile/0/003", "tile/0/004.p/6", "tile/1/000.p/4",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 131_072])
def test_a_tree_that_did_not_grow_has_no_new_tiles(size: int) -> None:
    assert list(tiles_of(size, since=size)) == []
    assert len(set(tiles_of(size))) == len(list(tiles_of(size)))
    for level in (ENTRIES, 0, 1, 2):
        assert sum(tile.width for tile in tiles_of(size) if tile.level == level) == size // 256 ** max(level, 0)


@given(st.integers(0, 200_000), st.integers(0, 70_000))
def test_what_is_new_is_what_there_was_not(old: int, more: int) -> None:
    before, after = set(tiles_of(old)), list(tiles_of(old + more))
    assert [tile for tile in after if tile not in before] == list(tiles_of(old + more, since=old))


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_is_read_back(entries: list[bytes]) -> None:
    bundle = encode_bundle(entries)
    assert decode_bundle(bundle, len(entries)) == entries
    for width in {0, len(entries) - 1, len(entries) + 1} - {-1, len(entries)}:
        with pytest.raises(LogError):
            decode_bundle(bundle, width)


def test_the_bytes_of_a_bundle_are_these() -> None:
    assert encode_bundle([b"one", b"", b"three"]) == b"\x00\x03one\x00\x00\x00\x05three"
    assert decode_bundle(b"\x00\x03one\x00\x00\x00\x05three", 3) == [b"one", b"", b"three"]


def test_an_entry_has_at_most_65535_bytes() -> None:
    assert decode_bundle(encode_bundle([b"x" * LONGEST_ENTRY]), 1) == [b"x" * LONGEST_ENTRY]
    with pytest.raises(LogError, match="an entry of 65536 bytes"):
        encode_bundle([b"x" * (LONGEST_ENTRY + 1)])


@pytest.mark.parametrize(
    "data", [b"\x00", b"\x00\x01", b"\x00\x02x", b"\xff\xff", b"\x00\x00\x00", b"\x00\x00\x00\x00"]
)
def test_a_cut_or_longer_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(LogError, match="are not a bundle of 1 entries"):
        decode_bundle(data, 1)


@pytest.mark.parametrize("more", [-32, -1, 1, 32])
def test_a_tile_has_the_expected_width(more: int) -> None:
    data = b"".join(LEAVES[:7]) + LEAVES[7]
    assert decode_hashes(data, 8) == LEAVES[:8]
    with pytest.raises(LogError, match="a tile of 8 hashes has 256 bytes"):
        decode_hashes((data + LEAVES[8])[: 256 + more], 8)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 1000, 1100])
def test_a_tree_in_tiles_is_the_tree(size: int) -> None:
    tree = TiledTree(size, tile_bytes)
    for level in range(size.bit_length()):
        for number in range(size >> level):
            assert tree.hash_at(level, number) == mth(number << level, (number + 1) << level)
    for earlier in range(size + 1):
        assert tree.root(earlier) == mth(0, earlier)


@pytest.mark.parametrize(("level", "number"), [(0, 5), (0, -1), (-1, 0), (1, 2), (2, 1), (3, 0)])
def test_a_subtree_that_is_not_whole_has_no_root(level: int, number: int) -> None:
    with pytest.raises(LogError, match="a tree of 5 has no perfect subtree"):
        TiledTree(5, tile_bytes).hash_at(level, number)


def test_a_tile_of_another_width_than_it_should_have_is_refused() -> None:
    with pytest.raises(LogError, match="a tile of 5 hashes"):
        TiledTree(5, lambda tile: tile_bytes(tile)[:-HASH_SIZE]).hash_at(0, 0)


@pytest.mark.parametrize("index", [0, 1, 255, 256, 524_287, 524_288, 983_040, 999_679, 999_935, 999_936, 999_999])
def test_an_inclusion_proof_in_a_million_reads_a_handful_of_tiles(index: int) -> None:
    reads, read = counting(same_tile)
    tree = TiledTree(MILLION, read)
    proof = prove_inclusion(index, MILLION, tree.hash_at)
    assert len(reads) == reads.total() <= 5
    check_inclusion(proof, index, MILLION, SAME[0], same_root(MILLION))


@pytest.mark.parametrize("old", [1, 255, 256, 65_536, 65_537, 524_288, 524_289, 983_040, 999_935, 999_999])
def test_a_consistency_proof_in_a_million_reads_a_handful_of_tiles(old: int) -> None:
    reads, read = counting(same_tile)
    tree = TiledTree(MILLION, read)
    proof = prove_consistency(old, MILLION, tree.hash_at)
    assert len(reads) == reads.total() <= 6
    check_consistency(proof, old, MILLION, same_root(old), same_root(MILLION))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 255, 256, 257, 511, 512, 1000, 1101])
def test_a_tree_of_leaves_at_hand_has_the_frontier_of_every_size_that_it_had(size: int) -> None:
    tree = tree_over(LEAVES[:size])
    assert tree.root(size) == mth(0, size)
    for earlier in {0, min(1, size), size // 3, size - size % 256, size}:
        frontier = tree.frontier(earlier)
        assert (frontier.size, frontier.root()) == (earlier, mth(0, earlier))
        for leaf in LEAVES[earlier:size]:
            frontier.append(leaf)
        assert frontier.root() == mth(0, size)
    with pytest.raises(LogError, match="has no perfect subtree"):
        tree.frontier(size + 1)


SAME = [LEAVES[0]]
"""The root of 2^level leaves that are all the same, by level: a tree of any size for nothing."""
for _ in range(20):
    SAME.append(node_hash(SAME[-1], SAME[-1]))


def same_root(size: int) -> bytes:
    """The root of so many leaves that are all the same."""
    level = size.bit_length() - 1
    return SAME[level] if size == 1 << level else node_hash(SAME[level], same_root(size - (1 << level)))


def same_tile(tile: Tile) -> bytes:
    """A tile over leaves that are all the same."""
    return SAME[8 * tile.level] * tile.width


def counting(read: Callable[[Tile], bytes]) -> tuple[Counter[Tile], Callable[[Tile], bytes]]:
    """The same, and how often it has read each tile."""
    reads: Counter[Tile] = Counter()

    def counted(tile: Tile) -> bytes:
        reads[tile] += 1
        return read(tile)

    return reads, counted


def tile_bytes(tile: Tile) -> bytes:
    """A tile over LEAVES."""
    width = TILE_WIDTH**tile.level
    first = tile.number * TILE_WIDTH
    return b"".join(mth(i * width, (i + 1) * width) for i in range(first, first + tile.width))
