"""Proof files: a proof with the signed checkpoint that it leads to.

An inclusion proof, ``.tlog-proof``, as in C2SP tlog-proof:

    c2sp.org/tlog-proof@v1
    index 2
    <hash>
    …

    <checkpoint>

A consistency proof, which is the body of ``add-checkpoint`` in C2SP tlog-witness:

    old 3
    <hash>
    …

    <checkpoint>

The hashes are in base64, one a line, from the leaves upwards. A signed checkpoint follows the blank line.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.encoding import read_hash, read_number, to_base64
from ledger.log.key import Verifier
from ledger.log.note import LONGEST_NOTE, Signature
from ledger.log.policy import Policy
from ledger.log.proof import check_inclusion

MOST_HASHES = 64  # in a proof about a tree of less than 2^63 entries
_LONGEST = LONGEST_NOTE + 4_096


@dataclass(frozen=True)
class _ProofFile:
    number: int
    proof: tuple[bytes, ...]
    checkpoint: SignedCheckpoint
    start: ClassVar[str]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a file. Raises LogError for bytes of another form, or too many."""
        if len(data) > _LONGEST:
            raise LogError(f"a proof file of {len(data)} bytes is longer than {_LONGEST}")
        head, _, note = data.partition(b"\n\n")
        if not head.startswith(cls.start.encode()):
            raise LogError(f"the proof file does not begin with {cls.start.rstrip()!r}")
        number, *hashes = head.decode("ascii", "replace").removeprefix(cls.start).split("\n")
        if len(hashes) > MOST_HASHES:
            raise LogError(f"a proof of {len(hashes)} hashes has more than {MOST_HASHES}")
        return cls(read_number(number), tuple(map(read_hash, hashes)), SignedCheckpoint.parse(note))

    def to_bytes(self) -> bytes:
        lines = [f"{self.start}{self.number}", *map(to_base64, self.proof), "", ""]
        return "\n".join(lines).encode() + self.checkpoint.to_bytes()


class InclusionFile(_ProofFile):
    """The proof that the entry at the index ``number`` is in the log of a checkpoint."""

    start = "c2sp.org/tlog-proof@v1\nindex "

    def check(self, leaf: bytes, policy: Policy) -> dict[Verifier, Signature]:
        """The keys that signed the checkpoint, each with its signature.

        Raises LogError unless the policy accepts the checkpoint and its log has an entry of this leaf hash there.
        """
        signers = policy.verify(self.checkpoint)
        check_inclusion(self.proof, self.number, self.checkpoint.size, leaf, self.checkpoint.checkpoint.root)
        return signers


class ConsistencyFile(_ProofFile):
    """The proof that the log of a checkpoint continues its first ``number`` entries. To check it, take their root."""

    start = "old "
