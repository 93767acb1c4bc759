"""Every kind of event, registered: to import this is to import them all."""

from events import (
    amendment,
    body,
    concern,
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
from events.event import Event, WorldEvent, kinds, latest, restore

__all__ = [
    "Entry",
    "Event",
    "WorldEvent",
    "amendment",
    "body",
    "concern",
    "document",
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
