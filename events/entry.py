"""Entries: events with their place in a ledger. See docs/format.md.

The bytes of an entry are the canonical JSON (`events.canonical`) of an Envelope. Everything else that is stored can be
rebuilt from them. A withheld entry is replaced by a stub, which records the original leaf hash.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, NotRequired

import orjson
from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from events import canonical
from events.amendment import Withheld
from events.dates import instant
from events.event import Event, event_id, restore

LONGEST = 65_535
"""The most bytes that an entry may have (C2SP tlog-tiles counts them in sixteen bits)."""

_Number = Annotated[int, Field(ge=0, lt=2**53)]
_Size = Annotated[int, Field(ge=1, lt=2**53)]
_Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Hash = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
_Instant = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]


class Payload(TypedDict):
    """An event; its canonical bytes hash to the event id."""

    ledger: str
    kind: str
    version: _Number
    data: dict[str, Any]


class Stub(TypedDict):
    """What replaces the payload of a withheld entry. ``leaf`` is the leaf hash of the original entry. The stub of an
    amendment also has its target, its type and the ids of the documents that it cites."""

    ledger: str
    kind: str
    version: _Number
    event_id: _Hex
    leaf: _Hex
    target: NotRequired[_Hex]
    type: NotRequired[str]
    rests_on: NotRequired[list[str]]


class Seen(TypedDict):
    """The log before a submission."""

    size: _Number
    root: _Hash


class Cosigned(TypedDict):
    """The approval of a second recorder."""

    by: str
    signature: str


class SubmissionRef(TypedDict):
    """Which entries were recorded and signed together: their first position and their number.

    An entry that withholds another also has ``remains``: the SHA-256 of the stub of that entry.
    """

    first: _Number
    size: _Size
    remains: NotRequired[_Hex]


class SignedSubmission(SubmissionRef):
    """The same, in the first of these entries, with what was signed."""

    root: _Hash
    seen: Seen
    rules: _Number
    signature: str
    cosigned: NotRequired[Cosigned]
    evidence: NotRequired[dict[_Hex, str]]


@with_config(ConfigDict(extra="forbid", strict=True))
class Envelope(TypedDict):
    """The fields of an entry. It has an event or, once it is withheld, a stub. Only an audit checks this form
    (ledger.audit.form)."""

    matter: str
    sequence: _Number
    recorded_at: _Instant
    recorded_by: str
    submission: SignedSubmission | SubmissionRef
    event: NotRequired[Payload]
    withheld: NotRequired[Stub]


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
    event: Event
    event_id: str
    data: bytes
    topic: str = ""
    """``kind@version`` as in the bytes. The event itself is of the latest version of its kind."""
    payload: bytes = b""
    """The canonical bytes of the event, if the entry itself has no bytes yet."""
    amended_by: tuple[int, ...] = ()
    """The positions of the corrections that gave it its present event: see `projections.amendments`."""
    replaced: tuple[str, ...] = ()
    """The event ids of what those corrections replaced. Other entries may refer to them."""
    corroborated: "tuple[Entry, ...]" = ()
    contradicted: "tuple[Entry, ...]" = ()

    @classmethod
    def unwritten(
        cls, event: Event, *, ledger: str, position: int, sequence: int, recorded_at: datetime, recorded_by: str
    ) -> "Entry":
        """An entry that has no submission yet, and so no bytes.

        Raises CanonicalError where the event has no canonical form.
        """
        payload = event.payload(ledger)
        return cls(
            position, event.matter, sequence, recorded_at, recorded_by, {},
            ledger, event, event_id(payload), b"", f"{event.kind}@{event.version}", payload,
        )  # fmt: skip

    def written(self, submission: dict[str, Any]) -> "Entry":
        """The same entry in its submission, with its bytes."""
        data = canonical.encode(
            {
                "event": canonical.Encoded(self.payload),
                "matter": self.matter,
                "sequence": self.sequence,
                "recorded_at": instant(self.recorded_at),
                "recorded_by": self.recorded_by,
                "submission": submission,
            }
        )
        return replace(self, submission=submission, data=data, payload=b"")

    @classmethod
    def read(cls, position: int, data: bytes, raw: Any = None) -> "Entry":
        """The entry in stored bytes; ``raw`` is their JSON, if it is parsed already.

        Raises KeyError for a kind that is not registered, ValueError for any other bytes.
        """
        raw = orjson.loads(data) if raw is None else raw
        event: Event
        if "withheld" in raw:
            stored = raw["withheld"]
            left = {"was": stored["kind"], "stream": raw["matter"], "documents": stored.get("rests_on", ())}
            left |= {name: stored[name] for name in ("target", "type") if name in stored}
            event, id = Withheld.model_validate(left), stored["event_id"]
        else:
            stored = raw["event"]
            event, id = restore(stored["kind"], stored["version"], stored["data"]), event_id(_payload_in(data))
        return cls(
            position, raw["matter"], raw["sequence"], datetime.fromisoformat(raw["recorded_at"]),
            raw["recorded_by"], raw["submission"], stored["ledger"], event, id, data,
            f"{stored['kind']}@{stored['version']}",
        )  # fmt: skip

    def without_its_bytes(self, leaf: bytes) -> bytes:
        """The stub that replaces the bytes of an entry when it is withheld; ``leaf`` is its leaf hash."""
        raw = orjson.loads(self.data)
        stored = raw.pop("event")
        data = stored.pop("data")
        stub = stored | {"event_id": self.event_id, "leaf": leaf.hex()}
        if "target" in data:
            stub |= {name: data[name] for name in ("target", "type") if name in data}
            stub["rests_on"] = [citation["document"] for citation in data.get("documents", ())]
        return canonical.encode(raw | {"withheld": stub})

    @property
    def kind(self) -> str:
        return self.event.kind


def _payload_in(data: bytes) -> bytes:
    """The event's payload within the bytes of an entry. The keys are sorted, so it is all before ``matter``."""
    return data[len(b'{"event":') : data.rindex(b',"matter":')]
