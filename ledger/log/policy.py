"""Policies: whose signatures a checkpoint must have to be accepted, as in C2SP tlog-policy.

    # What the auditors of example.org have agreed on.
    log example.org/log+…
    witness north north.example.net/w+…
    witness south south.example.net/w+…
    witness press press.example.com/w+…
    group auditors any north south
    group everybody 2 auditors press
    quorum everybody

``log`` gives the key of a log, of type 0x01; ``witness`` a name and a key, of type 0x04. An address may follow either
key; it is ignored. ``group`` gives a name, how many of its members must have signed (``all``, ``any`` or a number), and
the members: witnesses and groups of earlier lines, so that no group can contain itself. ``quorum``, given once, is the
witness or group that must have signed, or ``none``. A line that begins with # is a comment.
"""

from dataclasses import dataclass, field, replace

from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.encoding import read_number
from ledger.log.key import KeyType, Verifier
from ledger.log.note import Signature

_LONGEST = 65_536
_NONE = "none"


@dataclass(frozen=True)
class Group:
    """A group counts as signed if this many of its members have signed."""

    wanted: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """The logs and witnesses that somebody trusts, and how many must sign."""

    logs: tuple[Verifier, ...]
    witnesses: dict[str, Verifier] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = _NONE

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read a policy file. Raises LogError, with the line, for a text of another form or with a contradiction."""
        if len(text) > _LONGEST:
            raise LogError(f"a policy of {len(text)} characters is longer than {_LONGEST}")
        policy = cls((), quorum="")
        for number, line in enumerate(text.split("\n"), 1):
            try:
                policy = policy._with(line)
            except LogError as error:
                raise LogError(f"line {number}: {error}") from None
        if not policy.logs:
            raise LogError("the policy names no log: nothing could be accepted")
        if not policy.quorum:
            raise LogError("the policy has no quorum: say `quorum none` if no witness is needed")
        return policy

    def _with(self, line: str) -> "Policy":
        match line.split():
            case []:
                return self
            case [word, *_] if word.startswith("#"):
                return self
            case ["log", key] | ["log", key, _]:
                return replace(self, logs=(*self.logs, self._new_key(key, KeyType.ED25519)))
            case ["witness", name, key] | ["witness", name, key, _]:
                witness = {self._new_name(name): self._new_key(key, KeyType.COSIGNATURE)}
                return replace(self, witnesses=self.witnesses | witness)
            case ["group", name, wanted, first, *others]:
                group = {self._new_name(name): self._group(wanted, [first, *others])}
                return replace(self, groups=self.groups | group)
            case ["quorum", name]:
                if self.quorum:
                    raise LogError("there is a quorum already")
                return replace(self, quorum=name if name == _NONE else self._known(name))
        raise LogError("not `log`, `witness`, `group` or `quorum` with what belongs to it")

    def _new_key(self, text: str, type: KeyType) -> Verifier:
        key = Verifier.parse(text, type)
        if any(key.public == other.public or key.id == other.id for other in [*self.logs, *self.witnesses.values()]):
            raise LogError(f"the key of {key.name} is here twice, or another of its name and hash")
        return key

    def _new_name(self, name: str) -> str:
        if name == _NONE or name in self.witnesses or name in self.groups:
            raise LogError(f"the name {name!r} is taken")
        return name

    def _known(self, name: str) -> str:
        if name not in self.witnesses and name not in self.groups:
            raise LogError(f"no earlier line names a witness or group {name!r}")
        return name

    def _group(self, wanted: str, members: list[str]) -> Group:
        known = tuple(map(self._known, members))
        if len(set(known)) != len(known):
            raise LogError("the group has a member twice")
        least = {"all": len(known), "any": 1}.get(wanted) or read_number(wanted)
        if not 1 <= least <= len(known):
            raise LogError(f"{wanted} of {len(known)}: give 1 to {len(known)}, `any` or `all`")
        return Group(least, known)

    def verify(self, checkpoint: SignedCheckpoint) -> dict[Verifier, Signature]:
        """The keys that signed a checkpoint, each with its signature. Raises LogError if the log or the quorum did not
        sign it."""
        signers = checkpoint.verify([*self.logs, *self.witnesses.values()])
        signed = [name for name, key in self.witnesses.items() if key in signers]
        if missing := self._missing(set(signed)):
            by = ", ".join(signed) or "no witness"
            raise LogError(f"the checkpoint is cosigned by {by}; the quorum is {missing}")
        return signers

    def _missing(self, signed: set[str]) -> str:
        """The quorum in words; empty if it is reached."""
        for name, group in self.groups.items():  # members before the groups they are in
            if len(signed.intersection(group.members)) >= group.wanted:
                signed.add(name)
        if self.quorum == _NONE or self.quorum in signed:
            return ""
        if found := self.groups.get(self.quorum):
            return f"{self.quorum}: {found.wanted} of {', '.join(found.members)}"
        return self.quorum
