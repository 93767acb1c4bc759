"""Statements by a force or its oversight body. They change no state: a claim that something is done closes nothing."""

from typing import Literal

from pydantic import Field, model_validator

from events.dates import PartialDate
from events.event import WorldEvent, event
from events.terms import NOT_RECORDED, Office
from events.values import Line, Slug, Text


class _StatementEvent(WorldEvent):
    matter_form = "{body}/statement/{statement}"
    statement: Slug = Field(description="its id for this body, such as dcc-on-sex-offenders-2021")


@event("statement.made", version=1, command="statement make", rank=40, identity=("body", "statement"))
class StatementMade(_StatementEvent):
    """A force, its oversight body or another office said something about a matter: it accepts or disputes a finding,
    comments, claims that something is done, undertakes to do something; or it was asked for comment."""

    decided_by: Office | None = Field(
        None, description="the office that spoke, or was asked; or not-stated", examples=["force"]
    )
    stance: Literal["accepts", "disputes", "comments", "claims-done", "undertakes", "asked-for-comment"] = Field(
        description="what kind of statement it is"
    )
    title: Line = Field(description="what it says, in one's own words")
    text: Text | None = Field(None, description="more of it, in one's own words")
    due: PartialDate | None = Field(None, description="of an undertaking: when it is to be done; or not-stated")

    @model_validator(mode="after")
    def _somebody_spoke(self) -> "StatementMade":
        if self.stated("decided_by") == NOT_RECORDED:
            raise ValueError("who spoke, or was asked? give decided_by; or not-stated, if the source does not say it")
        return self

    @model_validator(mode="after")
    def _only_an_undertaking_is_due(self) -> "StatementMade":
        if self.due is not None and self.stance != "undertakes":
            raise ValueError("only what somebody undertakes has a date; leave `due` out, or correct the stance")
        return self


class _UndertakingEnded(_StatementEvent):
    reason: Text | None = Field(None, description="why, in one's own words; or not-stated")


@event("statement.kept", version=1, command="statement keep", rank=41, identity=("body", "statement"))
class UndertakingKept(_UndertakingEnded):
    """What an office had undertaken to do was done, says a document. The fact itself is recorded by an event of its
    own."""


@event("statement.withdrawn", version=1, command="statement withdraw", rank=41, identity=("body", "statement"))
class UndertakingWithdrawn(_UndertakingEnded):
    """An office gave up what it had undertaken to do."""
