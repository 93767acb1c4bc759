"""The one way to ask a ledger something: a `QueryContext`.

It is the ledger as the three clocks of a question show it. An up-to-date read model answers by itself, and neither the
kinds of event nor the library that records them is loaded; otherwise the store is opened. Start with `query_context`.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.errors import NotFound
from ledger.progress import Progress, no_progress
from ledger.query.clocks import Clocks, When, clocks_at
from ledger.readmodel.query import open_model, up_to_date_model
from projections.bodies import Bodies
from projections.lookup import board_of, bodies_of, is_registered, parts_of
from projections.state import BodyOnDay, board_row, body_state

if TYPE_CHECKING:  # loaded where a question needs the store
    from events import Entry
    from events.values import Citation
    from ledger.store.reader import Reader
    from ledger.store.store import Store
    from projections.amendments import Versions
    from projections.body import BodySpells

Json = dict[str, Any]


@dataclass(frozen=True)
class QueryContext:
    """A ledger as the clocks of a question show it: what was recorded later is left out, and what was not public."""

    clocks: Clocks
    recorded_at: Callable[[int], datetime]
    """When the entry at a position was recorded."""
    open_reader: "Callable[[], Reader]"
    up_to_date: sqlite3.Connection | None = None
    """A read model that holds all of the ledger."""
    ledger: Path | None = None
    """The path beside which the read model is kept. Without it, and without `up_to_date`, entries are replayed."""
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
        """What a reader sees, by these clocks. Raises NotFound as `clocks_at` does."""
        clocks = clocks_at(reader.head(), reader.recorded_at, as_of, known_at, public_at)
        return cls(clocks, reader.recorded_at, lambda: reader, None, ledger, tell)

    def at(
        self, as_of: date | None = None, known_at: When | None = None, public_at: date | None = None
    ) -> "QueryContext":
        """The same ledger by other clocks."""
        return replace(self, clocks=clocks_at(self.clocks.head, self.recorded_at, as_of, known_at, public_at))

    @cached_property
    def reader(self) -> "Reader":
        """The entries that were known."""
        return self.open_reader().up_to(self.clocks.known.position)

    @cached_property
    def bodies(self) -> Bodies:
        """The register of bodies."""
        if self.up_to_date:
            return bodies_of(self.up_to_date, self.clocks.known.position)
        from ledger.replay import bodies_in

        return bodies_in(self.reader)

    def find_body(self, text: str) -> str:
        """The slug of a body that is called so. Raises NotFound with what is near."""
        if self.up_to_date and is_registered(self.up_to_date, text, self.clocks.known.position):
            return text  # without looking through the whole register
        try:
            return self.bodies.find(text)
        except LookupError as error:
            message, _, hint = str(error.args[0]).partition("; ")
            raise NotFound(message, hint=hint) from None

    def on_day(self, body: str) -> BodyOnDay:
        """What is on record of a body on the day."""
        with self._model() as model:
            if model:
                return parts_of(model, body, self.clocks.as_of, self.clocks.known.position)
        from ledger.replay import documents_of
        from projections.replay import body_by_replay

        spells = self.spells(body)
        return body_by_replay(spells, self.clocks.as_of, documents_of(self.reader, spells.entries))

    def state(self, body: str, *, ended: bool = False) -> Json:
        """What is true of a body, called by any of its names; with ``ended`` also what no longer is."""
        return body_state(self.on_day(self.find_body(body)), ended=ended)

    def board(self) -> list[Json]:
        """What is true of every body, a row each."""
        return [board_row(body) for body in self.bodies_on_day()]

    def timeline(self, body: str) -> tuple[str, list[Json]]:
        """The name that a body, called by any of its names, has on the day; and what changed when, up to the day."""
        from projections.timeline import timeline

        spells, day = self.spells(self.find_body(body)), self.clocks.as_of
        return spells.name(day), [change.to_json() for change in timeline(spells) if change.day <= day]

    def bodies_on_day(self) -> list[BodyOnDay]:
        """What is on record of every body on the day, as far as the board shows it."""
        bodies = sorted(self.bodies.registered)
        with self._model() as model:
            if model:
                return board_of(model, bodies, self.clocks.as_of, self.clocks.known.position)
        return [self.on_day(body) for body in bodies]

    def entries(self, body: str) -> "list[Entry]":
        """Every entry about a body that was known."""
        registration = f"body/{body}"
        return [*self.reader.matters([registration])[registration], *self.reader.entries_under(f"{body}/")]

    def spells(self, body: str) -> "BodySpells":
        """The spells of a body, as known and as public."""
        from projections.body import BodySpells

        return BodySpells.of(body, self.entries(body), self._public)

    def versions(self, matter: str) -> "Versions":
        """The versions of the entries of a matter, as known and as public."""
        from projections.amendments import Versions

        return Versions(self.reader.matters([matter])[matter], self._public)

    def shows(self, entry: "Entry") -> bool:
        """Whether what an entry says had happened, or possibly so, by the day that is asked for, and was public."""
        from events import WorldEvent
        from projections.amendments import is_public

        event = entry.event
        ahead = isinstance(event, WorldEvent) and event.effective.earliest > self.clocks.as_of
        return not ahead and is_public(entry, self._public)

    @contextmanager
    def model(self, *, exactly: bool = False) -> Iterator[sqlite3.Connection]:
        """The read model, with all that the ledger holds, whatever the clocks; with ``exactly`` nothing more.

        Raises Busy or Damaged where it cannot be used.
        """
        if self.up_to_date:
            yield self.up_to_date
            return
        from ledger.readmodel.follow import followed

        assert self.ledger, "a read model is kept beside a path"
        with open_model(followed(self.ledger, self.reader, exactly=exactly, tell=self.tell)) as model:
            yield model

    @contextmanager
    def _model(self) -> Iterator[sqlite3.Connection | None]:
        """The read model; None where it cannot answer, for it knows no day of publication, or cannot be kept."""
        kept = self.up_to_date or (self.ledger and os.access(self.ledger.absolute().parent, os.W_OK))
        with self.model() if kept and not self.clocks.public_at else nullcontext() as model:
            yield model

    @cached_property
    def _public(self) -> "Callable[[Sequence[Citation]], bool] | None":
        day = self.clocks.public_at
        if day is None:
            return None
        from events.document import DocumentRegistered
        from projections.amendments import in_force

        documents = (entry.event for entry in in_force(self.reader.entries_under("document/")))
        public = {
            d.document
            for d in documents
            if isinstance(d, DocumentRegistered) and d.published and d.published.latest <= day
        }
        return lambda citations: any(citation.document in public for citation in citations)


@contextmanager
def query_context(
    where: Path | str,
    as_of: date | None = None,
    known_at: When | None = None,
    public_at: date | None = None,
    *,
    tell: Progress = no_progress,
) -> Iterator[QueryContext]:
    """The ledger in a file, or at the URL of a server, by these clocks. Where the read model is up to date, the store
    is opened only once the question needs it. Raises NotFound where there is no ledger."""
    with ExitStack() as stack:

        @cache
        def open_store() -> "Store":
            from ledger.store.store import Store

            return stack.enter_context(Store(where))

        @cache
        def open_reader() -> "Reader":
            return stack.enter_context(open_store().reading())

        found = stack.enter_context(up_to_date_model(where)) if isinstance(where, Path) else None
        if found:
            clocks = clocks_at(found.head, found.recorded_at, as_of, known_at, public_at)
            yield QueryContext(clocks, found.recorded_at, open_reader, found.model, tell=tell)
        else:
            beside = open_store().database.cache_path
            yield QueryContext.of(open_reader(), as_of, known_at, public_at, ledger=beside, tell=tell)
