"""Proof files: a proof and its checkpoint in one file, checked with nothing else but a policy."""

from dataclasses import replace

import pytest

from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint
from ledger.log.key import Signer
from ledger.log.policy import Policy
from ledger.log.proof import prove_consistency, prove_inclusion
from ledger.log.proof_file import ConsistencyFile, InclusionFile
from ledger.publish.check_proof import check
from tests.log.test_proof import hash_at
from tests.support.rfc6962 import LEAVES, mth

LOG = Signer("example.org/log", bytes(32))
POLICY = Policy((LOG.verifier,))
CHECKPOINT = Checkpoint(LOG.name, 7, mth(0, 7))
NOTE = CHECKPOINT.sign(LOG)
INCLUSION = InclusionFile(2, prove_inclusion(2, 7, hash_at), NOTE)
CONSISTENCY = ConsistencyFile(3, prove_consistency(3, 7, hash_at), NOTE)


def test_a_proof_file_is_read_back_and_holds() -> None:
    read = InclusionFile.parse(INCLUSION.to_bytes())
    assert read == INCLUSION
    assert read.checkpoint.checkpoint == CHECKPOINT
    assert list(read.check(LEAVES[2], POLICY)) == [LOG.verifier]


def test_the_bytes_of_the_files_are_these() -> None:
    lines = INCLUSION.to_bytes().decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 2"]
    assert [len(line) for line in lines[2:6]] == [44, 44, 44, 0]
    assert "\n".join(lines[6:]).encode() == NOTE.to_bytes()
    assert CONSISTENCY.to_bytes().startswith(b"old 3\n")
    assert ConsistencyFile.parse(CONSISTENCY.to_bytes()) == CONSISTENCY


def test_a_proof_may_be_empty() -> None:
    only = Checkpoint(LOG.name, 1, LEAVES[0]).sign(LOG)
    file = InclusionFile(0, (), only)
    assert file.to_bytes() == b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + only.to_bytes()
    assert InclusionFile.parse(file.to_bytes()) == file
    file.check(LEAVES[0], POLICY)
    first = ConsistencyFile(0, (), NOTE)
    assert first.to_bytes() == b"old 0\n\n" + NOTE.to_bytes()
    assert ConsistencyFile.parse(first.to_bytes()) == first


@pytest.mark.parametrize(
    ("file", "leaf"),
    [
        (INCLUSION, LEAVES[3]),
        (replace(INCLUSION, number=3), LEAVES[2]),
        (replace(INCLUSION, number=7), LEAVES[2]),
        (replace(INCLUSION, proof=INCLUSION.proof[:-1]), LEAVES[2]),
        (replace(INCLUSION, checkpoint=Checkpoint(LOG.name, 7, mth(0, 8)).sign(LOG)), LEAVES[2]),
        (replace(INCLUSION, checkpoint=Checkpoint(LOG.name, 8, mth(0, 8)).sign(LOG)), LEAVES[2]),
        (replace(INCLUSION, checkpoint=CHECKPOINT.sign(Signer(LOG.name, bytes([1] * 32)))), LEAVES[2]),
    ],
)
def test_nothing_else_holds(file: InclusionFile, leaf: bytes) -> None:
    with pytest.raises(LogError):
        InclusionFile.parse(file.to_bytes()).check(leaf, POLICY)


@pytest.mark.parametrize(
    "change",
    [
        (b"tlog-proof@v1", b"tlog-proof@v2"), (b"index 2", b"index 02"), (b"index 2", b"index"), (b"index 2", b"old 2"),
        (b"index 2", b"index -2"), (b"index 2\n", b"index 2\r\n"), (b"c2sp", b"C2SP"),
        (b"index 2\n", b"index 2\nAQID\n"), (b"index 2\n", b"index 2\n" + b"x" * 44 + b"\n"), (b"=\n\n", b"=\n"),
        (b"index 2\n", b"index 2\n\xff\n"), (b"\n\n\xe2\x80\x94", b"\n\n-"), (b"c2sp", b"\xef\xbb\xbfc2sp"),
    ],
)  # fmt: skip
def test_what_is_not_a_proof_file_is_refused(change: tuple[bytes, bytes]) -> None:
    data = INCLUSION.to_bytes()
    assert change[0] in data
    with pytest.raises(LogError):
        InclusionFile.parse(data.replace(*change, 1))
    with pytest.raises(LogError, match="does not begin with 'old'"):
        ConsistencyFile.parse(data)


def test_a_proof_file_has_its_limits() -> None:
    long = replace(INCLUSION, proof=(LEAVES[0],) * 63)
    assert InclusionFile.parse(long.to_bytes()) == long
    with pytest.raises(LogError, match="64 hashes has more than 63"):
        InclusionFile.parse(replace(long, proof=(LEAVES[0],) * 64).to_bytes())
    with pytest.raises(LogError, match="a proof file of"):
        InclusionFile.parse(INCLUSION.to_bytes() + bytes(140_000))


@pytest.mark.parametrize("extra", ["", "AQID", "YWdlLXYxLjIuMQ==", "A" * 60_000])
def test_an_extra_line_is_kept_and_means_nothing(extra: str) -> None:
    data = INCLUSION.to_bytes().replace(b"index", f"extra {extra}\nindex".encode(), 1)
    read = InclusionFile.parse(data)
    assert read.to_bytes() == data
    assert (read.number, read.proof, read.checkpoint) == (INCLUSION.number, INCLUSION.proof, INCLUSION.checkpoint)
    assert list(read.check(LEAVES[2], POLICY)) == [LOG.verifier]
    assert check(data, POLICY, b"2") == check(INCLUSION.to_bytes(), POLICY, b"2")


@pytest.mark.parametrize(
    "line", [b"extra", b"extra *", b"extra AQID ", b"extra =AQI", b"extra AQID\nextra AQID", b"more AQID"]
)
def test_no_other_line_is_an_extra_line(line: bytes) -> None:
    with pytest.raises(LogError, match="does not begin with"):
        InclusionFile.parse(INCLUSION.to_bytes().replace(b"index", line + b"\nindex", 1))
    with pytest.raises(LogError):
        ConsistencyFile.parse(b"extra AQID\n" + CONSISTENCY.to_bytes())
