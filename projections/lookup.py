"""Queries of the read model: bodies on a day, as known at a position, from its table of spells. The cost depends on
what is recorded of the bodies in question, not on the size of the ledger. This module imports little, so that a query
need not load the kinds of event.
"""

import json
import sqlite3
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from projections.bodies import Bodies
from projections.phase import phase_on
from projections.state import BodyOnDay, cited_in
from projections.subject import SubjectKey, SubjectState, has_any, matter_of, name_of_matter, tell_evidence

_END_OF_LOG = 2**62
_EVER = (date.min, date.max)
_END_OF_TIME = (date.max - timedelta(days=1),) * 2  # on this day a body has all the names that it ever had
_KNOWN = "known_from <= :known AND (known_to IS NULL OR known_to > :known)"
SPELLS = f"""
    SELECT body, subject, id, value, summary, over, valid_from, valid_to, data, cites FROM spells
    WHERE valid_from <= :last AND valid_to > :first AND {_KNOWN}
    AND matter NOT IN (SELECT value FROM json_each(:but)) AND """
_OF_THESE = "body IN (SELECT value FROM json_each(:bodies))"
OF_A_BODY = "body = :body"
BOARD_SUBJECTS = ("monitoring", "concern", "recommendation", "merger", "name", "sought", "withheld", "unknown")
DUE_SUBJECTS = (
    "name", "merger", "inspection", "response", "concern", "review", "recommendation", "plan", "statement"
)  # fmt: skip
STAY_SUBJECTS = ("monitoring", "concern")
"""The subjects of the board, of what is due, and of durations."""
ON_THE_BOARD = f"{_OF_THESE} AND over = 0 AND subject IN {BOARD_SUBJECTS}"
_CAN_BE_DUE = f"""{_OF_THESE} AND over = 0 AND subject IN {DUE_SUBJECTS}
    AND CASE WHEN subject IN ('name', 'merger', 'inspection', 'response') THEN true
        WHEN subject = 'concern' THEN json_array_length(data, '$.recommendations') > 0
        ELSE coalesce(data ->> 'due', data ->> 'planned_for') IS NOT NULL END"""
_A_CLOSED_CONCERN = f"""spell IN (
    SELECT (
        SELECT spell FROM spells WHERE body = json_each.value AND subject = 'concern' AND over = 1
        AND valid_from <= :last AND valid_to > :first AND {_KNOWN}
        AND matter NOT IN (SELECT value FROM json_each(:but)) LIMIT 1
    ) FROM json_each(:bodies)
)"""
"""One of each body, so that the board tells it from a body of which no concern is recorded."""
OF_MATTERS = "matter IN (SELECT value FROM json_each(:matters))"
OVERSIGHT = f"{_OF_THESE} AND subject = 'oversight'"
_NAME = "body = :body AND subject = 'name'"
NAMES = "subject = 'name'"
_CITED_BY = f"SELECT document FROM cited WHERE known_from <= :known AND {_OF_THESE}"
_PUBLISHED = f"""
    SELECT id, spells.data ->> 'published', spells.data ->> 'dated', spells.data ->> 'retrieved', recorded_at
    FROM spells JOIN entries ON entries.position = spells.data ->> '$.entries[0]'
    WHERE spells.matter IN (SELECT 'document/' || document FROM ({_CITED_BY})) AND +subject = 'document' AND {_KNOWN}
"""
_NOT_CERTAINLY_PUBLIC = f"""
    WITH asked (own, first) AS (
        SELECT value, 'body/' || value FROM json_each(:bodies)
        UNION SELECT own.value, own.value || '/' || name.value FROM json_each(:bodies) AS own, json_each(:names) AS name
        UNION SELECT body, matter FROM spells WHERE matter IN (SELECT value FROM json_each(:unread)) AND {_OF_THESE}
    )
    SELECT matter, sum(document IN (SELECT value FROM json_each(:possible)))
    FROM asked JOIN cited ON body = own AND matter >= first AND matter < first || '0'
    WHERE known_from <= :known GROUP BY body, matter
    HAVING sum(document NOT IN (SELECT value FROM json_each(:certain)))
"""
"""The matters are found in the index by how they begin: 0 comes after the slash."""
EVIDENCE = f"SELECT matter, entry, data FROM evidence WHERE body = :body AND {_KNOWN}"
_UNREAD = f"SELECT matter FROM spells WHERE subject IN ('withheld', 'unknown') AND {_KNOWN}"
_MATTERS_OF = "SELECT position, matter FROM entries WHERE position IN (SELECT value FROM json_each(:positions))"
_REPORTED = f"""
    SELECT DISTINCT body, of_a_spell.value FROM spells, json_each(cites) AS of_a_spell
    WHERE {_OF_THESE} AND subject IN ('concern', 'inspection', 'judgement', 'tally') AND {_KNOWN}
    AND matter NOT IN (SELECT value FROM json_each(:but))
    AND (body, matter, of_a_spell.value) IN (SELECT body, matter, document FROM cited)
"""
"""What was handed over rests on documents that only the entries of another body cite: these are not among them."""
_MERGED_INTO = f"""
    SELECT 1 FROM spells WHERE subject = 'merger' AND {_KNOWN} AND (data ->> 'into' = :body
        OR EXISTS (SELECT 1 FROM json_each(data, '$.alternatives') AS other WHERE other.value ->> 'value' = :body))
"""
_WAS_RECORDED = "SELECT 1 FROM spells WHERE subject = :subject AND known_from <= :known LIMIT 1"
_STAYS = f"SELECT body, matter, subject, id, began, data FROM stays WHERE {_OF_THESE} ORDER BY rowid"

Found = tuple[str, SubjectKey, SubjectState]
"""A body, one of its subjects, and the state of that."""


class Otherwise(NamedTuple):
    """What is answered instead of the rows of some ``matters``, as not all of these was public: by body, the states of
    their subjects; none if nothing was."""

    matters: Collection[str] = ()
    states: Mapping[str, BodyOnDay] = {}
    cited: Mapping[str, Iterable[str]] = {}
    """By body: the documents that its inspections and concerns among these cite."""

    def of(self, body: str) -> Mapping[SubjectKey, SubjectState]:
        return self.states[body].by_key if body in self.states else {}


AS_RECORDED = Otherwise()


def body_on_day(
    connection: sqlite3.Connection, body: str, as_of: date, position: int, otherwise: Otherwise = AS_RECORDED
) -> BodyOnDay:
    """The states of all subjects of a body on a day."""
    asked = _Asked(connection, position, otherwise)
    found = {key: state for _, key, state in asked.on(OF_A_BODY, as_of, body=body)}
    told = evidence_told(asked.rows(EVIDENCE, body=body))
    for key, state in found.items():
        tell_evidence(state.data, told.get(matter_of(body, key), {}))
    found |= otherwise.of(body)
    responses = {id for subject, id in found if subject == "response"}
    named = cited_in(found.values()) | responses
    offices = asked.offices([body] if responses else ())
    return BodyOnDay(body, as_of, found, asked.documents(named), offices.get(body, ()))


def is_successor(connection: sqlite3.Connection, body: str, position: int) -> bool:
    """Whether another body was merged into this one, or may have been."""
    return bool(_Asked(connection, position).rows(_MERGED_INTO, body=body))


def was_recorded(connection: sqlite3.Connection, subject: str, position: int) -> bool:
    """Whether anything was recorded of this subject of any body, also what is no longer in force."""
    return bool(_Asked(connection, position).rows(_WAS_RECORDED, subject=subject))


def board_of(
    connection: sqlite3.Connection,
    bodies: Iterable[str],
    as_of: date,
    position: int,
    otherwise: Otherwise = AS_RECORDED,
) -> list[BodyOnDay]:
    """The states that the board shows of each of these bodies."""
    asked, found = _Asked(connection, position, otherwise), _by_body(bodies)
    for which in (_A_CLOSED_CONCERN, ON_THE_BOARD):
        for body, key, state in asked.on(which, as_of, bodies=json.dumps([*found])):
            found[body][key] = state
    found = {body: states | dict(otherwise.of(body)) for body, states in found.items()}
    phases = [phase_on(as_of, own.get(("monitoring", "")), own.get(("name", ""))) for own in found.values()]
    cited = cited_in(phases)
    documents = asked.documents(cited) if cited else {}
    return [BodyOnDay(body, as_of, states, documents, []) for body, states in found.items()]


def outstanding_of(
    connection: sqlite3.Connection,
    naming: Mapping[str, Iterable[int]],
    as_of: date,
    position: int,
    otherwise: Otherwise = AS_RECORDED,
) -> Iterator[tuple[BodyOnDay, dict[str, SubjectState]]]:
    """The states of what can be due from or to each of these bodies, and the documents about it. ``naming`` are, by
    body, the positions of the entries that say that a document is about it."""
    asked, found = _Asked(connection, position, otherwise), _by_body(naming)
    for body, key, state in asked.on(_CAN_BE_DUE, as_of, bodies=json.dumps([*found])):
        found[body][key] = state
    cited: dict[str, dict[str, None]] = {body: dict.fromkeys(otherwise.cited.get(body, ())) for body in found}
    for body, document in asked.rows(_REPORTED, bodies=json.dumps([*found])):
        cited[body][document] = None
    every = json.dumps([*{position for positions in naming.values() for position in positions}])
    matters = dict(asked.rows(_MATTERS_OF, positions=every))
    reports = {
        body: cited[body] | {matters[position].removeprefix("document/"): None for position in positions}
        for body, positions in naming.items()
    }
    known = asked.documents({document for own in reports.values() for document in own})
    offices = asked.offices(found if any(reports.values()) else ())
    for body, states in found.items():
        on_day = BodyOnDay(body, as_of, states | dict(otherwise.of(body)), {}, offices.get(body, ()))
        yield on_day, reports_on(body, {id: known[id] for id in reports[body] if id in known}, cited[body])


def reports_on(body: str, documents: Mapping[str, SubjectState], cited: Container[str]) -> dict[str, SubjectState]:
    """Those of these documents that are about a body: those that say so, and those that say nothing but are cited as a
    report on it."""
    return {
        id: state
        for id, state in documents.items()
        if (body in state.data["bodies"] if "bodies" in state.data else id in cited)
    }


def stored_stays(connection: sqlite3.Connection, bodies: Iterable[str], position: int) -> list[tuple[Any, ...]] | None:
    """The times of these bodies in Engage, and with a concern open: body, matter, and the fields of a `StoredStay`. It
    has only those known now: None if it has a later entry than the one at a position."""
    ((last,),) = connection.execute("SELECT max(position) FROM entries")
    if last != position:
        return None
    rows = connection.execute(_STAYS, {"bodies": json.dumps([*bodies])})
    return [(*columns, json.loads(data)) for *columns, data in rows]


def published_dates(connection: sqlite3.Connection, bodies: Iterable[str], position: int) -> list[tuple[Any, ...]]:
    """The documents that are cited of these bodies: each with its dates, and when it was recorded, as text."""
    return _Asked(connection, position).rows(_PUBLISHED, bodies=json.dumps([*bodies]))


def not_certainly_public(
    connection: sqlite3.Connection,
    bodies: Iterable[str],
    position: int,
    certain: Collection[str],
    possible: Collection[str],
    subjects: Collection[str],
) -> dict[str, bool]:
    """The matters of these bodies of which not all was certainly public, if these documents certainly or possibly were;
    and whether any of it may have been. Of other subjects only what cannot be read is among them."""
    asked = _Asked(connection, position)
    unread = {matter for (matter,) in asked.rows(_UNREAD)}
    lists = {
        "bodies": [*bodies], "names": [*map(name_of_matter, subjects)], "unread": [*unread],
        "certain": [*certain], "possible": [*certain, *possible],
    }  # fmt: skip
    rows = asked.rows(_NOT_CERTAINLY_PUBLIC, **{name: json.dumps(values) for name, values in lists.items()})
    always = (*unread, *(f"body/{body}" for body in bodies))
    wanted = ((matter, may_be) for matter, may_be in rows if matter in unread or has_any(matter, subjects))
    return {matter: bool(may_be) or matter in always for matter, may_be in wanted}


class _Asked(NamedTuple):
    """A read model, as known at a position."""

    connection: sqlite3.Connection
    position: int
    otherwise: Otherwise = AS_RECORDED

    def rows(self, query: str, **values: str) -> list[tuple[Any, ...]]:
        asked = {"known": self.position, "but": json.dumps([*self.otherwise.matters]), **values}
        return self.connection.execute(query, asked).fetchall()

    def on(self, which: str, day: date, **values: str) -> Iterator[Found]:
        """The spells on a day."""
        return self.within(which, (day, day), **values)

    def within(self, which: str, days: tuple[date, date] = _EVER, **values: str) -> Iterator[Found]:
        """The spells on any of these days."""
        first, last = map(date.isoformat, days)
        rows = self.rows(SPELLS + which, first=first, last=last, **values)
        texts = iter(
            json.loads(f"[{','.join([f'{data},{cites}' for *_, data, cites in rows])}]")
        )  # one parse is quicker
        for body, subject, id, value, summary, over, valid_from, valid_to, *_ in rows:
            began, until = date.fromisoformat(valid_from), date.fromisoformat(valid_to)
            state = SubjectState(value, summary, next(texts), bool(over), tuple(next(texts)), began, until)
            yield body, (subject, id), state

    def documents(self, ids: Iterable[str]) -> dict[str, SubjectState]:
        """The documents with these ids."""
        found = self.within(OF_MATTERS, matters=json.dumps([f"document/{id}" for id in ids]))
        return {id: state for _, (subject, id), state in found if subject == "document"}

    def offices(self, bodies: Iterable[str]) -> dict[str, Iterable[SubjectState]]:
        """The states of the oversight of these bodies on all days."""
        found: dict[str, list[SubjectState]] = {body: [] for body in bodies}
        for body, _, state in self.within(OVERSIGHT, bodies=json.dumps([*found])):
            found[body].append(state)
        otherwise = self.otherwise
        return found | {
            body: states.offices
            for body, states in otherwise.states.items()
            if body in found and f"body/{body}" in otherwise.matters
        }


def evidence_told(rows: Iterable[tuple[str, int, str]]) -> dict[str, dict[int, dict[str, Any]]]:
    """What each entry behind a phase or a concern records of it: by matter, and by its position."""
    rows, found = [*rows], dict[str, dict[int, dict[str, Any]]]()
    told = json.loads(f"[{','.join([data for *_, data in rows])}]")  # one parse is quicker
    for (matter, position, _), data in zip(rows, told, strict=True):
        found.setdefault(matter, {})[position] = data
    return found


def _by_body(bodies: Iterable[str]) -> dict[str, dict[SubjectKey, SubjectState]]:
    return {body: {} for body in bodies}


def bodies_of(connection: sqlite3.Connection, position: int) -> Bodies:
    """The register of bodies, as known at a position."""
    return Bodies({body: name for body, _, name in _Asked(connection, position).within(NAMES, _END_OF_TIME)})


def is_registered(connection: sqlite3.Connection, body: str, position: int) -> bool:
    """Whether a body has this id, as known at a position."""
    return any("type" in name.data for *_, name in _Asked(connection, position).within(_NAME, body=body))


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
