"""Inspections and their graded judgements: area by area, or only how many areas have each grade.

All graded judgements of a body are in one matter, because an assessment ends those of the previous assessment.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from events.dates import PartialDate
from events.event import Many, WorldEvent, event
from events.terms import NOT_RECORDED, Grade
from events.values import Slug, Text


class _InspectionEvent(WorldEvent):
    matter_form = "{body}/inspection"
    inspection: Slug = Field(description="its id for this body, such as peel-2023-25 or cdi-2018-reinspection")
    framework: Slug = Field(
        description="the version of the framework that it was graded by: see `force-ledger frameworks`"
    )


@event("inspection.published", version=1, command="inspection publish", rank=10, identity=("body", "inspection"))
class InspectionPublished(_InspectionEvent):
    """The report of an inspection was published. A full assessment ends the earlier judgements of its programme in
    what it covers, unless they are carried forward: PEEL 2014 to 2017 was published pillar by pillar. A re-inspection
    ends only those of the areas that it judges again."""

    scope: Literal["assessment", "reinspection"] | None = Field(
        None,
        description="a full assessment in its programme, or a re-inspection of some areas; left out it is taken for "
        "an assessment",
    )
    covers: Many[Slug] = Field(
        (), description="the pillars or question areas that it covers, such as efficiency; left out if all are"
    )
    fieldwork: PartialDate | None = Field(None, description="when the inspectors were there; or not-stated")
    areas_inspected: int | None = Field(None, ge=1, le=50, description="how many areas were inspected")
    areas_graded: int | None = Field(None, ge=0, le=50, description="how many of them were graded")


@event(
    "inspection.programme_ended", version=1, command="inspection end-programme", rank=13, identity=("body", "programme")
)
class ProgrammeEnded(WorldEvent):
    """A programme of inspections ended for a body without another in its place, and its judgements with it: crime data
    integrity ended in 2020."""

    matter_form = "{body}/inspection"
    programme: Slug = Field(description="the programme, such as crime-data-integrity")


@event(
    "judgement.given", version=1, command="judgement give", rank=11,
    identity=("body", "framework", "area", "inspection"),
)  # fmt: skip
class JudgementGiven(_InspectionEvent):
    """An area was graded, or inspected without a grade. "Requires improvement" is a grade; an area for
    improvement is a finding."""

    area: Slug = Field(description="the question area of that framework version, such as investigating-crime")
    grade: Grade | Literal["not-graded"] | None = Field(
        None,
        description="a grade of that framework's scale; not-graded where it was inspected without one; not-stated "
        "where the source says that it was inspected again, and not how it was graded",
        examples=["good"],
    )

    @model_validator(mode="after")
    def _a_grade_or_why_there_is_none(self) -> "JudgementGiven":
        if self.stated("grade") == NOT_RECORDED:
            raise ValueError("give the grade; or not-graded, or not-stated, if the source does not say it")
        return self


@event(
    "judgement.regraded", version=1, command="judgement regrade", rank=11,
    identity=("body", "framework", "area", "inspection", "effective"),
)  # fmt: skip
class JudgementRegraded(_InspectionEvent):
    """The inspectorate changed a grade that an inspection had given, without inspecting again: what the grade rested
    on had been wrong, say."""

    area: Slug = Field(description="the area whose grade was changed")
    grade: Grade = Field(description="the grade from then on, of that framework's scale")
    reason: Text | None = Field(None, description="why, in one's own words; or not-stated")


@event(
    "judgement.carried_forward", version=1, command="judgement carry-forward", rank=11,
    identity=("body", "framework", "area", "inspection"),
)  # fmt: skip
class JudgementCarriedForward(_InspectionEvent):
    """An area was not inspected this time, and the inspectorate carried its earlier judgement forward."""

    area: Slug = Field(description="the area that was not inspected")
    grade: Grade | None = Field(
        None,
        description="the grade, as the source repeats it; or not-stated; needed where the earlier judgement is not on "
        "record",
    )


@event("tally.given", version=1, command="tally give", rank=12, identity=("body", "framework", "inspection"))
class TallyGiven(_InspectionEvent):
    """A source says how many areas were given each grade, without (always) saying which: of all areas, or of some
    ("five of nine are good", "none is below adequate")."""

    counts: dict[Grade, Annotated[int, Field(ge=0, le=99)]] = Field(
        min_length=1,
        description="how many areas have each grade, such as {adequate: 2, inadequate: 3}; 0 if the source says none",
    )
    areas_graded: int | None = Field(
        None,
        ge=1,
        le=50,
        description="how many areas were graded in all, where the source counts only some of them; or not-stated",
    )

    @model_validator(mode="after")
    def _no_more_than_were_graded(self) -> "TallyGiven":
        if self.areas_graded is not None and sum(self.counts.values()) > self.areas_graded:
            raise ValueError("it counts more areas than were graded; correct one of the two")
        return self

    @property
    def is_partial(self) -> bool:
        """Whether there may be areas that it does not count."""
        return "areas_graded" in self.not_stated or (self.areas_graded or 0) > sum(self.counts.values())
