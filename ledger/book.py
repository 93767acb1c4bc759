"""The ledger as a rule sees it: what is on record, with the new entries among it, read under the lock."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from events import Entry, Event, WorldEvent
from events.body import BodyRegistered
from events.document import DocumentRegistered
from ledger.evidence.kept import Evidence
from ledger.evidence.quotes import Quote, Verdict, quotes_of, verdict_on, versions
from ledger.store.ledger import Reader
from projections.authority import Authority
from projections.bodies import Bodies
from projections.body import strands
from projections.concern import CONCERN, Concern
from projections.documents import DOCUMENT
from projections.history import FIRST_DAY, Obstacle, by_date
from projections.identity import NAME, Name
from projections.mending import Lines, standing
from projections.monitoring import MONITORING, Monitoring
from projections.part import Part
from projections.parts import named, part_on
from projections.reading import on


@dataclass(frozen=True, slots=True)
class Strand:
    """The entries of a matter that run in one course, and what keeps them from a lawful, decided history."""

    entries: frozenset[str]
    hindrance: tuple[Entry, Obstacle] | None
    undecided: tuple[Entry, Entry] | None


class Book:
    """Entries by matter, those of the submission that is being judged included, and the evidence of what they cite.
    Reads each matter, and each document, once.
    """

    def __init__(self, reader: Reader, evidence: Evidence, matters: Iterable[str] = ()) -> None:
        self._reader = reader
        self._evidence = evidence
        self._recorded = reader.matters(matters)
        self._standing: dict[str, list[Entry]] = {}
        self._new: dict[str, Entry] = {}
        self._new_references: dict[str, list[Entry]] = {}
        self._strands: dict[str, list[Strand]] = {}
        self._verdicts: dict[Quote, Verdict] = {}
        self._unchecked: dict[str, list[tuple[Entry, Quote]]] = {}

    def add(self, entry: Entry) -> None:
        """Let a new entry stand in its matter."""
        self.recorded(entry.matter).append(entry)
        self._new[entry.event_id] = entry
        self._standing.pop(entry.matter, None)
        self._strands.pop(entry.matter, None)
        for target in dict.fromkeys(entry.event.refers_to()):
            self._new_references.setdefault(target, []).append(entry)
        self._verdicts.clear()
        self._unchecked.clear()

    def is_new(self, entry: Entry) -> bool:
        """Whether the entry belongs to the submission that is being judged."""
        return entry.event_id in self._new

    def met(self, kind: type[Event], *, but_in: str | None = None) -> bool:
        """Whether an event of that class is among the new ones, or stood before them in a matter that was read, but for
        one matter."""
        for matter, entries in self._recorded.items():
            if matter == but_in:
                continue
            new = [entry for entry in entries if self.is_new(entry)]
            before = standing(entry for entry in entries if not self.is_new(entry))
            if any(isinstance(entry.event, kind) for entry in (*before, *new)):
                return True
        return False

    def adds_to(self, matter: str) -> bool:
        """Whether the submission that is being judged adds to a matter."""
        return any(self.is_new(entry) for entry in self.recorded(matter))

    def recorded(self, matter: str) -> list[Entry]:
        """Every entry of a matter, in the order of their sequence."""
        if matter not in self._recorded:
            self._recorded |= self._reader.matters([matter])
        return self._recorded[matter]

    def history(self, matter: str) -> list[Entry]:
        """The entries of a matter that stand, as they were mended."""
        if matter not in self._standing:
            self._standing[matter] = standing(self.recorded(matter))
        return self._standing[matter]

    def stands(self, entry: Entry) -> bool:
        """Whether something still stands in the line of an entry."""
        return Lines(self.recorded(entry.matter)).now(entry.event_id) is not None

    def now(self, entry: Entry) -> Entry:
        """What stands in the line of an entry."""
        return Lines(self.recorded(entry.matter)).now(entry.event_id) or entry

    def strands_of(self, matter: str) -> list[Strand]:
        """The strands of a matter as it is now."""
        if matter not in self._strands:
            self._strands[matter] = [
                Strand(frozenset(e.event_id for e in own), course.hindrance(own), course.undecided(own))
                for _, course, own in strands(matter, self.history(matter))
            ]
        return self._strands[matter]

    def strands(self, entry: Entry) -> list[Strand]:
        """The strands that an entry stands in."""
        return [strand for strand in self.strands_of(entry.matter) if entry.event_id in strand.entries]

    def on_record(self, event_id: str) -> bool:
        """Whether an event of that id is on record."""
        return event_id in self._new or bool(self._reader.by_event_id([event_id]))

    def referring_to(self, target: str) -> list[Entry]:
        """The entries that refer to a target."""
        return self._reader.referring_to(target) + self._new_references.get(target, [])

    def under(self, prefix: str) -> list[Entry]:
        """The entries of all matters whose name begins with a prefix."""
        new = [entry for entry in self._new.values() if entry.matter.startswith(prefix)]
        return standing(self._reader.under(prefix) + new)

    @cached_property
    def authority(self) -> Authority:
        """Who may record, and what needs a second recorder; to be asked when every new entry stands in the book."""
        return Authority([*self.history("ledger"), *self.under("recorder/")])

    def document(self, document: str) -> DocumentRegistered | None:
        """The registration of a document; None where there is none."""
        history = self.history(f"document/{document}")
        return next((e.event for e in history if isinstance(e.event, DocumentRegistered)), None)

    def body(self, body: str) -> BodyRegistered | None:
        """The registration of a body; None where there is none."""
        return next((e.event for e in self.history(f"body/{body}") if isinstance(e.event, BodyRegistered)), None)

    def cited(self, event: WorldEvent) -> list[DocumentRegistered]:
        """The documents that an event cites, as far as they are registered."""
        return [found for citation in event.documents if (found := self.document(citation.document))]

    def verdict(self, quote: Quote) -> Verdict:
        """Whether a quote stands in its document, as far as there is evidence of it."""
        if quote not in self._verdicts:
            known = versions(self.history(f"document/{quote.document}"))
            self._verdicts[quote] = verdict_on(quote, known, self._evidence)
        return self._verdicts[quote]

    def unchecked(self, document: str) -> list[tuple[Entry, Quote]]:
        """The quotes from a document in new entries for which there is no evidence, in their order."""
        if document not in self._unchecked:
            citing = self._new_references.get(f"document/{document}", [])
            quotes = [(e, quote) for e in citing for quote in quotes_of(e.event) if quote.document == document]
            self._unchecked[document] = [(e, quote) for e, quote in quotes if self.verdict(quote).unchecked]
        return self._unchecked[document]

    def concern(self, event: WorldEvent, concern: str) -> Concern:
        """The state of a concern of the event's body, on the last day on which the event can have taken effect."""
        return on(CONCERN.spells(self.history(f"{event.body}/concern/{concern}")), event.effective.latest)

    def monitoring(self, event: WorldEvent) -> Monitoring:
        """The monitoring of the event's body, on the last day on which the event can have taken effect."""
        return on(MONITORING.spells(self.history(f"{event.body}/monitoring")), event.effective.latest)


def bodies_of(entries: Iterable[Entry]) -> Bodies:
    """The register of bodies by the entries that stand in their matters."""
    names: dict[str, Name] = {}
    for entry in sorted((entry for entry in entries if entry.kind in NAME.steps), key=by_date):
        body = entry.matter.removeprefix("body/")
        names[body] = NAME.apply(names.get(body, NAME.start), entry)
    return Bodies({body: named(name) for body, name in names.items()})


def bodies_in(reader: Reader) -> Bodies:
    """The register of bodies of a ledger."""
    return bodies_of(standing(reader.under("body/")))


def authority_of(reader: Reader) -> Authority:
    """Who may record, and what needs a second recorder, by what is on record."""
    return Authority([*reader.matters(["ledger"])["ledger"], *reader.under("recorder/")])


def documents_of(reader: Reader, entries: Iterable[Entry]) -> dict[str, Part]:
    """What is on record of each document that these entries, or their mending, cite or answer."""
    named = {
        target.removeprefix("document/")
        for entry in entries
        for part in (entry, *entry.corroborated)
        for target in part.event.refers_to()
        if target.startswith("document/")
    }
    recorded = reader.matters(f"document/{document}" for document in sorted(named))
    found = {id: part_on(DOCUMENT.spells(standing(recorded[f"document/{id}"])), FIRST_DAY) for id in sorted(named)}
    return {id: part for id, part in found.items() if part}
