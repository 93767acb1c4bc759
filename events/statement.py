"""Statements by a force or its oversight body. They change no state: a claim that something is done closes nothing."""

from typing import Literal

from pydantic import Field

from events.event import WorldEvent, event
from events.terms import Office
from events.values import Line, Slug, Text


@event("statement.made", version=1, command="statement make", rank=40, identity=("body", "statement"))
class StatementMade(WorldEvent):
    """A force, its oversight body or another office said something about a matter: it accepts or disputes a finding,
    comments, claims that something is done, undertakes to do something; or it was asked for comment."""

    matter_form = "{body}/statement/{statement}"
    decided_by: Office = Field(description="the office that spoke, or was asked")
    statement: Slug = Field(description="its id for this body, such as dcc-on-sex-offenders-2021")
    stance: Literal["accepts", "disputes", "comments", "claims-done", "undertakes", "asked-for-comment"] = Field(
        description="what kind of statement it is"
    )
    title: Line = Field(description="what it says, in one's own words")
    text: Text | None = Field(None, description="more of it, in one's own words")
