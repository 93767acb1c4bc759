"""The parts of bodies from the read model: on a day, as known at a position, at the cost of the answer."""

import json
import sqlite3
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import chain

from projections.bodies import Bodies
from projections.rectangles import OPEN_ENDED, matter_number, matters_of, shelf_of, shelves_of
from projections.state import BodyOnDay
from projections.subject import NOTHING, SubjectKey, SubjectState

ON_THE_BOARD = ("monitoring", "concern", "merger", "name")
_ALL = (0, OPEN_ENDED)
_ALL_DAYS = (date.min, date.max)
_LAST_OF_ALL = date.max - timedelta(days=1)  # by then a body has all the names that it ever had
HOLDING = """
    WITH box (matters, matters_end, shelves, shelves_end) AS (VALUES {})
    SELECT body, part, subject, value, over, said, cites
    FROM box CROSS JOIN rectangles JOIN tellings USING (telling)
    WHERE matter_from >= matters AND matter_to <= matters_end AND shelf_from >= shelves AND shelf_to <= shelves_end
      AND valid_from <= ? AND valid_to > ? AND known_from <= ? AND known_to > ?
"""

OVERSIGHT = """
    SELECT value, valid_from, valid_to FROM rectangles JOIN tellings USING (telling)
    WHERE matter_from = ? AND known_from <= ? AND known_to > ? AND body = ? AND part = 'oversight'
"""

ON_RECORD = f"""
    SELECT DISTINCT {{id}}, coalesce(said ->> 'title', value) FROM rectangles JOIN tellings USING (telling)
    WHERE matter_from >= ? AND matter_to <= ? AND shelf_from >= ? AND shelf_to <= ? AND known_to = {OPEN_ENDED}
      AND substr({{id}}, 1, ?) = ? AND coalesce(?, body) IS body ORDER BY 1 LIMIT ?
"""

Box = tuple[int, int, int, int]
"""What to look through in the R-tree: matters, and shelves, from and up to."""


def parts_of(connection: sqlite3.Connection, body: str, as_of: date, position: int) -> BodyOnDay:
    """All parts of a body, for its state."""
    held = _holding(connection, [(*matters_of(body), *_ALL)], (as_of, as_of), position, {body})
    found = {key: part for _, key, part in held}
    named = {document for part in found.values() for document in part.cites}
    named |= {id for of, id in found if of == "response"}
    boxes = [(*matters_of(f"document/{id}"), *shelf_of("document", over=False)) for id in named]
    cited = _holding(connection, boxes, _ALL_DAYS, position)
    documents = {id: part for _, (_, id), part in cited if id in named}
    overseers: list[tuple[str, int, int]] = []
    if any(of == "response" for of, _ in found):
        asked = (matter_number(f"body/{body}", body), position, position, body)
        overseers = connection.execute(OVERSIGHT, asked).fetchall()

    def overseen(day: date) -> str:
        return next((told for told, first, until in overseers if first <= day.toordinal() < until), NOTHING)

    return BodyOnDay(body, as_of, found, documents, overseen)


def is_registered(connection: sqlite3.Connection, body: str, position: int) -> bool:
    """Whether there is a body of that id, as known at a position."""
    names = _holding(connection, [(*matters_of(body), *shelf_of("name", over=False))], _ALL_DAYS, position, {body})
    return any("type" in name.data for _, _, name in names)


def bodies_of(connection: sqlite3.Connection, position: int) -> Bodies:
    """The register of bodies, as known at a position."""
    names = _holding(connection, [(*_ALL, *shelf_of("name", over=False))], (_LAST_OF_ALL, _LAST_OF_ALL), position)
    return Bodies({body: part for body, _, part in names})


def on_record(connection: sqlite3.Connection, part: str, begun: str, body: str | None, most: int) -> dict[str, str]:
    """The parts of a kind whose id begins so, each with its title: of a body, by any of its names, or of all. Raises
    LookupError where there is no such body."""
    slug = bodies_of(connection, OPEN_ENDED - 1).find(body) if body else None
    box = (*(matters_of(slug) if slug else _ALL), *shelves_of(part))
    id = "body" if part == "name" else "subject"
    found = connection.execute(ON_RECORD.format(id=id), (*box, len(begun), begun, slug, most))
    return dict(found.fetchall())


def board_of(connection: sqlite3.Connection, bodies: Iterable[str], as_of: date, position: int) -> list[BodyOnDay]:
    """What the board shows of each of these bodies."""
    found: dict[str, dict[SubjectKey, SubjectState]] = {body: {} for body in bodies}
    boxes = [(*_ALL, *shelf_of(part, over=False)) for part in ON_THE_BOARD]
    for body, key, part in _holding(connection, boxes, (as_of, as_of), position, found):
        found[body][key] = part
    return [BodyOnDay(body, as_of, parts, {}, lambda _: NOTHING) for body, parts in found.items()]


def _holding(
    connection: sqlite3.Connection,
    boxes: Sequence[Box],
    days: tuple[date, date],
    position: int,
    bodies: Container[str] | None = None,
) -> Iterator[tuple[str, SubjectKey, SubjectState]]:
    """The spells in these boxes that hold on one of these days, as known at a position; of these bodies, or of all.
    What they say is read as one text, for many short ones take twice as long."""
    if not boxes:
        return
    query, (first, last) = HOLDING.format(", ".join(["(?, ?, ?, ?)"] * len(boxes))), days
    asked = (*chain(*boxes), last.toordinal(), first.toordinal(), position, position)
    rows = [row for row in connection.execute(query, asked) if bodies is None or row[0] in bodies]
    texts = iter(json.loads(f"[{','.join([f'{said},{cites}' for *_, said, cites in rows])}]"))
    for body, part, subject, told, over, *_ in rows:
        yield body, (part, subject), SubjectState(told, next(texts), bool(over), tuple(next(texts)))
