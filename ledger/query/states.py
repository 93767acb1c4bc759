"""The states of bodies at the clocks of a question, from the read model or by a replay of the entries: the same answers
by one interface.

The read model is asked without importing pydantic. `ledger.query.replayed` does the other.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ledger.query.clocks import Clocks
from ledger.readmodel.query import Rows
from ledger.store.schema import REFERRING_TO
from projections.bodies import Bodies
from projections.lookup import (
    AS_RECORDED,
    BOARD_SUBJECTS,
    DUE_SUBJECTS,
    STAY_SUBJECTS,
    Otherwise,
    board_of,
    bodies_of,
    body_on_day,
    is_registered,
    is_successor,
    outstanding_of,
    stored_stays,
    was_recorded,
)
from projections.state import BodyOnDay
from projections.subject import SUBJECTS, SubjectState

if TYPE_CHECKING:  # loaded if a question needs the store
    from ledger.query.public import AsPublic
    from ledger.query.replayed import ReplayedStates
    from projections.durations import StoredStay


class States(Protocol):
    """What is known, and public, of bodies."""

    @property
    def bodies(self) -> Bodies:
        """The register of bodies."""

    def can_have(self, subject: str) -> bool:
        """Whether something can be on record of this subject. Many ledgers have no merger, or no search in vain, and
        only these need the store."""

    def is_registered(self, text: str) -> bool:
        """Whether a body has this id."""

    def on_day(self, body: str) -> BodyOnDay:
        """The state of each subject of a body on the day."""

    def is_successor(self, body: str) -> bool:
        """Whether another body was merged into this one, or may have been."""

    def board(self, bodies: Sequence[str]) -> list[BodyOnDay]:
        """The states on the day that the board shows of each of these bodies."""

    def outstanding(self, bodies: Sequence[str]) -> Iterable[tuple[BodyOnDay, dict[str, SubjectState]]]:
        """The states of what can be due from or to each of these bodies on the day, and the documents about it."""

    def stays(self, bodies: Sequence[str]) -> "Mapping[str, Iterable[StoredStay]]":
        """By body: its times in Engage, and with a concern open."""


class ModelStates(NamedTuple):
    """The states in a read model that has all entries which are known at these clocks."""

    model: sqlite3.Connection
    clocks: Clocks
    replay: "Callable[[], ReplayedStates]"
    """The states by a replay, for what the read model does not have."""
    tables: Rows | None = None
    """The tables of the ledger, where no store is open."""

    @property
    def bodies(self) -> Bodies:
        return bodies_of(self.model, self.clocks.known.position)

    def can_have(self, subject: str) -> bool:
        return was_recorded(self.model, subject, self.clocks.known.position)

    def is_registered(self, text: str) -> bool:
        return is_registered(self.model, text, self.clocks.known.position)

    def on_day(self, body: str) -> BodyOnDay:
        return body_on_day(self.model, body, *self._asked([body], SUBJECTS))

    def is_successor(self, body: str) -> bool:
        return is_successor(self.model, body, self.clocks.known.position)

    def board(self, bodies: Sequence[str]) -> list[BodyOnDay]:
        return board_of(self.model, bodies, *self._asked(bodies, BOARD_SUBJECTS))

    def outstanding(self, bodies: Sequence[str]) -> Iterable[tuple[BodyOnDay, dict[str, SubjectState]]]:
        rows, known = self.tables or self.replay().reader.rows, self.clocks.known.position
        naming = {body: [position for (position,) in rows(REFERRING_TO, (f"about:{body}", known))] for body in bodies}
        return outstanding_of(self.model, naming, *self._asked(bodies, DUE_SUBJECTS))

    def stays(self, bodies: Sequence[str]) -> "Mapping[str, Iterable[StoredStay]]":
        from projections.durations import StoredStay, stays_in

        stored = stored_stays(self.model, bodies, self.clocks.known.position)
        if stored is None:
            return self.replay().stays(bodies)
        public = self._as_public(bodies, STAY_SUBJECTS)
        found: dict[str, list[StoredStay]] = {body: [] for body in bodies}
        for body, matter, *stay in stored:
            if public is None or matter not in public.matters:
                found[body].append(StoredStay(*stay))
        for body, spells in public.replayed.items() if public else ():
            found[body] += stays_in(spells)
        return found

    def _asked(self, bodies: Sequence[str], subjects: Sequence[str]) -> tuple[date, int, Otherwise]:
        """The clocks, as `projections.lookup` takes them: the day, the position, and what is answered about these
        subjects of these bodies instead of what is in the read model, as the public could not know that."""
        day, public = self.clocks.as_of, self._as_public(bodies, subjects)
        return day, self.clocks.known.position, public.on(day) if public else AS_RECORDED

    def _as_public(self, bodies: Sequence[str], subjects: Sequence[str]) -> "AsPublic | None":
        """None without the public clock."""
        if self.clocks.public_at is None:
            return None
        from ledger.query.public import AsPublic

        known = self.clocks.known.position
        replay, day = self.replay(), self.clocks.public_at
        return AsPublic.of(replay.reader, self.model, replay.ties, bodies, day, known, subjects)
