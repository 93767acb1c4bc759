"""Reviews that the inspectorate promised. A missing record is not a failure: if nothing was recorded by the due date,
answers say just that."""

from pydantic import Field

from events.dates import PartialDate
from events.event import WorldEvent, event
from events.values import Line, Slug, Text


class _ReviewEvent(WorldEvent):
    matter_form = "{body}/review/{review}"
    review: Slug = Field(description="its id for this body, such as investigations-review-2024")


@event("review.scheduled", version=1, command="review schedule", rank=31, identity=("body", "review"))
class ReviewScheduled(_ReviewEvent):
    """The inspectorate said that it will come back to a matter."""

    title: Line = Field(description="what is to be reviewed, in one's own words")
    due: PartialDate | None = Field(
        None, description="when, as precise as the source: later in 2024 is 2024-07/2024-12; or not-stated"
    )


class _ReviewEnded(_ReviewEvent):
    outcome: Text | None = Field(None, description="what came of it, in one's own words; or not-stated")


@event("review.held", version=1, command="review hold", rank=32, identity=("body", "review"))
class ReviewHeld(_ReviewEnded):
    """A promised review took place. What it found is recorded by events of its own."""


@event("review.cancelled", version=1, command="review cancel", rank=32, identity=("body", "review"))
class ReviewCancelled(_ReviewEnded):
    """A promised review was called off."""
