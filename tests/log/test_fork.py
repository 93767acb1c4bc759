"""The proof of a fork: two histories that one log has signed, shown to whoever has its key."""

from dataclasses import replace

import pytest

from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.key import Signer
from ledger.log.proof import prove_consistency
from ledger.log.proof_file import ForkFile
from ledger.log.tree import leaf_hash, root_of
from tests.log.test_proof import hash_at
from tests.support.rfc6962 import LEAVES, mth

LOG, OTHER = Signer("example.org/log", bytes(32)), Signer("example.org/other", bytes([1] * 32))
LIE = root_of([*LEAVES[:2], leaf_hash(b"another"), *LEAVES[3:7]])
"""The root of a tree of seven, one leaf of which is not that of the log."""


def signed(size: int, root: bytes | None = None, signer: Signer = LOG) -> SignedCheckpoint:
    """A checkpoint as the log signs it."""
    return Checkpoint(signer.name, size, root or mth(0, size)).sign(signer)


FORKS = [
    ForkFile(signed(7, LIE), signed(7), mth(0, 7), ()),
    ForkFile(signed(7, LIE), signed(100), mth(0, 7), prove_consistency(7, 100, hash_at)),
    ForkFile(signed(8, LIE), signed(100), mth(0, 8), prove_consistency(8, 100, hash_at)),
]
each_fork = pytest.mark.parametrize("fork", FORKS, ids=["same size", "7 and 100", "8 and 100"])


@each_fork
def test_two_histories_are_shown_from_the_file_alone(fork: ForkFile) -> None:
    read = ForkFile.parse(fork.to_bytes())
    assert read == fork
    one, other = read.check([OTHER.verifier, LOG.verifier])
    assert (one.size, other.size) == (fork.earlier.checkpoint.size, fork.later.checkpoint.size)


@pytest.mark.parametrize(
    ("fork", "why"),
    [
        (ForkFile(signed(7), signed(7), mth(0, 7), ()), "this is no fork"),
        (ForkFile(signed(7), signed(100), mth(0, 7), FORKS[1].proof), "this is no fork"),
        (ForkFile(signed(7), signed(100), LIE, FORKS[1].proof), "does not show"),
        (replace(FORKS[1], proof=FORKS[1].proof[:-1]), "does not show"),
        (replace(FORKS[1], root=mth(0, 8)), "does not show"),
        (replace(FORKS[0], earlier=signed(7, LIE, OTHER)), "of two logs"),
        (replace(FORKS[1], earlier=FORKS[1].later, later=FORKS[1].earlier), "does not show"),
    ],
)
def test_what_is_no_fork_is_not_shown_to_be_one(fork: ForkFile, why: str) -> None:
    with pytest.raises(LogError, match=why):
        ForkFile.parse(fork.to_bytes()).check([LOG.verifier, OTHER.verifier])


def test_a_checkpoint_that_the_log_did_not_sign_shows_nothing() -> None:
    forged = replace(FORKS[0], earlier=signed(7, LIE, Signer(LOG.name, bytes([2] * 32))))
    with pytest.raises(LogError, match="no key"):
        forged.check([LOG.verifier])


@each_fork
def test_every_change_of_a_byte_is_refused_or_shows_the_same(fork: ForkFile) -> None:
    data = fork.to_bytes()
    for at in range(len(data)):
        for changed in (data[at] ^ 1, data[at] ^ 0x20, 0x0A):
            try:
                found = ForkFile.parse(data[:at] + bytes([changed]) + data[at + 1 :]).check([LOG.verifier])
            except LogError:
                continue
            assert found == fork.check([LOG.verifier])


@pytest.mark.parametrize("data", [b"", b"force-ledger/fork@v1\n", FORKS[0].to_bytes()[:-1], FORKS[0].to_bytes() * 2])
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(LogError):
        ForkFile.parse(data)
