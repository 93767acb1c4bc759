"""What a state, the board and following an append cost does not grow with what is recorded of others.

Counted, not timed: the steps of SQLite's virtual machine, in read models with little on record and with a hundred times
as much. A state may cost what is recorded of its own body: a few steps for each spell, in the index alone. The board
looks up each of its bodies and subjects, and passes by what is over.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from ledger.readmodel.follow import ReadModel, followed
from ledger.readmodel.place import model_beside
from ledger.store.reader import Reader
from ledger.store.store import Store
from projections import tables
from projections.lookup import (
    BOARD_SUBJECTS,
    board_of,
    bodies_of,
    body_on_day,
    is_registered,
    not_certainly_public,
    on_record,
    outstanding_of,
    stored_stays,
)
from projections.state import BodyOnDay
from tests.conftest import record_yaml

BODIES = [f"body-{number}" for number in range(43)]
FEW, MANY = 10, 1000
"""How many spells of a body are past: a concern that is closed, and one that was corrected, by turns."""
TODAY, BEGAN = date(2026, 11, 21), date(2010, 1, 1)
SUBJECTS = [("monitoring", ""), ("name", ""), ("oversight", ""), ("concern", "c-1"), ("concern", "c-2")]
SUBJECTS += [("judgement", f"peel/{number}") for number in range(9)]
FROM_THE_INDEX = 14
"""Steps for a spell that does not hold: its columns in the index are compared, and its row is not read."""

Spell = tuple[Any, ...]


@dataclass(frozen=True)
class Model:
    """A read model, and the position that questions are asked at."""

    connection: sqlite3.Connection
    head: int

    def steps(self, ask: Callable[[sqlite3.Connection], Any]) -> int:
        """How many steps a question takes."""
        steps: list[int] = []
        self.connection.set_progress_handler(lambda: steps.append(1), 1)
        ask(self.connection)
        self.connection.set_progress_handler(None, 1)
        return len(steps)

    def state(self) -> int:
        return self.steps(lambda connection: body_on_day(connection, BODIES[0], TODAY, self.head))

    def board(self) -> int:
        return self.steps(lambda connection: board_of(connection, BODIES, TODAY, self.head))


def model_of(past: int, past_of_others: int, others: Sequence[str] = BODIES[1:]) -> Model:
    """A read model with so many past spells of the first body, and of each of the others."""
    connection = sqlite3.connect(":memory:")
    tables.create(connection)
    positions, values = count(1), ", ".join("?" * 13)

    def spells() -> Iterator[Spell]:
        for body in (BODIES[0], *others):
            for number in range(past if body == BODIES[0] else past_of_others):
                day = BEGAN + timedelta(days=number)
                known = next(positions)
                if number % 2:  # it is closed since
                    yield spell(body, "concern", f"c-{number}", 1, day, date.max, known, None)
                else:  # it was corrected
                    yield spell(body, "concern", f"c-{number}", 0, day, date.max, known, known + 1)
            for subject, id in SUBJECTS:
                yield spell(body, subject, id, 0, BEGAN, date.max, next(positions), None)

    connection.executemany(f"INSERT INTO spells VALUES (NULL, {values})", spells())
    return Model(connection, next(positions))


def spell(body: str, subject: str, id: str, over: int, first: date, until: date, *known: int | None) -> Spell:
    days = (first.isoformat(), until.isoformat())
    return (
        f"{body}/{subject}/{id}",
        body,
        subject,
        id,
        None,
        "",
        '{"type": "police-force", "names": []}',
        over,
        "[]",
        *days,
        *known,
    )


def test_a_state_costs_nothing_for_what_is_recorded_of_others() -> None:
    few = model_of(FEW, FEW).state()
    assert model_of(FEW, MANY).state() == few
    assert model_of(FEW, FEW, [f"body-{number}" for number in range(1, 100 * len(BODIES))]).state() == few


def test_a_state_passes_by_what_is_past_of_its_body_in_the_index() -> None:
    few, many = model_of(FEW, FEW), model_of(MANY, FEW)
    ended = [state for state in parts(many).by_key.values() if state.over]
    assert len(ended) == MANY // 2, "what is over is counted in a state"
    assert many.state() < few.state() + (MANY - FEW) * 2 * FROM_THE_INDEX


def test_what_is_due_and_public_of_a_body_costs_nothing_for_others() -> None:
    few, many = model_of(FEW, FEW), model_of(FEW, MANY)

    def due(connection: sqlite3.Connection) -> Any:
        return [*outstanding_of(connection, {BODIES[0]: [1]}, TODAY, few.head)]

    def public(connection: sqlite3.Connection) -> Any:
        return not_certainly_public(connection, BODIES[:1], few.head, {"letter"}, (), BOARD_SUBJECTS)

    def lasted(connection: sqlite3.Connection) -> Any:
        return stored_stays(connection, BODIES[:1], few.head)

    days = f"'{BEGAN}', '9999-12-31', 1, NULL"
    row = f"INSERT INTO spells VALUES (NULL, ?, NULL, 'document', ?, NULL, '', ?, 0, '[]', {days})"
    for model, past in ((few, FEW), (many, MANY)):
        for number in range(past):
            about = json.dumps({"basis": "inspectorate", "bodies": [BODIES[min(number, 1)]]})
            model.connection.execute(row, [f"document/d-{number}", f"d-{number}", about])
        model.connection.execute("INSERT INTO entries (position, matter) VALUES (1, 'document/d-0')")
        assert next(iter(due(model.connection)))[1].keys() == {"d-0"}
        for body in BODIES:
            for number in range(FEW if body == BODIES[0] else past):
                cited = (body, f"{body}/concern/c-{number}", "letter", 1)
                model.connection.execute("INSERT INTO cited VALUES (?, ?, ?, ?)", cited)
            for number in range(past):  # a subject that the answer does not show, also of the body itself
                not_asked = (body, f"{body}/statement/s-{number}", "another", 1)
                model.connection.execute("INSERT INTO cited VALUES (?, ?, ?, ?)", not_asked)
        assert public(model.connection) == {}
    for ask in (due, public, lasted):
        assert few.steps(ask) == many.steps(ask)


def parts(model: Model) -> BodyOnDay:
    return body_on_day(model.connection, BODIES[0], TODAY, model.head)


def test_the_board_costs_what_its_bodies_amount_to() -> None:
    few = model_of(FEW, FEW)
    each = few.board() / len(BODIES)
    among = model_of(FEW, FEW, [f"body-{number}" for number in range(1, 10 * len(BODIES))])
    assert abs(among.board() - few.board()) < len(BODIES), "not a step for each of the others"
    past = model_of(MANY, MANY).board() - few.board()
    assert past < len(BODIES) * (MANY - FEW) / 2 * FROM_THE_INDEX, "what is closed costs nothing"
    assert each < 400


def test_what_was_withheld_of_a_document_is_not_the_document() -> None:
    """It is a subject of the same matter, and its id is a position."""
    model, days = model_of(0, 0), ("0001-01-01", "9999-12-31", 0, None)
    row = "INSERT INTO spells VALUES (NULL, ?, ?, ?, ?, NULL, '', '{}', 0, ?, ?, ?, ?, ?)"
    cited = (f"{BODIES[0]}/finding/f", BODIES[0], "finding", "f", '["17", "18"]')
    for values in (cited, ("document/17", None, "document", "17", "[]"), ("document/18", None, "withheld", "18", "[]")):
        model.connection.execute(row, [*values, *days])
    assert parts(model).documents.keys() == {"17"}


def test_whose_ids_are_completed_and_looked_up_is_one_body() -> None:
    few, many = model_of(FEW, FEW), model_of(FEW, MANY)
    for model in (few, many):
        assert is_registered(model.connection, BODIES[0], model.head)
        assert len(bodies_of(model.connection, model.head).registered) == len(BODIES)

    def registered(connection: sqlite3.Connection) -> bool:
        return is_registered(connection, BODIES[0], 10**6)

    def concerns(connection: sqlite3.Connection) -> dict[str, str]:
        return on_record(connection, "concern", "c-", BODIES[0], 1000)

    assert few.steps(registered) == many.steps(registered)
    assert few.steps(concerns) == many.steps(concerns)


STATEMENT = (
    "- {{kind: statement.made, body: kent, statement: s-{n}, stance: comments, decided_by: force, title: Something, "
    "effective: 2024-01-01, documents: [letter]}}\n"
)
LETTER = (
    "- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}"
)


def test_an_append_is_followed_at_the_same_cost(ledger: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    record_yaml(ledger, LETTER)
    costs, done = [], 0
    for size in (FEW, MANY):
        record_yaml(ledger, "".join(STATEMENT.format(n=n) for n in range(done, size)))
        with ledger.reading() as reader:
            followed(ledger.database.cache_path, reader)
        record_yaml(ledger, STATEMENT.format(n=size))
        costs.append(_following(ledger, monkeypatch))
        done = size + 1
    few, many = costs
    assert many == few
    assert few < (10, 2000)


def _following(ledger: Store, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """What it costs to follow one append: rows of the ledger, and steps in the read model."""
    rows, steps = [], []
    rows_of = Reader.rows

    def counted(reader: Reader, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found = rows_of(reader, query, params)
        rows.extend(found)
        return found

    model = ReadModel(model_beside(ledger.database.cache_path))
    with model.datastore.get_connection(commit=False) as pooled:
        connection = pooled._sqlite_conn
    connection.set_progress_handler(lambda: steps.append(1), 1)
    with monkeypatch.context() as patch, ledger.reading() as reader:
        patch.setattr(Reader, "rows", counted)
        assert model.follow(reader) == 1
    model.close()
    return len(rows), len(steps)
