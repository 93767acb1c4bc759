"""All kinds of event: importing this module registers every one."""

from events import (  # noqa: F401
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

__all__ = ["Entry", "Event", "WorldEvent", "kinds", "latest", "restore"]
