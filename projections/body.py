"""Everything that is recorded of one body, folded into spells, matter by matter."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from events import Entry
from events.amendment import Withheld
from events.values import RESERVED_NAMES
from projections.amendments import Public, in_force
from projections.concern import CONCERN, Concern
from projections.documents import DOCUMENT
from projections.identity import IDENTITY, Merger, Name, Oversight, Territory
from projections.inspection import AREA, TALLIES, TALLY, AreaState, TallyState, area_machine, lanes
from projections.items import ITEMS, WITHHELD, Item
from projections.machine import StateMachine
from projections.monitoring import MONITORING, Monitoring
from projections.spell import Spell, by_date, on
from projections.subject import SUBJECTS, SubjectKey

MACHINES: tuple[StateMachine[Any], ...] = (
    MONITORING,
    CONCERN,
    AREA,
    TALLY,
    *ITEMS.values(),
    *IDENTITY.values(),
    DOCUMENT,
    WITHHELD,
)
"""Every machine that a matter can run in."""


Substream = tuple[SubjectKey, StateMachine[Any], list[Entry]]
"""What runs in one machine: the subject, the machine, and the entries."""


def body_of(matter: str) -> str | None:
    """The body that a matter is about; None for the record's own."""
    first, _, rest = matter.partition("/")
    return rest if first == "body" else None if first in RESERVED_NAMES else first


def substreams(matter: str, entries: list[Entry]) -> Iterator[Substream]:
    """The substreams of a matter; none for a matter that has no machine. What was withheld is one of its own."""
    for gone in (entry for entry in entries if isinstance(entry.event, Withheld)):
        yield ("withheld", str(gone.position)), WITHHELD, [gone]
    entries = [entry for entry in entries if not isinstance(entry.event, Withheld)]
    match matter.split("/"):
        case [_, "monitoring"]:
            yield ("monitoring", ""), MONITORING, entries
        case [_, "concern", id]:
            yield ("concern", id), CONCERN, entries
        case [_, "inspection"]:
            for (programme, area), own in lanes(entries).items():
                if area == TALLIES:
                    yield ("tally", programme), TALLY, own
                else:
                    yield ("grade", f"{programme}/{area}"), area_machine((programme, area)), own
        case [_, part, id] if part in ITEMS:
            yield (part, id), ITEMS[part], entries
        case ["document", id]:
            yield ("document", id), DOCUMENT, entries
        case ["body", _]:
            for part, machine in IDENTITY.items():
                yield (part, ""), machine, [e for e in entries if e.kind in machine.steps or e.kind in machine.guards]


_ALWAYS: dict[str, StateMachine[Any]] = {"monitoring": MONITORING, **IDENTITY}
"""What every body has a state of, also where nothing is recorded."""


@dataclass(frozen=True)
class BodySpells:
    """The spells of every subject of a body."""

    body: str
    spells: dict[SubjectKey, list[Spell[Any]]]
    entries: list[Entry]

    @classmethod
    def of(cls, body: str, entries: Iterable[Entry], public: Public | None = None) -> "BodySpells":
        """Fold the recorded entries of a body, those of its own matters and of its registration, as they stand; with
        ``public`` as the public could know them."""
        now = sorted(in_force(entries, public), key=by_date)
        matters: dict[str, list[Entry]] = {}
        for entry in now:
            matters.setdefault(entry.matter, []).append(entry)
        spells = {(part, ""): machine.spells(()) for part, machine in _ALWAYS.items()}
        for matter, own in matters.items():
            spells |= {key: machine.spells(substream) for key, machine, substream in substreams(matter, own)}
        told = sorted(spells.items(), key=lambda item: (SUBJECTS.index(item[0][0]), item[0][1]))
        return cls(body, dict(told), now)

    @property
    def monitoring(self) -> list[Spell[Monitoring]]:
        """Its phases."""
        return self.spells["monitoring", ""]

    @property
    def oversight(self) -> list[Spell[Oversight]]:
        """Who oversees it."""
        return self.spells["oversight", ""]

    @property
    def territory(self) -> list[Spell[Territory]]:
        """The area that it serves."""
        return self.spells["territory", ""]

    @property
    def merger(self) -> list[Spell[Merger]]:
        """What it was merged into."""
        return self.spells["merger", ""]

    @property
    def concerns(self) -> dict[str, list[Spell[Concern]]]:
        """Its causes of concern, by id."""
        return self._each("concern")

    @property
    def areas(self) -> dict[str, list[Spell[AreaState]]]:
        """Its grades, by programme and area."""
        return self._each("grade")

    @property
    def tallies(self) -> dict[str, list[Spell[TallyState]]]:
        """Its tallies, by programme."""
        return self._each("tally")

    @property
    def items_by_subject(self) -> dict[str, dict[str, list[Spell[Item]]]]:
        """Its findings, reviews, plans, statements, statistics and responses: by part, then by id."""
        return {part: self._each(part) for part in ITEMS}

    @property
    def sought(self) -> list[Entry]:
        """What was looked for and not found."""
        return [entry for entry in self.entries if entry.matter.startswith(f"{self.body}/sought/")]

    def name(self, day: date) -> str:
        """The name of the body on a day."""
        name: Name = on(self.spells["name", ""], day)
        return name.name

    def _each(self, part: str) -> dict[str, list[Spell[Any]]]:
        return {id: spells for (of, id), spells in self.spells.items() if of == part}
