"""Responses to the inspectorate under section 55 of the Police Act 1996.

The local policing body must publish its comments, with the chief officer's, within 56 days beginning with the day of
publication. For each recommendation they give the action taken or proposed, or why there is none. (Domain rule 5.)
"""

from collections.abc import Iterator

from pydantic import Field, model_validator

from events.event import Many, WorldEvent, event
from events.values import Slug, Text, Value


class Reply(Value):
    """What a response says to one recommendation: the action taken or proposed, or why there is none."""

    concern: Slug | None = Field(
        None, description="the concern that the recommendation belongs to; left out if it belongs to none"
    )
    recommendation: Slug | None = Field(None, description="its id; left out if the reply is to the concern as a whole")
    action: Text | None = Field(None, description="the action taken or proposed, in one's own words")
    none_because: Text | None = Field(None, description="why no action is taken, in one's own words")

    @model_validator(mode="after")
    def _action_or_why_none(self) -> "Reply":
        if self.concern is None and self.recommendation is None:
            raise ValueError("name the concern, or the recommendation")
        if (self.action is None) == (self.none_because is None):
            raise ValueError("give the action, or why there is none (none_because); one of the two")
        return self

    @property
    def subject(self) -> str:
        """The matter of the body that it is about."""
        return f"concern/{self.concern}" if self.concern else f"recommendation/{self.recommendation}"


@event("response.published", version=1, command="response publish", rank=30, identity=("body", "responds_to"))
class ResponsePublished(WorldEvent):
    """The local policing body published its comments on a report of the inspectorate (Police Act 1996, s.55)."""

    matter_form = "{body}/response/{responds_to}"
    responds_to: Slug = Field(description="the id of the report that it responds to")
    replies: Many[Reply] = Field(
        (), description="its replies, one for each recommendation, with the action or why none"
    )

    def refers_to(self) -> Iterator[str]:
        yield from super().refers_to()
        yield f"document/{self.responds_to}"
        yield from (f"{self.body}/{reply.subject}" for reply in self.replies)
