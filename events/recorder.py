"""The ledger's own record: its opening, and who may write in it.

Valid by position, never by a clock: a recorder may sign entries after the one that authorises its key,
up to the one that revokes it.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from events.register import Event, event
from events.values import Line, Text

VerifierKey = Annotated[str, StringConstraints(pattern=r"^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*$", max_length=300)]
"""A public key as C2SP signed-note writes it: ``name+hash+base64(type || key)``."""
RecorderId = Annotated[str, StringConstraints(pattern=r"^[^\s+/]+\+[0-9a-f]{8}$", max_length=120)]
"""A recorder's key by name and hash: ``clerk+5f2a9c01``."""


@event("ledger.opened", version=1, command=None)
class LedgerOpened(Event):
    """A ledger was opened under its own log key. It is the first entry, and there is only one."""

    log_key: VerifierKey = Field(description="the verifier key of the log; its name is the origin of the ledger")

    @property
    def matter(self) -> str:
        return "ledger"


class _RecorderEvent(Event):
    recorder: RecorderId = Field(description="the recorder's key by name and hash, such as clerk+5f2a9c01")

    @property
    def matter(self) -> str:
        return f"recorder/{self.recorder}"


@event("recorder.authorised", version=1, command="recorder authorise", identity=("recorder",))
class RecorderAuthorised(_RecorderEvent):
    """A key was authorised to sign submissions to this ledger."""

    key: VerifierKey = Field(description="the recorder's verifier key")
    role: Literal["keeper", "clerk", "reviewer"] = Field(description="what the recorder may do here")
    name: Line | None = Field(None, description="who that is: an office or a role, not a private person")


@event("recorder.revoked", version=1, command="recorder revoke", identity=("recorder",))
class RecorderRevoked(_RecorderEvent):
    """A recorder's key lost its authority: what it signs from here on is not valid."""

    reason: Text = Field(description="why")
