"""Everything that is recorded of one body, folded into spells, matter by matter."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from events import Entry
from events.values import ROOMS
from projections.concern import CONCERN, Concern
from projections.history import Course, Spell, by_date
from projections.identity import IDENTITY, MERGER, NAME, OVERSIGHT, TERRITORY, Merger, Oversight, Territory
from projections.inspection import AREA, TALLIES, TALLY, AreaState, Lane, TallyState, area_course, lanes
from projections.mending import Public, standing
from projections.monitoring import MONITORING, Monitoring
from projections.reading import on
from projections.standing import STANDING, Standing

COURSES: tuple[Course[Any], ...] = (MONITORING, CONCERN, AREA, TALLY, *STANDING.values(), *IDENTITY.values())
"""Every course that a matter can run in."""


Strand = tuple[str, Course[Any], list[Entry]]
"""What runs in one course: the subject in words, the course, and the entries."""


def body_of(matter: str) -> str | None:
    """The body that a matter is about; None for the record's own."""
    first, _, rest = matter.partition("/")
    return rest if first == "body" else None if first in ROOMS else first


def strands(matter: str, entries: list[Entry]) -> Iterator[Strand]:
    """The strands of a matter; none for a matter that has no course."""
    match matter.split("/"):
        case [_, "monitoring"]:
            yield "monitoring", MONITORING, entries
        case [_, "concern", id]:
            yield f"concern {id}", CONCERN, entries
        case [_, "inspection"]:
            for (programme, area), own in lanes(entries).items():
                if area == TALLIES:
                    yield f"tally {programme}", TALLY, own
                else:
                    yield f"grade {programme}/{area}", area_course((programme, area)), own
        case [_, subject, id] if subject in STANDING:
            yield f"{subject} {id}", STANDING[subject], entries
        case ["body", _]:
            for subject, course in IDENTITY.items():
                yield subject, course, [e for e in entries if e.kind in course.steps or e.kind in course.laws]


@dataclass(frozen=True)
class BodyHistory:
    """The spells of every matter of a body."""

    body: str
    names: list[Spell[str]]
    oversight: list[Spell[Oversight]]
    territory: list[Spell[Territory]]
    merger: list[Spell[Merger]]
    monitoring: list[Spell[Monitoring]]
    concerns: dict[str, list[Spell[Concern]]]
    areas: dict[Lane, list[Spell[AreaState]]]
    tallies: dict[str, list[Spell[TallyState]]]
    standing: dict[str, dict[str, list[Spell[Standing]]]]
    """Findings, reviews, plans, statements, statistics and responses: by subject, then by id."""
    sought: list[Entry]
    entries: list[Entry]

    @classmethod
    def of(cls, body: str, entries: Iterable[Entry], public: Public | None = None) -> "BodyHistory":
        """Fold the recorded entries of a body, those of its own matters and of its registration, as they stand; with
        ``public`` as the public could know them."""
        matters: dict[str, list[Entry]] = {}
        for entry in standing(entries, public):
            matters.setdefault(entry.matter, []).append(entry)
        of_body = matters.get(f"body/{body}", [])
        by_lane = lanes(matters.get(f"{body}/inspection", ()))
        own = {
            subject: {m.split("/")[2]: found for m, found in matters.items() if m.startswith(f"{body}/{subject}/")}
            for subject in ("concern", "sought", *STANDING)
        }
        return cls(
            body,
            NAME.spells(of_body),
            OVERSIGHT.spells(of_body),
            TERRITORY.spells(of_body),
            MERGER.spells(of_body),
            MONITORING.spells(matters.get(f"{body}/monitoring", ())),
            {id: CONCERN.spells(found) for id, found in own["concern"].items()},
            {lane: area_course(lane).spells(found) for lane, found in by_lane.items() if lane[1] != TALLIES},
            {lane[0]: TALLY.spells(found) for lane, found in by_lane.items() if lane[1] == TALLIES},
            {subject: {id: c.spells(found) for id, found in own[subject].items()} for subject, c in STANDING.items()},
            [entry for found in own["sought"].values() for entry in found],
            sorted((entry for found in matters.values() for entry in found), key=by_date),
        )

    def name(self, day: date) -> str:
        """The name of the body on a day."""
        return on(self.names, day)

    def subjects(self) -> Iterator[tuple[str, list[Spell[Any]]]]:
        """Everything that has a state over time: the subject in words, and its spells."""
        yield "monitoring", self.monitoring
        yield from ((f"concern {id}", spells) for id, spells in sorted(self.concerns.items()))
        yield from ((f"grade {programme}/{area}", s) for (programme, area), s in sorted(self.areas.items()))
        yield from ((f"tally {programme}", spells) for programme, spells in sorted(self.tallies.items()))
        for subject, of_subject in self.standing.items():
            yield from ((f"{subject} {id}", spells) for id, spells in sorted(of_subject.items()))
        yield "oversight", self.oversight
        yield "territory", self.territory
        yield "merger", self.merger
        yield "name", self.names
