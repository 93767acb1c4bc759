"""The parts of bodies from the read model: on a day, as known at a position, at the cost of the answer."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from projections.bodies import Bodies
from projections.part import NOTHING, Key, Part
from projections.rectangles import SHELF, STILL, matters_of, shelf_of
from projections.state import Parts

ON_THE_BOARD = [shelf_of(part, over=False) for part in ("monitoring", "concern", "merger", "name")]
_EVERY_SHELF = (0, STILL)
_ALL_BODIES = (0, STILL)
_ALL_DAYS = (date.min, date.max)
_LAST_OF_ALL = date.max - timedelta(days=1)  # by then a body has all the names that it ever had
HOLDING = """
    SELECT body, part, subject, value, over, valid_from, valid_to, said, cites
    FROM rectangles JOIN tellings USING (telling)
    WHERE matter_from >= ? AND matter_to <= ? AND shelf_from >= ? AND shelf_to <= ?
      AND valid_from <= ? AND valid_to > ? AND known_from <= ? AND known_to > ?
"""


class Held(NamedTuple):
    """A part of a body, and the days on which it holds, counted from the year 1: from, up to and not including."""

    body: str | None
    key: Key
    part: Part
    first: int
    until: int


def parts_of(connection: sqlite3.Connection, body: str, as_of: date, position: int) -> Parts:
    """All parts of a body, for its state."""
    held = _holding(connection, matters_of(body), _EVERY_SHELF, (as_of, as_of), position)
    found = {one.key: one.part for one in held if one.body == body}
    named = {document for part in found.values() for document in part.cites}
    named |= {id for of, id in found if of == "response"}
    documents = dict(_documents(connection, sorted(named), position))
    overseers: list[Held] = []
    if any(of == "response" for of, _ in found):
        overseers = list(_ever(connection, body, "oversight", position))

    def overseen(day: date) -> str:
        return next((o.part.told for o in overseers if o.first <= day.toordinal() < o.until), NOTHING)

    return Parts(body, as_of, found, documents, overseen)


def is_registered(connection: sqlite3.Connection, body: str, position: int) -> bool:
    """Whether there is a body of that id, as known at a position."""
    return any("type" in name.part.said for name in _ever(connection, body, "name", position))


def bodies_of(connection: sqlite3.Connection, position: int) -> Bodies:
    """The register of bodies, as known at a position."""
    names = _holding(connection, _ALL_BODIES, _shelf("name"), (_LAST_OF_ALL, _LAST_OF_ALL), position)
    return Bodies({name.body: name.part for name in names if name.body})


def board_of(connection: sqlite3.Connection, bodies: Iterable[str], as_of: date, position: int) -> list[Parts]:
    """What the board shows of each of these bodies."""
    found: dict[str | None, dict[Key, Part]] = {body: {} for body in bodies}
    for shelf in ON_THE_BOARD:
        for one in _holding(connection, _ALL_BODIES, (shelf, shelf + SHELF), (as_of, as_of), position):
            if one.body in found:
                found[one.body][one.key] = one.part
    return [Parts(body, as_of, parts, {}, lambda _: NOTHING) for body, parts in found.items() if body]


def _documents(connection: sqlite3.Connection, ids: Iterable[str], position: int) -> Iterator[tuple[str, Part]]:
    for id in ids:
        held = _holding(connection, matters_of(f"document/{id}"), _shelf("document"), _ALL_DAYS, position)
        yield from ((id, one.part) for one in held if one.key == ("document", id))


def _ever(connection: sqlite3.Connection, body: str, part: str, position: int) -> Iterator[Held]:
    """What a body has of a kind, on whatever day."""
    held = _holding(connection, matters_of(body), _shelf(part), _ALL_DAYS, position)
    return (one for one in held if one.body == body)


def _shelf(part: str) -> tuple[int, int]:
    """What still holds of a kind of part."""
    shelf = shelf_of(part, over=False)
    return shelf, shelf + SHELF


def _holding(
    connection: sqlite3.Connection,
    matters: tuple[int, int],
    shelves: tuple[int, int],
    days: tuple[date, date],
    position: int,
) -> Iterator[Held]:
    """The spells that hold on one of these days, as known at a position; what they say is read as one text, for many
    short ones take twice as long."""
    first, last = days
    known = (position, position)
    asked = (*matters, *shelves, last.toordinal(), first.toordinal(), *known)
    rows = connection.execute(HOLDING, asked).fetchall()
    texts = iter(json.loads(f"[{','.join([f'{said},{cites}' for *_, said, cites in rows])}]"))
    for body, part, subject, told, over, since, until, *_ in rows:
        yield Held(body, (part, subject), Part(told, next(texts), bool(over), tuple(next(texts))), since, until)
