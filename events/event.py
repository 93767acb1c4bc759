"""The register of events: a closed list of written-out kinds and versions.

A kind is a name that is stored for ever, so it follows no module path; nothing stored ever names a
module to import. To add a kind, write one class:

    @event("concern.closed", version=1, command="concern close", rank=24)
    class ConcernClosed(WorldEvent): ...

To change one, register the class anew under the next version and lift the old data:

    @lift("concern.closed", version=1)
    def _(data: dict[str, Any]) -> dict[str, Any]: ...
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from events import canonical
from events.dates import PartialDate
from events.terms import Office
from events.values import BodyId, Citation, EventId, Line, Subject, Text


class Event(BaseModel):
    """What somebody did, in the past tense. Frozen, and knows no field but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: ClassVar[str]
    version: ClassVar[int]
    command: ClassVar[str | None]
    rank: ClassVar[int]
    identity: ClassVar[tuple[str, ...] | None]

    @property
    def matter(self) -> str:
        """What the event is about, and so the stream that it stands in: a function of its data."""
        raise NotImplementedError

    def refers_to(self) -> Iterator[str]:
        """The matters and event ids that the event refers to, for the index of references."""
        yield from ()

    def data(self) -> dict[str, Any]:
        """The event's own fields as plain JSON values; what was left out stays out."""
        data: dict[str, Any] = _without_blanks(self.model_dump(mode="json", exclude_none=True))
        return data

    def payload(self, ledger: str) -> bytes:
        """The canonical bytes of what is said, in the ledger of that origin."""
        return canonical.encode({"ledger": ledger, "kind": self.kind, "version": self.version, "data": self.data()})

    def same_fact_as(self, other: "Event") -> bool:
        """Whether both claim to be the record of one and the same fact: equal in their identity fields."""
        if self.kind != other.kind or self.identity is None:
            return False
        return all(getattr(self, field) == getattr(other, field) for field in self.identity)


def _one_or_many(value: Any, info: ValidationInfo) -> Any:
    """A person may write one item where a list is meant."""
    return (value,) if info.context is not None and isinstance(value, str | dict) else value


T = TypeVar("T")
Many = Annotated[tuple[T, ...], BeforeValidator(_one_or_many)]
"""A list of values; whoever writes it may give one alone."""


class WorldEvent(Event):
    """An event of the world, as against one of the record: it took effect on a date, for a body,
    by somebody's decision, and at least one document says so."""

    body: BodyId = Field(description="the inspected body: its slug, code, name or an alias")
    effective: PartialDate = Field(
        description="when it took effect in the world: a day, month, year or range, as precise as the source"
    )
    decided_by: Office = Field(Office.HMICFRS, description="the office that decided it")
    decided_by_name: Line | None = Field(
        None, description="the holder of that public office, acting in it, if the source names one"
    )
    documents: Many[Citation] = Field(
        min_length=1, description="the documents that say so: each an id, with locator and quote if wanted"
    )
    because: Many[EventId] = Field((), description="the entries that it rests on: #12, or a label of the batch")
    about: Many[Subject] = Field(
        (), description="what it concerns, as area/ID, concern/ID, finding/ID, statement/ID …: this makes threads"
    )
    order: int | None = Field(
        None, ge=1, le=999, description="its place among the facts of one day in one document, where that matters"
    )
    note: Text | None = Field(None, description="anything that a reader should know, in one's own words")

    def refers_to(self) -> Iterator[str]:
        yield f"body/{self.body}"
        for citation in self.documents:
            yield f"document/{citation.document}"
        yield from self.because
        for subject in self.about:
            yield f"{self.body}/{subject}"


REGISTER: dict[tuple[str, int], type[Event]] = {}
"""Every kind and version that was ever valid."""
_LATEST: dict[str, type[Event]] = {}
_LIFTS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}

E = TypeVar("E", bound=type[Event])


def event(
    kind: str, *, version: int, command: str | None, rank: int = 0, identity: tuple[str, ...] | None = None
) -> Callable[[E], E]:
    """Register a class under its kind and version.

    ``command`` is the noun and verb that write it (None: it has no command of its own); ``rank`` its natural place
    among the facts of one day (recommendations close before their concern, concerns before the phase moves);
    ``identity`` the fields that make two events claims about one and the same fact (None: only a full repeat is).
    """

    def register(cls: E) -> E:
        if (kind, version) in REGISTER:
            raise ValueError(f"{kind} version {version} is registered twice")
        cls.kind, cls.version, cls.command, cls.rank, cls.identity = kind, version, command, rank, identity
        REGISTER[kind, version] = cls
        if kind not in _LATEST or version > _LATEST[kind].version:
            _LATEST[kind] = cls
        return cls

    return register


def lift(kind: str, *, version: int) -> Callable[..., Any]:
    """Register how the raw data of an old version becomes that of the next one; stored bytes never change."""

    def register(step: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
        _LIFTS[kind, version] = step
        return step

    return register


def kinds() -> list[str]:
    """Every kind, in the order of registration."""
    return list(_LATEST)


def latest(kind: str) -> type[Event]:
    """The class of a kind in its latest version; KeyError where there is no such kind."""
    return _LATEST[kind]


def restore(kind: str, version: int, data: dict[str, Any]) -> Event:
    """The event of stored data, lifted to the latest version.

    Raises KeyError for a kind or version that was never registered, ValidationError for other data.
    """
    if (kind, version) not in REGISTER:
        raise KeyError(f"no event {kind} version {version}")
    while (kind, version) in _LIFTS:
        data, version = _LIFTS[kind, version](data), version + 1
    return REGISTER[kind, version].model_validate(data)


def event_id(payload: bytes) -> str:
    """The identity of what is said: SHA-256 of the canonical payload, in hex."""
    return hashlib.sha256(payload).hexdigest()


def _without_blanks(value: Any) -> Any:
    """Leave out what was left out: no null, no empty list."""
    if isinstance(value, dict):
        return {key: _without_blanks(item) for key, item in value.items() if item or item not in (None, [], {})}
    if isinstance(value, list):
        return [_without_blanks(item) for item in value]
    return value
