"""Statistics that a source quotes, with unit, denominator, area and period as far as it states them.

Figures with different denominators cannot be compared directly: 24.5 per 100,000 is 0.245 per 1,000.
"""

from typing import Literal

from pydantic import Field, model_validator

from events.dates import PartialDate
from events.event import WorldEvent, event
from events.values import Decimal, Line, NotStated, Slug, Sourced, Value, not_stated_field


class Comparator(Value, Sourced):
    """What a figure is set against: the average of all forces, another force, an earlier period."""

    text_is = "name"

    name: Line = Field(description="what it is, such as the average of forces in England and Wales")
    value: Decimal | None = Field(None, description="its value, with the same unit and denominator; or not-stated")
    not_stated: NotStated = not_stated_field()


@event("statistic.reported", version=1, command="statistic report", rank=13, identity=("body", "statistic"))
class StatisticReported(WorldEvent):
    """A source quotes a figure about a body's area. It is recorded as quoted; what the source omits is left out."""

    matter_form = "{body}/statistic/{statistic}"
    statistic: Slug = Field(description="its id for this body, such as firearms-offences-2021")
    metric: Slug = Field(description="what is measured, the same for every body: firearms-offences")
    value: Decimal | None = Field(
        None, description="the figure as written; left out if only a rank is stated", examples=["24.5"]
    )
    unit: Line = Field(description="what is counted, such as offences or incidents")
    per: int | None = Field(
        None,
        ge=1,
        le=1_000_000_000,
        description="the denominator as a number: 1000 for per 1,000; left out for a count",
    )
    per_what: Line | None = Field(None, description="the denominator's unit, such as people")
    geography: Line | None = Field(None, description="the area that it is about; or not-stated")
    period: PartialDate | None = Field(
        None, description="the period that it covers, such as 2020-04/2021-03; or not-stated"
    )
    claim: Literal["value", "highest", "lowest", "one-of-the-highest", "one-of-the-lowest", "rank"] | None = Field(
        None, description="what the source claims of it; left out for the value alone"
    )
    ranked: int | None = Field(None, ge=1, le=100, description="its rank, where the source states one")
    among: Line | None = Field(None, description="among whom it is highest, lowest or ranked; or not-stated")
    comparator: Comparator | None = Field(None, description="what the source sets it against, with its value")

    @model_validator(mode="after")
    def _whole(self) -> "StatisticReported":
        if self.value is None and self.claim in (None, "value"):
            raise ValueError("neither a value nor a claim; give the figure, or what is claimed of it")
        if (self.claim == "rank") != (self.ranked is not None):
            raise ValueError("a rank needs its number; give claim: rank and ranked together")
        if self.per_what is not None and self.per is None:
            raise ValueError(f"per how many {self.per_what}? give per, such as 1000")
        return self
