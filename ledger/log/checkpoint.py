"""Checkpoints: the size and root of a log, signed by its key (C2SP tlog-checkpoint).

    example.com/log/testdata
    5
    gy5gl3aksFyiCO95a/1vLXz88A3dRq+0l9Sxte8ZqZQ=

The lines are the origin, which is the name of the log and of its key; the number of entries; the root of the tree over
them. A signed checkpoint is a signed note with that text (ledger.log.note). Other logs may add extension lines, which
are not empty: the signatures cover them, and they mean nothing here. This log never writes any.
"""

from collections.abc import Collection
from typing import NamedTuple

from ledger.log import LogError
from ledger.log.encoding import read_hash, read_number, to_base64
from ledger.log.key import KeyType, Signer, Verifier, check_name
from ledger.log.note import Signature, SignedNote
from ledger.log.tiles import TiledTree


class Checkpoint(NamedTuple):
    """The size and root of a log; ``origin`` is its name."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint, without its extension lines. Raises LogError for any other text."""
        *lines, end = text.split("\n")
        if len(lines) < 3 or end or not all(lines[3:]):
            raise LogError("not a checkpoint: its lines are the origin, the size and the root")
        origin, size, root, *_ = lines
        check_name(origin)
        return cls(origin, read_number(size), read_hash(root))

    @property
    def text(self) -> str:
        """The three lines, as this log writes and signs them."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    def sign(self, signer: Signer) -> "SignedCheckpoint":
        """The checkpoint, signed by the key of its log. Raises LogError if the key has another name."""
        if signer.name != self.origin:
            raise LogError(f"the key of {signer.name} is not that of {self.origin}")
        return SignedCheckpoint.sign(self.text, signer)


class SignedCheckpoint(SignedNote):
    """A checkpoint with the signatures of its log and of witnesses, which `verify` checks.

    Raises LogError for a note with any other text.
    """

    checkpoint: Checkpoint

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "checkpoint", Checkpoint.parse(self.text))

    @property
    def size(self) -> int:
        return self.checkpoint.size

    def verify(self, keys: Collection[Verifier], tree: TiledTree | None = None) -> dict[Verifier, Signature]:
        """The keys that signed the checkpoint, each with its signature; with a tree, also check its root.

        Raises LogError if the log did not sign it with one of the keys, or a signature of one of them is bad;
        BeyondTree if the tree has fewer entries; OtherRoot if the tree had another root at that size.
        """
        origin, size, root = self.checkpoint
        own = {key for key in keys if key.name == origin and key.type == KeyType.ED25519}
        if own and tree and size > tree.size:  # first, because the tree may also lack the key's entry
            raise BeyondTree(f"it is of {size} entries, and there are {tree.size}: the end was cut off, or rolled back")
        signers = self.signers(keys)
        if not own & signers.keys():
            raise LogError(f"no key of {origin} that is trusted here has signed its checkpoint")
        if tree and tree.root(size) != root:
            raise OtherRoot(f"it is of another log of {size} entries: this one was rewritten, or it was forked")
        return signers


class BeyondTree(LogError):
    """A checkpoint of more entries than the tree has."""


class OtherRoot(LogError):
    """A checkpoint whose root is not the one that the tree had at that size."""
