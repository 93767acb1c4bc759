"""Monitoring: the two phases Scan (default) and Engage (enhanced; "special measures" in the press).

His Majesty's Chief Inspector decides on moves. They were not routinely published before July 2022.
"""

from collections.abc import Iterator

from pydantic import Field

from events.dates import PartialDate
from events.event import Many, WorldEvent, event
from events.values import Phase, Slug, Text


class _MonitoringEvent(WorldEvent):
    matter_form = "{body}/monitoring"
    reason: Text | None = Field(None, description="why, in one's own words; or not-stated")


@event(
    "monitoring.move_decided",
    version=1,
    command="monitoring decide-move",
    rank=49,
    identity=("body", "effective", "phase"),
)
class MoveDecided(_MonitoringEvent):
    """A move to another phase was decided or announced before it took effect. It is shown as pending until the move
    itself is recorded: that its day has passed does not make it happen."""

    phase: Phase = Field(description="the phase that the body is to move to")
    takes_effect: PartialDate | None = Field(None, description="when it is to take effect; or not-stated")


class _MoveNamingConcerns(_MonitoringEvent):
    concerns: Many[Slug] = Field((), description="the causes of concern of this body that it rests on; or not-stated")

    def refers_to(self) -> Iterator[str]:
        yield from super().refers_to()
        for concern in self.concerns:
            yield f"{self.body}/concern/{concern}"


@event("monitoring.engaged", version=1, command="monitoring engage", rank=50, identity=("body", "effective"))
class Engaged(_MoveNamingConcerns):
    """A body was moved from Scan to Engage: into what the press calls special measures."""


@event("monitoring.continued", version=1, command="monitoring continue", rank=50, identity=("body", "effective"))
class Continued(_MonitoringEvent):
    """After a review a body stayed in Engage."""


@event("monitoring.concern_added", version=1, command="monitoring add-concern", rank=50, identity=("body", "effective"))
class ConcernAdded(_MoveNamingConcerns):
    """Further causes of concern joined the Engage process that a body is already in."""


@event("monitoring.returned", version=1, command="monitoring return", rank=50, identity=("body", "effective"))
class ReturnedToScan(_MonitoringEvent):
    """A body was moved from Engage back to Scan: out of special measures."""
