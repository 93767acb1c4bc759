"""Authority: the opening of the ledger and its log key, who may record, and what needs a second recorder.

Authority depends on positions, never on a clock. A recorder may sign the submissions after the entry that authorises
its key, up to the one that revokes it: see `projections.authority`.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from events.event import Event, Many, event, kinds
from events.values import Line, Text, printable

VerifierKey = Annotated[
    str,
    StringConstraints(pattern=r"^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*$", max_length=300),
    AfterValidator(printable),
]
"""A public key as C2SP signed-note writes it: ``name+hash+base64(type || key)``."""
RECORDER_NAME = "[A-Za-z0-9][A-Za-z0-9._@-]{0,59}"
RecorderId = Annotated[str, StringConstraints(pattern=rf"^{RECORDER_NAME}\+[0-9a-f]{{8}}$")]
"""A recorder's key by name and hash: ``clerk+5f2a9c01``. It has no slash, so it can name a matter."""
Signature = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{86}==$")]
"""An Ed25519 signature over the DSSE encoding of what is signed, in base64."""
Role = Literal["keeper", "clerk", "reviewer"]


def covers(names: Iterable[str], kind: str) -> bool:
    """Whether a kind is among these kinds or subjects: ``concern`` covers ``concern.closed``."""
    return not {kind, kind.partition(".")[0]}.isdisjoint(names)


def key_id(key: str) -> str:
    """Name and hash of a verifier key."""
    return "+".join(key.split("+")[:2])


def _known(value: str) -> str:
    if not any(covers((value,), kind) for kind in kinds()):
        raise ValueError(f"there is neither a kind nor a subject '{value}'; see `force-ledger template`")
    return value


Kinds = Many[Annotated[str, AfterValidator(_known)]]
"""Kinds of event, or subjects that stand for all their kinds: ``concern.closed``, ``concern``."""


class _LedgerEvent(Event):
    matter_form = "ledger"


@event("ledger.opened", version=1, command=None)
class LedgerOpened(_LedgerEvent):
    """A ledger was opened under its own log key. It is the first entry, and there is only one."""

    log_key: VerifierKey = Field(description="the verifier key of the log; its name is the origin of the ledger")


@event("ledger.log_key_rotated", version=1, command=None)
class LogKeyRotated(_LedgerEvent):
    """The log got a new key under its old name. Both keys sign that, over the ledger's origin and the two keys."""

    log_key: VerifierKey = Field(description="the new verifier key of the log, under the same name")
    signed_by_old: Signature = Field(description="the signature of the log key that it replaces, in base64")
    signed_by_new: Signature = Field(description="the signature of the new log key, in base64")


@event("ledger.policy_set", version=1, command="policy set")
class PolicySet(_LedgerEvent):
    """A keeper decided which kinds need four eyes: a second recorder's approval. It replaces the policy before. Without
    kinds nothing needs approval."""

    four_eyes: Kinds = Field((), description="the kinds or subjects, such as concern.closed or monitoring")
    reason: Text = Field(description="why")


@event("ledger.clock_corrected", version=1, command=None)
class ClockCorrected(_LedgerEvent):
    """The clock of a recorder ran ahead. Whatever was recorded since that entry was on record by now at the latest, and
    the next entries follow the time of this one."""

    since: Annotated[int, Field(ge=0)] = Field(description="the position of the first entry that is later than this")
    reason: Text = Field(description="how the clock went wrong")


class _RecorderEvent(Event):
    matter_form = "recorder/{recorder}"
    recorder: RecorderId = Field(description="the recorder's key by name and hash, such as clerk+5f2a9c01")


@event("recorder.authorised", version=1, command=None)
class RecorderAuthorised(_RecorderEvent):
    """A key was authorised to sign submissions to this ledger."""

    key: VerifierKey = Field(description="the recorder's verifier key")
    role: Role = Field(description="what the recorder may do here")
    kinds: Kinds = Field((), description="only these kinds or subjects, such as concern; all that the role may if none")
    name: Line | None = Field(None, description="who that is: an office or a role, not a private person")


@event("recorder.revoked", version=1, command=None)
class RecorderRevoked(_RecorderEvent):
    """A recorder's key lost its authority. What it signs after this is not valid."""

    reason: Text = Field(description="why")


@event("recorder.recovered", version=1, command=None)
class RecorderRecovered(_RecorderEvent):
    """No keeper's key was left, and the log key authorised a new keeper. It signs nothing else for a recorder."""

    key: VerifierKey = Field(description="the new keeper's verifier key")
    reason: Text = Field(description="why: how the keepers' keys were lost")
    name: Line | None = Field(None, description="who that is: an office or a role, not a private person")
