"""The tree: the RFC's own recursion says what its roots are; tiles hold what the entries give."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.tree import (
    EMPTY_ROOT,
    HASH_SIZE,
    TILE_WIDTH,
    Frontier,
    full_tile_root,
    leaf_hash,
    node_hash,
    root_of,
)
from ledger.store.store import Store
from tests.support.recorder import recorder_of
from tests.support.rfc6962 import LEAVES, mth

RFC_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
RFC_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_the_root_of_every_size_is_what_the_recursion_of_the_rfc_gives() -> None:
    frontier = Frontier()
    for size in range(len(LEAVES) + 1):
        assert frontier.size == size
        assert frontier.root() == mth(0, size)
        assert Frontier.from_bytes(size, frontier.to_bytes()).root() == mth(0, size)
        if size < len(LEAVES):
            frontier.append(LEAVES[size])


@pytest.mark.parametrize("size", range(9))
def test_the_reference_tree_of_rfc_6962_has_its_published_roots(size: int) -> None:
    assert root_of(leaf_hash(bytes.fromhex(leaf)) for leaf in RFC_LEAVES[:size]).hex() == RFC_ROOTS[size]


def test_the_roots_of_all_ranges_have_the_published_hash() -> None:
    leaves, total = [leaf_hash(bytes([i])) for i in range(130)], sha256()
    for end in range(131):
        for start in range(end + 1):
            width = 1 << (end - start - 1).bit_length() if end > start else 1
            if start == 0 or start == end or start % width == 0:
                total.update(f"[{start}, {end}) {root_of(leaves[start:end]).hex()}\n".encode())
    assert total.hexdigest() == "b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81"


@given(st.integers(0, 550), st.integers(0, 550))
def test_leaves_may_be_added_many_at_once(size: int, more: int) -> None:
    frontier = Frontier()
    for part in (LEAVES[:size], LEAVES[size : size + more]):
        frontier.extend(part)
        assert frontier.hashes == _one_by_one(frontier.size).hashes
    assert (frontier.size, frontier.root()) == (size + more, mth(0, size + more))


def _one_by_one(size: int) -> Frontier:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    return frontier


@given(st.integers(0, 1000), st.integers(0, 100))
def test_a_stored_frontier_goes_on_as_if_it_had_never_been_stored(size: int, more: int) -> None:
    frontier = _one_by_one(size)
    again = Frontier.from_bytes(size, frontier.to_bytes())
    for leaf in LEAVES[size : size + more]:
        again.append(leaf)
    assert (again.size, again.root()) == (size + more, mth(0, size + more))


def test_leaves_and_nodes_are_hashed_apart() -> None:
    one, other = LEAVES[:2]
    assert node_hash(one, other) == sha256(b"\x01" + one + other).digest()
    assert leaf_hash(one + other) == sha256(b"\x00" + one + other).digest()
    assert root_of([]) == EMPTY_ROOT == sha256(b"").digest()
    assert root_of([one]) == one


@pytest.mark.parametrize(("size", "hashes"), [(0, 1), (1, 0), (3, 1), (4, 2)])
def test_a_frontier_of_the_wrong_length_is_refused(size: int, hashes: int) -> None:
    with pytest.raises(ValueError, match="perfect subtrees"):
        Frontier(size, LEAVES[:hashes])


def test_only_a_full_tile_has_a_root_for_the_level_above() -> None:
    assert full_tile_root(b"".join(LEAVES[:TILE_WIDTH])) == mth(0, TILE_WIDTH)
    with pytest.raises(ValueError, match="not a full tile"):
        full_tile_root(b"".join(LEAVES[: TILE_WIDTH - 1]))


@pytest.mark.parametrize("at_once", [1, 7, 256, 600])
def test_tiles_are_stored_when_they_are_full(at_once: int, place: Path | str) -> None:
    with Store.create(place) as ledger:
        fill(ledger, 600, at_once)
        assert list(tiles(ledger)) == [(0, 0), (0, 1)]
        check_tiles(ledger, 600)


def test_a_tile_above_the_leaves_is_stored_with_the_last_of_its_256(place: Path | str) -> None:
    size = TILE_WIDTH**2 + 3
    with Store.create(place) as ledger:
        fill(ledger, TILE_WIDTH**2 - 1, 4096)
        assert (1, 0) not in tiles(ledger)
        fill(ledger, 4, 1, first=TILE_WIDTH**2 - 1)
        assert sorted(tiles(ledger)) == [*((0, n) for n in range(TILE_WIDTH)), (1, 0)]
        check_tiles(ledger, size)


def fill(ledger: Store, number: int, at_once: int, first: int = 0) -> None:
    """Append tiny states, whose leaves are not worth reading, a matter for each transaction."""
    for start in range(first, first + number, at_once):
        recorder_of(ledger).insert_events(
            [
                StoredEvent(f"m/{start}", i - start, "tiny", b"%d" % i)
                for i in range(start, min(start + at_once, first + number))
            ]
        )


def tiles(ledger: Store) -> dict[tuple[int, int], bytes]:
    """The stored tiles by level and number."""
    with ledger._datastore.transaction(commit=False) as c:
        c.execute("SELECT level, number, hashes FROM tiles ORDER BY level, number")
        return {(level, number): hashes for level, number, hashes in c.fetchall()}


def check_tiles(ledger: Store, size: int) -> None:
    """Hold every stored tile, and the head, against hashes made from the entries again."""
    leaves = [leaf_hash(b"%d" % i) for i in range(size)]
    for (level, number), hashes in tiles(ledger).items():
        width = TILE_WIDTH**level
        first = number * TILE_WIDTH
        expected = (root_of(leaves[(first + i) * width : (first + i + 1) * width]) for i in range(TILE_WIDTH))
        assert list(_hashes(hashes)) == list(expected)
    with ledger.reading() as reader:
        assert (reader.head().size, reader.head().root) == (size, root_of(leaves))
        for earlier in (1, 255, 256, 257, 599, size - 1, size):
            tree = reader.tree(earlier) if earlier < size else reader.tree()
            assert tree.root(min(earlier, size)) == root_of(leaves[:earlier])


def _hashes(data: bytes) -> Iterator[bytes]:
    return (data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE))
