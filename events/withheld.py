"""What is left of an event whose bytes were removed: that it was there."""

from typing import ClassVar

from events.register import Event


class Withheld(Event):
    """Stands in the place of an event that was withheld; nobody can record one. A mending keeps its target, so that
    what it did to a line is still known."""

    kind: ClassVar[str] = "withheld"
    version: ClassVar[int] = 1
    command: ClassVar[str | None] = None
    rank: ClassVar[int] = 0
    identity: ClassVar[tuple[str, ...] | None] = None

    was: str
    stream: str
    target: str | None = None

    @property
    def matter(self) -> str:
        return self.stream
