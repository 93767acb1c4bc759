"""Proof files: a proof with the signed checkpoints that it is about. The hashes are in base64, from the leaves upwards.

    c2sp.org/tlog-proof@v1      old 3           force-ledger/fork@v1
    index 2                     <hash>          root <root>
    <hash>                      …               <hash>
    …                                           …
                                <checkpoint>
    <checkpoint>                                <checkpoint>

                                                <later checkpoint>

An inclusion proof, ``.tlog-proof``, is that of C2SP tlog-proof; other logs may put a line ``extra <base64>`` before the
index. A consistency proof is the body of ``add-checkpoint`` in C2SP tlog-witness.

A fork file proves that a log has signed two histories; anybody who has the log's key can check it. ``root`` is the root
that the later history had at the size of the earlier checkpoint, which has another root. The hashes are the consistency
proof between the two sizes; there are none if the sizes are equal. An append-only log cannot have signed both.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Self

from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.encoding import read_hash, read_number, to_base64
from ledger.log.key import Verifier
from ledger.log.note import LONGEST_NOTE, Signature
from ledger.log.policy import Policy
from ledger.log.proof import Proof, check_consistency, check_inclusion

_MOST_HASHES = 63  # C2SP tlog-witness; an inclusion proof in a tree of less than 2^63 entries has no more
_LONGEST = 2 * LONGEST_NOTE
"""The bytes of a proof file: C2SP gives no limit."""


def _read_proof(hashes: list[str]) -> Proof:
    if len(hashes) > _MOST_HASHES:
        raise LogError(f"a proof of {len(hashes)} hashes has more than {_MOST_HASHES}")
    return tuple(map(read_hash, hashes))


@dataclass(frozen=True)
class _ProofFile:
    number: int
    proof: Proof
    checkpoint: SignedCheckpoint
    head: str
    """What is before the number."""
    start: ClassVar[str]
    """How a file of this kind begins."""
    _heads: ClassVar[re.Pattern[str]]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a file. Raises LogError for bytes of another form, or too many."""
        if len(data) > _LONGEST:
            raise LogError(f"a proof file of {len(data)} bytes is longer than {_LONGEST}")
        before, _, note = data.partition(b"\n\n")
        text = before.decode("ascii", "replace")
        if not (head := cls._heads.match(text)):
            raise LogError(f"the proof file does not begin with {cls.start.rstrip()!r}")
        number, *hashes = text[head.end() :].split("\n")
        return cls(read_number(number), _read_proof(hashes), SignedCheckpoint.parse(note), head.group())

    def to_bytes(self) -> bytes:
        lines = [f"{self.head}{self.number}", *map(to_base64, self.proof), "", ""]
        return "\n".join(lines).encode() + self.checkpoint.to_bytes()


@dataclass(frozen=True)
class InclusionFile(_ProofFile):
    """The proof that the entry at the index ``number`` is in the log of a checkpoint. An extra line is ignored:
    nobody has signed it.
    """

    head: str = "c2sp.org/tlog-proof@v1\nindex "
    start = "c2sp.org/tlog-proof@v1\n"
    _heads = re.compile(r"c2sp\.org/tlog-proof@v1\n(extra [A-Za-z0-9+/]*={0,2}\n)?index ")

    def check(self, leaf: bytes, policy: Policy) -> dict[Verifier, Signature]:
        """The keys that signed the checkpoint, each with its signature.

        Raises LogError unless the policy accepts the checkpoint and its log has an entry of this leaf hash there.
        """
        signers = policy.verify(self.checkpoint)
        check_inclusion(self.proof, self.number, self.checkpoint.size, leaf, self.checkpoint.checkpoint.root)
        return signers


@dataclass(frozen=True)
class ConsistencyFile(_ProofFile):
    """The proof that the log of a checkpoint continues its first ``number`` entries. To check it, take their root."""

    head: str = "old "
    start = "old "
    _heads = re.compile(start)


@dataclass(frozen=True)
class ForkFile:
    """Two checkpoints of one log, and the proof that they are of two histories."""

    earlier: SignedCheckpoint
    later: SignedCheckpoint
    root: bytes
    proof: Proof
    start: ClassVar[str] = "force-ledger/fork@v1\nroot "

    @classmethod
    def parse(cls, data: bytes) -> "ForkFile":
        """Read a file. Raises LogError for bytes of another form, or too many."""
        blocks = data.split(b"\n\n")
        if len(data) > LONGEST_NOTE + _LONGEST or len(blocks) != 5 or not data.startswith(cls.start.encode()):
            raise LogError("not the proof of a fork: its form, a root, a proof, and two signed checkpoints")
        root, *hashes = blocks[0].decode("ascii", "replace").removeprefix(cls.start).split("\n")
        earlier = SignedCheckpoint.parse(b"\n\n".join(blocks[1:3]) + b"\n")
        later = SignedCheckpoint.parse(b"\n\n".join(blocks[3:5]))
        return cls(earlier, later, read_hash(root), _read_proof(hashes))

    def to_bytes(self) -> bytes:
        lines = [f"{self.start}{to_base64(self.root)}", *map(to_base64, self.proof), "", ""]
        return "\n".join(lines).encode() + self.earlier.to_bytes() + b"\n" + self.later.to_bytes()

    def check(self, keys: Collection[Verifier]) -> tuple[Checkpoint, Checkpoint]:
        """The two checkpoints. Raises LogError unless the log signed both and they are of two histories."""
        self.earlier.verify(keys)
        self.later.verify(keys)
        first, then = self.earlier.checkpoint, self.later.checkpoint
        if first.origin != then.origin:
            raise LogError(f"the checkpoints are of two logs, {first.origin} and {then.origin}")
        check_consistency(self.proof, first.size, then.size, self.root, then.root)
        if self.root == first.root:
            raise LogError("the checkpoints are of one history: this is no fork")
        return first, then
