"""Every kind of event, registered: to import this is to import them all."""

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
