"""Proof files: a proof with the signed checkpoint that it leads to.

An inclusion proof, ``.tlog-proof``, is that of C2SP tlog-proof:

    c2sp.org/tlog-proof@v1
    index 2
    <hash>
    …

    <checkpoint>

A consistency proof is the body of ``add-checkpoint`` in C2SP tlog-witness:

    old 3
    <hash>
    …

    <checkpoint>

The hashes stand in base64, a line each, from the leaves upwards; after the blank line stands a signed checkpoint (see
ledger.log.checkpoint).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.encoding import read_hash, read_number, to_base64
from ledger.log.key import Verifier
from ledger.log.note import LONGEST_NOTE, Signature
from ledger.log.policy import Policy
from ledger.log.proof import check_inclusion

MOST_HASHES = 64  # in a proof about a tree of less than 2^63 entries

_INDEX = "c2sp.org/tlog-proof@v1\nindex "
_OLD = "old "
_LONGEST = LONGEST_NOTE + 4_096


@dataclass(frozen=True)
class InclusionFile:
    """The proof that the entry at an index is in the log of a checkpoint."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: SignedCheckpoint

    @classmethod
    def parse(cls, data: bytes) -> "InclusionFile":
        """Read a file. Raises LogError for bytes of another form, or too many."""
        return cls(*_parse(data, _INDEX))

    def to_bytes(self) -> bytes:
        """The file."""
        return _format(_INDEX, self.index, self.proof, self.checkpoint)

    def check(self, leaf: bytes, policy: Policy) -> dict[Verifier, Signature]:
        """Who signed the checkpoint of a log that has the entry of this leaf hash.

        Raises LogError unless the policy accepts the checkpoint, and the proof shows the leaf at its index.
        """
        signers = policy.verify(self.checkpoint)
        check_inclusion(self.proof, self.index, self.checkpoint.size, leaf, self.checkpoint.checkpoint.root)
        return signers


@dataclass(frozen=True)
class ConsistencyFile:
    """The proof that the log of a checkpoint began with its first ``old`` entries. Checking it takes their root."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: SignedCheckpoint

    @classmethod
    def parse(cls, data: bytes) -> "ConsistencyFile":
        """Read a file. Raises LogError for bytes of another form, or too many."""
        return cls(*_parse(data, _OLD))

    def to_bytes(self) -> bytes:
        """The file."""
        return _format(_OLD, self.old, self.proof, self.checkpoint)


def _parse(data: bytes, start: str) -> tuple[int, tuple[bytes, ...], SignedCheckpoint]:
    if len(data) > _LONGEST:
        raise LogError(f"a proof file of {len(data)} bytes is longer than {_LONGEST}")
    head, _, note = data.partition(b"\n\n")
    if not head.startswith(start.encode()):
        raise LogError(f"the proof file does not begin with {start.rstrip()!r}")
    number, *hashes = head.decode("ascii", "replace").removeprefix(start).split("\n")
    if len(hashes) > MOST_HASHES:
        raise LogError(f"a proof of {len(hashes)} hashes has more than {MOST_HASHES}")
    return read_number(number), tuple(map(read_hash, hashes)), SignedCheckpoint.parse(note)


def _format(start: str, number: int, hashes: Iterable[bytes], note: SignedCheckpoint) -> bytes:
    lines = [f"{start}{number}", *map(to_base64, hashes), "", ""]
    return "\n".join(lines).encode() + note.to_bytes()
