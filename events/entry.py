"""Entries: events as they stand in a ledger.

The bytes of an entry are canonical JSON of

    {"event": {"ledger", "kind", "version", "data"}, "matter", "sequence",
     "recorded_at", "recorded_by", "submission": {"first", "size", …}}

and are the only authority: everything else that is stored can be rebuilt from them. ``submission`` says
which entries were recorded and signed together; the first of them carries root, seen, rules and signature.

Of an entry that was withheld (`entry.withheld`) this is kept, and hashes to another leaf than the one it names:

    {"matter", "sequence", "recorded_at", "recorded_by", "submission",
     "withheld": {"event_id", "kind", "ledger", "leaf", "version"; of a mending "target", "type", "rests_on"}}
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from events import canonical
from events.amendment import Withheld
from events.dates import instant
from events.event import Event, event_id, restore

LONGEST = 65_535
"""The most bytes that an entry may have (C2SP tlog-tiles counts them in sixteen bits)."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An event with its place in the ledger: position, matter and sequence, when and by whom it was recorded.

    Compared by identity: what two entries say is compared by their event ids, what they are by their bytes.
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
    """Kind and version as the bytes have them, ``kind@version``: an older version is lifted, and was not rewritten."""
    payload: bytes = b""
    """Of a draft, the canonical bytes of its event; once it is written they are in its own."""
    amended_by: tuple[int, ...] = ()
    """The positions of the corrections by which it says what it says now; see projections.amendments."""
    replaced: tuple[str, ...] = ()
    """The event ids of what those corrections replaced: other entries may name them."""
    corroborated: "tuple[Entry, ...]" = ()
    contradicted: "tuple[Entry, ...]" = ()

    @classmethod
    def unwritten(
        cls,
        event: Event,
        *,
        ledger: str,
        position: int,
        sequence: int,
        recorded_at: datetime,
        recorded_by: str,
    ) -> "Entry":
        """What the entry of an event would be, as long as it has no submission, and so no bytes.

        Raises CanonicalError where the event has no canonical form.
        """
        payload = event.payload(ledger)
        return cls(
            position, event.matter, sequence, recorded_at, recorded_by, {},
            ledger, event, event_id(payload), b"", f"{event.kind}@{event.version}", payload,
        )  # fmt: skip

    def written(self, submission: dict[str, Any]) -> "Entry":
        """The entry that a draft becomes in its submission."""
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
        return Entry(
            self.position, self.matter, self.sequence, self.recorded_at, self.recorded_by, submission,
            self.ledger, self.event, self.event_id, data, self.topic,
        )  # fmt: skip

    @classmethod
    def read(cls, position: int, data: bytes, raw: Any = None) -> "Entry":
        """The entry of stored bytes, its event lifted to the latest version; ``raw`` is what they say, where somebody
        has read them already.

        Raises KeyError for a kind that is not registered, ValueError for bytes of another shape.
        """
        raw = orjson.loads(data) if raw is None else raw
        event: Event
        if "withheld" in raw:
            said = raw["withheld"]
            kept = {"was": said["kind"], "stream": raw["matter"], "documents": said.get("rests_on", ())}
            kept |= {name: said[name] for name in ("target", "type") if name in said}
            event, id = Withheld.model_validate(kept), said["event_id"]
        else:
            said = raw["event"]
            event, id = restore(said["kind"], said["version"], said["data"]), event_id(_payload_in(data))
        return cls(
            position, raw["matter"], raw["sequence"], datetime.fromisoformat(raw["recorded_at"]),
            raw["recorded_by"], raw["submission"], said["ledger"], event, id, data,
            f"{said['kind']}@{said['version']}",
        )  # fmt: skip

    def without_its_bytes(self, leaf: bytes) -> bytes:
        """What is kept of an entry that is withheld: all but what it says, and the hash of its leaf."""
        raw = orjson.loads(self.data)
        said = raw.pop("event")
        kept = {name: said[name] for name in ("kind", "version", "ledger")}
        if "target" in said["data"]:
            kept |= {name: said["data"][name] for name in ("target", "type") if name in said["data"]}
            kept["rests_on"] = [citation["document"] for citation in said["data"].get("documents", ())]
        return canonical.encode(raw | {"withheld": {**kept, "event_id": self.event_id, "leaf": leaf.hex()}})

    @property
    def kind(self) -> str:
        """The kind of its event."""
        return self.event.kind

    @property
    def originator_id(self) -> str:
        """The matter, by the name that the eventsourcing library has for it."""
        return self.matter

    @property
    def originator_version(self) -> int:
        """The sequence within the matter, by the name that the eventsourcing library has for it."""
        return self.sequence


def _payload_in(data: bytes) -> bytes:
    """The payload as it stands in the bytes of an entry: the keys are sorted, so the event is first, then the matter,
    and nothing after these has another."""
    return data[len(b'{"event":') : data.rindex(b',"matter":')]
