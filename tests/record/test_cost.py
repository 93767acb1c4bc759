"""What an append costs does not grow with what is on record about its body.

Counted, not timed: the steps of SQLite's virtual machine and the rows that it hands over, while one event is judged and
written, in a ledger of about a hundred entries on a body and in one of a hundred thousand.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest

from events import Entry, Event, kinds, latest
from events.amendment import Amendment
from events.recorder import ClockCorrected
from ledger import rules
from ledger.errors import Problem
from ledger.log.key import Signer
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.record.record import Draft, record
from ledger.rules.context import RuleContext
from ledger.statements import Submission
from ledger.store.reader import Reader
from ledger.store.sqlite import LedgerDatastore
from ledger.store.store import Store
from tests.conftest import NOW, ORIGIN, now, record_yaml
from tests.support.golden import SALT, SAMPLES

FEW, MANY = 100, 100 + 390 * 256  # so that tiles are full at the same distance, and no append happens to write one
LOOKS_AT_ALL = ("body.merged",)
"""Kinds whose rules look at all that is on record of a body, as they must: every open matter is handed over."""
SETTING = """
- kind: body.registered
  body: gotham
  type: police-force
  name: Gotham City Police
  nation: England
  documents: [report-2023]
- kind: document.registered
  document: report-2023
  type: inspectorate-letter
  title: A letter
  publisher: HMICFRS
- kind: document.registered
  document: letter-2023
  type: inspectorate-letter
  title: Another letter
  publisher: HMICFRS
"""


@dataclass
class Cost:
    """What an append took, and the statements that it made."""

    steps: int
    rows: int
    statements: list[str]


@dataclass(frozen=True)
class Grown:
    """A ledger with so many entries on one body."""

    path: Path
    signer: Signer

    def cost(self, event: Event, folder: Path) -> Cost:
        """What it costs to append an event to a copy of the ledger."""
        copy = folder / self.path.name
        shutil.copyfile(self.path, copy)
        with Store(copy) as ledger:
            cost = _measured(ledger, event, self.signer)
        copy.unlink()
        return cost


def _measured(ledger: Store, event: Event, signer: Signer) -> Cost:
    cost = Cost(0, 0, [])
    rows_of, refusals_of, wrongly_signed_of = Reader.rows, rules.refusals, rules.wrongly_signed

    def stepped() -> int:
        cost.steps += 1
        return 0

    def rows(reader: Reader, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found = rows_of(reader, query, params)
        cost.rows += len(found)
        return found

    def refusals(entry: Entry, book: RuleContext) -> list[Problem]:
        refusals_of(entry, book)  # every rule is asked, and whatever it finds the event is written
        return []

    def wrongly_signed(submission: Submission, book: RuleContext) -> list[tuple[Entry | None, Problem]]:
        wrongly_signed_of(submission, book)
        return []

    assert isinstance(ledger._datastore, LedgerDatastore)
    with ledger._datastore.get_connection(commit=False) as pooled:
        connection = pooled._sqlite_conn
    connection.set_progress_handler(stepped, 1)
    connection.set_trace_callback(cost.statements.append)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "rows", rows)
        patch.setattr(rules, "refusals", refusals)
        patch.setattr(rules, "wrongly_signed", wrongly_signed)
        record(ledger, [Draft(event)], signer, clock=now)
    connection.set_progress_handler(None, 1)
    connection.set_trace_callback(None)
    return cost


def matters_of_gotham() -> Iterator[Event]:
    """Facts about one body without end: one concern after the other, each issued, reaffirmed three times, closed."""
    said = {"body": "gotham", "documents": [{"document": "report-2023"}]}
    for number in count():
        concern = {**said, "concern": f"concern-{number}"}
        yield _event("concern.issued", **concern, title="A concern", recommendations_issued=3, effective="2023-01-01")
        for day in ("2023-02-01", "2023-03-01", "2023-04-01"):
            yield _event("concern.reaffirmed", **concern, effective=day)
        yield _event("concern.closed", **concern, effective="2023-05-01", as_a_whole=True)


def _event(kind: str, **says: Any) -> Event:
    return latest(kind).model_validate(says)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Grown, Grown]:
    """A ledger with FEW entries on a body, and one with MANY, written without asking the rules."""
    folder = tmp_path_factory.mktemp("grown")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        create_ledger(folder / "few.db", origin=ORIGIN, forces=False, clock=now)
        with Store(folder / "few.db") as ledger:
            record_yaml(ledger, SETTING)
            signer = KeyRing(ORIGIN).recorder(None)
            events = matters_of_gotham()
            _write(ledger, islice(events, FEW), signer)
        shutil.copyfile(folder / "few.db", folder / "many.db")
        with Store(folder / "many.db") as ledger:
            _write(ledger, islice(events, MANY - FEW), signer)
    return Grown(folder / "few.db", signer), Grown(folder / "many.db", signer)


def _write(ledger: Store, events: Iterator[Event], signer: Signer) -> None:
    """Write entries at the level of the recorder; unsigned, which no rule asks about."""
    sequences: dict[str, int] = {}
    with ledger.writing() as writer:
        first = writer.head().size
        entries = []
        for position, event in enumerate(events, first):
            sequence = sequences.get(event.matter, 0)
            sequences[event.matter] = sequence + 1
            entries.append(
                Entry.unwritten(
                    event, ledger=ORIGIN, position=position, sequence=sequence, recorded_at=NOW,
                    recorded_by=signer.verifier.id, salts=lambda: SALT,
                ).written({"first": first, "size": 1, "rules": 1})
            )  # fmt: skip
        writer.append(entries)


def _said_of_gotham(kind: str) -> Event:
    """An event of a kind, about the body that has so much on record, and about concerns of it; a mending is of the
    second fact about a concern."""
    if issubclass(latest(kind), Amendment):
        return _mending_of(next(islice(matters_of_gotham(), 6, None)), kind)
    text = json.dumps(SAMPLES[kind]).replace("west-midlands", "gotham").replace("investigations-2023", "concern-1")
    return latest(kind).model_validate({name: said for name, said in json.loads(text).items() if name != "because"})


def _mending_of(said: Event, kind: str) -> Event:
    replacement = {"kind": said.kind, "version": said.version, "data": {**said.data(), "note": "A better one."}}
    target = Entry.unwritten(
        said, ledger=ORIGIN, position=0, sequence=0, recorded_at=NOW, recorded_by="x", salts=lambda: SALT
    ).event_id
    says = {**SAMPLES[kind], "target": target, "stream": said.matter}
    return _event(kind, **says | ({"replacement": replacement} if "replacement" in says else {}))


def test_the_ledgers_are_as_large_as_is_said(grown: tuple[Grown, Grown]) -> None:
    sizes = []
    for one in grown:
        with Store(one.path) as ledger, ledger.reading() as reader:
            sizes.append(len(_positions(reader)))
            assert (reader.head().size - sizes[-1]) == 5  # the opening, the keeper, and the setting
    assert sizes == [FEW, MANY]


def _positions(reader: Any) -> list[Any]:
    return list(reader.rows("SELECT position FROM entries WHERE matter >= 'gotham/' AND matter < 'gotham0'"))


def test_a_merger_reads_its_body_once(grown: tuple[Grown, Grown], tmp_path: Path) -> None:
    cost = grown[1].cost(_said_of_gotham("body.merged"), tmp_path)
    assert MANY < cost.rows < MANY + 300


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind not in LOOKS_AT_ALL])
def test_an_append_costs_the_same_after_few_and_after_many_entries(
    grown: tuple[Grown, Grown], tmp_path: Path, kind: str
) -> None:
    event = _said_of_gotham(kind)
    few, many = (one.cost(event, tmp_path) for one in grown)
    assert few.steps > 50
    if kind == ClockCorrected.kind:  # the first later entry is found by halves
        assert many.rows < few.rows + 40
        return
    assert many.rows == few.rows
    assert many.steps == few.steps


def test_an_append_to_a_matter_costs_what_is_in_the_matter(grown: tuple[Grown, Grown], tmp_path: Path) -> None:
    says = {
        "body": "gotham",
        "documents": [{"document": "report-2023"}],
        "effective": "2023-04-15",
        "concern": "concern-3",
    }
    few, many = (one.cost(_event("concern.reaffirmed", **says), tmp_path) for one in grown)
    assert (many.rows, many.steps) == (few.rows, few.steps)
    assert few.rows < 30


def test_a_mending_is_of_an_entry_that_is_on_record(grown: tuple[Grown, Grown]) -> None:
    for kind in ("entry.corrected", "entry.retracted", "entry.corroborated", "entry.contradicted"):
        mending = _said_of_gotham(kind)
        assert isinstance(mending, Amendment)
        for one in grown:
            with Store(one.path) as ledger, ledger.reading() as reader:
                assert reader.by_event_id([mending.target])[mending.target].matter == mending.matter


@pytest.mark.parametrize("kind", kinds())
def test_every_query_of_an_append_finds_itsrows_by_an_index(
    grown: tuple[Grown, Grown], tmp_path: Path, kind: str
) -> None:
    statements = grown[0].cost(_said_of_gotham(kind), tmp_path).statements
    queries = [text for text in dict.fromkeys(statements) if text.startswith("SELECT")]
    assert len(queries) > 3
    assert {text: plan for text in queries if (plan := _scans(grown[0].path, text))} == {}


def test_a_query_that_goes_through_a_table_would_be_seen(grown: tuple[Grown, Grown]) -> None:
    assert _scans(grown[0].path, "SELECT entry FROM entries WHERE topic = 'concern.closed@1'")
    assert _scans(grown[0].path, "SELECT count(*) FROM entries")


def test_a_rule_that_reads_all_of_a_body_would_be_seen(
    grown: tuple[Grown, Grown], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "too_long", lambda entry: None)
    monkeypatch.setattr(rules, "warnings", lambda entry, book: book.under("gotham/") and [])
    few = grown[0].cost(_said_of_gotham("concern.issued"), tmp_path)
    assert few.rows > FEW
    assert few.steps > FEW


def _scans(path: Path, query: str) -> list[str]:
    """Where the plan of a query does not go by an index or a key; the head has one row."""
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    connection.close()
    small = ("SCAN head", "SCAN sqlite_master")  # of one row, and of the triggers, which do not grow
    return [step for step in plan if not (step.startswith("SEARCH ") and " USING " in step) and step not in small]
