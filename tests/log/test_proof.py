"""Proofs: they are what the RFC's own recursion gives, they hold, and nothing else does."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log import LogError
from ledger.log.proof import check_consistency, check_inclusion, prove_consistency, prove_inclusion
from ledger.log.tree import EMPTY_ROOT, leaf_hash, root_of
from tests.support.rfc6962 import LEAVES, mth, path, proof

LARGEST = len(LEAVES) - 1
QUARTERS = [range(1, 551), range(551, 779), range(779, 954), range(954, LARGEST + 1)]
"""The sizes, in four parts of about the same number of proofs."""


def hash_at(level: int, number: int) -> bytes:
    """The root of a perfect subtree, from the recursion."""
    return mth(number << level, (number + 1) << level)


@pytest.mark.parametrize("sizes", QUARTERS, ids=str)
def test_every_inclusion_proof_is_that_of_the_rfc_and_holds(sizes: range) -> None:
    for size in sizes:
        root = mth(0, size)
        for index in range(size):
            made = prove_inclusion(index, size, hash_at)
            assert tuple(made) == path(index, 0, size)
            check_inclusion(made, index, size, LEAVES[index], root)


@pytest.mark.parametrize("sizes", QUARTERS, ids=str)
def test_every_consistency_proof_is_that_of_the_rfc_and_holds(sizes: range) -> None:
    for new in sizes:
        root = mth(0, new)
        for old in range(1, new):
            made = prove_consistency(old, new, hash_at)
            assert tuple(made) == proof(old, new)
            check_consistency(made, old, new, mth(0, old), root)


@pytest.mark.parametrize("size", [0, 1, 5])
def test_nothing_need_be_proved_of_a_tree_that_was_empty_or_did_not_grow(size: int) -> None:
    for old in (0, size):
        assert prove_consistency(old, size, hash_at) == ()
        check_consistency([], old, size, mth(0, old), mth(0, size))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3), (4, 3)])
def test_an_entry_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(LogError, match="has no entry"):
        prove_inclusion(index, size, hash_at)
    with pytest.raises(LogError):
        check_inclusion([], index, size, LEAVES[0], LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(4, 3), (-1, 3), (1, 0)])
def test_a_tree_does_not_shrink(old: int, new: int) -> None:
    with pytest.raises(LogError, match="never had"):
        prove_consistency(old, new, hash_at)
    with pytest.raises(LogError):
        check_consistency([], old, new, LEAVES[0], LEAVES[0])


@pytest.mark.parametrize("size", range(1, 73))
def test_a_bit_flipped_in_any_hash_of_any_proof_is_seen(size: int) -> None:
    root = mth(0, size)
    for index in range(size):
        for bad in flipped([*path(index, 0, size), LEAVES[index], root]):
            with pytest.raises(LogError):
                check_inclusion(bad[:-2], index, size, bad[-2], bad[-1])
    for old in range(1, size):
        for bad in flipped([*proof(old, size), mth(0, old), root]):
            with pytest.raises(LogError):
                check_consistency(bad[:-2], old, size, bad[-2], bad[-1])


@pytest.mark.parametrize("size", range(1, 34))
def test_a_proof_of_another_length_is_refused(size: int) -> None:
    root, some = mth(0, size), LEAVES[0]
    for index in range(size):
        for bad in other_lengths(path(index, 0, size), some):
            with pytest.raises(LogError):
                check_inclusion(bad, index, size, LEAVES[index], root)
    for old in range(size + 1):
        good = proof(old, size) if 0 < old < size else ()
        for bad in other_lengths(good, some):
            with pytest.raises(LogError):
                check_consistency(bad, old, size, mth(0, old), root)


@pytest.mark.parametrize("size", range(2, 40))
def test_a_proof_is_of_one_entry_of_one_leaf(size: int) -> None:
    for index in range(size):
        for other in range(size):
            if other != index:
                with pytest.raises(LogError):
                    check_inclusion(path(index, 0, size), other, size, LEAVES[index], mth(0, size))
                with pytest.raises(LogError):
                    check_inclusion(path(index, 0, size), index, size, LEAVES[other], mth(0, size))


@pytest.mark.parametrize("wrong", [b"", LEAVES[0][:-1], LEAVES[0] + b"\x00"])
def test_what_is_not_32_bytes_is_no_hash(wrong: bytes) -> None:
    two = mth(0, 2)
    for hashes in ([wrong, LEAVES[0], two], [LEAVES[1], wrong, two], [LEAVES[1], LEAVES[0], wrong]):
        with pytest.raises(LogError):
            check_inclusion(hashes[:1], 0, 2, hashes[1], hashes[2])
    for hashes in ([wrong, LEAVES[0], two], [LEAVES[1], wrong, two], [LEAVES[1], LEAVES[0], wrong]):
        with pytest.raises(LogError):
            check_consistency(hashes[:1], 1, 2, hashes[1], hashes[2])
    with pytest.raises(LogError):
        check_consistency([], 1, 1, wrong, wrong)


def test_an_empty_tree_has_the_empty_root() -> None:
    check_consistency([], 0, 0, EMPTY_ROOT, EMPTY_ROOT)
    for old_root, new, new_root in [(LEAVES[0], 0, LEAVES[0]), (LEAVES[0], 1, LEAVES[0]), (EMPTY_ROOT, 0, LEAVES[0])]:
        with pytest.raises(LogError):
            check_consistency([], 0, new, old_root, new_root)


@given(st.integers(1, LARGEST), st.data())
def test_no_other_root_is_reached(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, LARGEST).filter(lambda other: other != size))
    with pytest.raises(LogError):
        check_inclusion(path(index, 0, size), index, size, LEAVES[index], mth(0, other))
    if index > 0:
        with pytest.raises(LogError):
            check_consistency(proof(index, size), index, size, mth(0, index), mth(0, other))
        with pytest.raises(LogError):
            check_consistency(proof(index, size), index, size, mth(0, other), mth(0, index))


@given(
    st.lists(st.binary(max_size=33), max_size=5),
    st.integers(-2, 2**64), st.integers(-2, 2**64), st.binary(max_size=33), st.binary(max_size=33),
)  # fmt: skip
def test_a_hostile_proof_has_one_verdict(hashes: list[bytes], one: int, other: int, leaf: bytes, root: bytes) -> None:
    for check in (check_inclusion, check_consistency):
        with pytest.raises(LogError):
            check(hashes, one, other, leaf, root + b"\x00" * 34)
        try:
            check(hashes, one, other, leaf, root)
        except LogError:
            continue
        assert not hashes


def test_all_inclusion_proofs_of_all_ranges_have_the_published_hash() -> None:
    leaves, total = [leaf_hash(bytes([i])) for i in range(130)], sha256()
    for end in range(131):
        for start in range(end):
            width = 1 << (end - start - 1).bit_length()
            if start % width:
                continue

            def hash_here(level: int, number: int, start: int = start) -> bytes:
                return root_of(leaves[start + (number << level) : start + (number + 1 << level)])

            for index in range(end - start):
                hashes = "".join(f" {hash_.hex()}" for hash_ in prove_inclusion(index, end - start, hash_here))
                total.update(f"{start + index} [{start}, {end}){hashes}\n".encode())
    assert total.hexdigest() == "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f"


def flipped(hashes: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The same hashes with one bit of one of them changed: another bit of each."""
    for i, hash_ in enumerate(hashes):
        bit = (37 * i + len(hashes)) % 256
        bad = (int.from_bytes(hash_, "big") ^ 1 << bit).to_bytes(32, "big")
        yield [*hashes[:i], bad, *hashes[i + 1 :]]


def other_lengths(hashes: Sequence[bytes], some: bytes) -> Iterator[list[bytes]]:
    """The same hashes with one more at either end, and every beginning and end of them."""
    yield [*hashes, some]
    yield [some, *hashes]
    for cut in range(len(hashes)):
        yield list(hashes[:cut])
        yield list(hashes[cut + 1 :])
