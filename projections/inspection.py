"""The graded judgements of a body, area by area; and the tallies, where a source only counts the grades.

Every area of every programme is a substream of its own. A judgement is in force until the area is judged again or the
next assessment of the programme is published, unless it is carried forward. (Domain rule 4.)
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache

from events import Entry, Event
from events.frameworks import frameworks
from events.inspection import InspectionPublished, JudgementCarriedForward, JudgementGiven, TallyGiven
from projections.machine import StateMachine, Violation

AreaKey = tuple[str, str]
"""A programme and an area of it; TALLIES in place of the area for the tallies of a programme."""
TALLIES = "*"


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement of an area. ``entries`` are the one that gave it, and those that carried it forward."""

    grade: str
    framework: str
    inspection: str
    area: str
    carried: int = 0
    entries: tuple[Entry, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class AreaState:
    """The judgement in force for an area, and the last one before, which may be carried forward. ``entries`` are the
    judgement, or what ended it.
    """

    key: AreaKey
    current: Judged | None = None
    last: Judged | None = None
    entries: tuple[Entry, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class TallyState:
    """The tally in force for a programme: grade and number, as the source counted them."""

    framework: str = ""
    inspection: str = ""
    counts: tuple[tuple[str, int], ...] = ()
    entries: tuple[Entry, ...] = field(default=(), compare=False)


AREA: StateMachine[AreaState] = StateMachine(AreaState(("", "")))
TALLY: StateMachine[TallyState] = StateMachine(TallyState())


def by_area(entries: Iterable[Entry]) -> dict[AreaKey, list[Entry]]:
    """The entries of a body's inspection matter by area; a publication is in every area of its programme."""
    entries = list(entries)
    found: dict[AreaKey, list[Entry]] = {}
    for entry in entries:
        match entry.event:
            case JudgementGiven(framework=name, area=area) | JudgementCarriedForward(framework=name, area=area):
                touched = frameworks()[name].judges(area) if name in frameworks() else {(name, area)}
            case TallyGiven(framework=name):
                touched = {(_programme(name), TALLIES)}
            case _:
                continue
        for key in touched:
            found.setdefault(key, []).append(entry)
    for entry in entries:
        if isinstance(entry.event, InspectionPublished):
            for (programme, _), own in found.items():
                if programme == _programme(entry.event.framework):
                    own.append(entry)
    return found


@cache
def area_machine(key: AreaKey) -> StateMachine[AreaState]:
    """The machine of one area."""
    return replace(AREA, start=AreaState(key))


@AREA.step("inspection.published")
def _next_assessment(state: AreaState, event: InspectionPublished, entry: Entry) -> AreaState:
    if event.scope == "reinspection":
        return state
    return replace(state, current=None, entries=(entry,))


@AREA.step("judgement.given")
def _judged(state: AreaState, event: JudgementGiven, entry: Entry) -> AreaState:
    if state.key != (_programme(event.framework), event.area):  # judged again under another name
        return replace(state, current=None, entries=(entry,))
    judged = Judged(str(event.grade), event.framework, event.inspection, event.area, entries=(entry,))
    return replace(state, current=judged, last=judged, entries=(entry,))


@AREA.step("judgement.carried_forward")
def _carried_forward(state: AreaState, event: Event, entry: Entry) -> AreaState:
    if state.last is None:
        return state
    carried = replace(state.last, carried=state.last.carried + 1, entries=(*state.last.entries, entry))
    return replace(state, current=carried, last=carried, entries=carried.entries)


@AREA.guard("inspection.published")
def a_report_comes_before_its_judgements(
    state: AreaState, event: InspectionPublished, entry: Entry
) -> Violation | None:
    """The judgements of an inspection are given in its report, so the report does not end them. (Domain rule 4.)"""
    return _too_late() if state.current and state.current.inspection == event.inspection else None


@TALLY.guard("inspection.published")
def a_report_comes_before_its_tally(state: TallyState, event: InspectionPublished, entry: Entry) -> Violation | None:
    """The tally of an inspection counts what its report says, so the report does not end it. (Domain rule 4.)"""
    return _too_late() if state.counts and state.inspection == event.inspection else None


def _too_late() -> Violation:
    return Violation(
        "effective", "a grade or tally of this inspection is on record for an earlier date", "check both dates"
    )


@AREA.guard("judgement.carried_forward")
def only_a_judgement_on_record_is_carried_forward(
    state: AreaState, event: JudgementCarriedForward, entry: Entry
) -> Violation | None:
    """What is carried forward is an earlier judgement of the same area, so there must be one on record.
    (Domain rule 4; HMIC, PEEL 2017: only part of effectiveness was inspected again.)
    """
    if state.last is not None or state.key != (_programme(event.framework), event.area):
        return None
    return Violation(
        "area", "no earlier judgement of this area is on record", "record it first, or give the grade that was stated"
    )


@TALLY.step("inspection.published")
def _tally_ends(state: TallyState, event: InspectionPublished, entry: Entry) -> TallyState:
    if event.scope == "reinspection" or not state.counts:
        return state
    return TallyState(entries=(entry,))


@TALLY.step("tally.given")
def _tallied(state: TallyState, event: TallyGiven, entry: Entry) -> TallyState:
    counts = tuple((grade.value, event.counts[grade]) for grade in sorted(event.counts))
    return TallyState(event.framework, event.inspection, counts, (entry,))


def _programme(framework: str) -> str:
    return frameworks()[framework].programme if framework in frameworks() else framework
