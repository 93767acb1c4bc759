"""What is left of an event whose bytes were removed: that it was there."""

from collections.abc import Iterator
from typing import ClassVar

from events.register import Event
from events.values import Citation


class Withheld(Event):
    """Stands in the place of an event that was withheld; nobody can record one. A mending keeps its target, its type
    and the ids of the documents that it rests on, so that what it did to a line is still known, and to whom."""

    kind: ClassVar[str] = "withheld"
    version: ClassVar[int] = 1
    command: ClassVar[str | None] = None
    rank: ClassVar[int] = 0
    identity: ClassVar[tuple[str, ...] | None] = None

    was: str
    stream: str
    target: str | None = None
    type: str | None = None
    documents: tuple[Citation, ...] = ()

    @property
    def matter(self) -> str:
        return self.stream

    def refers_to(self) -> Iterator[str]:
        if self.target:
            yield self.target
        for citation in self.documents:
            yield f"document/{citation.document}"
