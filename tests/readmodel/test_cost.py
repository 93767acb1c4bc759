"""What a state, the board and keeping up cost does not grow with what is past, or with what holds of others.

Counted, not timed: the steps of SQLite's virtual machine, the parts that it hands over, and the nodes of the R-tree
that a search must read, in read models with little on record and with a hundred times as much.

The parts are the same, and an append takes the same steps. Nodes are not quite the same: an R-tree looks into every box
that holds the point, and boxes overlap more as they become more. So the bounds are set by the answer, a few nodes for
each part of it, where a search that kept nothing apart would read the thousands that there are.

What does grow is an answer that holds more: a state counts what is over of its body (``ended``), and lists every
statement, statistic and response. Of a body with more of these more is read, row by row.
"""

import sqlite3
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from random import Random
from typing import Any

import pytest

from ledger.readmodel.follow import ReadModel, followed
from ledger.readmodel.query import model_beside
from ledger.store.reader import Reader
from ledger.store.store import Store
from projections import lookup, tables
from projections.lookup import board_of, parts_of
from projections.rectangles import OPEN_ENDED, matter_number, matters_of, shelf_of
from projections.state import BodyOnDay
from tests.conftest import record_yaml

BODIES = [f"body-{number}" for number in range(43)]
FEW, MANY = 10, 1000
"""How many spells of each body no longer hold; and how many statements all but the first have made."""
TODAY, BEGAN = date(2026, 11, 21), date(2010, 1, 1)
STILL_HOLDS = [("monitoring", ""), ("name", ""), ("oversight", ""), ("concern", "c-1"), ("concern", "c-2")]
STILL_HOLDS += [("grade", f"peel/{number}") for number in range(9)]


@dataclass
class Cost:
    """What a question took."""

    steps: int = 0
    parts: int = 0
    nodes: int = 0


@dataclass(frozen=True)
class Model:
    """A read model, and its head."""

    connection: sqlite3.Connection
    head: int

    def cost(self, ask: Callable[[sqlite3.Connection], Iterable[BodyOnDay]], boxes: Sequence[tuple[int, ...]]) -> Cost:
        """What it costs to ask, and to find what meets these boxes of matters and shelves, as of today."""
        cost = Cost(nodes=sum(self._nodes(*box) for box in boxes))

        def stepped() -> int:
            cost.steps += 1
            return 0

        self.connection.set_progress_handler(stepped, 1)
        cost.parts = sum(len(parts.by_key) for parts in ask(self.connection))
        self.connection.set_progress_handler(None, 1)
        return cost

    @property
    def nodes(self) -> int:
        """How many nodes the R-tree has."""
        (number,) = self.connection.execute("SELECT count(*) FROM rectangles_node").fetchone()
        return int(number)

    def _nodes(self, *box: int) -> int:
        """How many nodes of the R-tree meet a box: all that a search must read. (Guttman 1984.)"""
        day = TODAY.toordinal()
        wanted = [(box[0], box[1]), (box[2], box[3]), (day, day), (self.head, self.head)]
        found, todo = 0, [(1, self._depth())]
        while todo:
            number, height = todo.pop()
            found += 1
            for child, sides in self._cells(number) if height else ():
                if all(low <= last and first <= high for (first, last), (low, high) in zip(sides, wanted, strict=True)):
                    todo.append((child, height - 1))
        return found

    def _depth(self) -> int:
        return int.from_bytes(self._node(1)[:2], "big")

    def _cells(self, number: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        data = self._node(number)
        for place in range(int.from_bytes(data[2:4], "big")):
            child, *sides = struct.unpack_from(">q8i", data, 4 + 40 * place)
            yield child, list(zip(sides[::2], sides[1::2], strict=True))

    def _node(self, number: int) -> bytes:
        (data,) = self.connection.execute("SELECT data FROM rectangles_node WHERE nodeno = ?", [number]).fetchone()
        return bytes(data)


def model_of(history: int, statements: int) -> Model:
    """What 43 bodies are now, after so much history of each; and so many statements that all but the first made."""
    connection = sqlite3.connect(":memory:")
    tables.create(connection)
    random, positions = Random(history), count(1)
    shelves = [
        shelf_of(part, over=over) for part in ("monitoring", "concern", "grade", "review") for over in (False, True)
    ]
    first, still = date(2025, 1, 1).toordinal(), date.max.toordinal()

    def spells() -> Iterator[tuple[Any, ...]]:
        for number in range(history):
            for body in BODIES:
                known, day = next(positions), BEGAN.toordinal() + number * 5000 // history
                if number % 2:  # it ended
                    yield body, "concern", f"c-{number}", random.choice(shelves), day, day + 60, known, OPEN_ENDED
                else:  # it was corrected
                    yield body, "concern", f"c-{number}", random.choice(shelves), day, still, known, known + 40
        for number in range(statements):
            for body in BODIES[1:]:
                shelf = shelf_of("statement", over=False)
                yield body, "statement", f"s-{number}", shelf, first, still, next(positions), OPEN_ENDED
        for body in BODIES:
            for part, id in STILL_HOLDS:
                yield (
                    body,
                    part,
                    id,
                    shelf_of(part, over=False),
                    first,
                    still,
                    next(positions),
                    OPEN_ENDED,
                )

    for spell, (body, part, id, shelf, *sides) in enumerate(spells(), 1):
        connection.execute(
            "INSERT INTO tellings (telling, matter, body, part, subject, value, over, said, cites) "
            "VALUES (?, ?, ?, ?, ?, '', 0, '{}', '[]')",
            [spell, matter := f"{body}/{part}/{id}", body, part, id],
        )
        number = matter_number(matter, body)
        place = (number, number + 1, *shelf)
        telling = [spell, *place, *sides, spell]
        connection.execute("INSERT INTO rectangles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", telling)
    return Model(connection, next(positions))


@pytest.fixture(scope="module")
def small() -> Iterator[Model]:
    """A read model with little on record."""
    model = model_of(history=FEW, statements=0)
    yield model
    model.connection.close()


@pytest.fixture(scope="module", params=[(MANY, 0), (FEW, MANY), (MANY, MANY)], ids=["past", "others", "both"])
def large(request: pytest.FixtureRequest) -> Iterator[Model]:
    """One with a hundred times the history, or the statements of other bodies beside, or both."""
    model = model_of(*request.param)
    yield model
    model.connection.close()


def state(model: Model) -> Cost:
    boxes = [(*matters_of(BODIES[0]), 0, OPEN_ENDED)]
    return model.cost(lambda connection: [parts_of(connection, BODIES[0], TODAY, model.head)], boxes)


def board(model: Model) -> Cost:
    boxes = [(0, OPEN_ENDED, *shelf_of(part, over=False)) for part in lookup.ON_THE_BOARD]
    return model.cost(lambda connection: board_of(connection, BODIES, TODAY, model.head), boxes)


def test_a_state_costs_what_it_answers(small: Model, large: Model) -> None:
    few, many = state(small), state(large)
    assert many.parts == few.parts == len(STILL_HOLDS)
    assert many.nodes < 2 * many.parts < large.nodes / 40
    assert many.steps < 1.3 * few.steps


def test_the_board_costs_what_it_answers(small: Model, large: Model) -> None:
    few, many = board(small), board(large)
    assert many.parts == few.parts == 4 * len(BODIES)
    assert many.nodes < 2 * many.parts < large.nodes / 3
    assert many.steps < 1.6 * few.steps


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
