"""From entries to the library's stored events and back, with our exact bytes and our closed list of kinds.

The library's own mapper would store the name of a Python class and import whatever a row names; here a topic is
``kind@version``, looked up in the register of events and nowhere else.
"""

from typing import cast

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, Notification, StoredEvent

from events import Entry
from events.amendment import Withheld
from ledger.log.tree import leaf_hash


def leaf_of(data: bytes) -> bytes:
    """The hash of an entry as a leaf: of its bytes, or, where they were withheld, as what is left of it says."""
    if data.startswith(b'{"matter":'):  # the keys are sorted: a whole entry begins with its event
        try:
            return bytes.fromhex(orjson.loads(data)["withheld"]["leaf"])
        except (LookupError, TypeError, ValueError):
            pass  # it only looks so, and its hash will fit nowhere
    return leaf_hash(data)


def what_remains(entry: Entry) -> bytes:
    """What is left of an entry once its bytes are withheld; of one that is withheld, what there is."""
    if isinstance(entry.event, Withheld):
        return entry.data
    return entry.without_its_bytes(leaf_of(entry.data))


class EntryMapper(Mapper[str]):
    """Entries as stored events: the matter is the originator, the sequence its version, the bytes the state."""

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """The stored event of an entry."""
        entry = cast(Entry, domain_event)
        return StoredEvent(
            originator_id=entry.matter,
            originator_version=entry.sequence,
            topic=entry.topic,
            state=entry.data,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """The entry of a stored event, which must say at which position it stands (a Notification does)."""
        assert isinstance(stored_event, Notification)
        return cast(DomainEventProtocol[str], Entry.read(stored_event.id - 1, stored_event.state))
