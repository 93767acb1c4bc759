"""Policies: whose signatures a checkpoint must bear to be believed, as in C2SP tlog-policy.

    # What the auditors of example.org have agreed on.
    log example.org/log+…
    witness north north.example.net/w+…
    witness south south.example.net/w+…
    witness press press.example.com/w+…
    group auditors any north south
    group everybody 2 auditors press
    quorum everybody

``log`` gives the key of a log, of type 0x01; ``witness`` a name and a key, of type 0x04; an address may stand after
either, and is not used. ``group`` gives a name, how many of its members must have signed (``all``, ``any`` or a
number), and the members: witnesses and groups that stand above it, so that no group can be part of itself. ``quorum``,
which stands once, is the witness or group that must have signed, or ``none``. A line that begins with # is a comment.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.encoding import read_number
from ledger.log.key import KeyType, Verifier
from ledger.log.note import Signature

_LONGEST = 65_536
_NONE = "none"


@dataclass(frozen=True)
class Group:
    """A group has signed when so many of its members have."""

    wanted: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """The logs and witnesses that somebody trusts, and how many of them must agree."""

    logs: tuple[Verifier, ...]
    witnesses: dict[str, Verifier] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = _NONE

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read a policy file. Raises LogError, with the line, for one that does not say clearly what it wants."""
        if len(text) > _LONGEST:
            raise LogError(f"a policy of {len(text)} characters is longer than {_LONGEST}")
        reading = _Reading()
        for number, line in enumerate(text.split("\n"), 1):
            try:
                reading.read(line)
            except LogError as error:
                raise LogError(f"line {number}: {error}") from None
        if not reading.logs:
            raise LogError("the policy names no log: nothing could be accepted")
        if reading.quorum is None:
            raise LogError("the policy has no quorum: say `quorum none` if no witness is needed")
        return cls(tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum)

    def verify(self, checkpoint: SignedCheckpoint) -> dict[Verifier, Signature]:
        """Who signed a checkpoint, each with the signature. Raises LogError where the log or the quorum has not."""
        signers = checkpoint.verify([*self.logs, *self.witnesses.values()])
        signed = [name for name, key in self.witnesses.items() if key in signers]
        if missing := self._missing(set(signed)):
            by = ", ".join(signed) or "no witness"
            raise LogError(f"the checkpoint is cosigned by {by}; the quorum is {missing}")
        return signers

    def _missing(self, signed: set[str]) -> str:
        """What the quorum is, unless it is reached."""
        for name, group in self.groups.items():  # members stand before the groups they are in
            if len(signed.intersection(group.members)) >= group.wanted:
                signed.add(name)
        if self.quorum == _NONE or self.quorum in signed:
            return ""
        if group_ := self.groups.get(self.quorum):
            return f"{self.quorum}: {group_.wanted} of {', '.join(group_.members)}"
        return self.quorum


class _Reading:
    """A policy while it is read, line by line."""

    def __init__(self) -> None:
        self.logs: list[Verifier] = []
        self.witnesses: dict[str, Verifier] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None

    def read(self, line: str) -> None:
        """Take in a line."""
        match line.split():
            case []:
                return
            case [word, *_] if word.startswith("#"):
                return
            case ["log", key] | ["log", key, _]:
                self.logs.append(self._new_key(key, KeyType.ED25519))
            case ["witness", name, key] | ["witness", name, key, _]:
                self._check_new(name)
                self.witnesses[name] = self._new_key(key, KeyType.COSIGNATURE)
            case ["group", name, wanted, first, *others]:
                self._check_new(name)
                self.groups[name] = self._group(wanted, [first, *others])
            case ["quorum", name]:
                if self.quorum is not None:
                    raise LogError("there is a quorum already")
                self.quorum = name if name == _NONE else self._known(name)
            case _:
                raise LogError("not `log`, `witness`, `group` or `quorum` with what belongs to it")

    def _new_key(self, text: str, type: KeyType) -> Verifier:
        key = Verifier.parse(text, type)
        if key.public in {other.public for other in [*self.logs, *self.witnesses.values()]}:
            raise LogError(f"the key of {key.name} stands here twice")
        return key

    def _check_new(self, name: str) -> None:
        if name == _NONE or name in self._names():
            raise LogError(f"the name {name!r} is taken")

    def _known(self, name: str) -> str:
        if name not in self._names():
            raise LogError(f"no witness or group {name!r} stands above")
        return name

    def _names(self) -> Collection[str]:
        return self.witnesses.keys() | self.groups.keys()

    def _group(self, wanted: str, members: list[str]) -> Group:
        known = tuple(map(self._known, members))
        if len(set(known)) != len(known):
            raise LogError("a member stands in the group twice")
        least = {"all": len(known), "any": 1}.get(wanted) or read_number(wanted)
        if not 1 <= least <= len(known):
            raise LogError(f"{wanted} of {len(known)}: give 1 to {len(known)}, `any` or `all`")
        return Group(least, known)
