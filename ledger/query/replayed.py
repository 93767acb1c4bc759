"""The states of bodies by a replay of their entries: see `ledger.query.states`."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cached_property

from ledger.replay import bodies_in, documents_cited, states_of_documents, ties_in
from ledger.store.reader import Reader
from projections.bodies import Bodies
from projections.body import BodySpells
from projections.durations import StoredStay, stays_in
from projections.handover import Ties
from projections.lookup import reports_on
from projections.state import BodyOnDay
from projections.subject import SubjectState


class ReplayedStates:
    """The states on a day, from the entries that a reader has. ``spells`` are those of a body."""

    def __init__(self, reader: Reader, as_of: date, spells: Callable[[str], BodySpells]) -> None:
        self.reader, self._as_of, self._spells = reader, as_of, spells

    @cached_property
    def bodies(self) -> Bodies:
        return bodies_in(self.reader)

    @cached_property
    def ties(self) -> Ties:
        """Which matters are tied together."""
        return ties_in(self.reader)

    def can_have(self, subject: str) -> bool:
        return True

    def is_registered(self, text: str) -> bool:
        return text in self.bodies.registered

    def on_day(self, body: str) -> BodyOnDay:
        spells = self._spells(body)
        documents = documents_cited(self.reader, [*spells.entries, *spells.possible, *spells.withheld])
        return spells.on_day(self._as_of, documents)

    def is_successor(self, body: str) -> bool:
        return body in self.ties.mergers

    def board(self, bodies: Sequence[str]) -> list[BodyOnDay]:
        return [self.on_day(body) for body in bodies]

    def outstanding(self, bodies: Sequence[str]) -> Iterator[tuple[BodyOnDay, dict[str, SubjectState]]]:
        for spells in map(self._spells, bodies):
            yield spells.on_day(self._as_of, {}), self._reports_on(spells)

    def _reports_on(self, spells: BodySpells) -> dict[str, SubjectState]:
        """The documents about a body: those that say so, and those that its inspections and concerns cite, unless they
        are about other bodies."""
        about = [entry.matter for entry in self.reader.referring_to(f"about:{spells.body}")]
        cited = [f"document/{document}" for document in spells.cited_as_reports]
        return reports_on(spells.body, states_of_documents(self.reader, [*about, *cited]), spells.cited_as_reports)

    def stays(self, bodies: Sequence[str]) -> dict[str, list[StoredStay]]:
        return {body: stays_in(self._spells(body)) for body in bodies}
