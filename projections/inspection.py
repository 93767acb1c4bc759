"""The graded judgements of a body, area by area; and the tallies, where a source only counts the grades.

Every area of every programme is a substream of its own. A judgement is in force until the area is judged again or the
next assessment of the programme that covers it is published, unless it is carried forward. (Domain rule 4.)
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TypeVar

from events import Entry
from events.frameworks import frameworks, is_covered
from events.inspection import (
    InspectionPublished,
    JudgementCarriedForward,
    JudgementGiven,
    JudgementRegraded,
    ProgrammeEnded,
    TallyGiven,
)
from events.terms import NOT_RECORDED, NOT_STATED
from projections.machine import StateMachine, Violation

AreaKey = tuple[str, str]
"""A programme and an area of it; for the tallies of a programme TALLIES in place of the area, and what they cover."""
TALLIES = "*"
_Report = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement of an area. ``entries`` are the one that gave it, and those that carried it forward."""

    grade: str
    framework: str
    inspection: str
    area: str
    carried: int = 0
    entries: tuple[Entry, ...] = field(default=(), compare=False)

    @property
    def given(self) -> "Judged":
        """The same judgement as it was given, before it was carried forward."""
        return replace(self, carried=0) if self.carried else self


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
class Counted:
    """A tally: how many areas have each grade, and of how many, as the source counts them."""

    counts: tuple[tuple[str, int], ...]
    framework: str
    inspection: str
    areas_graded: int | str
    entries: tuple[Entry, ...] = field(default=(), compare=False)

    @property
    def given(self) -> "Counted":
        """The same tally: none is carried forward."""
        return self


@dataclass(frozen=True, slots=True)
class TallyState:
    """The tally in force for a programme, and the last one before. ``entries`` are the tally, or what ended it."""

    current: Counted | None = None
    last: Counted | None = None
    entries: tuple[Entry, ...] = field(default=(), compare=False)


Assessed = TypeVar("Assessed", AreaState, TallyState)
AREA: StateMachine[AreaState] = StateMachine(AreaState(("", "")))
TALLY: StateMachine[TallyState] = StateMachine(TallyState())


def by_area(entries: Iterable[Entry]) -> dict[AreaKey, list[Entry]]:
    """The entries of a body's inspection matter by area. A publication is in every area of its programme that it covers
    unless it gave a judgement there: a report and its grades happened on one day, even if it is not known which.
    """
    entries = list(entries)
    published = [(entry, event) for entry in entries if isinstance(event := entry.event, InspectionPublished)]
    covers = {report.inspection: report.covers for _, report in published}
    found: dict[AreaKey, list[Entry]] = {}
    reports: dict[AreaKey, set[_Report]] = {}
    for entry in entries:
        match entry.event:
            case JudgementGiven() | JudgementRegraded() | JudgementCarriedForward() as judged:
                touched = _judged_by(judged.framework, judged.area)
            case TallyGiven(framework=name, inspection=inspection):
                touched = {(_programme(name), " ".join((TALLIES, *sorted(covers.get(inspection, ())))))}
            case _:
                continue
        for key in touched:
            found.setdefault(key, []).append(entry)
            reports.setdefault(key, set()).update(_reports(entry))
    ended: dict[tuple[str, tuple[str, ...]], list[AreaKey]] = {}
    for entry, report in published:
        covered = _programme(report.framework), report.covers
        if covered not in ended:
            ended[covered] = [key for key in found if key[0] == covered[0] and _is_ended(*key, report.covers)]
        for key in ended[covered]:
            if _reports(entry).isdisjoint(reports[key]):
                found[key].append(entry)
    for entry in entries:
        if isinstance(event := entry.event, ProgrammeEnded):
            for (programme, _), own in found.items():
                own += [entry] if programme == event.programme else []
    return found


@cache
def _judged_by(framework: str, area: str) -> set[AreaKey]:
    """The areas whose earlier judgement a judgement of this area of a framework replaces."""
    return frameworks()[framework].judges(area) if framework in frameworks() else {(framework, area)}


def _reports(entry: Entry) -> frozenset[_Report]:
    """What shows that a judgement or tally is of a report: the inspection, the date, and one of the documents. A
    regrade is of none."""
    match entry.event:
        case InspectionPublished() | JudgementGiven() | JudgementCarriedForward() | TallyGiven() as event:
            return frozenset((event.inspection, event.effective.text, cited.document) for cited in event.documents)
    return frozenset()


@cache
def _is_ended(programme: str, area: str, covers: tuple[str, ...]) -> bool:
    """Whether a report that covers this ends what is in force for an area, or the tallies of what they cover."""
    marker, *counted = area.split()
    if marker != TALLIES:
        return is_covered(programme, area, covers)
    return not counted or any(is_covered(programme, one, covers) for one in counted)


@cache
def area_machine(key: AreaKey) -> StateMachine[AreaState]:
    """The machine of one area."""
    return replace(AREA, start=AreaState(key))


def _next_assessment(state: Assessed, event: InspectionPublished | ProgrammeEnded, entry: Entry) -> Assessed:
    """A full assessment ends what is in force, and so does the end of the programme."""
    is_partial = isinstance(event, InspectionPublished) and event.scope == "reinspection"
    return state if is_partial else _over(state, entry)


AREA.step("inspection.published", "inspection.programme_ended")(_next_assessment)
TALLY.step("inspection.published", "inspection.programme_ended")(_next_assessment)


def _over(state: Assessed, entry: Entry) -> Assessed:
    """With nothing in force any more; what ended it is the first entry after it."""
    return replace(state, current=None, entries=(entry,)) if state.current else state


@AREA.step("judgement.given", "judgement.regraded")
def _judged(state: AreaState, event: JudgementGiven | JudgementRegraded, entry: Entry) -> AreaState:
    if state.key != (_programme(event.framework), event.area):  # judged again under another name
        return _over(state, entry)
    judged = Judged(str(event.stated("grade")), event.framework, event.inspection, event.area, entries=(entry,))
    return replace(state, current=judged, last=judged, entries=(entry,))


@AREA.step("judgement.carried_forward")
def _carried_forward(state: AreaState, event: JudgementCarriedForward, entry: Entry) -> AreaState:
    if state.key != (_programme(event.framework), event.area):  # carried on under another name
        return _over(state, entry)
    last, grade = state.last, event.stated("grade")
    if last is None and grade == NOT_RECORDED:
        return state
    unseen = grade == NOT_STATED and state.current is None  # what is carried on is not on record
    if last is None or unseen or (event.grade and last.grade == NOT_STATED):
        last = Judged(str(grade), event.framework, event.inspection, event.area)
    carried = replace(last, carried=last.carried + 1, entries=(*last.entries, entry))
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
    return _too_late() if state.current and state.current.inspection == event.inspection else None


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
    if state.key != (_programme(event.framework), event.area):
        return None
    if state.last is None and event.stated("grade") == NOT_RECORDED:
        remedy = "record it first, or give `grade`, as the source repeats it, or not-stated"
        return Violation("area", "no earlier judgement of this area is on record", remedy)
    if state.last is not None and event.grade not in (None, state.last.grade) and state.last.grade != NOT_STATED:
        what = f"the earlier judgement on record is {state.last.grade}, of {state.last.inspection}"
        return Violation("grade", what, "check both; a grade that was changed is `judgement regrade`")
    return None


@AREA.guard("judgement.regraded")
def only_a_grade_in_force_is_changed(state: AreaState, event: JudgementRegraded, entry: Entry) -> Violation | None:
    """A regrade changes the grade that the same inspection gave, while it is in force, to another. (Domain rule 4;
    HMICFRS changed a grade of Northamptonshire Police in August 2024, since the force's data had been wrong.)
    """
    if state.key != (_programme(event.framework), event.area):
        return None
    if state.current is None or state.current.inspection != event.inspection:
        what = f"no grade of inspection '{event.inspection}' is in force for this area on that date"
        return Violation("area", what, "record `judgement give` first, or check the date")
    if state.current.grade == event.grade:
        return Violation("grade", f"the grade is {event.grade} already", "check the grade")
    return None


@TALLY.step("tally.given")
def _tallied(state: TallyState, event: TallyGiven, entry: Entry) -> TallyState:
    counts = tuple((grade.value, event.counts[grade]) for grade in sorted(event.counts))
    tally = Counted(counts, event.framework, event.inspection, event.stated("areas_graded"), (entry,))
    return TallyState(tally, tally, (entry,))


def _programme(framework: str) -> str:
    return frameworks()[framework].programme if framework in frameworks() else framework
