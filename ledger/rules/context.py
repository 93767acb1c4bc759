"""What a rule can query: the entries on record and the new ones, read under the write lock."""

from bisect import bisect
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from events import Entry, Event, WorldEvent
from events.amendment import EntryRetracted
from events.body import BodyRegistered
from events.document import DocumentRegistered
from events.entry import ContentMissing
from events.inspection import InspectionPublished
from events.recorder import ClockCorrected
from ledger.errors import Place, like, shortened
from ledger.evidence.folder import Evidence
from ledger.evidence.quotes import Quote, Verdict, quotes_of, verdict_on, versions
from ledger.progress import Progress, no_progress
from ledger.replay import ties_in
from ledger.store.reader import Reader
from projections.amendments import Versions
from projections.authority import Authority
from projections.body import substreams
from projections.clock import Times
from projections.concern import Concern
from projections.fact import label
from projections.handover import Ties
from projections.monitoring import Monitoring
from projections.solver import Solver
from projections.subject import SubjectKey

E = TypeVar("E", bound=Event)
_AT_ONCE = 1000  # entries in memory of all that refer to one matter
_NEXT = 20


class _Matter:
    """The entries of a matter, and what rules look up among them, which is brought up to each new entry."""

    def __init__(self, recorded: list[Entry]) -> None:
        self.recorded = recorded
        self.withheld = [entry for entry in recorded if entry.is_withheld]
        self.unchecked = 0
        """How many new entries the rules have not been asked of."""

    def add(self, entry: Entry) -> None:
        self.recorded.append(entry)
        self.unchecked += 1
        if "saying" in self.__dict__:
            self.saying[entry.kind, entry.version, entry.data] = entry
        if entry.amends:
            self._give_up("in_force", "amended", "by_fact")
        elif "in_force" in self.__dict__:
            self.in_force.append(entry)  # a long batch must not be folded again for each entry
            if "by_fact" in self.__dict__:
                self.by_fact.setdefault(entry.event.fact, []).append(entry)

    def checked(self) -> None:
        self.unchecked -= 1
        if not self.unchecked:
            self._give_up("in_force", "amended", "by_fact", "saying")

    def _give_up(self, *names: str) -> None:
        for name in names:
            self.__dict__.pop(name, None)

    @cached_property
    def in_force(self) -> list[Entry]:
        return Versions(self.recorded).in_force()

    @cached_property
    def amended(self) -> list[Entry]:
        """Those in force that do not say what was recorded first, or are of an earlier version of their kind."""
        return [e for e in self.in_force if e.content and (e.amended_by or e.version != e.content.version)]

    @cached_property
    def by_fact(self) -> dict[tuple[Any, ...] | None, list[Entry]]:
        """Those in force, by the fact that they record; under the empty one those that are withheld."""
        found: dict[tuple[Any, ...] | None, list[Entry]] = {}
        for entry in self.in_force:
            found.setdefault(entry.content.fact if entry.content else (), []).append(entry)
        return found

    @cached_property
    def saying(self) -> dict[tuple[str, int, bytes], Entry]:
        """All that are not withheld, by kind, version and data."""
        return {(entry.kind, entry.version, entry.data): entry for entry in self.recorded if not entry.is_withheld}


class RuleContext:
    """The recorded entries of a ledger and the new entries of one submission, by matter; and the evidence of what they
    cite. `add` every new entry before the first rule is applied. Each matter and each document is read once.

    While a ledger is audited, entries may be withheld that were in force at the time. To ask what one says raises
    ContentMissing; what is in force, and of which kind, can always be asked.
    """

    def __init__(
        self, reader: Reader, evidence: Evidence, matters: Iterable[str] = (), tell: Progress = no_progress
    ) -> None:
        self._reader = reader
        self.tell = tell
        self._evidence = evidence
        self._matters: dict[str, _Matter] = {}
        self.read(matters)
        self._new: dict[str, Entry] = {}
        self._places: dict[str, Place] = {}
        self._new_references: dict[str, list[Entry]] = {}
        self._solvers: dict[str, dict[SubjectKey, Solver[Any]]] = {}
        self._verdicts: dict[Quote, Verdict] = {}
        self._unchecked: dict[str, list[tuple[Entry, Quote]]] = {}
        self.excused: list[Entry] = []
        """The entries of which a rule could not ask all, because of what was withheld since."""

    def read(self, matters: Iterable[str]) -> None:
        """Read these matters at once, before they are asked for one by one."""
        unread = dict.fromkeys(name for name in matters if name not in self._matters)
        self._matters |= {name: _Matter(recorded) for name, recorded in self._reader.matters(unread).items()}

    def add(self, entry: Entry, place: Place | None = None) -> None:
        self._matter(entry.matter).add(entry)
        self._new[entry.event_id] = entry
        if place:
            self._places[entry.event_id] = place
        for target in dict.fromkeys(entry.refers_to()):
            self._new_references.setdefault(target, []).append(entry)

    def checked(self, entry: Entry) -> None:
        """Say that the rules were asked of a new entry: after the last of a matter, what they looked up there is given
        up. If it is needed again, it is looked up again."""
        matter = self._matter(entry.matter)
        matter.checked()
        if not matter.unchecked:
            self._solvers.pop(entry.matter, None)

    def is_new(self, entry: Entry) -> bool:
        return entry.event_id in self._new

    def another(self, new: Entry) -> str:
        """A new entry in words, for a problem of another: with its place in what was submitted, if that is known."""
        place = self._places.get(new.event_id, Place())
        return f"another {new.kind} of this batch{f' ({place})' if place.file else ''}"

    def is_alone(self, entry: Entry) -> bool:
        """Whether a new entry is the only one of its submission."""
        return [*self._new] == [entry.event_id]

    # Times

    def times(self, before: int) -> Times:
        """The times of the entries before a position."""
        corrected = [e.position for e in self.recorded("ledger") if e.kind == ClockCorrected.kind]
        return Times(self._reader.recorded_at, lambda: [at for at in corrected if at < before])

    def first_later_than(self, entry: Entry) -> int:
        """The position of the first entry that was on record later than a new one says it is; of itself, if none."""
        return self.times(entry.position).last_known(entry.position, entry.recorded_at) + 1

    def recorders_of(self, positions: range) -> set[str]:
        """The key ids of those who recorded the entries at these positions."""
        return {entry.recorded_by for entry in self._reader.entries_at(positions)}

    # Entries

    def recorded(self, matter: str) -> list[Entry]:
        """Every entry of a matter, in the order of their sequence."""
        return self._matter(matter).recorded

    def withheld(self, matter: str) -> list[Entry]:
        """The entries of a matter whose data were withheld."""
        return self._matter(matter).withheld

    def in_force(self, matter: str) -> list[Entry]:
        """The entries of a matter that are in force, as amended, also if they are withheld now."""
        return self._matter(matter).in_force

    def amended(self, matter: str) -> list[Entry]:
        """Those in force that `saying` does not find, as they do not say what was recorded."""
        return self._matter(matter).amended

    def recording(self, event: Event) -> list[Entry]:
        """The entries in force that record the same fact as an event, or may have done so before they were withheld."""
        by_fact, fact = self._matter(event.matter).by_fact, event.fact
        return by_fact.get(fact, []) + by_fact.get((), []) if fact else []

    def _matter(self, name: str) -> _Matter:
        if name not in self._matters:
            self._matters[name] = _Matter(self._reader.matter(name))
        return self._matters[name]

    def facts(self, matter: str) -> list[Entry]:
        """What is in force in a matter, and in those that it needs."""
        return [entry for own in (matter, *self.ties.needs(matter)) for entry in self.in_force(own)]

    @cached_property
    def ties(self) -> Ties:
        """Which matters are tied together, by the new entries too."""
        return ties_in(self._reader, self._new.values())

    def is_in_force(self, version: Entry, before: int | None = None) -> bool:
        """Whether that version of an entry, or that amendment, is in force; or was so before a position."""
        own = (entry for entry in self.recorded(version.matter) if before is None or entry.position < before)
        return Versions(own).is_in_force(version.event_id)

    def saying(self, event: Event, data: bytes) -> Entry | None:
        """The entry that says exactly this, whether it is in force or not; None where there is none. ``data`` are the
        event's canonical data."""
        return self._matter(event.matter).saying.get((event.kind, event.version, data))

    def now(self, entry: Entry) -> Entry | None:
        """The version of an entry that is in force; None where it was retracted."""
        return Versions(self.recorded(entry.matter)).now(entry.event_id)

    def on_record(self, event_id: str) -> bool:
        return event_id in self._new or bool(self._reader.by_event_id([event_id]))

    def referring_to(self, target: str) -> list[Entry]:
        """The entries that refer to a matter, an event id or another target."""
        return self._reader.referring_to(target) + self._new_references.get(target, [])

    def parts_referring_to(self, target: str) -> Iterator[tuple[list[Entry], "RuleContext"]]:
        """The entries that refer to a target, so many at once that they fit in memory; each part with a context of its
        own, in which to ask about them."""
        positions = self._reader.positions_referring_to(target)
        for first in range(0, len(positions), _AT_ONCE):
            entries = self._reader.entries_at(positions[first : first + _AT_ONCE])
            part = RuleContext(self._reader, self._evidence, dict.fromkeys(entry.matter for entry in entries))
            for entry in self._new.values():
                part.add(entry)
            yield entries, part
            self.excused += part.excused
            self.tell(first + len(entries), len(positions))
        yield self._new_references.get(target, []), self

    def in_force_citing(self, target: str, *, but_in: str) -> Iterator[Entry]:
        """The entries in force that refer to a target, except those of one matter."""
        for matter in dict.fromkeys(entry.matter for entry in self.referring_to(target)):
            if matter != but_in:
                yield from (entry for entry in self.in_force(matter) if target in entry.refers_to())

    def under(self, prefix: str) -> list[Entry]:
        """What is in force in all matters whose name begins with a prefix."""
        new = [entry for entry in self._new.values() if entry.matter.startswith(prefix)]
        return Versions(self._reader.entries_under(prefix) + new).in_force()

    def or_near(self, matter: str, remedy: str) -> str:
        """The remedy where nothing is on record in a matter: first what retracted it, or the ids on record that are
        like its own, of those next to it in alphabetical order."""
        recorded = self.recorded(matter)
        retracted = Versions(recorded).retraction_of(recorded[0].event_id) if recorded else None
        if retracted and isinstance(retracted.content, EntryRetracted):
            restored = "" if self.is_new(retracted) else f"to restore it `retract '{label(retracted)}'`; "
            because = shortened(retracted.content.reason.rstrip("."), 200)
            return f"it was retracted by {label(retracted)}, because '{because}'; {restored}else {remedy}"
        prefix, slash, id = matter.rpartition("/")
        new = (entry.matter for entry in self._new.values() if entry.matter.startswith(prefix + slash))
        names = sorted({*self._reader.names_around(matter, _NEXT), *new} - {matter})
        at = bisect(names, matter)
        ids = [name.removeprefix(prefix + slash) for name in names[max(at - _NEXT, 0) : at + _NEXT]]
        return or_like(id, ids, remedy)

    # States

    def solvers_of(self, matter: str) -> dict[SubjectKey, Solver[Any]]:
        """The lawful histories of each subject of a matter."""
        if matter not in self._solvers:
            facts = self.facts(matter)
            for withheld in (entry for entry in facts if entry.is_withheld):
                raise ContentMissing(withheld)
            found = substreams(matter, facts)
            self._solvers[matter] = {substream.key: substream.solver() for substream in found}
        return self._solvers[matter]

    def solvers_with(self, entry: Entry) -> list[tuple[Solver[Any], Entry]]:
        """The lawful histories of the subjects that an entry is about, and the entry as it is among their facts: others
        of its submission may amend it."""
        solvers, id = self.solvers_of(entry.matter).values(), entry.event_id
        return [(solver, solver.by_event_id[id]) for solver in solvers if id in solver.by_event_id]

    def state(self, matter: str, subject: SubjectKey, day: date) -> Any:
        """The state of a subject on a day."""
        return self.solvers_of(matter)[subject].spells.on(day)

    def concern(self, event: WorldEvent, concern: str) -> Concern:
        """The state of a concern of the event's body, on the last day on which the event can have taken effect."""
        found: Concern = self.state(f"{event.body}/concern/{concern}", ("concern", concern), event.effective.latest)
        return found

    def monitoring(self, event: WorldEvent) -> Monitoring:
        """The monitoring of the event's body, on the last day on which the event can have taken effect."""
        found: Monitoring = self.state(f"{event.body}/monitoring", ("monitoring", ""), event.effective.latest)
        return found

    @cached_property
    def authority(self) -> Authority:
        """Who may record, and what needs a second recorder."""
        return Authority([*self.in_force("ledger"), *self.under("recorder/")])

    # What is registered

    def has(self, kind: str, matter: str) -> bool:
        """Whether an entry of a kind is in force in a matter."""
        return any(entry.kind == kind for entry in self.in_force(matter))

    def body(self, body: str) -> BodyRegistered | None:
        """The registration of a body; None where there is none."""
        return self._first(f"body/{body}", BodyRegistered)

    def inspection(self, body: str, inspection: str) -> InspectionPublished | None:
        """The publication of an inspection of a body; None where it is not on record."""
        return next((event for event in self.inspections(body) if event.inspection == inspection), None)

    def inspections(self, body: str) -> Iterator[InspectionPublished]:
        """The publications of all inspections of a body."""
        return (e.event for e in self.in_force(f"{body}/inspection") if isinstance(e.event, InspectionPublished))

    def document(self, document: str) -> DocumentRegistered | None:
        """The registration of a document; None where there is none."""
        return self._first(f"document/{document}", DocumentRegistered)

    def _first(self, matter: str, class_: type[E]) -> E | None:
        return next((e.event for e in self.in_force(matter) if isinstance(e.event, class_)), None)

    def cited(self, event: WorldEvent) -> list[DocumentRegistered]:
        """The registered documents that an event cites."""
        return [found for citation in event.documents if (found := self.document(citation.document))]

    # Quotes

    def verdict(self, quote: Quote) -> Verdict:
        """Whether a quote is found in its document, where there is evidence of it."""
        if quote not in self._verdicts:
            known = versions(entry.event for entry in self.in_force(f"document/{quote.document}"))
            self._verdicts[quote] = verdict_on(quote, known, self._evidence)
        return self._verdicts[quote]

    def unchecked(self, document: str) -> list[tuple[Entry, Quote]]:
        """The quotes from a document in new entries that cannot be checked, in their order."""
        if document not in self._unchecked:
            citing = self._new_references.get(f"document/{document}", [])
            quotes = [(e, quote) for e in citing for quote in quotes_of(e.event) if quote.document == document]
            self._unchecked[document] = [(e, quote) for e, quote in quotes if self.verdict(quote).unchecked]
        return self._unchecked[document]


def or_like(id: str, ids: Iterable[str], remedy: str) -> str:
    """The remedy where there is no such id: first those of the others that are like it."""
    near = like(id, ids, "")
    return f"{near} else {remedy}" if near else remedy
