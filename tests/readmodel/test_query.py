"""A read model that holds all of its ledger answers by itself; any other does not, and the answer is the same."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.query import context, states
from ledger.query.context import QueryContext
from ledger.readmodel.follow import followed
from ledger.readmodel.place import model_beside
from ledger.readmodel.query import entries_covered, open_model, up_to_date_model
from ledger.record.create import create_ledger
from ledger.store.store import Store
from projections.state import body_state
from tests.conftest import address, path_of, record_yaml

pytestmark = pytest.mark.in_a_file
Json = dict[str, Any]
RENAMED = """
- {kind: body.renamed, body: kent, name: Constabulary of the Garden, effective: 2024-02-01, decided_by: parliament,
   documents: [bbc-2021-11-24-west-midlands]}
- {kind: body.renamed, body: kent, name: Kent County Police, effective: 2025-02-01, decided_by: parliament,
   documents: [bbc-2021-11-24-west-midlands]}
"""
ENGAGED = """
- {kind: monitoring.engaged, body: kent, effective: 2025-01-01, documents: [bbc-2021-11-24-west-midlands]}
"""
Ask = Callable[..., Any]


@pytest.fixture
def modelled(story: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The press story, and its read model."""
    monkeypatch.setenv("FORCE_LEDGER", address(story))
    follow(story)
    return story


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Ask the command line, for JSON."""

    def asked(*words: str) -> Any:
        assert run([*words, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return asked


def follow(ledger: Store) -> None:
    with ledger.reading() as reader:
        followed(ledger.database.cache_path, reader)


def body_by_replay(ledger: Store, body: str) -> Json:
    with ledger.reading() as reader:
        return body_state(QueryContext.of(reader).on_day(body))


def answers_by_itself(ledger: Store) -> bool:
    with up_to_date_model(path_of(ledger)) as found:
        return found is not None


def size(ledger: Store) -> int:
    with ledger.reading() as reader:
        return reader.head().size


def changed(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def is_behind(ledger: Store, folder: Path) -> None:
    record_yaml(ledger, ENGAGED)


def is_behind_what_was_withheld(ledger: Store, folder: Path) -> None:
    record_yaml(ledger, ENGAGED)
    with ledger.reading() as reader:
        last = reader.head().size - 1
    record_yaml(ledger, f"- {{kind: entry.retracted, target: '#{last}', reason: Never so.}}")
    follow(ledger)
    record_yaml(ledger, f"- {{kind: entry.withheld, target: '#{last}', ground: personal-data, reason: A name.}}")


def is_ahead(ledger: Store, folder: Path) -> None:
    """It follows a copy of the ledger, which has one entry more."""
    copy = folder / "copy.db"
    changed(path_of(ledger), f"VACUUM INTO '{copy}'")
    with Store(copy) as further:
        record_yaml(further, ENGAGED)
        follow(further)
    model_beside(copy).replace(model_beside(path_of(ledger)))


def is_of_another_ledger(ledger: Store, folder: Path) -> None:
    create_ledger(folder / "other.db", origin="example.org/other")
    with Store(folder / "other.db") as other:
        follow(other)
        with ledger.reading() as reader:
            last = reader.head().size - 1
    changed(model_beside(folder / "other.db"), f"UPDATE entries SET position = {last} WHERE position = 45")
    model_beside(folder / "other.db").replace(model_beside(path_of(ledger)))


def is_of_another_version(ledger: Store, folder: Path) -> None:
    changed(model_beside(path_of(ledger)), "PRAGMA user_version = 99")


def is_gone(ledger: Store, folder: Path) -> None:
    model_beside(path_of(ledger)).unlink()


def is_no_database(ledger: Store, folder: Path) -> None:
    model_beside(path_of(ledger)).write_bytes(b"not a database at all" * 1000)


def lacks_its_tables(ledger: Store, folder: Path) -> None:
    changed(model_beside(path_of(ledger)), "DROP TABLE entries")


@pytest.mark.parametrize(
    "spoil",
    [
        is_behind, is_behind_what_was_withheld, is_of_another_ledger, is_of_another_version, is_gone, is_no_database,
        lacks_its_tables,
    ],
)  # fmt: skip
def test_a_model_that_does_not_hold_the_ledger_is_not_asked(
    modelled: Store, tmp_path: Path, ask: Ask, spoil: Callable[[Store, Path], None]
) -> None:
    assert answers_by_itself(modelled)
    spoil(modelled, tmp_path)
    assert not answers_by_itself(modelled)
    for body in ("kent", "west-midlands"):
        told, replay = ask("state", body), body_by_replay(modelled, body)
        assert {name: told[name] for name in replay} == replay
    assert answers_by_itself(modelled), "the next question finds it made good"


def test_a_model_that_is_ahead_of_its_ledger_is_not_asked(modelled: Store, tmp_path: Path, ask: Ask) -> None:
    """What it holds more was never recorded here: the ledger is an older copy of the one that it follows."""
    is_ahead(modelled, tmp_path)
    assert not answers_by_itself(modelled)
    assert ask("state", "kent")["monitoring"] == body_by_replay(modelled, "kent")["monitoring"]
    assert ask("query", "SELECT count(*) AS n FROM entries") == [{"n": size(modelled)}]
    assert answers_by_itself(modelled), "the query had it made anew"


def test_a_model_that_turns_out_to_be_damaged_is_named(modelled: Store, capsys: pytest.CaptureFixture[str]) -> None:
    changed(model_beside(path_of(modelled)), "DROP TABLE spells")
    assert run(["state", "kent"]) == 1
    err = capsys.readouterr().err
    assert f"the read model {model_beside(path_of(modelled))} cannot be used" in err
    assert "force-ledger rebuild" in err


def test_without_a_model_the_ledger_says_what_is_wrong_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", str(tmp_path / "nowhere.db"))
    assert run(["board"]) == 6
    assert "there is no ledger at" in capsys.readouterr().err


@pytest.mark.parametrize(
    "question",
    [
        ["state", "WMP"],
        ["state", "west midlands police", "--all", "--as-of", "2023-12"],
        ["state", "E23000014", "--known-at", "#60"],
        ["state", "wmp", "--known-at", "2026-11-21"],
        ["state", "kent county police"],
        ["state", "Constabulary of the Garden", "--as-of", "2024-06"],
        ["board", "--as-of", "2024-01-01"],
        ["board", "--known-at", "#50"],
        ["forces", "list"],
        ["forces", "show", "Kent County Police"],
    ],
)
def test_by_itself_it_answers_as_the_ledger_does(
    modelled: Store, ask: Ask, monkeypatch: pytest.MonkeyPatch, question: list[str]
) -> None:
    record_yaml(modelled, RENAMED)
    follow(modelled)
    assert answers_by_itself(modelled)
    by_itself = ask(*question)
    monkeypatch.setattr("ledger.query.context.up_to_date_model", lambda _: up_to_date_model(Path("nowhere")))
    monkeypatch.setattr("os.access", lambda *_: False)  # so that no model is made either
    assert ask(*question) == by_itself


@pytest.mark.parametrize("question", [("board",), ("board", "--public-at", "2024-01-01"), ("due",)])
def test_bodies_are_asked_about_a_few_at_a_time(
    modelled: Store, ask: Ask, monkeypatch: pytest.MonkeyPatch, question: tuple[str, ...]
) -> None:
    """So memory does not grow with the bodies. The answer is the same, however many."""
    whole, at_once = ask(*question), list[int]()

    def counted(of: Callable[..., Any]) -> Callable[..., Any]:
        def asked(model: sqlite3.Connection, bodies: Sequence[str] | Mapping[str, Any], *rest: Any) -> Any:
            at_once.append(len(bodies))
            return of(model, bodies, *rest)

        return asked

    monkeypatch.setattr(context, "_AT_ONCE", 7)
    for name in ("board_of", "outstanding_of"):
        monkeypatch.setattr(states, name, counted(getattr(states, name)))
    assert ask(*question) == whole
    assert max(at_once) == 7
    assert sum(at_once) == 43


def test_an_id_means_its_body_whatever_others_are_called(modelled: Store, ask: Ask) -> None:
    record_yaml(
        modelled,
        """
common: {decided_by: parliament, documents: [bbc-2021-11-24-west-midlands]}
events:
- {kind: body.merged, body: essex, into: kent, effective: 2023}
- {kind: body.renamed, body: surrey, name: Essex, effective: 2024}
""",
    )
    follow(modelled)
    assert ask("state", "essex")["body"] == "essex"
    with modelled.reading() as reader:
        bodies = QueryContext.of(reader).bodies
    assert bodies.find("essex") == "essex"
    assert bodies.known("essex") == {"essex", "surrey"}


def test_to_ask_it_changes_no_file(modelled: Store, ask: Ask) -> None:
    files = {path: path.stat().st_mtime_ns for path in path_of(modelled).parent.iterdir() if path.suffix == ".db"}
    ask("state", "kent")
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_an_entry_is_shown_from_the_earliest_day_on_which_it_can_have_taken_effect(story: Store) -> None:
    with story.reading() as reader:
        engaged = next(e for e in reader.matter("west-midlands/monitoring") if e.kind == "monitoring.engaged")
        assert engaged.fields
        assert engaged.fields["effective"] == "2023-12"
        days = date(2023, 11, 30), date(2023, 12, 1)
        assert [QueryContext.of(reader, as_of=day).shows(engaged) for day in days] == [False, True]


def test_a_model_of_an_entry_that_was_recorded_at_another_time_is_not_of_this_ledger(story: Store) -> None:
    """As where a backup was put back, and the same was recorded once more."""
    with story.reading() as reader, open_model(followed(story.database.cache_path, reader)) as model:
        size = reader.head().size
        assert entries_covered(model, reader.rows) == size

        def again(query: str, *params: Any) -> list[tuple[Any, ...]]:
            rows = reader.rows(query, *params)
            if "entry" not in query:
                return rows
            return [(id, json.dumps({**json.loads(entry), "recorded_at": "another"}).encode()) for id, entry in rows]

        assert entries_covered(model, again) == 0


REGISTERED = """
- {kind: document.registered, document: order, type: legislation, title: An order, publisher: The department,
   published: 2024-06-01}
- {kind: body.registered, body: new-force, type: police-force, name: New Force, nation: England, documents: [order]}
"""


@pytest.mark.parametrize("by_model", [True, False])
def test_a_body_has_its_name_also_before_the_public_could_know_of_its_registration(
    ledger: Store, *, by_model: bool
) -> None:
    record_yaml(ledger, REGISTERED)
    with ledger.reading() as reader:
        beside, day = ledger.database.cache_path if by_model else None, date(2024, 1, 1)
        assert QueryContext.of(reader, day, None, day, ledger=beside).on_day("new-force").name == "New Force"
