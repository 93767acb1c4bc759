"""The register of events: a closed list of kinds and their versions.

A kind is stored for ever, so it is written out and does not depend on a module path. To add a kind, write one class:

    @event("concern.closed", version=1, command="concern close", rank=24)
    class ConcernClosed(WorldEvent): ...

To change one, register the class under the next version and lift the old data:

    @lift("concern.closed", version=1)
    def _(data: dict[str, Any]) -> dict[str, Any]: ...
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar, NamedTuple, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from events.dates import OpenDate
from events.terms import Office
from events.values import BodyId, Citation, EventId, Line, NotStated, Sourced, Subject, Text, not_stated_field


class Amends(NamedTuple):
    """What an amendment says that is never withheld, so that which version is in force, and when the public could know
    it, can always be told: its target, its documents, and the type of a correction or the ground of a withholding."""

    target: str
    documents: tuple[str, ...] = ()
    type: str | None = None

    @classmethod
    def read(cls, stored: dict[str, Any] | None) -> "Amends | None":
        """From its stored form; None where there is none."""
        if stored is None:
            return None
        return cls(stored["target"], tuple(stored.get("documents", ())), stored.get("type"))

    def to_json(self) -> dict[str, Any]:
        """Its stored form."""
        fields = {"target": self.target, "documents": list(self.documents), "type": self.type}
        return {name: value for name, value in fields.items() if value}


class Event(BaseModel):
    """Something that happened, in the past tense. Events are frozen and take no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: ClassVar[str]
    version: ClassVar[int]
    command: ClassVar[str | None]
    rank: ClassVar[int]
    identity: ClassVar[tuple[str, ...] | None]
    matter_form: ClassVar[str]
    """The pattern of the matter, with fields in braces: ``{body}/concern/{concern}``."""

    @property
    def matter(self) -> str:
        """The matter of the event, which is the name of its stream. It depends on the data alone."""
        return self.matter_form.format_map(self.__dict__)

    def refers_to(self) -> Iterator[str]:
        """The matters, event ids and other keys that the index of references lists the event under."""
        for citation in getattr(self, "documents", ()):
            yield f"document/{citation.document}"

    def data(self) -> dict[str, Any]:
        """The fields as JSON values, without empty ones."""
        data: dict[str, Any] = _filled(self.model_dump(mode="json", exclude_defaults=True))  # every default is empty
        return data

    def amends(self) -> Amends | None:
        """What it amends; None if it is no amendment."""
        return None

    @property
    def fact(self) -> tuple[Any, ...] | None:
        """The kind and the fields that identify the fact that it records; None if nothing does."""
        return None if self.identity is None else (self.kind, *(getattr(self, field) for field in self.identity))


def _listed(value: Any, info: ValidationInfo) -> Any:
    return (value,) if info.context is not None and isinstance(value, str | dict) else value


T = TypeVar("T")
Many = Annotated[tuple[T, ...], BeforeValidator(_listed)]
"""A list. A clerk may write a single item without brackets; stored data are always lists."""


class WorldEvent(Event, Sourced):
    """A fact about the world, not about the ledger: on some date, about a body, with the documents that state it."""

    body: BodyId = Field(description="the inspected body: its slug, code, name or an alias")
    effective: OpenDate = Field(
        description="when it took effect in the world: a day, month, year or range, as precise as the source"
    )
    decided_by: Office | None = Field(None, description="the office that decided it or said it; or not-stated")
    decided_by_name: Line | None = Field(
        None, description="the holder of that public office, acting in it; not-stated if the source names nobody"
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
    not_stated: NotStated = not_stated_field()
    note: Text | None = Field(None, description="anything that a reader should know, in one's own words")

    def refers_to(self) -> Iterator[str]:
        yield f"body/{self.body}"
        yield from super().refers_to()
        yield from self.because
        for subject in self.about:
            yield f"{self.body}/{subject}"


REGISTER: dict[tuple[str, int], type[Event]] = {}
"""Every kind in each of its versions."""
_LATEST: dict[str, type[Event]] = {}
_LIFTS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}

E = TypeVar("E", bound=type[Event])


def event(
    kind: str, *, version: int, command: str | None, rank: int = 0, identity: tuple[str, ...] | None = None
) -> Callable[[E], E]:
    """Register a class under its kind and version. Raises ValueError if they are taken.

    ``command`` is the noun and verb that record it (None: no command of its own). ``rank`` is its place among the facts
    of one day: recommendations close before their concern, and concerns before the phase moves. Two events with equal
    ``identity`` fields record the same fact (None: all fields must be equal).
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
    """Register a function that turns data of an old version into data of the next. Stored bytes never change."""

    def register(step: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
        _LIFTS[kind, version] = step
        return step

    return register


def kinds() -> list[str]:
    """Every kind, in the order of registration."""
    return list(_LATEST)


def latest(kind: str) -> type[Event]:
    """The class of a kind in its latest version. Raises KeyError where there is no such kind."""
    return _LATEST[kind]


def check_registered(kind: str, version: int) -> None:
    """Raise KeyError unless there is such a kind in such a version."""
    if (kind, version) not in REGISTER:
        raise KeyError(f"no event {kind} version {version}")


def restore(kind: str, version: int, data: dict[str, Any]) -> Event:
    """The event of stored data, lifted to the latest version.

    Raises KeyError for a kind or version that is not registered, ValidationError for data of another form.
    """
    check_registered(kind, version)
    while (kind, version) in _LIFTS:
        data, version = _LIFTS[kind, version](data), version + 1
    return REGISTER[kind, version].model_validate(data)


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items() if item not in (None, [], {})}
    return [_filled(item) for item in value] if isinstance(value, list) else value
