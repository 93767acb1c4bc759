"""Bodies: the 43 territorial police forces of England and Wales, and fire and rescue services in England.
A body keeps one id for life; its name may change (Hampshire, 2022: its slug and code did not)."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from events.register import Event, Many, WorldEvent, event
from events.values import Citation, Line, Slug, Text, not_a_room

BodyType = Literal["police-force", "fire-and-rescue-service"]
NewBodyId = Annotated[Slug, AfterValidator(not_a_room)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z]\d{8}$")]


@event("body.registered", version=1, command="body register", identity=("body",))
class BodyRegistered(Event):
    """A body that the inspectorate inspects was entered in the register, under an id that it keeps for life."""

    body: NewBodyId = Field(description="its id: for a force the slug of data.police.uk, such as west-midlands")
    type: BodyType = Field(description="a police force, or a fire and rescue service")
    name: Line = Field(description="its full name")
    code: Code | None = Field(None, description="its ONS code, such as E23000014")
    nation: Literal["England", "Wales"] = Field(description="England or Wales")
    region: Line | None = Field(None, description="its region")
    aliases: Many[Line] = Field((), description="other names that people use for it")
    documents: Many[Citation] = Field(min_length=1, description="the documents that it is taken from")
    note: Text | None = Field(None, description="anything that a reader should know")

    @property
    def matter(self) -> str:
        return f"body/{self.body}"

    def refers_to(self) -> Iterator[str]:
        for citation in self.documents:
            yield f"document/{citation.document}"


@event("body.renamed", version=1, command="body rename", rank=1, identity=("body", "effective"))
class BodyRenamed(WorldEvent):
    """A body took another name. Its id and its history stay."""

    name: Line = Field(description="its new full name")

    @property
    def matter(self) -> str:
        return f"body/{self.body}"
