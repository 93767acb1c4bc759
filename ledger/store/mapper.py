"""From entries to the library's stored events and back, with our exact bytes and our closed list of kinds.

The library's own mapper would store the name of a Python class and import whatever a row names; here a topic is
``kind@version``, looked up in the register of events and nowhere else.
"""

from typing import cast

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, Notification, StoredEvent

from events import Entry


class EntryMapper(Mapper[str]):
    """Entries as stored events: the matter is the originator, the sequence its version, the bytes the state."""

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """The stored event of an entry."""
        entry = cast(Entry, domain_event)
        return StoredEvent(
            originator_id=entry.matter,
            originator_version=entry.sequence,
            topic=f"{entry.event.kind}@{entry.event.version}",
            state=entry.data,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """The entry of a stored event, which must say at which position it stands (a Notification does)."""
        assert isinstance(stored_event, Notification)
        return cast(DomainEventProtocol[str], Entry.read(stored_event.id - 1, stored_event.state))
