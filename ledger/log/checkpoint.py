"""Checkpoints: what a log says it holds, as in C2SP tlog-checkpoint.

    example.com/log/testdata
    5
    gy5gl3aksFyiCO95a/1vLXz88A3dRq+0l9Sxte8ZqZQ=

Three lines and no more: the origin, which is the name of the log and of its key; the number of its entries; the root of
the tree over them. A signed checkpoint is a note of that text (see ledger.log.note), signed by the log's key.
"""

from collections.abc import Iterable
from typing import NamedTuple

from ledger.log import LogError
from ledger.log.encoding import read_hash, read_number, to_base64
from ledger.log.key import KeyType, Signer, Verifier, check_name
from ledger.log.note import Signature, SignedNote


class Checkpoint(NamedTuple):
    """The size and root of the log of an origin."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint. Raises LogError for any other, also one with further lines."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise LogError("not a checkpoint: its lines are the origin, the size and the root")
        origin, size, root, _ = lines
        check_name(origin)
        return cls(origin, read_number(size), read_hash(root))

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    def sign(self, signer: Signer) -> SignedNote:
        """The checkpoint as the log signs it. Raises LogError where the key does not bear the name of the log."""
        if signer.name != self.origin:
            raise LogError(f"the key of {signer.name} is not that of {self.origin}")
        return SignedNote.sign(self.text, signer)


class Opened(NamedTuple):
    """A checkpoint that its log signed, and who signed it, each with the signature."""

    checkpoint: Checkpoint
    signers: dict[Verifier, Signature]


def open_checkpoint(note: SignedNote, verifiers: Iterable[Verifier]) -> Opened:
    """Open a signed checkpoint. Raises LogError unless its log is among the keys, and signed it, and no signature of
    a key that is among them is bad."""
    opened = Opened(Checkpoint.parse(note.text), note.signers(verifiers))
    origin = opened.checkpoint.origin
    if not any(key.name == origin and key.type == KeyType.ED25519 for key in opened.signers):
        raise LogError(f"no key of {origin} that is trusted here has signed its checkpoint")
    return opened
