"""Entries: events with their place in a ledger. See docs/format.md.

An entry is an Envelope, in canonical JSON (`events.canonical`); its bytes never change. The event's data are stored
beside it. The envelope has only a commitment to them: a salted hash, which shows nothing of the data and fits no other.
So the data can be withheld, and the log still verifies. Events about the ledger itself and its recorders have their
data in the envelope, and are never withheld.
"""

import base64
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, NotRequired

import orjson
from pydantic import AfterValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from events import canonical
from events.dates import instant
from events.event import Amends, Event, check_registered, restore
from events.rules import RULES
from events.values import printable

LONGEST = 65_535
"""The most bytes that an envelope may have, and that salted data may have (C2SP tlog-tiles counts in sixteen bits)."""
SALT_SIZE = 16
_IN_FULL = ("ledger.", "recorder.")
"""The kinds whose data are in the envelope begin like this."""

_Number = Annotated[int, Field(ge=0, lt=2**53)]
_Size = Annotated[int, Field(ge=1, lt=2**53)]
_Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Hash = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
_Name = Annotated[str, AfterValidator(printable)]
_Instant = Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{6}Z$")]

Salts = Callable[[], bytes]
"""Returns a new salt of 16 random bytes."""


def new_salt() -> bytes:
    """A salt from the operating system's random numbers."""
    return os.urandom(SALT_SIZE)


class AmendsPart(TypedDict):
    """What an amendment says that must never be missing: see `events.event.Amends`."""

    target: _Hex
    type: NotRequired[str]
    documents: NotRequired[list[_Name]]


class Payload(TypedDict):
    """What the event id is the hash of: the ledger, kind, version and matter of an event, and the commitment to its
    data, or the data themselves."""

    ledger: str
    kind: str
    version: _Number
    matter: _Name
    commitment: NotRequired[_Hash]
    data: NotRequired[dict[str, Any]]
    amends: NotRequired[AmendsPart]


class Seen(TypedDict):
    """The log before a submission."""

    size: _Number
    root: _Hash


class Cosigned(TypedDict):
    """The approval of a second recorder."""

    by: str
    signature: str


class SubmissionRef(TypedDict):
    """Which entries were recorded and signed together: their first position and their number; and the number of the
    rules that checked them."""

    first: _Number
    size: _Size
    rules: _Number


class SignedSubmission(SubmissionRef):
    """The same, in the first of these entries, with what was signed."""

    root: _Hash
    seen: Seen
    signature: str
    cosigned: NotRequired[Cosigned]


@with_config(ConfigDict(extra="forbid", strict=True))
class Envelope(TypedDict):
    """The fields of an entry. `ledger.store.form` checks this form, of entries that nobody vouches for."""

    event: Payload
    sequence: _Number
    recorded_at: _Instant
    recorded_by: str
    submission: SignedSubmission | SubmissionRef


class ContentMissing(Exception):
    """The data of an entry were withheld, or a later version wrote them in a form that this version does not know."""

    def __init__(self, entry: "Entry") -> None:
        of = f"the data of #{entry.position}"
        super().__init__(f"{of} are of a later version" if entry.is_unknown else f"{of} were withheld")
        self.entry = entry


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An event, its place in the ledger, and when and by whom it was recorded.

    Two entries are never equal: compare their event ids, or their bytes.
    """

    position: int
    matter: str
    sequence: int
    recorded_at: datetime
    recorded_by: str
    submission: dict[str, Any]
    ledger: str
    kind: str
    version: int
    event_id: str
    envelope: bytes
    """The bytes of its envelope; empty before it is written."""
    salt: bytes
    data: bytes
    """The canonical bytes of the event's data; empty if they were withheld."""
    content: Event | None
    """The event in the latest version of its kind; None if its data were withheld, or a later version of this program
    wrote an event that this one does not know."""
    commitment: str = ""
    """The commitment to salt and data in its envelope; empty if the envelope has the data itself."""
    amends: Amends | None = None
    payload: bytes = b""
    """The canonical bytes of the Payload, before the entry is written."""
    amended_by: tuple[int, ...] = ()
    """The positions of the corrections that gave it its present event: see `projections.amendments`."""
    replaced: tuple[str, ...] = ()
    """The event ids of what those corrections replaced. Other entries may refer to them."""
    corroborated: "tuple[Entry, ...]" = ()
    contradicted: "tuple[Entry, ...]" = ()
    outdated: frozenset[str] = frozenset()
    """The documents, and the event ids of the corroborations, that say what a correction replaced."""

    @classmethod
    def unwritten(
        cls, event: Event, *, ledger: str, position: int, sequence: int, recorded_at: datetime, recorded_by: str,
        data: bytes = b"", salts: Salts = new_salt,
    ) -> "Entry":  # fmt: skip
        """An entry that has no submission yet, and so no envelope. ``data`` are the event's canonical data, if they are
        encoded already.

        Raises CanonicalError where the event has no canonical form.
        """
        data, amends, matter = data or canonical.encode(event.data()), event.amends(), event.matter
        fields: dict[str, Any] = {"ledger": ledger, "kind": event.kind, "version": event.version, "matter": matter}
        salt = b"" if is_in_full(event.kind) else salts()
        committed = commitment(salt + data) if salt else ""
        fields |= {"commitment": committed} if salt else {"data": canonical.Encoded(data)}
        fields |= {"amends": amends.to_json()} if amends else {}
        payload = canonical.encode(fields)
        return cls(
            position, matter, sequence, recorded_at, recorded_by, {}, ledger, event.kind, event.version,
            sha256(payload).hexdigest(), b"", salt, data, event, committed, amends, payload,
        )  # fmt: skip

    def written(self, submission: dict[str, Any]) -> "Entry":
        """The same entry in its submission, with its envelope."""
        envelope = canonical.encode(
            {
                "event": canonical.Encoded(self.payload or payload_of(self.envelope)),
                "sequence": self.sequence,
                "recorded_at": instant(self.recorded_at),
                "recorded_by": self.recorded_by,
                "submission": submission,
            }
        )
        return replace(self, submission=submission, envelope=envelope, payload=b"")

    @classmethod
    def read(cls, position: int, envelope: bytes, salted: bytes | None, raw: Any = None) -> "Entry":
        """The entry in stored bytes. ``salted`` is None if its data are in the envelope, or were withheld; ``raw`` is
        the JSON of the envelope, if it is parsed already. The commitment is not checked: `check_commitment` does that.

        Raises KeyError for a kind that is not registered, ValueError for any other bytes; but an entry that was checked
        by rules of a later number than RULES may have any data.
        """
        raw = orjson.loads(envelope) if raw is None else raw
        stored = raw["event"]
        kind, version = stored["kind"], stored["version"]
        salt, data, content = b"", b"", None
        fields: Any = None
        if salted is not None:
            salt, data = salted[:SALT_SIZE], salted[SALT_SIZE:]
            fields = orjson.loads(data)
        elif "data" in stored:
            fields = stored["data"]
            data = canonical.encode(fields)
        try:
            if data:
                content = restore(kind, version, fields)
            else:
                check_registered(kind, version)
        except (KeyError, ValueError, TypeError):
            if raw["submission"]["rules"] <= RULES or data[:1] not in (b"", b"{"):
                raise
        return cls(
            position, stored["matter"], raw["sequence"], datetime.fromisoformat(raw["recorded_at"]),
            raw["recorded_by"], raw["submission"], stored["ledger"], kind, version,
            event_id_of(envelope), envelope, salt, data, content,
            stored.get("commitment", ""), Amends.read(stored.get("amends")),
        )  # fmt: skip

    @property
    def event(self) -> Event:
        """What it says. Raises ContentMissing if its data were withheld, or are unknown."""
        if self.content is None:
            raise ContentMissing(self)
        return self.content

    @property
    def submitted_with(self) -> range:
        """The positions of the entries of its submission, its own among them. It must be written."""
        first: int = self.submission["first"]
        return range(first, first + self.submission["size"])

    @property
    def rules(self) -> int:
        """The number of the rules that it was checked by; that of today before it is written."""
        number: int = self.submission.get("rules", RULES)
        return number

    @property
    def is_of_later_version(self) -> bool:
        """Whether it was checked by rules that this version of the program does not know."""
        return self.rules > RULES

    @property
    def is_unknown(self) -> bool:
        """Whether a later version wrote an event that this one does not know."""
        return self.content is None and bool(self.data)

    @property
    def is_withheld(self) -> bool:
        """Whether its data were withheld."""
        return self.content is None and not self.data

    @property
    def salted(self) -> bytes | None:
        """What is stored beside the envelope: salt and data; None if there is nothing."""
        return self.salt + self.data if self.salt else None

    @property
    def topic(self) -> str:
        """``kind@version``, as in the envelope."""
        return f"{self.kind}@{self.version}"

    @property
    def fields(self) -> dict[str, Any] | None:
        """The fields of its event, as JSON: in the latest version of its kind, or as they are stored, if they are
        unknown; None if they were withheld."""
        if self.content is not None:
            return self.content.data()
        return dict(orjson.loads(self.data)) if self.data else None

    def check_commitment(self) -> None:
        """Raise ValueError unless its data are those that its envelope commits to, or are withheld."""
        if self.salted and self.commitment != commitment(self.salted):
            raise ValueError(f"the data of #{self.position} are not those that its envelope commits to")

    def refers_to(self) -> Iterator[str]:
        """The matters, event ids and other keys that the index of references lists the entry under."""
        if self.content is not None:
            yield from self.content.refers_to()
        elif self.amends:
            yield self.amends.target
            yield from (f"document/{document}" for document in self.amends.documents)

    def withheld(self) -> "Entry":
        """The same entry without its data."""
        return replace(self, salt=b"", data=b"", content=None)


def is_in_full(kind: str) -> bool:
    """Whether entries of a kind have their data in the envelope, because who may sign must never be in doubt."""
    return kind.startswith(_IN_FULL)


def commitment(salted: bytes) -> str:
    """What an envelope says of salted data: base64 of SHA-256(0x02 || salt || data)."""
    return base64.b64encode(sha256(b"\x02" + salted).digest()).decode()


def event_id_of(envelope: bytes) -> str:
    """The event id: the SHA-256 of the Payload in an envelope. Raises ValueError for other bytes."""
    return sha256(payload_of(envelope)).hexdigest()


def payload_of(envelope: bytes) -> bytes:
    """The bytes of the Payload in an envelope: the keys are sorted, so that is all before ``recorded_at``. Raises
    ValueError for other bytes."""
    return envelope[len(b'{"event":') : envelope.rindex(b',"recorded_at":')]
