"""Documents that events cite. A document is identified by its id here, its title and its own date, never by an address
alone: the inspectorate's site has moved, and old pages were given new dates."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from events.dates import PartialDate
from events.event import Event, Many, event
from events.terms import DocumentType
from events.values import (
    ABOUT,
    ID,
    BodyId,
    Line,
    NotStated,
    Slug,
    Sourced,
    Text,
    not_stated_field,
    printable,
)

Address = Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2000), AfterValidator(printable)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_SOUGHT = (*ABOUT, "document", "inspection", "monitoring", "oversight", "response")
Sought = Annotated[
    str,
    StringConstraints(pattern=rf"^({'|'.join(_SOUGHT)})/{ID}$", max_length=100),
]


class _DocumentEvent(Event):
    matter_form = "document/{document}"
    document: Slug = Field(description="its id in this ledger, such as hmicfrs-2023-12-22-west-midlands")


@event("document.registered", version=1, command="document register", identity=("document",))
class DocumentRegistered(_DocumentEvent, Sourced):
    """A document was found and described, so that events can cite it."""

    type: DocumentType = Field(description="what kind of document it is; how far its word goes follows from it")
    title: Line = Field(description="its title, or a plain description where it has none")
    publisher: Line = Field(description="who published it")
    published: PartialDate | None = Field(None, description="when it was made public; or not-stated")
    dated: PartialDate | None = Field(None, description="the date that it bears itself, where that differs")
    retrieved: PartialDate | None = Field(
        None, description="when it was seen to be public: by then it was, if its publication is not stated"
    )
    addresses: Many[Address] = Field((), description="where it was found; it may have several")
    copied_by: Line | None = Field(
        None, description="whose copy was read, if it was not the publisher's own; the addresses are those of the copy"
    )
    sha256: Sha256 | None = Field(None, description="the SHA-256 of its bytes, in hex")
    bodies: Many[BodyId] = Field((), description="the bodies that it is about; left out if it is general")
    not_stated: NotStated = not_stated_field()
    note: Text | None = Field(None, description="anything that a reader should know")

    def refers_to(self) -> Iterator[str]:
        yield from self.same_titles
        for body in self.bodies:
            yield f"about:{body}"
        if self.sha256:
            yield f"sha256:{self.sha256}"

    @property
    def same_titles(self) -> list[str]:
        """The keys under which the index of references lists documents of one title and date, about one body."""
        key = f"title:{self.title.casefold()}:{self.published or self.dated or ''}"
        return [f"{key}:{body}" for body in self.bodies or ("",)]


@event("document.revised", version=1, command="document revise", identity=("document", "effective"))
class DocumentRevised(_DocumentEvent):
    """A registered document came to be known at another address, in another form, or in a changed text."""

    effective: PartialDate = Field(description="when it was revised, or seen to have been")
    change: Text = Field(description="what changed, in one's own words")
    addresses: Many[Address] = Field((), description="where the revised document is")
    sha256: Sha256 | None = Field(None, description="the SHA-256 of its bytes as revised, in hex")


@event("document.sought", version=1, command="document seek", identity=("body", "sought", "effective"))
class DocumentSought(Event):
    """Somebody looked for something that should be public, and did not find it. Only such a search makes silence "not
    found" on that day, and never a failure."""

    matter_form = "{body}/sought/{sought}"

    body: BodyId = Field(description="the body that it concerns")
    sought: Sought = Field(description="what was sought: response/ID-OF-THE-REPORT, review/ID …, or monitoring/exit")
    effective: PartialDate = Field(description="when it was looked for")
    places: Many[Line] = Field(min_length=1, description="where: the sites, pages or people that were asked")
    note: Text | None = Field(None, description="how it was looked for, and anything else a reader should know")

    @property
    def matter(self) -> str:  # a name has no slash
        return self.matter_form.format(body=self.body, sought=self.sought.replace("/", "."))

    def refers_to(self) -> Iterator[str]:
        yield f"body/{self.body}"
        subject = self.sought if not self.sought.startswith("monitoring/") else "monitoring"
        yield f"{self.body}/{subject}"
