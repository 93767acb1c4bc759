"""Everything that is recorded of one body, as spells. Start at `BodySpells.of`.

A matter is folded by one machine, or by several side by side: `substreams` says which. Each substream is one subject.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from events import Entry
from events.inspection import InspectionPublished
from events.values import RESERVED_NAMES
from projections.amendments import Versions
from projections.concern import CONCERN
from projections.days import Days
from projections.documents import DOCUMENT
from projections.fact import by_date, dated, documents_of
from projections.handover import Inherited, Ties, facts_of
from projections.identity import IDENTITY, Name
from projections.inspection import AREA, TALLIES, TALLY, area_machine, by_area
from projections.items import INSPECTION, ITEMS, SOUGHT, UNREAD, as_unread
from projections.machine import StateMachine
from projections.monitoring import MONITORING
from projections.public import PublicDocuments
from projections.solver import Solver
from projections.spell import Spells
from projections.subject import SUBJECTS, SubjectKey, SubjectState
from projections.summary import intervals, summary_on

if TYPE_CHECKING:  # an append does not need it
    from projections.state import BodyOnDay

MACHINES: list[StateMachine[Any]] = [MONITORING, CONCERN, AREA, TALLY, INSPECTION, *ITEMS.values(), *IDENTITY.values()]
MACHINES += [DOCUMENT, SOUGHT, *UNREAD.values()]
"""Every machine that can fold a matter."""
_ALWAYS: dict[str, StateMachine[Any]] = {"monitoring": MONITORING, **IDENTITY}
"""The subjects that every body has, even if nothing is recorded."""
_NOTHING_YET = {(subject, ""): Solver(machine, ()).spells for subject, machine in _ALWAYS.items()}


class Substream(NamedTuple):
    """The entries of a matter that one machine folds, and the subject that they are about; and how many mergers handed
    it over to this body."""

    key: SubjectKey
    machine: StateMachine[Any]
    entries: list[Entry]
    handovers: int = 0

    def solver(self) -> Solver[Any]:
        if self.handovers:
            return Inherited(self.machine, self.entries, self.handovers)
        return Solver(self.machine, self.entries)


def body_of(matter: str) -> str | None:
    """The body that a matter is about; None for the ledger's own matters, and for documents."""
    first, _, rest = matter.partition("/")
    return rest if first == "body" else None if first in RESERVED_NAMES else first


def substreams(matter: str, entries: list[Entry]) -> Iterator[Substream]:
    """The substreams of a matter, from its entries in force and those of the matters that it needs (`Ties.needs`);
    none for a matter without a machine. Each entry that is withheld or unknown has its own."""
    for entry in (entry for entry in entries if entry.content is None and entry.matter == matter):
        why = "withheld" if entry.is_withheld else "unknown"
        yield Substream((why, str(entry.position)), UNREAD[why], [as_unread(entry, why)])
    entries, handovers = facts_of(matter, (entry for entry in entries if entry.content is not None))
    match matter.split("/"):
        case [_, "monitoring"]:
            yield Substream(("monitoring", ""), MONITORING, entries)
        case [_, "concern", id]:
            yield Substream(("concern", id), CONCERN, entries, handovers)
        case [_, "inspection"]:
            for entry in entries:
                if isinstance(entry.event, InspectionPublished):
                    yield Substream(("inspection", entry.event.inspection), INSPECTION, [entry])
            for (programme, area), own in by_area(entries).items():
                if area.startswith(TALLIES):
                    id = "/".join((programme, *area.split()[1:]))
                    yield Substream(("tally", id), TALLY, own)
                else:
                    yield Substream(("judgement", f"{programme}/{area}"), area_machine((programme, area)), own)
        case [_, subject, id] if subject in ITEMS:
            yield Substream((subject, id), ITEMS[subject], entries, handovers)
        case [_, "sought", id]:
            yield Substream(("sought", id.replace(".", "/", 1)), SOUGHT, entries)
        case ["document", id]:
            yield Substream(("document", id), DOCUMENT, entries)
        case ["body", _]:
            for subject, machine in IDENTITY.items():
                own = [entry for entry in entries if entry.kind in machine.steps or entry.kind in machine.guards]
                yield Substream((subject, ""), machine, own)


@dataclass(frozen=True)
class BodySpells:
    """The spells of every subject of a body, and the entries in force that they come from, by date."""

    body: str
    spells: dict[SubjectKey, Spells[Any]]
    entries: list[Entry]
    whole: dict[SubjectKey, Spells[Any]] = field(default_factory=dict)
    """The spells of what mergers handed over to it, with those of its time with other bodies."""
    possible: list[Entry] = field(default_factory=list)
    """The entries that are only possibly among those that the public could know."""

    def __post_init__(self) -> None:
        self.entries.sort(key=lambda entry: (*reversed(self.days(entry)), by_date(entry)[2:]))

    @classmethod
    def of(
        cls,
        body: str,
        entries: Iterable[Entry],
        documents: PublicDocuments | None = None,
        subjects: Collection[str] = SUBJECTS,
    ) -> "BodySpells":
        """From the recorded entries of a body's own matters, or some of them, of its registration, and of the matters
        that these need; as the public could know them, if ``documents`` are given. Each reading of these that a
        matter allows is possible there. With an empty ``body``, of the matters of none, such as documents. The spells
        are those of these ``subjects``, and of its phase and identity."""
        entries = list(entries)
        ties, recorded, wanted = Ties(entries), dict[str, list[Entry]](), {*_ALWAYS, *subjects}
        for entry in entries:
            recorded.setdefault(entry.matter, []).append(entry)
        spells = dict(_NOTHING_YET)
        all_now, possible = dict[str, Entry](), dict[str, Entry]()
        whole: dict[SubjectKey, Spells[Any]] = {}
        for matter in dict.fromkeys([*recorded, *ties.of(body)]):
            needed = [entry for other in (matter, *ties.needs(matter)) for entry in recorded.get(other, ())]
            publics = documents.readings(needed) if documents else (None,)
            readings = [Versions(needed, public).in_force() for public in publics]
            own = [[entry for entry in reading if entry.matter == matter] for reading in readings]
            all_now.update((entry.event_id, entry) for entry in own[0])
            possible.update((entry.event_id, entry) for entry in chain(*own[1:]))
            if (body_of(matter) or "") == body:
                solvers = [
                    {one.key: one.solver() for one in substreams(matter, reading) if one.key[0] in wanted}
                    for reading in readings
                ]
                whole |= {key: solver.whole for key, solver in solvers[0].items() if isinstance(solver, Inherited)}
                spells |= _spells_by(solvers)
        known = [entry for entry in all_now.values() if entry.content is not None]
        others = [entry for id, entry in possible.items() if id not in all_now]
        return cls(body, _ordered(spells), known, whole, others)

    def on_day(self, as_of: date, documents: Mapping[str, SubjectState]) -> "BodyOnDay":
        """The state of each subject on a day, as the read model has it. ``documents`` are those that it cites or
        answers."""
        from projections.state import BodyOnDay

        found = {key: state for key, spells in self.spells.items() if (state := summary_on(spells, as_of))}
        return BodyOnDay(self.body, as_of, found, documents, [*intervals(self.spells["oversight", ""])])

    @property
    def cited_as_reports(self) -> list[str]:
        """The documents that its inspections and concerns cite: a report among them calls for a response."""
        own = tuple(f"{self.body}/{subject}" for subject in ("inspection", "concern/"))
        citing = (entry for entry in self.entries if entry.matter.startswith(own))
        return list(dict.fromkeys(document for entry in citing for document in documents_of(entry)))

    def days(self, entry: Entry) -> Days:
        """When an entry's event can have taken effect, over the lawful histories of its matter."""
        return self._days.get(entry.event_id) or dated(entry)

    @cached_property
    def _days(self) -> dict[str, Days]:
        found: dict[str, Days] = {}
        for spells in self.spells.values():
            for event_id, (earliest, latest) in spells.dates.items():
                known = found.get(event_id, Days(earliest, latest))
                found[event_id] = Days(max(earliest, known.earliest), min(latest, known.latest))
        return found

    @property
    def withheld(self) -> list[Entry]:
        """The entries whose data were withheld, at a position at which they were still in force."""
        return [entry for spells in self.each("withheld").values() for spell in spells for entry in spell.state.entries]

    def name(self, day: date) -> str:
        """The name of the body on a day."""
        name: Name = self.spells["name", ""].on(day)
        return name.name

    def each(self, subject: str) -> dict[str, Spells[Any]]:
        """The spells of one subject, by id."""
        return {id: spells for (of, id), spells in self.spells.items() if of == subject}


def _spells_by(readings: Sequence[Mapping[SubjectKey, Solver[Any]]]) -> Iterator[tuple[SubjectKey, Spells[Any]]]:
    """The spells of each subject of a matter by the first reading; what it is by the others is possible too."""
    first, *others = readings
    for key in dict.fromkeys(chain.from_iterable(readings)):
        possible = [reading[key].spells for reading in others if key in reading]
        yield key, (first[key].spells if key in first else possible[0].nothing_yet()).or_else(possible)


def _ordered(spells: dict[SubjectKey, Spells[Any]]) -> dict[SubjectKey, Spells[Any]]:
    return dict(sorted(spells.items(), key=lambda item: (SUBJECTS.index(item[0][0]), item[0][1])))
