"""Recommendations that belong to no cause of concern: those of thematic and national reports, often to many forces at
once, each with a deadline, and a status for each force."""

from pydantic import Field

from events.event import WorldEvent, event
from events.values import Deadline, Line, Outcome, Slug, Text


class _RecommendationEvent(WorldEvent):
    matter_form = "{body}/recommendation/{recommendation}"
    recommendation: Slug = Field(description="its id for this body, such as vetting-2022-3")


@event("recommendation.issued", version=1, command="recommendation issue", rank=15, identity=("body", "recommendation"))
class RecommendationIssued(_RecommendationEvent):
    """The inspectorate recommended something to a body, among others perhaps, without a cause of concern. What belongs
    to a concern is recorded with the concern."""

    title: Line = Field(description="what it asks for, in one's own words")
    text: Text | None = Field(None, description="more of it, in one's own words")
    deadline: Deadline | None = Field(None, description="its deadline; or not-stated", examples=["within 3 months"])


@event("recommendation.ended", version=1, command="recommendation end", rank=16, identity=("body", "recommendation"))
class RecommendationEnded(_RecommendationEvent):
    """The inspectorate closed such a recommendation for a body."""

    outcome: Outcome | None = Field(None, description="how it ended; or not-stated")
    reason: Text | None = Field(None, description="why, in one's own words; or not-stated")
