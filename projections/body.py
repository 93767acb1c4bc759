"""Everything that is recorded of one body, folded into spells, matter by matter."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from events import Entry
from events.body import BodyRegistered, BodyRenamed
from projections.concern import CONCERN, Concern
from projections.history import FIRST_DAY, LAST_DAY, Course, Spell, by_date
from projections.inspection import AREA, TALLIES, TALLY, AreaState, Lane, TallyState, area_course, lanes
from projections.monitoring import MONITORING, Monitoring

S = TypeVar("S", bound=Hashable)
V = TypeVar("V", bound=Hashable)

NAME: Course[str] = Course("")


@NAME.step("body.registered", "body.renamed")
def _named(name: str, entry: Entry) -> str:
    assert isinstance(entry.event, BodyRegistered | BodyRenamed)
    return entry.event.name


COURSES: tuple[Course[Any], ...] = (MONITORING, CONCERN, AREA, TALLY, NAME)
"""Every course that a matter can run in."""


def strands(matter: str, entries: list[Entry]) -> Iterator[tuple[Course[Any], list[Entry]]]:
    """The courses that a matter runs in, each with its entries; none for a matter that has no course."""
    match matter.split("/"):
        case [_, "monitoring"]:
            yield MONITORING, entries
        case [_, "concern", _]:
            yield CONCERN, entries
        case [_, "inspection"]:
            for lane, own in lanes(entries).items():
                yield (TALLY if lane[1] == TALLIES else area_course(lane)), own
        case ["body", _]:
            yield NAME, entries


@dataclass(frozen=True, slots=True)
class Run(Generic[V]):
    """A stretch of spells on end that agree in one value: from when (as a span of days), until when, and what else
    is possible on the day that was asked for."""

    value: V
    since: str
    until: date
    alternatives: tuple["Alternative", ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another value that the sources leave possible: between which days, and the entries that it rests on."""

    value: object
    first: date
    last: date
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class BodyHistory:
    """The spells of every matter of a body."""

    body: str
    names: list[Spell[str]]
    monitoring: list[Spell[Monitoring]]
    concerns: dict[str, list[Spell[Concern]]]
    areas: dict[Lane, list[Spell[AreaState]]]
    tallies: dict[str, list[Spell[TallyState]]]
    entries: list[Entry]

    @classmethod
    def of(cls, body: str, entries: Iterable[Entry]) -> "BodyHistory":
        """Fold the entries of a body: those of its own matters, and of its registration."""
        matters: dict[str, list[Entry]] = {}
        for entry in entries:
            matters.setdefault(entry.matter, []).append(entry)
        by_lane = lanes(matters.get(f"{body}/inspection", ()))
        concern = f"{body}/concern/"
        return cls(
            body,
            NAME.spells(matters.get(f"body/{body}", ())),
            MONITORING.spells(matters.get(f"{body}/monitoring", ())),
            {m.removeprefix(concern): CONCERN.spells(own) for m, own in matters.items() if m.startswith(concern)},
            {lane: area_course(lane).spells(own) for lane, own in by_lane.items() if lane[1] != TALLIES},
            {lane[0]: TALLY.spells(own) for lane, own in by_lane.items() if lane[1] == TALLIES},
            sorted((entry for own in matters.values() for entry in own), key=by_date),
        )

    def name(self, day: date) -> str:
        """The name of the body on a day."""
        return on(self.names, day)


def on(spells: Sequence[Spell[S]], day: date) -> S:
    """The state that counts on a day."""
    return next(spell.state for spell in spells if spell.holds_on(day))


def run(
    spells: Sequence[Spell[S]], day: date, value: Callable[[S], V], behind: Callable[[S], tuple[Entry, ...]]
) -> Run[V]:
    """The stretch around a day in which a value of the state stays the same."""
    certain = [spell for spell in spells if spell.since is not None and spell.since < spell.until]
    here = next(i for i, spell in enumerate(certain) if spell.holds_on(day))
    first = last = here
    now = value(certain[here].state)
    while first and value(certain[first - 1].state) == now:
        first -= 1
    while last + 1 < len(certain) and value(certain[last + 1].state) == now:
        last += 1
    since = certain[first].since
    assert since is not None
    others = tuple(
        Alternative(value(spell.state), spell.earliest, spell.until, behind(spell.state))
        for spell in spells
        if spell.possible_on(day) and value(spell.state) != now
    )
    return Run(now, span(certain[first].earliest, since), certain[last].until, others)


def span(first: date, last: date) -> str:
    """A span of days in the shortest form of a partial date: a day, a month, a year, or first/last."""
    if last == FIRST_DAY:
        return ""
    if first == last:
        return last.isoformat()
    next_month = date(last.year + last.month // 12, last.month % 12 + 1, 1) if last < LAST_DAY else last
    if first.day == 1 and (next_month - last).days == 1:
        if (first.year, first.month) == (last.year, last.month):
            return f"{first:%Y-%m}"
        if (first.month, last.month) == (1, 12) and first.year == last.year:
            return f"{first:%Y}"
    return f"{first.isoformat()}/{last.isoformat()}"
