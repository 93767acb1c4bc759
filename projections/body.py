"""Everything that is recorded of one body, folded into spells, matter by matter."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from events import Entry
from projections.concern import CONCERN, Concern
from projections.history import Course, Spell, by_date
from projections.identity import IDENTITY, MERGER, NAME, OVERSIGHT, TERRITORY, Merger, Oversight, Territory
from projections.inspection import AREA, TALLIES, TALLY, AreaState, Lane, TallyState, area_course, lanes
from projections.mending import Public, standing
from projections.monitoring import MONITORING, Monitoring
from projections.reading import on
from projections.standing import STANDING, Standing

COURSES: tuple[Course[Any], ...] = (MONITORING, CONCERN, AREA, TALLY, *STANDING.values(), *IDENTITY)
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
        case [_, subject, _] if subject in STANDING:
            yield STANDING[subject], entries
        case ["body", _]:
            for course in IDENTITY:
                yield course, entries


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
