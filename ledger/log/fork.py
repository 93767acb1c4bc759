"""Fork files: the proof that a log has signed two histories. Anyone who has the log's key can check it.

    force-ledger/fork@v1
    root <root>
    <hash>
    …

    <checkpoint>

    <later checkpoint>

The file holds two signed checkpoints of one origin, the larger one last. ``root`` is the root that the later history
had at the size of the earlier checkpoint, which has another root. The hashes are the consistency proof between the two
sizes (RFC 6962, section 2.1.2); there are none if the sizes are equal. An append-only log cannot have signed both.
"""

from collections.abc import Collection
from dataclasses import dataclass

from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.encoding import read_hash, to_base64
from ledger.log.key import Verifier
from ledger.log.note import LONGEST_NOTE
from ledger.log.proof import check_consistency
from ledger.log.proof_file import MOST_HASHES

_START = "force-ledger/fork@v1"
_ROOT = "root "
_LONGEST = 2 * LONGEST_NOTE + 4_096


@dataclass(frozen=True)
class ForkFile:
    """The proof that the log of two checkpoints has signed two histories."""

    earlier: SignedCheckpoint
    later: SignedCheckpoint
    root: bytes
    proof: tuple[bytes, ...]

    @classmethod
    def parse(cls, data: bytes) -> "ForkFile":
        """Read a file. Raises LogError for bytes of another form, or too many."""
        parts = data.split(b"\n\n")
        if len(data) > _LONGEST or len(parts) != 5 or not data.startswith(_START.encode() + b"\n"):
            raise LogError(f"not the proof of a fork: {_START}, a root, a proof, and two signed checkpoints")
        _, root, *hashes = parts[0].decode("ascii", "replace").split("\n")
        if not root.startswith(_ROOT) or len(hashes) > MOST_HASHES:
            raise LogError("not the proof of a fork: a root is missing, or its proof is too long")
        earlier = SignedCheckpoint.parse(b"\n\n".join(parts[1:3]) + b"\n")
        later = SignedCheckpoint.parse(b"\n\n".join(parts[3:5]))
        return cls(earlier, later, read_hash(root.removeprefix(_ROOT)), tuple(map(read_hash, hashes)))

    def to_bytes(self) -> bytes:
        """The file."""
        lines = [_START, f"{_ROOT}{to_base64(self.root)}", *map(to_base64, self.proof), "", ""]
        return "\n".join(lines).encode() + self.earlier.to_bytes() + b"\n" + self.later.to_bytes()

    def check(self, keys: Collection[Verifier]) -> tuple[Checkpoint, Checkpoint]:
        """The two checkpoints. Raises LogError unless the log signed both, and they show two histories."""
        self.earlier.verify(keys)
        self.later.verify(keys)
        first, then = self.earlier.checkpoint, self.later.checkpoint
        if first.origin != then.origin:
            raise LogError(f"the checkpoints are of two logs, {first.origin} and {then.origin}")
        check_consistency(self.proof, first.size, then.size, self.root, then.root)
        if self.root == first.root:
            raise LogError("the checkpoints are of one history: this is no fork")
        return first, then
