"""What is signed: statements in canonical JSON. Each has its own DSSE type, so that none can pass for another.

    application/vnd.force-ledger.submission+json   {"ledger", "recorded_at", "root", "rules", "seen", "size"}
                                                   the recorder of a submission
    application/vnd.force-ledger.approval+json     {"ledger", "root", "size"}   the second recorder (four eyes)
    application/vnd.force-ledger.log-key+json      {"ledger", "new", "old"}     both log keys, at a rotation
    application/vnd.force-ledger.extract+json      {"body" if of one, "ledger", "matters", "root", "size"}   the log key

`root` is the RFC 6962 tree hash over the event ids of the submission, in base64. To check a signature, build the
statement from the envelopes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from events import Entry, canonical
from events.dates import instant
from events.entry import SALT_SIZE
from ledger.errors import Place, Problem, Refused
from ledger.log import LogError
from ledger.log.encoding import from_base64, to_base64
from ledger.log.key import Signer, Verifier
from ledger.log.tree import leaf_hash, root_of


@dataclass(frozen=True)
class Statement:
    """Something that a key signs: JSON of one of the types above."""

    name: str
    content: dict[str, Any]

    @property
    def _type(self) -> str:
        return f"application/vnd.force-ledger.{self.name}+json"

    def signed_by(self, signer: Signer) -> str:
        """The signature, in base64."""
        return to_base64(signer.sign(self._type, canonical.encode(self.content)))

    def is_signed(self, key: str, signature: str) -> bool:
        """Whether this is the signature of that verifier key; False where either cannot be read."""
        try:
            return Verifier.parse(key).verifies(self._type, canonical.encode(self.content), from_base64(signature))
        except LogError:
            return False


def approval_statement(ledger: str, root: str, size: int) -> Statement:
    """What a second recorder signs. It does not depend on the positions of the events."""
    return Statement("approval", {"ledger": ledger, "root": root, "size": size})


def submission_statement(first: Entry, root: str, rules: int, seen: dict[str, Any], size: int) -> Statement:
    """What the recorder of a submission signs: its ledger and time, as its first entry has them; the root over its
    event ids; the number of the rules; the size and root of the log just before it (``seen``); its number of entries.
    """
    content = {"ledger": first.ledger, "recorded_at": instant(first.recorded_at)}
    return Statement("submission", content | {"root": root, "rules": rules, "seen": seen, "size": size})


def extract_statement(content: dict[str, Any]) -> Statement:
    """What the log key signs of an extract: of each matter the sequence and the leaf hash of its last entry."""
    return Statement("extract", content)


def rotation_statement(ledger: str, old: str, new: str) -> Statement:
    """What the old and the new log key sign when the new one replaces the old."""
    return Statement("log-key", {"ledger": ledger, "old": old, "new": new})


class Approval(BaseModel):
    """A second recorder's signature for a submission that will be made. Its file is given with the append; the ledger
    has no pending entries."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    ledger: str
    root: str
    size: int
    by: str
    signature: str
    salts: list[str] = []
    """The salts of the approved entries, in their order: with other salts they would have other event ids."""

    @classmethod
    def parse(cls, text: str, file: str) -> "Approval":
        """Read the text of an approval file. Raises Refused for anything else."""
        try:
            found = cls.model_validate_json(text)
            if all(len(from_base64(salt)) == SALT_SIZE for salt in found.salts):
                return found
        except (ValidationError, LogError):
            pass
        remedy = "make one with `force-ledger approve`"
        raise Refused(Problem("this is no approval", remedy, place=Place(file)))

    def statement(self) -> Statement:
        return approval_statement(self.ledger, self.root, self.size)

    def text(self) -> str:
        return self.model_dump_json(indent=2) + "\n"


@dataclass(frozen=True)
class Submission:
    """The entries of one transaction, at consecutive positions, which their recorder signs together; their approval, if
    any. ``key`` is the verifier key that will sign; None for a submission on record, whose signature is checked.
    """

    entries: Sequence[Entry]
    approval: Approval | None = None
    key: str | None = None

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "Submission":
        """The submission that these recorded entries make."""
        submission = cls(entries)
        if cosigned := entries[0].submission.get("cosigned"):
            return cls(entries, submission.approved(cosigned["by"], cosigned["signature"]))
        return submission

    @property
    def first(self) -> int:
        return self.entries[0].position

    @property
    def rules(self) -> int:
        """The number of the rules that its entries are checked by."""
        return self.entries[0].rules

    @property
    def recorded_by(self) -> str:
        return self.entries[0].recorded_by

    @cached_property
    def root(self) -> str:
        """The tree hash over its event ids."""
        return to_base64(root_of(leaf_hash(bytes.fromhex(entry.event_id)) for entry in self.entries))

    def statement(self, rules: int, seen: dict[str, Any]) -> Statement:
        """What its recorder signs: see `submission_statement`."""
        return submission_statement(self.entries[0], self.root, rules, seen, len(self.entries))

    @property
    def approval_statement(self) -> Statement:
        return approval_statement(self.entries[0].ledger, self.root, len(self.entries))

    def approved(self, by: str, signature: str) -> Approval:
        """Its approval with that signature."""
        salts = [to_base64(entry.salt) for entry in self.entries if entry.salt]
        return Approval(**self.approval_statement.content, by=by, signature=signature, salts=salts)
