"""The ledger as a rule sees it: what is on record, with the new entries among it, read under the lock."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Any

from events import Entry, Event, WorldEvent
from events.body import BodyRegistered
from events.document import DocumentRegistered
from ledger.evidence.folder import Evidence
from ledger.evidence.quotes import Quote, Verdict, quotes_of, verdict_on, versions
from ledger.store.reader import Reader
from projections.amendments import Versions, in_force, target_of
from projections.authority import Authority
from projections.body import substreams
from projections.concern import Concern
from projections.monitoring import Monitoring
from projections.solver import Solver
from projections.spell import on
from projections.subject import SubjectKey


class RuleContext:
    """Entries by matter, those of the submission that is being judged included, and the evidence of what they cite.
    Reads each matter, and each document, once.
    """

    def __init__(self, reader: Reader, evidence: Evidence, matters: Iterable[str] = ()) -> None:
        self._reader = reader
        self._evidence = evidence
        self._recorded = reader.matters(matters)
        self._standing: dict[str, list[Entry]] = {}
        self._under: dict[str, list[Entry]] = {}
        self._new: dict[str, Entry] = {}
        self._new_references: dict[str, list[Entry]] = {}
        self._strands: dict[str, dict[SubjectKey, Solver[Any]]] = {}
        self._verdicts: dict[Quote, Verdict] = {}
        self._unchecked: dict[str, list[tuple[Entry, Quote]]] = {}

    @property
    def origin(self) -> str | None:
        """The name of the ledger, as its opening has it; None where it is not open yet."""
        return next((entry.ledger for entry in self.recorded("ledger")), None)

    def add(self, entry: Entry) -> None:
        """Let a new entry stand in its matter."""
        self.recorded(entry.matter).append(entry)
        self._new[entry.event_id] = entry
        if target_of(entry.event):
            self._standing.pop(entry.matter, None)
        elif entry.matter in self._standing:
            self._standing[entry.matter].append(entry)  # it begins a line of its own
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
            before = in_force(entry for entry in entries if not self.is_new(entry))
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

    def in_force(self, matter: str) -> list[Entry]:
        """The entries of a matter that stand, as they were amended."""
        if matter not in self._standing:
            self._standing[matter] = in_force(self.recorded(matter))
        return self._standing[matter]

    def is_in_force(self, entry: Entry) -> bool:
        """Whether something still stands in the line of an entry."""
        return Versions(self.recorded(entry.matter)).now(entry.event_id) is not None

    def now(self, entry: Entry) -> Entry:
        """What stands in the line of an entry."""
        return Versions(self.recorded(entry.matter)).now(entry.event_id) or entry

    def substreams_of(self, matter: str) -> dict[SubjectKey, Solver[Any]]:
        """What a matter amounts to as it is now, by subject."""
        if matter not in self._strands:
            found = substreams(matter, self.in_force(matter))
            self._strands[matter] = {key: machine.history(own) for key, machine, own in found}
        return self._strands[matter]

    def substreams(self, entry: Entry) -> list[Solver[Any]]:
        """The substreams that an entry stands in."""
        return [
            substream for substream in self.substreams_of(entry.matter).values() if entry.event_id in substream.entries
        ]

    def state(self, matter: str, subject: SubjectKey, day: date) -> Any:
        """What a subject amounts to on a day, as its matter is now."""
        return on(self.substreams_of(matter)[subject].spells, day)

    def on_record(self, event_id: str) -> bool:
        """Whether an event of that id is on record."""
        return event_id in self._new or bool(self._reader.by_event_id([event_id]))

    def referring_to(self, target: str) -> list[Entry]:
        """The entries that refer to a target."""
        return self._reader.referring_to(target) + self._new_references.get(target, [])

    def in_force_citing(self, target: str, *, but_in: str) -> Iterator[Entry]:
        """What stands in the matters of the entries that refer to a target, but for one matter."""
        for matter in dict.fromkeys(entry.matter for entry in self.referring_to(target)):
            if matter != but_in:
                yield from self.in_force(matter)

    def under(self, prefix: str) -> list[Entry]:
        """The entries of all matters whose name begins with a prefix."""
        if prefix not in self._under:
            self._under[prefix] = self._reader.under(prefix)
        new = [entry for entry in self._new.values() if entry.matter.startswith(prefix)]
        return in_force(self._under[prefix] + new)

    @cached_property
    def authority(self) -> Authority:
        """Who may record, and what needs a second recorder; to be asked when every new entry stands in the context."""
        return Authority([*self.in_force("ledger"), *self.under("recorder/")])

    def document(self, document: str) -> DocumentRegistered | None:
        """The registration of a document; None where there is none."""
        history = self.in_force(f"document/{document}")
        return next((e.event for e in history if isinstance(e.event, DocumentRegistered)), None)

    def body(self, body: str) -> BodyRegistered | None:
        """The registration of a body; None where there is none."""
        return next((e.event for e in self.in_force(f"body/{body}") if isinstance(e.event, BodyRegistered)), None)

    def cited(self, event: WorldEvent) -> list[DocumentRegistered]:
        """The documents that an event cites, as far as they are registered."""
        return [found for citation in event.documents if (found := self.document(citation.document))]

    def verdict(self, quote: Quote) -> Verdict:
        """Whether a quote stands in its document, as far as there is evidence of it."""
        if quote not in self._verdicts:
            known = versions(entry.event for entry in self.in_force(f"document/{quote.document}"))
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
        found: Concern = self.state(f"{event.body}/concern/{concern}", ("concern", concern), event.effective.latest)
        return found

    def monitoring(self, event: WorldEvent) -> Monitoring:
        """The monitoring of the event's body, on the last day on which the event can have taken effect."""
        found: Monitoring = self.state(f"{event.body}/monitoring", ("monitoring", ""), event.effective.latest)
        return found
