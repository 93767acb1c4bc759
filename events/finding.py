"""Findings other than causes of concern: areas for improvement, strengths and weaknesses, practice worth sharing, and
the context that a source gives for a judgement."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from events.event import WorldEvent, event
from events.values import Line, Slug, Text


class _FindingEvent(WorldEvent):
    matter_form = "{body}/finding/{finding}"
    finding: Slug = Field(description="its id for this body, such as sex-offender-managers-2021")


@event("finding.recorded", version=1, command="finding record", rank=13, identity=("body", "finding"))
class FindingRecorded(_FindingEvent):
    """The inspectorate found something: an area of concern, an area for improvement, a strength or weakness, innovative
    or promising practice; or a source gives context beside a judgement, such as the pandemic; or the force was in what
    was called special measures before there was the phase Engage. An area for improvement is a finding; "requires
    improvement" is a grade. An area of concern is less than a cause of concern, and can become one: the concern is then
    `escalated_from` it, and stands in its place."""

    type: Literal[
        "area-of-concern",
        "area-for-improvement",
        "strength",
        "weakness",
        "innovative-practice",
        "promising-practice",
        "context",
        "earlier-special-measures",
    ] = Field(description="what kind of finding it is")
    title: Line = Field(description="what was found, in one's own words")
    text: Text | None = Field(None, description="more of it, in one's own words")
    inspection: Slug | None = Field(None, description="the inspection that found it; or not-stated")

    def refers_to(self) -> Iterator[str]:
        yield from super().refers_to()
        if self.inspection is not None:
            yield f"{self.body}/inspection"


@event("finding.closed", version=1, command="finding close", rank=14, identity=("body", "finding"))
class FindingClosed(_FindingEvent):
    """The inspectorate said that a finding has been dealt with."""

    reason: Text | None = Field(None, description="why, in one's own words; or not-stated")
