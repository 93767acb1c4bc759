"""What can be said: the vocabulary of the ledger, as frozen pydantic models under written-out kinds.

``register`` has the list and how to add to it; each subject has a file of its own; ``values`` and
``dates`` hold what the events are made of, ``frameworks`` the inspectorate's grading frameworks,
``canonical`` and ``entry`` the bytes.
"""

from events import (
    body,
    concern,
    correction,
    document,
    finding,
    inspection,
    monitoring,
    plan,
    recorder,
    response,
    review,
    statement,
    statistic,
)
from events.entry import Entry
from events.register import Event, WorldEvent, event, kinds, latest, restore

__all__ = [
    "Entry",
    "Event",
    "WorldEvent",
    "body",
    "concern",
    "correction",
    "document",
    "event",
    "finding",
    "inspection",
    "kinds",
    "latest",
    "monitoring",
    "plan",
    "recorder",
    "response",
    "restore",
    "review",
    "statement",
    "statistic",
]
