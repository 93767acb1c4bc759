"""The ledger as the clocks of a question show it.

A `View` answers by all three: its reader leaves out what was recorded later, its histories what was not public.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import click

from events import Entry, WorldEvent
from events.document import DocumentRegistered
from events.values import Citation
from ledger.cli.clocks import Clocks, clocks_in
from ledger.cli.config import config_of
from ledger.cli.glancing import Modelled, body_called
from ledger.cli.output import progress
from ledger.readmodel.query import asking
from ledger.replay import bodies_in, documents_of
from ledger.store.reader import Reader
from projections.amendments import Versions, in_force, is_public
from projections.bodies import Bodies
from projections.body import BodySpells
from projections.replay import body_by_replay
from projections.state import BodyOnDay


@dataclass(frozen=True)
class View:
    """The ledger as the clocks show it."""

    reader: Reader
    clocks: Clocks
    ledger: Path | None = None
    """The path beside which its read model is kept; without it everything is answered by replay."""

    @cached_property
    def bodies(self) -> Bodies:
        """The register of bodies."""
        return bodies_in(self.reader)

    def find_body(self, text: str) -> str:
        """The slug of a body. Raises NotFound with what is near."""
        return body_called(text, self.bodies)

    def recorded(self, body: str) -> list[Entry]:
        """Every entry about a body that was known."""
        registration = f"body/{body}"
        return [*self.reader.matters([registration])[registration], *self.reader.under(f"{body}/")]

    def history(self, body: str) -> BodySpells:
        """What stood of a body: as known, and as public."""
        return BodySpells.of(body, self.recorded(body), self._public)

    def parts(self, body: str) -> BodyOnDay:
        """What is on record of a body on the day: from the read model, which knows no day of publication; else by a
        replay."""
        if self._model:
            with asking(self._model) as model:
                return Modelled(model, self.clocks).parts(body)
        history = self.history(body)
        return body_by_replay(history, self.clocks.as_of, documents_of(self.reader, history.entries))

    def board(self) -> list[BodyOnDay]:
        """What is on record of every body on the day, as far as the board shows it."""
        if self._model:
            with asking(self._model) as model:
                return Modelled(model, self.clocks).board()
        return [self.parts(body) for body in sorted(self.bodies.registered)]

    def lines(self, matter: str) -> Versions:
        """What stood in a matter: as known, and as public."""
        return Versions(self.reader.matters([matter])[matter], self._public)

    def shows(self, entry: Entry) -> bool:
        """Whether what an entry says had happened, or possibly so, by the day that is asked for, and was public."""
        event = entry.event
        ahead = isinstance(event, WorldEvent) and event.effective.earliest > self.clocks.as_of
        return not ahead and is_public(entry, self._public)

    @cached_property
    def _model(self) -> Path | None:
        if self.ledger is None or self.clocks.public_at or not os.access(self.ledger.absolute().parent, os.W_OK):
            return None
        from ledger.readmodel.follow import followed

        return followed(self.ledger, self.reader, tell=progress())

    @cached_property
    def _public(self) -> Callable[[Sequence[Citation]], bool] | None:
        day = self.clocks.public_at
        if day is None:
            return None
        documents = (entry.event for entry in in_force(self.reader.under("document/")))
        public = {
            d.document
            for d in documents
            if isinstance(d, DocumentRegistered) and d.published and d.published.latest <= day
        }
        return lambda citations: any(citation.document in public for citation in citations)


@contextmanager
def view(
    ctx: click.Context, as_of: date | None = None, known_at: str | None = None, public_at: date | None = None
) -> Iterator[View]:
    """The ledger of this call, by these clocks."""
    where = config_of(ctx)
    with where.reading() as reader:
        yield replace(seen_by(reader, as_of, known_at, public_at), ledger=where.database.cached)


def seen_by(
    reader: Reader, as_of: date | None = None, known_at: str | None = None, public_at: date | None = None
) -> View:
    """A ledger by these clocks: as of today, and as it is now, where one is not given."""

    clocks = clocks_in(reader, as_of, known_at, public_at)
    return View(reader.known(clocks.known.position), clocks)
