"""Plans: an office to be transferred, a model to be introduced. That its date has passed does not fulfil a plan."""

from pydantic import Field

from events.dates import PartialDate
from events.event import WorldEvent, event
from events.values import Line, Slug, Text


class _PlanEvent(WorldEvent):
    matter_form = "{body}/plan/{plan}"
    plan: Slug = Field(description="its id for this body, such as pcc-functions-to-mayor-2024")


@event("plan.announced", version=1, command="plan announce", rank=33, identity=("body", "plan"))
class PlanAnnounced(_PlanEvent):
    """Somebody announced that something is going to happen."""

    title: Line = Field(description="what is planned, in one's own words")
    planned_for: PartialDate | None = Field(None, description="when it is to happen; or not-stated")


class _PlanEnded(_PlanEvent):
    reason: Text | None = Field(None, description="why, in one's own words; or not-stated")


@event("plan.revoked", version=1, command="plan revoke", rank=34, identity=("body", "plan"))
class PlanRevoked(_PlanEnded):
    """A plan was given up, or struck down by a court."""


@event("plan.fulfilled", version=1, command="plan fulfil", rank=34, identity=("body", "plan"))
class PlanFulfilled(_PlanEnded):
    """What was planned has happened. The fact itself is recorded by an event of its own."""
