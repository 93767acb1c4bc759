"""Bodies: the 43 territorial police forces of England and Wales, and fire and rescue services in England.

The id of a body never changes. Its name may: Hampshire's did in 2022, its slug and code did not.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from events.dates import PartialDate
from events.event import Event, Many, WorldEvent, event
from events.terms import folded
from events.values import TIES, BodyId, Citation, Line, Slug, Subject, Text, Value, not_reserved

BodyType = Literal["police-force", "fire-and-rescue-service"]
NewBodyId = Annotated[Slug, AfterValidator(not_reserved)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]{8}$")]


def name_target(name: str) -> str:
    """The key under which the index of references lists bodies of one name, code or alias."""
    return f"name:{folded(name)}"


@event("body.registered", version=1, command="body register", identity=("body",))
class BodyRegistered(Event):
    """A body that the inspectorate inspects was entered in the register, under an id that it keeps for life."""

    matter_form = "body/{body}"
    body: NewBodyId = Field(description="its id: for a force the slug of data.police.uk, such as west-midlands")
    type: BodyType = Field(description="a police force, or a fire and rescue service")
    name: Line = Field(description="its full name")
    code: Code | None = Field(None, description="its ONS code, such as E23000014")
    nation: Literal["England", "Wales"] = Field(description="England or Wales")
    region: Line | None = Field(None, description="its region")
    aliases: Many[Line] = Field((), description="other names that people use for it")
    established: PartialDate | None = Field(
        None, description="when it came into being; left out for a body that was there before all that is recorded"
    )
    documents: Many[Citation] = Field(min_length=1, description="the documents that it is taken from")
    note: Text | None = Field(None, description="anything that a reader should know")

    def refers_to(self) -> Iterator[str]:
        yield from super().refers_to()
        yield from map(name_target, filter(None, (self.body, self.name, self.code, *self.aliases)))


class _BodyEvent(WorldEvent):
    matter_form = "body/{body}"


@event("body.renamed", version=1, command="body rename", rank=1, identity=("body", "effective"))
class BodyRenamed(_BodyEvent):
    """A body took another name. Its id and its history stay."""

    name: Line = Field(description="its new full name")

    def refers_to(self) -> Iterator[str]:
        yield from super().refers_to()
        yield name_target(self.name)


@event("body.oversight_changed", version=1, command="body oversee", rank=2, identity=("body", "effective"))
class OversightChanged(_BodyEvent):
    """Another local policing body, or another holder of its office, became responsible for overseeing a body."""

    office: Literal[
        "police-and-crime-commissioner",
        "police-fire-and-crime-commissioner",
        "mayor",
        "mopac",
        "common-council",
        "fire-and-rescue-authority",
    ] = Field(description="what kind of local policing body, or fire and rescue authority, it is")
    name: Line = Field(description="the full name of the office, such as Police and Crime Commissioner for Kent")
    holder: Line | None = Field(None, description="who holds that public office; or not-stated")


@event("body.territory_changed", version=1, command="body redraw", rank=3, identity=("body", "effective"))
class TerritoryChanged(_BodyEvent):
    """The area that a body serves was drawn anew."""

    territory: Line = Field(description="the area that it serves from then on")


class Handover(Value):
    """What becomes of an open matter when a body ceases to be: transferred to its successor, or ended."""

    matter: Subject = Field(
        description="the open matter: concern/ID, finding/ID, recommendation/ID, review/ID or plan/ID"
    )
    fate: Literal["transferred", "ended"] = Field(description="whether the successor takes it over, or it ends")
    becomes: Slug | None = Field(None, description="its id with the successor, where it has another one there")


@event("body.merged", version=1, command="body merge", rank=4, identity=("body",))
class BodyMerged(_BodyEvent):
    """A body was merged into another, and each of its open matters was transferred or ended."""

    into: BodyId = Field(description="the body that it was merged into")
    handovers: Many[Handover] = Field((), description="what becomes of each of its open matters")

    def refers_to(self) -> Iterator[str]:
        yield from super().refers_to()
        yield f"body/{self.into}"
        yield f"{TIES}{self.into}"
        yield from (f"{self.body}/{item.matter}" for item in self.handovers)
        yield from (self.successor(item) for item in self.handovers if item.fate == "transferred")

    def successor(self, item: Handover) -> str:
        """The matter that a matter becomes."""
        subject, _, id = item.matter.partition("/")
        return f"{self.into}/{subject}/{item.becomes or id}"
