"""Queries of the read model: bodies on a day, as known at a position, from its table of spells. The cost depends on
what is recorded of the bodies in question, not on the size of the ledger. This module imports little, so that a query
need not load the kinds of event.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from projections.bodies import Bodies
from projections.state import BodyOnDay
from projections.subject import SubjectKey, SubjectState

_END_OF_LOG = 2**62
_EVER = (date.min, date.max)
_END_OF_TIME = (date.max - timedelta(days=1),) * 2  # on this day a body has all the names that it ever had
SPELLS = """
    SELECT body, subject, id, value, summary, over, valid_from, valid_to, data, cites FROM spells
    WHERE valid_from <= :last AND valid_to > :first AND known_from <= :known AND (known_to IS NULL OR known_to > :known)
    AND {}
"""
OF_A_BODY = "body = :body"
ON_THE_BOARD = (
    "body IN (SELECT value FROM json_each(:bodies)) AND over = 0 "
    "AND subject IN ('monitoring', 'concern', 'recommendation', 'merger', 'name', 'withheld', 'unknown')"
)
_A_CLOSED_CONCERN = """spell IN (
    SELECT (
        SELECT spell FROM spells WHERE body = json_each.value AND subject = 'concern' AND over = 1
        AND valid_from <= :last AND valid_to > :first AND known_from <= :known
        AND (known_to IS NULL OR known_to > :known) LIMIT 1
    ) FROM json_each(:bodies)
)"""
"""One of each body, so that the board tells it from a body of which no concern is recorded."""
OF_MATTERS = "matter IN (SELECT value FROM json_each(:matters))"
OVERSIGHT = "body = :body AND subject = 'oversight'"
NAME = "body = :body AND subject = 'name'"
NAMES = "subject = 'name'"

Found = tuple[str, SubjectKey, SubjectState]
"""A body, one of its subjects, and the state of that."""


def body_on_day(connection: sqlite3.Connection, body: str, as_of: date, position: int) -> BodyOnDay:
    """The states of all subjects of a body on a day."""
    found = {key: state for _, key, state in _found(connection, OF_A_BODY, (as_of, as_of), position, body=body)}
    responses = {id for subject, id in found if subject == "response"}
    earlier = [judged for state in found.values() for judged in state.data.get("earlier", ())]
    cited = [*(state.cites for state in found.values()), *(judged["cites"] for judged in earlier)]
    named = {document for documents in cited for document in documents} | responses
    matters = json.dumps([f"document/{id}" for id in named])
    recorded = _found(connection, OF_MATTERS, _EVER, position, matters=matters)
    documents = {id: state for _, (subject, id), state in recorded if subject == "document"}
    offices = [*_found(connection, OVERSIGHT, _EVER, position, body=body)] if responses else []

    return BodyOnDay(body, as_of, found, documents, [state for *_, state in offices])


def board_of(connection: sqlite3.Connection, bodies: Iterable[str], as_of: date, position: int) -> list[BodyOnDay]:
    """The states that the board shows of each of these bodies."""
    found: dict[str, dict[SubjectKey, SubjectState]] = {body: {} for body in bodies}
    for which in (_A_CLOSED_CONCERN, ON_THE_BOARD):
        for body, key, state in _found(connection, which, (as_of, as_of), position, bodies=json.dumps([*found])):
            found[body][key] = state
    return [BodyOnDay(body, as_of, states, {}, []) for body, states in found.items()]


def bodies_of(connection: sqlite3.Connection, position: int) -> Bodies:
    """The register of bodies, as known at a position."""
    return Bodies({body: name for body, _, name in _found(connection, NAMES, _END_OF_TIME, position)})


def is_registered(connection: sqlite3.Connection, body: str, position: int) -> bool:
    """Whether a body has this id, as known at a position."""
    return any("type" in name.data for *_, name in _found(connection, NAME, _EVER, position, body=body))


def on_record(connection: sqlite3.Connection, subject: str, begun: str, body: str | None, most: int) -> dict[str, str]:
    """The ids of a subject that begin with a text, each with its title: of one body, given by any of its names, or of
    all. Raises LookupError for an unknown body.
    """
    id = "body" if subject == "name" else "id"
    whose = "body = :body AND +known_to IS NULL" if body else "known_to IS NULL"  # + rules out the other index
    query = f"""
        SELECT DISTINCT {id}, coalesce(data ->> 'title', summary) FROM spells
        WHERE subject = :subject AND {whose} AND substr({id}, 1, length(:begun)) = :begun ORDER BY 1 LIMIT :most
    """
    slug = bodies_of(connection, _END_OF_LOG).find(body) if body else None
    found = connection.execute(query, {"subject": subject, "begun": begun, "body": slug, "most": most})
    return dict(found.fetchall())


def _found(
    connection: sqlite3.Connection, which: str, days: tuple[date, date], position: int, **values: str
) -> Iterator[Found]:
    """The spells on any of these days, as known at a position."""
    first, last = map(date.isoformat, days)
    asked: dict[str, Any] = {"first": first, "last": last, "known": position, **values}
    rows = connection.execute(SPELLS.format(which), asked).fetchall()
    texts = iter(json.loads(f"[{','.join([f'{data},{cites}' for *_, data, cites in rows])}]"))  # one parse is quicker
    for body, subject, id, value, summary, over, valid_from, valid_to, *_ in rows:
        began, until = date.fromisoformat(valid_from), date.fromisoformat(valid_to)
        state = SubjectState(value, summary, next(texts), bool(over), tuple(next(texts)), began, until)
        yield body, (subject, id), state
