"""The parts of bodies from the read model: on a day, as known at a position, at the cost of the answer."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from projections.bodies import Bodies
from projections.part import NOTHING, Key, Part
from projections.rectangles import SHELF, STILL, body_number, shelf_of
from projections.state import Parts

ON_THE_BOARD = [shelf_of(part, over=False) for part in ("monitoring", "concern", "merger", "name")]
_EVERY_SHELF = [(0, STILL)]
_ALL_BODIES = (0, STILL)
_LAST_OF_ALL = date.max - timedelta(days=1)  # by then a body has all the names that it ever had
_KNOWN = "known_from <= ? AND (known_to IS NULL OR known_to > ?)"
HOLDING = """
    SELECT body, part, subject, value, over, said, cites FROM rectangles JOIN spells USING (spell)
    WHERE body_from >= ? AND body_to <= ? AND shelf_from >= ? AND shelf_to <= ?
      AND rectangles.valid_from <= ? AND rectangles.valid_to > ?
      AND rectangles.known_from <= ? AND rectangles.known_to > ?
"""


def parts_of(connection: sqlite3.Connection, body: str, as_of: date, position: int) -> Parts:
    """All parts of a body, for its state."""
    number = body_number(body)
    found = {
        key: part
        for of, key, part in _holding(connection, (number, number + 1), _EVERY_SHELF, as_of, position)
        if of == body
    }
    named = {document for part in found.values() for document in part.cites}
    named |= {id for of, id in found if of == "response"}
    documents = dict(_documents(connection, sorted(named), position))
    held = _oversight(connection, body, position) if any(of == "response" for of, _ in found) else []

    def overseen(day: date) -> str:
        return next((told for told, first, until in held if first <= day.isoformat() < until), NOTHING)

    return Parts(body, as_of, found, documents, overseen)


def is_registered(connection: sqlite3.Connection, body: str, position: int) -> bool:
    """Whether there is a body of that id, as known at a position."""
    query = f"SELECT 1 FROM spells WHERE matter = ? AND part = 'name' AND said ->> 'type' IS NOT NULL AND {_KNOWN}"
    return connection.execute(query, (f"body/{body}", position, position)).fetchone() is not None


def bodies_of(connection: sqlite3.Connection, position: int) -> Bodies:
    """The register of bodies, as known at a position."""
    shelf = shelf_of("name", over=False)
    names = _holding(connection, _ALL_BODIES, [(shelf, shelf + SHELF)], _LAST_OF_ALL, position)
    return Bodies({body: part for body, _, part in names})


def on_record(connection: sqlite3.Connection, part: str, begun: str, body: str | None, most: int) -> dict[str, str]:
    """The parts of a kind whose id begins so, each with its title: of a body, by any of its names, or of all. Raises
    LookupError where there is no such body."""
    id = "body" if part == "name" else "subject"
    query = (
        f"SELECT DISTINCT {id}, coalesce(said ->> 'title', value) FROM spells WHERE part = ? AND known_to IS NULL "
        f"AND substr({id}, 1, ?) = ? AND coalesce(?, body) IS body ORDER BY 1 LIMIT ?"
    )
    slug = bodies_of(connection, STILL - 1).find(body) if body else None
    return dict(connection.execute(query, (part, len(begun), begun, slug, most)))


def board_of(connection: sqlite3.Connection, bodies: Iterable[str], as_of: date, position: int) -> list[Parts]:
    """What the board shows of each of these bodies."""
    found: dict[str, dict[Key, Part]] = {body: {} for body in bodies}
    shelves = [(shelf, shelf + SHELF) for shelf in ON_THE_BOARD]
    for body, key, part in _holding(connection, _ALL_BODIES, shelves, as_of, position):
        if body in found:
            found[body][key] = part
    return [Parts(body, as_of, parts, {}, lambda _: NOTHING) for body, parts in found.items()]


def _holding(
    connection: sqlite3.Connection,
    bodies: tuple[int, int],
    shelves: Iterable[tuple[int, int]],
    as_of: date,
    position: int,
) -> Iterator[tuple[str, Key, Part]]:
    """The spells that hold on a day, as known at a position."""
    day = as_of.toordinal()
    for shelf in shelves:
        for row in connection.execute(HOLDING, (*bodies, *shelf, day, day, position, position)):
            body, part, subject, *fields = row
            yield body, (part, subject), _part(*fields)


def _documents(connection: sqlite3.Connection, ids: Iterable[str], position: int) -> Iterator[tuple[str, Part]]:
    query = f"SELECT value, over, said, cites FROM spells WHERE matter = ? AND part = 'document' AND {_KNOWN}"
    for id in ids:
        for row in connection.execute(query, (f"document/{id}", position, position)):
            yield id, _part(*row)


def _oversight(connection: sqlite3.Connection, body: str, position: int) -> list[tuple[str, str, str]]:
    """Who oversaw a body, in a few words, and from which day up to which."""
    query = f"SELECT value, valid_from, valid_to FROM spells WHERE matter = ? AND part = 'oversight' AND {_KNOWN}"
    return connection.execute(query, (f"body/{body}", position, position)).fetchall()


def _part(told: str, over: int, said: str, cites: str) -> Part:
    data: dict[str, Any] = json.loads(said)
    return Part(told, data, bool(over), tuple(json.loads(cites)))
