"""The naive answers: what of some entries stands, and what it amounts to on a day.

What stands is found by what being in force means, and by nothing about how to find it: an entry is in force unless a
retraction of it is. So it needs no lines and no order but that of recording, from the last entry backwards. What that
amounts to is what `tests.support.oracle` says, which tries every history.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import factorial, prod
from typing import Any

from events import Entry, WorldEvent
from events.amendment import Amendment, EntryContradicted, EntryCorrected, EntryCorroborated, EntryRetracted
from tests.support import oracle
from tests.support.oracle import Fact, Rules

Json = dict[str, Any]
A_DAY = timedelta(days=1)
MOST_HISTORIES = 20_000
"""Where there are more to try, nothing is said."""


@dataclass(frozen=True)
class InForceVersion:
    """The version in force of an entry, and the amendments beside it, by their event ids."""

    version: str
    note: str
    corroborated: frozenset[str]
    contradicted: frozenset[str]


class InForce:
    """What is in force, by definition."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.first: dict[str, str] = {}  # of each entry, the one of the world that it is about in the end
        for entry in entries:
            target = entry.event.target if isinstance(entry.event, Amendment) else entry.event_id
            self.first[entry.event_id] = self.first.get(target, target)
        self.in_force: dict[str, bool] = {}
        for entry in reversed(entries):
            self.in_force[entry.event_id] = not any(
                isinstance(other.event, EntryRetracted)
                and other.event.target == entry.event_id
                and self.in_force.get(other.event_id, False)
                for other in entries
            )

    def version_of(self, first: Entry) -> InForceVersion | None:
        """What stands in the line of an entry of the world; None where nothing does."""
        if not self.in_force[first.event_id]:
            return None
        line = [e for e in self.entries if self.first[e.event_id] == first.event_id and self.in_force[e.event_id]]
        corrections = [e for e in line if isinstance(e.event, EntryCorrected)]
        resolved = max((e.position for e in corrections if self._resolves(e)), default=-1)
        about = [e for e in line if isinstance(e.event, Amendment) and self.in_force[e.event.target]]
        words = corrections[-1].event if corrections else first.event
        replaced = words.replacement.event if isinstance(words, EntryCorrected) else words
        return InForceVersion(
            (corrections or [first])[-1].event_id,
            getattr(replaced, "note", ""),
            frozenset(
                e.event_id for e in about
                if isinstance(e.event, EntryCorroborated) or (isinstance(e.event, EntryCorrected) and e.event.documents)
            ),
            frozenset(e.event_id for e in about if isinstance(e.event, EntryContradicted) and e.position > resolved),
        )  # fmt: skip

    def targets(self) -> list[str]:
        """What now stands, and so can be corrected, corroborated, contradicted."""
        return [told.version for entry in self.entries if _of_the_world(entry) and (told := self.version_of(entry))]

    def retractable(self) -> list[str]:
        """What can be retracted: what stands, its first version, what it carries, or a retraction of all there was."""
        told = [self.version_of(entry) for entry in self.entries if _of_the_world(entry)]
        firsts = [self.first[one.version] for one in told if one]
        carried = [id for one in told if one for id in sorted(one.corroborated | one.contradicted) if self._loose(id)]
        gone = [
            e.event_id for e in self.entries
            if isinstance(e.event, EntryRetracted) and self.in_force[e.event_id]
            and e.event.target == self.first[e.event_id]
        ]  # fmt: skip
        return [*dict.fromkeys([*self.targets(), *firsts]), *carried, *gone]

    def _loose(self, event_id: str) -> bool:
        return not any(e.event_id == event_id and isinstance(e.event, EntryCorrected) for e in self.entries)

    @staticmethod
    def _resolves(entry: Entry) -> bool:
        return isinstance(entry.event, EntryCorrected) and entry.event.type == "conflict-resolved"


def _of_the_world(entry: Entry) -> bool:
    return not isinstance(entry.event, Amendment)


Public = Callable[[Iterable[str], date], bool]
"""Whether any of these documents was public, which a fact of that earliest day cites."""


def heard(entries: Iterable[Entry], public: Public | None) -> list[Entry]:
    """What a reader hears of: of mending by documents that were not public only that of our own recording errors."""
    known: dict[str, Entry] = {}
    for entry in entries:
        said = entry.event
        ours = isinstance(said, EntryCorrected) and said.type == "recording-error"
        if not isinstance(said, Amendment) or (
            said.target in known and (public is None or ours or not said.documents or public(_cited(said), date.min))
        ):
            known[entry.event_id] = entry
    return list(known.values())


def in_force(entries: Sequence[Entry], public: Public | None) -> list[WorldEvent]:
    """The events of a matter that stand, as they were amended, and as far as they were public."""
    known = heard(entries, public)
    by_id = {entry.event_id: entry.event for entry in known}
    in_force = InForce(known)
    found = []
    for told in filter(None, (in_force.version_of(entry) for entry in known if not isinstance(entry.event, Amendment))):
        said = by_id[told.version]
        event = said.replacement.event if isinstance(said, EntryCorrected) else said
        if isinstance(event, WorldEvent):
            cited = [it for one in (event, *(by_id[id] for id in told.corroborated)) for it in _cited(one)]
            found += [event] if public is None or public(cited, event.effective.earliest) else []
    return found


def _cited(event: Any) -> list[str]:
    return [citation.document for citation in event.documents]


def histories(rules: Rules[Any], events: Sequence[WorldEvent], day: date) -> list[oracle.Solver]:
    """Every history of some events that matters on a day: a few days of each range will do."""
    dates = [event.effective for event in events]
    bounds = {bound for known in dates for bound in (known.earliest, known.latest)} | {day, day + A_DAY}
    facts = [
        Fact(
            event.kind,
            tuple(sorted(bound for bound in bounds if event.effective.earliest <= bound <= event.effective.latest)),
            event.data() | _by_their_ids(event),
            event.order,
            frozenset(citation.document for citation in event.documents),
        )
        for event in events
    ]
    number = factorial(len(facts)) * prod(len(fact.days) for fact in facts)
    return oracle.histories(rules, facts) if number <= MOST_HISTORIES else []


def _by_their_ids(event: WorldEvent) -> Json:
    listed = getattr(event, "recommendations", ())
    return {"recommendations": [getattr(item, "id", item) for item in listed]}


@dataclass(frozen=True)
class Reading:
    """What a state says on one matter: the value that counts, and those that are possible, the one that counts among
    them; how a history tells of the latter."""

    rules: Rules[Any]
    kinds: tuple[str, ...]
    counts: Hashable
    possible: set[Hashable]
    of_history: Callable[[Any], Hashable]

    def check(self, readings: Sequence[Sequence[WorldEvent]], day: date) -> None:
        """Hold it against every history of what stands in the matter; where none is lawful, nothing is said. There may
        be several readings of what stands: what counts is that of the first."""
        found = [self._histories(stands, day) for stands in readings]
        if all(found):
            assert self.counts in oracle.latest(found[0], day)
            possible = {value for own in found for value in oracle.possible(own, day)}
            assert self.possible == {self.of_history(value) for value in possible}

    def _histories(self, stands: Sequence[WorldEvent], day: date) -> list[oracle.Solver]:
        events = [event for event in stands if event.kind.split(".")[0] in self.kinds]
        events = [event for event in events if not any(_is_of_one_day(event, other) for other in events)]
        return histories(self.rules, events, day)


def readings(state: Json, concern: str, area: str) -> dict[str, Reading]:
    """What a state says on the phase, on a concern, and on an area."""
    monitoring = state["monitoring"]
    pending = monitoring["pending"] and monitoring["pending"]["phase"]
    phase = "presumed scan" if monitoring["presumed"] and monitoring["phase"] == "scan" else monitoring["phase"]
    told = next((item for item in state["concerns"] if item["id"] == concern), {"status": "none"})
    status = "none" if told["status"] == "not-yet" else told["status"]
    number = 0 if "until" in told else told.get("recommendations_open")
    judged = (item for item in state["judgements"] if item["area"] == area and item["status"] != "superseded")
    grade = min(judged, key=lambda item: ("until" in item, "alternatives" not in item), default={"grade": None})
    in_force = None if grade["grade"] == "not-yet" or "until" in grade else grade["grade"]
    return {
        "monitoring": Reading(
            oracle.MONITORING, ("monitoring",), (phase, pending), {monitoring["phase"], *_others(monitoring)},
            lambda value: value[0].removeprefix("presumed "),
        ),
        f"concern/{concern}": Reading(
            oracle.CONCERN, ("concern", "recommendation"), (status, None if number == "unknown" else number),
            {status, *_others(told)}, lambda value: value[0],
        ),
        "inspection": Reading(
            oracle.AREA, ("inspection", "judgement"), in_force, {in_force, *_others(grade)}, lambda value: value
        ),
    }  # fmt: skip


def _is_of_one_day(report: WorldEvent, judgement: WorldEvent) -> bool:
    """Whether a report gave this judgement on its day, and so does nothing else to the area."""
    return (
        report.kind == "inspection.published"
        and judgement.kind.startswith("judgement.")
        and report.data()["inspection"] == judgement.data()["inspection"]
        and report.effective == judgement.effective
        and not set(_cited(judgement)).isdisjoint(_cited(report))
    )


def _others(told: Json) -> list[Hashable]:
    return ["none" if other["value"] == "not-yet" else other["value"] for other in told.get("alternatives", ())]
