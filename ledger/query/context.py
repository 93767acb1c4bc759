"""`QueryContext` answers questions about a ledger by the three clocks. Start with `query_context`.

An up-to-date read model is queried directly, without importing pydantic or eventsourcing; else the store is opened.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from events.rules import RULES
from events.terms import folded
from ledger.errors import NotFound
from ledger.progress import Progress, no_progress
from ledger.query.clocks import Clocks, When, clocks_at
from ledger.query.states import ModelStates, States
from ledger.readmodel.query import Rows, open_model, up_to_date_model
from ledger.store.database import real_path
from projections.bodies import Bodies
from projections.clock import Times
from projections.state import BodyOnDay, board_row, body_state, is_there, possible_values

if TYPE_CHECKING:  # loaded if a question needs the store
    from events import Entry
    from ledger.query.replayed import ReplayedStates
    from ledger.store.reader import Reader
    from ledger.store.store import Store
    from projections.amendments import Public, Versions
    from projections.body import BodySpells
    from projections.due import BodyWithReports, Due
    from projections.durations import Duration
    from projections.public import PublicDocuments
    from projections.searches import Search

Json = dict[str, Any]
_AT_ONCE = 100


@dataclass(frozen=True)
class QueryContext:
    """A ledger at three clocks: without what was recorded later, or was not public."""

    clocks: Clocks
    times: Times
    open_reader: "Callable[[], Reader]"
    up_to_date: sqlite3.Connection | None = None
    """A read model that has all entries of the ledger."""
    tables: Rows | None = None
    """The tables of that ledger, for what needs no store; None where one is open."""
    ledger: Path | None = None
    """The read model is beside this path. Without it, and without `up_to_date`, entries are replayed."""
    tell: Progress = no_progress

    @classmethod
    def of(
        cls,
        reader: "Reader",
        as_of: date | None = None,
        known_at: When | None = None,
        public_at: date | None = None,
        *,
        ledger: Path | None = None,
        tell: Progress = no_progress,
    ) -> "QueryContext":
        """The ledger of a reader at these clocks. Raises NotFound as `clocks_at` does."""
        clocks = clocks_at(reader.head(), reader.times(), as_of, known_at, public_at)
        return cls(clocks, reader.times(), lambda: reader, ledger=ledger, tell=tell)

    def at(
        self, as_of: date | None = None, known_at: When | None = None, public_at: date | None = None
    ) -> "QueryContext":
        """The same ledger at other clocks."""
        return replace(self, clocks=clocks_at(self.clocks.head, self.times, as_of, known_at, public_at))

    def position_before(self, when: When | None) -> int:
        """The last position on record before a moment, or this position; -1 if there is none."""
        if when is None or isinstance(when, int):
            return -1 if when is None else when
        return self.times.last_known(self.clocks.head.size, when - timedelta(microseconds=1))

    @cached_property
    def reader(self) -> "Reader":
        """A reader limited to the entries that were known."""
        return self.open_reader().up_to(self.clocks.known.position)

    @property
    def is_of_later_version(self) -> bool:
        """Whether a later version of this program recorded the last entry that was known. No later one has a lower
        number of rules."""
        return self._rules_and_first(self.clocks.known.position)[0] > RULES

    @cached_property
    def bodies(self) -> Bodies:
        """The register of bodies, as known."""
        return self._at_hand.bodies

    def find_body(self, text: str) -> str:
        """The slug of the body of that name. Raises NotFound with the nearest names."""
        if self._at_hand.is_registered(text):
            return text  # without reading the whole register
        try:
            return self.bodies.find(text)
        except LookupError as error:
            message, _, hint = str(error.args[0]).partition("; ")
            raise NotFound(message, hint=hint) from None

    def find_bodies(self, *names: str | None) -> list[str]:
        """The slugs of the bodies of these names; of all, if no name is given."""
        return [self.find_body(name) for name in names if name] or sorted(self.bodies.registered)

    def on_day(self, body: str) -> BodyOnDay:
        """The state of each subject of a body on the day."""
        with self._states() as states:
            found = states.on_day(body)
            took_over = any(found.each("response")) and states.is_successor(body)
        if not took_over:
            return found
        from projections.due import owed_since

        return replace(found, owed_since=owed_since(self._with_reports([body])[body]))

    def state(self, body: str, *, ended: bool = False) -> Json:
        """The state of a body, given by any of its names; with ``ended`` also what has ended."""
        return body_state(self.on_day(self.find_body(body)), ended=ended)

    def board(self, kind: str | None = None, region: str | None = None, phase: str | None = None) -> list[Json]:
        """The rows of the bodies on the board: all, or those of a type or region, or those possibly in a phase."""
        wanted = [(field, folded(text)) for field, text in (("type", kind), ("region", region)) if text]
        bodies = sorted(
            body
            for body, registered in self.bodies.registered.items()
            if all(folded(registered.get(field) or "") == text for field, text in wanted)
        )
        with self._states() as states:
            rows = [board_row(body) for some in _portions(bodies) for body in states.board(some)]
        return [row for row in rows if is_there(row) and (phase is None or phase in possible_values(row, "phase"))]

    def names(self, bodies: Sequence[str]) -> dict[str, str]:
        """The names of these bodies on the day; of one whose registration was not public, that which it had first."""
        registered = self.bodies.registered
        with self._states() as states:
            return {found.body: found.name or registered[found.body]["names"][0] for found in states.board(bodies)}

    def timeline(self, body: str) -> list[Json]:
        """The changes of a body, given by any of its names, up to the day."""
        from projections.timeline import timeline

        return [change.to_json() for change in timeline(self.spells(self.find_body(body)), self.clocks.as_of)]

    def entries(self, body: str) -> "list[Entry]":
        """The entries about a body that were known, and those that they need."""
        registration, ties = f"body/{body}", self._replayed.ties
        needed = {one for matter in ties.of(body) for one in ties.needs(matter)}
        others = [one for one in needed if one != registration and not one.startswith(f"{body}/")]
        found = self.reader.matters([registration, *others])
        return [*(entry for own in found.values() for entry in own), *self.reader.entries_under(f"{body}/")]

    def spells(self, body: str) -> "BodySpells":
        """The spells of a body, as known and as public."""
        from projections.body import BodySpells

        return BodySpells.of(body, self.entries(body), self._documents)

    def due(self, bodies: Sequence[str]) -> "tuple[list[Due], Counter[tuple[str, bool]]]":
        """What is due from or to these bodies, and is not on record as done, the earliest first; and how many reports
        on police forces are on record (`reports_by_framework`)."""
        from projections.due import due, reports_by_framework

        owed: list[Due] = []
        on_record: Counter[tuple[str, bool]] = Counter()
        for body, found in (one for some in _portions(bodies) for one in self._with_reports(some).items()):
            kind = self.bodies.registered[body]["type"]
            owed += due(found, kind=kind, public_at=self.clocks.public_at)
            on_record += reports_by_framework(found) if kind == "police-force" else Counter()
        return sorted(owed, key=lambda item: (item.due, item.body)), on_record

    def _with_reports(self, bodies: Sequence[str]) -> "dict[str, BodyWithReports]":
        """What is on record of each of these bodies, as far as something can be due from or to it."""
        from projections.due import BodyWithReports

        with self._states() as states:
            mergers = self._replayed.ties.mergers if states.can_have("merger") else {}
            earlier = (one for body in bodies if mergers for one in self._replayed.ties.merged_into(body))
            every = [*dict.fromkeys([*bodies, *earlier])]
            by_body = {state.body: (state, reports) for state, reports in states.outstanding(every)}
            searches = self._searches(every, states)

        def with_merged(body: str, *successors: str) -> BodyWithReports:
            earlier = (one for one in mergers.get(body, ()) if one not in (body, *successors))
            merged = [with_merged(one, body, *successors) for one in earlier]
            return BodyWithReports(*by_body[body], searches[body], merged)

        return {body: with_merged(body) for body in bodies}

    def _searches(self, bodies: Sequence[str], states: States) -> "dict[str, list[Search]]":
        """The searches in vain for matters of these bodies, and of the bodies that were merged into them: these under
        the names that they have for their matters."""
        found: dict[str, list[Search]] = {body: [] for body in bodies}
        if states.can_have("sought"):
            from ledger.replay import searches_in

            ties = self._replayed.ties
            for body, own in found.items():
                own += searches_in(self.reader, body, self._public)
                for one in ties.merged_into(body):
                    for search in searches_in(self.reader, one, self._public):
                        names = ties.names_after_merger(f"{one}/{search.matter}", body)
                        own += [search._replace(matter=name) for name in names]
        return found

    def durations(self, bodies: Sequence[str], up_to: date) -> "list[Duration]":
        """The times of these bodies in Engage, and those of their concerns, up to a day."""
        from projections.durations import durations

        with self._states() as states:
            sought, stays = self._searches(bodies, states), states.stays(bodies)
        return [time for body, own in stays.items() for time in durations(own, body, up_to, sought[body])]

    def recorded(self, matter: str) -> "list[Entry]":
        """The entries of a matter that were known."""
        if matter not in self._recorded:
            self._recorded.update(self.reader.matters([matter]))
        return self._recorded[matter]

    def versions(self, matter: str) -> "Versions":
        """The versions of the entries of a matter, as known and as public."""
        from projections.amendments import Versions

        return Versions(self.recorded(matter), self._public)

    def shows(self, entry: "Entry") -> bool:
        """Whether an entry is public, and can have taken effect by the day of the question. An amendment has if its
        target has, or what it puts in its place."""
        from projections.amendments import is_public

        return self._began(entry) <= self.clocks.as_of and is_public(entry, self._public)

    def _began(self, entry: "Entry") -> date:
        """The earliest day on which an entry can have taken effect; of one that is about the record, the first."""
        from events import WorldEvent
        from events.amendment import EntryContradicted, EntryCorrected

        event = entry.content
        if isinstance(event, WorldEvent):
            return event.effective.earliest
        targets = self.reader.by_event_id([entry.amends.target]).values() if entry.amends else ()
        days = [self._began(target) for target in targets]
        if isinstance(event, EntryCorrected) and isinstance(event.replacement.event, WorldEvent):
            days.append(event.replacement.event.effective.earliest)
        if isinstance(event, EntryContradicted) and event.effective:
            days.append(event.effective.earliest)
        return min(days, default=date.min)

    @contextmanager
    def model(self, *, exactly: bool = False) -> Iterator[sqlite3.Connection]:
        """The read model of the whole ledger, regardless of the clocks. It may be ahead of the ledger, unless
        ``exactly``. Raises Busy or Damaged if it cannot be used.
        """
        if self.up_to_date:
            yield self.up_to_date
            return
        from ledger.readmodel.follow import followed

        assert self.ledger, "the read model is beside a path"
        with open_model(followed(self.ledger, self.reader, exactly=exactly, tell=self.tell)) as model:
            yield model

    @contextmanager
    def _states(self) -> Iterator[States]:
        """The states of bodies: by a replay, if the folder of the read model is read-only, or if a part of a submission
        is asked about; else from the read model, which is brought up to date first."""
        usable = self.up_to_date or (self.ledger and os.access(self.ledger.absolute().parent, os.W_OK))
        with self.model() if usable and self._is_whole else nullcontext() as model:
            yield self._states_in(model)

    @cached_property
    def _at_hand(self) -> States:
        """The same, but a read model that is not up to date is not used."""
        return self._states_in(self.up_to_date if self._is_whole else None)

    def _states_in(self, model: sqlite3.Connection | None) -> States:
        return ModelStates(model, self.clocks, lambda: self._replayed, self.tables) if model else self._replayed

    @cached_property
    def _replayed(self) -> "ReplayedStates":
        from ledger.query.replayed import ReplayedStates

        return ReplayedStates(self.reader, self.clocks.as_of, self.spells)

    @cached_property
    def _is_whole(self) -> bool:
        """Whether the last entry that was known is the last one of its submission. What a part of a submission amounts
        to, only a replay says."""
        last = self.clocks.known.position
        return last + 1 == self.clocks.head.size or self._rules_and_first(last + 1)[1] > last

    def _rules_and_first(self, position: int) -> tuple[int, int]:
        """The number of the rules that checked an entry, and the position of the first one of its submission."""
        if self.up_to_date:
            query = "SELECT rules, submission FROM entries WHERE position = ?"
            ((rules, first),) = self.up_to_date.execute(query, [position])
            return rules, first
        entry = self.open_reader().entry_at(position)
        return entry.rules, entry.submitted_with.start

    @cached_property
    def _recorded(self) -> "dict[str, list[Entry]]":
        """By matter: its entries, once they were read."""
        return {}

    @cached_property
    def _documents(self) -> "PublicDocuments | None":
        """The documents that were public, certainly or possibly; None without the public clock."""
        if self.clocks.public_at is None:
            return None
        from projections.public import PublicDocuments, dates_of

        return PublicDocuments.on(self.clocks.public_at, dates_of(self.reader.entries_under("document/")))

    @cached_property
    def _public(self) -> "Public | None":
        """What was certainly public."""
        return next(self._documents.readings(())) if self._documents else None


def _portions(bodies: Sequence[str]) -> Iterator[Sequence[str]]:
    """Bodies a hundred at a time, so that the states of all of them are never in memory together."""
    return (bodies[start : start + _AT_ONCE] for start in range(0, len(bodies), _AT_ONCE))


@contextmanager
def query_context(
    where: Path | str,
    as_of: date | None = None,
    known_at: When | None = None,
    public_at: date | None = None,
    *,
    tell: Progress = no_progress,
) -> Iterator[QueryContext]:
    """The ledger in a file, or at the URL of a server, at these clocks. Raises NotFound where there is none.

    If the read model is up to date, the store is opened only when the question needs it.
    """
    with ExitStack() as stack:

        @cache
        def open_store() -> "Store":
            from ledger.store.store import Store

            return stack.enter_context(Store(where))

        @cache
        def open_reader() -> "Reader":
            return stack.enter_context(open_store().reading())

        found = stack.enter_context(up_to_date_model(real_path(where))) if isinstance(where, Path) else None
        if found:
            clocks = clocks_at(found.head, found.times(), as_of, known_at, public_at)
            yield QueryContext(clocks, found.times(), open_reader, found.model, found.tables, tell=tell)
        else:
            beside = open_store().database.cache_path
            yield QueryContext.of(open_reader(), as_of, known_at, public_at, ledger=beside, tell=tell)
