"""Amendments: entries about entries. Nothing on record is changed, only added to. (Domain rule 10.)

An amendment is recorded in the matter of its target, and targets the version that is in force. A correction has the
whole replacement.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, ValidationInfo, model_validator

from events.dates import OpenDate
from events.event import Amends, Event, Many, event, kinds, latest, restore
from events.values import Citation, EventId, Text, Value

_Stream = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][A-Za-z0-9.+@_/-]*$", max_length=300)]


def _known(value: str) -> str:
    if value not in kinds():
        raise ValueError(f"there is no kind '{value}'")
    return value


class Replacement(Value):
    """The event that takes the place of the target, whole. A clerk writes its kind and its fields side by side."""

    kind: Annotated[str, AfterValidator(_known)] = Field(description="its kind: that of the target")
    version: int = Field(ge=1, description="the version of the kind")
    data: dict[str, Any] = Field(description="its fields, all of them")

    @model_validator(mode="before")
    @classmethod
    def _from_fields(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, dict) or "kind" not in value:
            return value
        class_ = latest(_known(str(value["kind"])))
        fields = {name: item for name, item in value.items() if name != "kind"}
        if "data" in value:
            if info.context is None or str(value.get("version")) != str(class_.version):
                return value
            fields = value["data"]  # in the stored form, but with texts for values
        event = class_.model_validate(fields, context=info.context)
        return {"kind": class_.kind, "version": class_.version, "data": event.data()}

    @model_validator(mode="after")
    def _is_an_event(self) -> "Replacement":
        try:
            stored = self.event.data()
        except (KeyError, ValidationError) as error:
            raise ValueError(f"is no such event: {error}") from None
        if self.version == latest(self.kind).version and stored != self.data:
            raise ValueError("is not written as the ledger would write it")
        return self

    @property
    def event(self) -> Event:
        """The replacement as an event of the latest version."""
        return restore(self.kind, self.version, self.data)


class Amendment(Event):
    """What all amendments have in common."""

    matter_form = "{stream}"
    target: EventId = Field(description="the entry that it is about: #12, or its latest version")
    stream: _Stream = Field(description="the matter of the target; found out by itself when left out")
    documents: Many[Citation] = Field((), description="the documents that it rests on")
    note: Text | None = Field(None, description="anything that a reader should know, in one's own words")

    @model_validator(mode="before")
    @classmethod
    def _stream_of_its_target(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is None or not isinstance(value, dict) or "stream" in value or "target" not in value:
            return value
        try:
            return {**value, "stream": info.context.stream(str(value["target"]))}
        except ValueError:  # the field `target` says it
            return {**value, "stream": "unknown"}

    def amends(self) -> Amends:
        return Amends(self.target, tuple(citation.document for citation in self.documents))

    def refers_to(self) -> Iterator[str]:
        yield self.target
        yield from super().refers_to()


@event("entry.corrected", version=1, command=None)
class EntryCorrected(Amendment):
    """An entry was wrong, or not as exact as it can be now. From here on the replacement is in force; what was known
    before stays on record."""

    type: Literal["recording-error", "source-erratum", "conflict-resolved", "precision-refined"] = Field(
        description="whether the error was ours, the source's, one of several claims is preferred, or more is known"
    )
    reason: Text = Field(description="why, in one's own words")
    replacement: Replacement = Field(description="the event in its place, whole")

    def amends(self) -> Amends:
        return super().amends()._replace(type=self.type)

    def refers_to(self) -> Iterator[str]:
        yield from super().refers_to()
        yield from self.replacement.event.refers_to()


@event("entry.retracted", version=1, command=None)
class EntryRetracted(Amendment):
    """An entry is no longer in force, with its corrections. Retracting a correction restores what it replaced."""

    reason: Text = Field(description="why, in one's own words")


@event("entry.corroborated", version=1, command=None)
class EntryCorroborated(Amendment):
    """Another document says the same as an entry."""

    documents: Many[Citation] = Field(min_length=1, description="the documents that say the same")


@event("entry.withheld", version=1, command=None, identity=("target",))
class EntryWithheld(Amendment):
    """The data of an entry that is not in force were deleted, by order of a court or to protect a person. Its envelope
    stays on record: the matter, the kind, the times, and a salted hash of the data. This cannot be undone."""

    ground: Literal["court-order", "personal-data"] = Field(description="on what ground")
    reason: Text = Field(description="why, without repeating what is withheld")

    def amends(self) -> Amends:
        return super().amends()._replace(type=self.ground)


@event("entry.contradicted", version=1, command=None)
class EntryContradicted(Amendment):
    """Another document says something else than an entry. It changes no state. Readers are told that the sources
    differ, until a correction resolves it."""

    documents: Many[Citation] = Field(min_length=1, description="the documents that say otherwise")
    claim: Text = Field(description="what they say instead, in one's own words")
    effective: OpenDate | None = Field(
        None, description="when they say that it took effect, if that is what they say otherwise"
    )
