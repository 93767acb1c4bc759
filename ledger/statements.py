"""What is signed: statements in canonical JSON, each under a DSSE type of its own, so that none is taken for another.

    application/vnd.force-ledger.submission+json   {"ledger", "root", "seen", "size"}   the recorder of a submission
    application/vnd.force-ledger.approval+json     {"ledger", "root", "size"}           the second recorder (four eyes)
    application/vnd.force-ledger.log-key+json      {"ledger", "new", "old"}             both log keys, at a rotation
    application/vnd.force-ledger.extract+json      {"body" if of one, "ledger", "matters", "root", "size"}   the log key

`root` is the RFC 6962 tree hash over the event ids of the submission, in base64. All of it is made anew from the bytes
of the entries to check a signature.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from events import Entry, canonical
from ledger.errors import Place, Problem, Refused
from ledger.log import LogError
from ledger.log.encoding import from_base64, to_base64
from ledger.log.key import Signer, Verifier
from ledger.log.tree import leaf_hash, root_of


@dataclass(frozen=True)
class Statement:
    """Something that a key signs."""

    type: str
    says: dict[str, Any]

    def signed_by(self, signer: Signer) -> str:
        """The signature, in base64."""
        return to_base64(signer.sign(self.type, self._payload))

    def is_signed(self, key: str, signature: str) -> bool:
        """Whether this is the signature of that verifier key; False for whatever is no key or no signature."""
        try:
            return Verifier.parse(key).verifies(self.type, self._payload, from_base64(signature))
        except LogError:
            return False

    @property
    def _payload(self) -> bytes:
        return canonical.encode(self.says)


def approved(ledger: str, root: str, size: int) -> Statement:
    """What a second recorder signs: what is said, wherever it will stand."""
    return Statement("application/vnd.force-ledger.approval+json", {"ledger": ledger, "root": root, "size": size})


def submitted(ledger: str, root: str, size: int, seen: dict[str, Any]) -> Statement:
    """What the recorder of a submission signs; ``seen`` is the size and root of the log just before it."""
    says = {"ledger": ledger, "root": root, "seen": seen, "size": size}
    return Statement("application/vnd.force-ledger.submission+json", says)


def extracted(says: dict[str, Any]) -> Statement:
    """What the log key signs of an extract: of each matter the sequence and the leaf hash of its last entry."""
    return Statement("application/vnd.force-ledger.extract+json", says)


def log_key_rotated(ledger: str, old: str, new: str) -> Statement:
    """What the old and the new log key sign when the one takes the place of the other."""
    return Statement("application/vnd.force-ledger.log-key+json", {"ledger": ledger, "old": old, "new": new})


class Approval(BaseModel):
    """A second recorder's signature under a submission that is yet to be made. It is kept in a file, and brought along
    at the append: there are no pending entries."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    ledger: str
    root: str
    size: int
    by: str
    signature: str

    @classmethod
    def parse(cls, text: str, file: str) -> "Approval":
        """Read the text of an approval file. Raises Refused for anything else."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            remedy = "make one with `force-ledger approve`"
            raise Refused(Problem("this is no approval", remedy, place=Place(file))) from None

    def text(self) -> str:
        """The text of its file."""
        return self.model_dump_json(indent=2) + "\n"


@dataclass(frozen=True)
class Submission:
    """What a recorder signs once: entries at consecutive positions, and the approval that they carry, if any.

    ``key`` is the verifier key that signs, where it is at hand; a signature that is on record is checked instead.
    """

    entries: Sequence[Entry]
    approval: Approval | None = None
    key: str | None = None

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "Submission":
        """The submission of entries that are on record, all of it."""
        submission = cls(entries)
        if cosigned := entries[0].submission.get("cosigned"):
            return cls(entries, submission.approved(cosigned["by"], cosigned["signature"]))
        return submission

    @property
    def first(self) -> int:
        """The position of its first entry."""
        return self.entries[0].position

    @property
    def recorded_by(self) -> str:
        """The id of the key that signs it."""
        return self.entries[0].recorded_by

    @cached_property
    def root(self) -> str:
        """The tree hash over its event ids."""
        return to_base64(root_of(leaf_hash(bytes.fromhex(entry.event_id)) for entry in self.entries))

    @property
    def draft(self) -> Statement:
        """What a second recorder signs."""
        return approved(self.entries[0].ledger, self.root, len(self.entries))

    def statement(self, seen: dict[str, Any]) -> Statement:
        """What its recorder signs; ``seen`` is the size and root of the log just before it, as its entry has them."""
        return submitted(self.entries[0].ledger, self.root, len(self.entries), seen)

    def approved(self, by: str, signature: str) -> Approval:
        """Its approval with that signature."""
        return Approval(**self.draft.says, by=by, signature=signature)
