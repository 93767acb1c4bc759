"""Causes of concern and their recommendations, from the announcement to the closure.

A cause of concern is a serious, critical or systemic shortcoming, and has at least one recommendation. (HMICFRS
glossary: hmicfrs.justiceinspectorates.gov.uk/glossary/cause-of-concern/.)
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from events.event import Many, WorldEvent, event
from events.values import TIES, Flag, Line, Outcome, Recommendation, Slug, Text


class _ConcernEvent(WorldEvent):
    matter_form = "{body}/concern/{concern}"
    concern: Slug = Field(description="its id for this body, such as investigations-2023")


@event("concern.announced", version=1, command="concern announce", rank=20, identity=("body", "concern"))
class ConcernAnnounced(_ConcernEvent):
    """The inspectorate made a cause of concern known before the report that issues it."""

    title: Line = Field(description="what the concern is about, in one's own words")


@event("concern.issued", version=1, command="concern issue", rank=21, identity=("body", "concern"))
class ConcernIssued(_ConcernEvent):
    """The inspectorate issued a cause of concern, with its recommendations."""

    title: Line = Field(description="what the concern is about, in one's own words")
    description: Text | None = Field(None, description="the shortcoming in more words of one's own")
    recommendations: Many[Recommendation] = Field(
        (), description="its recommendations, each with id, text and deadline as far as the source states them"
    )
    recommendations_issued: int | None = Field(
        None, ge=1, le=99, description="how many there are, if not all are listed; or not-stated"
    )
    counted_with: Many[Slug] = Field(
        (), description="the other concerns of this body with which the source counts its recommendations together"
    )
    programme: Slug | None = Field(
        None, description="the programme of the inspection that it came from, such as child-protection; or not-stated"
    )
    accelerated: Flag = Field(None, description="whether it was published before the full report")
    recurrence_of: Slug | None = Field(None, description="the closed concern of this body that came back in it")
    escalated_from: Slug | None = Field(None, description="the lesser item of this body that grew into it")

    @model_validator(mode="after")
    def _recommendations_once(self) -> "ConcernIssued":
        ids = [item.id for item in self.recommendations]
        if again := [number for number, id in enumerate(ids) if id in ids[:number]]:
            at = {"id": ids[again[0]], "field": f"recommendations.{again[0]}.id"}
            raise PydanticCustomError("twice", "recommendation {id} is listed twice; give each its own id", at)
        if self.recommendations_issued is not None and self.recommendations_issued < len(ids):
            raise ValueError("fewer were issued than are listed; correct the number")
        if self.counted_with and self.recommendations_issued is None:
            raise ValueError("say how many recommendations there are together: recommendations_issued")
        return self

    def refers_to(self) -> Iterator[str]:
        yield from super().refers_to()
        for concern in self.counted_with:
            yield f"{self.body}/concern/{concern}"
        if self.recurrence_of is not None:
            yield f"{self.body}/concern/{self.recurrence_of}"
        if self.escalated_from is not None:  # a finding, or another concern
            yield f"{self.body}/finding/{self.escalated_from}"
            yield f"{TIES}{self.body}/finding/{self.escalated_from}"
            yield f"{self.body}/concern/{self.escalated_from}"


@event("concern.reaffirmed", version=1, command="concern reaffirm", rank=22, identity=("body", "concern", "effective"))
class ConcernReaffirmed(_ConcernEvent):
    """A revisit, a review or a later report found that the concern is still open."""

    progress: Literal["some", "none", "worse"] | None = Field(
        None, description="whether there was progress since; or not-stated"
    )


@event(
    "recommendation.closed",
    version=1,
    command="recommendation close",
    rank=23,
    identity=("body", "concern", "effective", "outcome", "recommendations"),
)
class RecommendationClosed(_ConcernEvent):
    """The inspectorate closed one or more recommendations of a concern. The concern itself stays as it is."""

    recommendations: Many[Slug] = Field((), description="which ones, by their ids", examples=["1"])
    number: int | None = Field(None, ge=1, le=99, description="how many, where the source does not say which")
    still_open: Many[Slug] = Field(
        (), description="beside the number: those that the source names as still open, by their ids"
    )
    outcome: Outcome | None = Field(None, description="how they ended; or not-stated")

    @model_validator(mode="after")
    def _which_or_how_many(self) -> "RecommendationClosed":
        if bool(self.recommendations) == (self.number is not None):
            raise ValueError("say which recommendations were closed, or (number) how many; one of the two")
        if self.still_open and self.number is None:
            raise ValueError("with those that are still open, say (number) how many were closed")
        return self


@event(
    "concern.partly_ended",
    version=1,
    command="concern end-part",
    rank=23,
    identity=("body", "concern", "effective", "element"),
)
class ConcernPartlyEnded(_ConcernEvent):
    """The inspectorate closed or rescinded a part of a cause of concern. The rest of it stays open."""

    element: Line = Field(description="which part of it ended, in one's own words")
    outcome: Literal["closed", "rescinded"] = Field(description="whether the part was closed, or taken back")
    reason: Text | None = Field(None, description="why, in one's own words; or not-stated")


@event(
    "concern.left_unclear",
    version=1,
    command="concern leave-unclear",
    rank=25,
    identity=("body", "concern", "effective"),
)
class ConcernLeftUnclear(_ConcernEvent):
    """A document leaves it unclear whether a cause of concern is still open: the body left Engage, say, and nothing is
    said of the concern. From then on that is not known, until another document says so."""

    reason: Text | None = Field(None, description="what leaves it unclear, in one's own words; or not-stated")


class _ConcernEnded(_ConcernEvent):
    reason: Text | None = Field(None, description="why, in one's own words; or not-stated")


@event("concern.closed", version=1, command="concern close", rank=24, identity=("body", "concern"))
class ConcernClosed(_ConcernEnded):
    """The inspectorate closed a cause of concern. Closed is final: what comes back is a new concern."""

    remaining: Many[Text] = Field((), description="what still wants attention after the closure, one item each")
    as_a_whole: Flag = Field(
        None, description="whether the document closes the concern with all its open recommendations"
    )


@event("concern.superseded", version=1, command="concern supersede", rank=24, identity=("body", "concern"))
class ConcernSuperseded(_ConcernEnded):
    """Another cause of concern took this one's place."""

    superseded_by: Slug = Field(description="the concern of this body that took its place")

    def refers_to(self) -> Iterator[str]:
        yield from super().refers_to()
        yield f"{self.body}/concern/{self.superseded_by}"


@event("concern.rescinded", version=1, command="concern rescind", rank=24, identity=("body", "concern"))
class ConcernRescinded(_ConcernEnded):
    """The inspectorate took a cause of concern back."""
