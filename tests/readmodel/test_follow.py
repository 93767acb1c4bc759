"""The read model: followed by position, equal to a replay, never half an update, and thrown away without regret."""

import json
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from ledger.cli import run
from ledger.errors import Damaged
from ledger.query.context import QueryContext
from ledger.readmodel import follow as model
from ledger.readmodel.place import model_beside
from ledger.readmodel.query import open_model
from ledger.record.create import create_ledger
from ledger.store.reader import StoredEntry
from ledger.store.store import Store
from projections import lookup, tables
from projections.lookup import board_of, body_on_day
from projections.state import board_row, body_state
from projections.views import VIEWS
from tests.conftest import MENDED, address, path_of, record_yaml

ROOT = Path(__file__).parents[2]
DAYS = [
    date.fromisoformat(day)
    for day in ("2021-11-23", "2021-11-24", "2023-11-24", "2023-12-15", "2024-07-23", "2025-01-01")
]


OVERLAPPING = """
    SELECT a.spell, b.spell FROM spells a JOIN spells b USING (matter, subject, id)
    WHERE a.spell < b.spell AND a.valid_from < b.valid_to AND b.valid_from < a.valid_to
      AND (b.known_to IS NULL OR a.known_from < b.known_to) AND (a.known_to IS NULL OR b.known_from < a.known_to)
"""
"""Spells of one subject on one day at one position: there is never more than one."""


@contextmanager
def followed(ledger: Store) -> Iterator[Path]:
    """The read model of a ledger, up to date."""
    with ledger.reading() as reader:
        path = model.followed(ledger.database.cache_path, reader)
    yield path


def rebuild(ledger: Store) -> int:
    with ledger.reading() as reader:
        return model.rebuild(ledger.database.cache_path, reader)


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def contents(path: Path) -> list[list[tuple[Any, ...]]]:
    """All that the tables say; the numbers of the spells, which say nothing, left out."""
    spells = "matter, subject, id, summary, valid_from, valid_to, known_from, known_to, over, data, cites"
    return [
        rows(path, "SELECT * FROM entries ORDER BY position"),
        rows(path, f"SELECT {spells} FROM spells ORDER BY 1, 2, 3, 7, 5"),
    ]


def test_how_far_it_has_come_is_told(story: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_AT_ONCE", 20)
    heard: list[tuple[int, int]] = []
    with story.reading() as reader:
        size = reader.head().size
        model.rebuild(story.database.cache_path, reader, lambda *told: heard.append(told))
    assert heard == sorted(heard)
    assert len({*heard}) > 3
    assert heard[-1] == (size, size)


def test_at_any_day_after_any_submission_it_says_what_a_replay_says(story: Store) -> None:
    with followed(story) as path, story.reading() as reader, open_model(path) as connection:
        last = {entry.submission["first"]: entry.position for entry in map(StoredEntry.read, reader.entries())}
        for position in last.values():
            for day in DAYS:
                seen = QueryContext.of(reader, day, position)
                modelled = body_on_day(connection, "west-midlands", day, position)
                assert body_state(modelled, ended=True) == body_state(seen.on_day("west-midlands"), ended=True)
                bodies = sorted(seen.bodies.registered)
                rows = [board_row(parts) for parts in board_of(connection, bodies, day, position)]
                assert rows == seen.board()


def test_in_the_middle_of_a_submission_a_replay_is_asked(story: Store) -> None:
    """A read model says nothing of a part of a submission, which the ledger never knew alone."""
    with followed(story) as path, story.reading() as reader, open_model(path) as connection:
        size, differed = reader.head().size, 0
        for position in range(44, size - 1):
            asked = QueryContext.of(reader, DAYS[-1], position)
            modelled = replace(asked, up_to_date=connection)
            assert modelled.state("west-midlands", ended=True) == asked.state("west-midlands", ended=True)
            told = body_on_day(connection, "west-midlands", DAYS[-1], position)
            differed += body_state(told, ended=True) != asked.state("west-midlands", ended=True)
        assert differed, "else this test sees nothing"


def test_there_is_one_spell_of_a_subject_on_a_day_at_a_position(story: Store) -> None:
    with followed(story) as path:
        assert rows(path, OVERLAPPING) == []
        assert rows(path, "SELECT count(*) > 100 FROM spells") == [(1,)]


def test_followed_entry_by_entry_it_is_the_same_as_rebuilt(tmp_path: Path, ledger: Store) -> None:
    for batch in MENDED:
        record_yaml(ledger, batch.read_text("utf-8"))
        with followed(ledger) as path:
            pass
    followed_contents = contents(path)
    rebuild(ledger)
    assert contents(path) == followed_contents


def test_a_crash_in_the_middle_is_caught_up_at_the_next_start(story: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with followed(story) as path:
        whole = contents(path)
    path.unlink()
    applied: Iterator[int] = iter(range(10**6))
    real = tables.fold

    def fails(*args: Any) -> None:
        if next(applied) == 1:
            raise RuntimeError("power cut")
        real(*args)

    record_many(story)
    monkeypatch.setattr(tables, "fold", fails)
    rebuilt = model_beside(story.database.cache_path)
    with pytest.raises(RuntimeError, match="power cut"), followed(story):
        pass
    assert not rebuilt.exists(), "what was not finished never gets the name"
    monkeypatch.undo()
    with followed(story) as path:
        assert contents(path)[0][: len(whole[0])] == whole[0]
        assert rows(path, "SELECT count(*), max(position) FROM entries") == [(size(story), size(story) - 1)]


def test_an_update_that_fails_leaves_the_file_as_it_was(story: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with followed(story) as path:
        before = contents(path)
    record_many(story)
    real, calls = tables.fold, iter(range(10**6))

    def fails(*args: Any) -> None:
        real(*args)
        if next(calls) == 0:
            raise RuntimeError("power cut")

    monkeypatch.setattr(tables, "fold", fails)
    with pytest.raises(RuntimeError, match="power cut"), followed(story):
        pass
    assert contents(path) == before
    monkeypatch.undo()
    with followed(story):
        assert rows(path, "SELECT count(*) FROM entries") == [(size(story),)]


def test_two_followers_at_once_take_each_entry_once(story: Store) -> None:
    with followed(story) as path:
        pass
    record_many(story)
    errors: list[BaseException] = []

    def follow() -> None:
        try:
            with Store(story.database) as own, followed(own):
                pass
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=follow) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert rows(path, "SELECT count(*) FROM entries") == [(size(story),)]


def test_a_read_model_that_cannot_be_finished_leaves_no_file(story: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(tables, "fold", fail)
    with pytest.raises(Damaged, match="disk I/O error"), followed(story):
        pass
    folder = story.database.cache_path.parent
    assert [*folder.glob("*.model-*.db*"), *folder.glob(".*.new*")] == []


@pytest.mark.parametrize("spoil", ["another version", "garbage", "another ledger"])
def test_a_file_of_no_use_is_made_anew(tmp_path: Path, story: Store, spoil: str) -> None:
    with followed(story) as path:
        whole = contents(path)
    if spoil == "garbage":
        path.write_bytes(b"not a database at all" * 100)
    elif spoil == "another version":
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 99")
        connection.commit()
        connection.close()
    else:
        create_ledger(tmp_path / "other.db", origin="example.org/other")
        with Store(tmp_path / "other.db") as other, followed(other) as strange:
            strange.replace(path)
    with followed(story):
        assert contents(path) == whole


LETTER = (
    "- {kind: document.registered, document: a-letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}"
)


def test_whoever_sees_less_does_not_set_it_back(story: Store) -> None:
    with Store(address(story)) as another, another.reading() as reader:
        seen = reader.head().size
        record_yaml(story, LETTER)
        with followed(story):
            path = model.followed(story.database.cache_path, reader)
        assert rows(path, "SELECT count(*) FROM entries") == [(seen + 1,)]


@pytest.mark.in_a_file
def test_of_a_ledger_that_was_set_back_it_holds_no_more(
    story: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, copy = size(story), tmp_path / "copy.db"
    with closing(sqlite3.connect(path_of(story))) as connection:
        connection.execute("VACUUM INTO ?", [str(copy)])
    with Store(copy) as ledger:
        record_yaml(ledger, LETTER)
        with followed(ledger) as path:
            assert rows(path, "SELECT count(*) FROM entries") == [(before + 1,)]
            path.replace(model_beside(path_of(story)))
    assert run(["--ledger", address(story), "state", "kent", "--as-of", "2024-01-01"]) == 0
    assert run(["--ledger", address(story), "search", "letter"]) == 0
    assert f"#{before}\n" not in capsys.readouterr().out
    assert run(["--ledger", address(story), "query", "SELECT max(position) FROM entries", "--csv"]) == 0
    assert capsys.readouterr().out.split() == ["max(position)", str(before - 1)]


def test_an_entry_rewrites_only_the_spells_of_its_own_matter(story: Store) -> None:
    with followed(story) as path:
        before = set(rows(path, "SELECT spell, known_to FROM spells WHERE matter <> 'west-midlands/monitoring'"))
    record_yaml(
        story,
        "- {kind: monitoring.engaged, body: west-midlands, effective: 2025-01-01, "
        "documents: [bbc-2021-11-24-west-midlands]}",
    )
    with followed(story):
        after = set(rows(path, "SELECT spell, known_to FROM spells WHERE matter <> 'west-midlands/monitoring'"))
    assert after == before


def test_the_log_of_an_old_file_is_not_left_beside_a_new_one(story: Store) -> None:
    """SQLite would apply it: it belongs to whatever file has the name."""
    with followed(story) as path:
        logs = [path.with_name(path.name + tail) for tail in ("-wal", "-shm")]
    for log in logs:
        log.write_bytes(b"of a process that was killed")
    rebuild(story)
    assert not any(log.exists() for log in logs)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (tables.STILL_KNOWN["spells"], "(matter=? AND known_to=?)"),
        (lookup.SPELLS + lookup.OF_A_BODY, "(body=?)"),
        (lookup.SPELLS + lookup.ON_THE_BOARD, "(body=? AND subject=? AND over=? AND valid_from<?)"),
        (lookup.SPELLS + lookup.OVERSIGHT, "(body=? AND subject=?)"),
        (lookup.SPELLS + lookup.OF_MATTERS, "(matter=?)"),
        (lookup.SPELLS + lookup.NAMES, "(subject=?)"),
        ("SELECT body, status, possibly FROM concerns", "(subject=? AND known_to=?)"),
    ],
)
def test_every_question_is_looked_up_in_an_index(story: Store, query: str, index: str) -> None:
    with followed(story) as path:
        plan = [row[3] for row in rows(path, f"EXPLAIN QUERY PLAN {re.sub(r'[?]|:[a-z]+', '1', query)}")]
    assert [step for step in plan if step.startswith("S") and "json_each" not in step and "LIST" not in step] == [
        next(step for step in plan if step.startswith("SEARCH spells USING INDEX") and step.endswith(index))
    ]


@pytest.mark.parametrize("view", [view for view, sql in VIEWS.items() if "spells.cites" in sql])
def test_the_documents_behind_a_row_are_looked_up_by_their_ids(story: Store, view: str) -> None:
    with followed(story) as path:
        plan = [row[3] for row in rows(path, f"EXPLAIN QUERY PLAN SELECT basis FROM {view}")]
    steps = [step for step in plan if step.startswith(("SEARCH documents", "SCAN documents"))]
    assert {step.partition("(")[2] for step in steps} == {"matter=? AND known_to=?)"}


def test_the_page_about_it_names_every_table_view_and_column(story: Store) -> None:
    page = (ROOT / "docs" / "model.md").read_text("utf-8")
    with followed(story) as path:
        named = rows(path, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB '*s_*'")
        columns = {
            c for (t,) in named if t != "tracking" for (c,) in rows(path, f"SELECT name FROM pragma_table_info('{t}')")
        }
    words = set(re.findall(r"\w+", page))
    assert {name for (name,) in named} - words == set()
    assert columns - words == set()


def test_search_and_query_answer_and_change_nothing(
    story: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", address(story))
    assert run(["search", "detective", "academy", "--json"]) == 0
    assert [row["kind"] for row in json.loads(capsys.readouterr().out)] == ["statement.made"]
    assert run(["search", "no-such-word-anywhere", '"']) == 0
    assert capsys.readouterr().out.startswith("No entry has these words.\n")
    assert run(["query", "SELECT count(*) AS n FROM entries", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"n": size(story)}]
    for sql in ("DELETE FROM entries", "SELECT nonsense", "ATTACH 'x.db' AS x; SELECT 1", ""):
        assert run(["query", sql]) in (0, 3)
    assert "cannot be answered" in capsys.readouterr().err
    assert run(["rebuild"]) == 0
    assert f"from {size(story)} entries" in capsys.readouterr().out


def size(ledger: Store) -> int:
    with ledger.reading() as reader:
        return reader.head().size


def record_many(ledger: Store) -> None:
    """Some hundred entries more, so that following takes more than one transaction."""
    concern = (
        "- {{kind: concern.announced, body: kent, concern: c-{n}, title: Something, effective: 2024-01-01, "
        "documents: [bbc-2021-11-24-west-midlands]}}\n"
    )
    for some in range(0, 700, 100):
        record_yaml(ledger, "".join(concern.format(n=n) for n in range(some, some + 100)))


@pytest.mark.in_a_file
def test_after_a_backup_was_restored_it_holds_what_the_ledger_holds(story: Store, keys: Path) -> None:
    said = (
        "- {{kind: statement.made, body: kent, statement: s-{word}, stance: comments, decided_by: force, "
        "title: {word}, effective: 2024-01-01, documents: [bbc-2021-11-24-west-midlands]}}\n"
    )
    with followed(story):
        pass
    story.close()
    backup = path_of(story).read_bytes()
    with Store(story.database) as ledger:
        record_yaml(ledger, said.format(word="original"))
        with followed(ledger) as path:
            assert rows(path, "SELECT count(*) FROM texts WHERE text LIKE '%original%'") == [(1,)]
    path_of(story).write_bytes(backup)
    with Store(story.database) as ledger:
        record_yaml(ledger, said.format(word="replaced"))
        with followed(ledger) as path:
            assert rows(path, "SELECT count(*) FROM texts WHERE text LIKE '%original%'") == [(0,)]
            assert rows(path, "SELECT count(*) FROM texts WHERE text LIKE '%replaced%'") == [(1,)]


def test_a_retracted_document_is_no_longer_among_the_documents(story: Store) -> None:
    document = "{kind: document.registered, document: slip, type: dataset, title: A slip, publisher: Nobody}"
    position = record_yaml(story, f"- {document}").appended[0].position
    with followed(story) as path:
        assert rows(path, "SELECT count(*) FROM documents WHERE document = 'slip'") == [(1,)]
    record_yaml(story, f"- {{kind: entry.retracted, target: '#{position}', reason: Never there.}}")
    with followed(story):
        assert rows(path, "SELECT count(*) FROM documents WHERE document = 'slip'") == [(0,)]


def test_search_marks_what_is_no_longer_in_force(
    story: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", address(story))
    assert run(["search", "detective", "academy", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["in_force"] == 1
    record_yaml(story, f"- {{kind: entry.retracted, target: '#{found['position']}', reason: A test.}}")
    assert run(["search", "detective", "academy"]) == 0
    assert "(no longer in force)" in capsys.readouterr().out
    assert run(["search", "A test.", "--json"]) == 0
    (retraction,) = json.loads(capsys.readouterr().out)
    assert retraction["text"].startswith("A test. ")
    assert not re.search("[0-9a-f]{64}", retraction["text"]), "nobody likes to read the hash that it is about"


def test_datasette_is_told_of_every_table_view_and_column(
    story: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", address(story))
    assert run(["query", "--metadata"]) == 0
    (described,) = json.loads(capsys.readouterr().out)["databases"].values()
    with followed(story) as path:
        named = rows(path, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB '*s_*'")
        assert set(described["tables"]) == {name for (name,) in named}
        for (name,) in named:
            if not described["tables"][name].get("hidden"):
                columns = [column for (column,) in rows(path, f"SELECT name FROM pragma_table_info('{name}')")]
                assert list(described["tables"][name]["columns"]) == columns
    assert run(["query"]) == 2


def test_sqlite_utils_opens_it_as_it_is(story: Store) -> None:
    with followed(story) as path:
        database = Database(path)
    assert {"entries", "spells"} <= set(database.table_names())
    assert {"texts", "phases", "concerns", "grades", "documents"} <= set(database.view_names())
    entries = database.table("entries")
    assert (entries.pks, entries.count) == (["position"], size(story))
    found = database.query("SELECT kind FROM entries_fts WHERE entries_fts MATCH 'detective academy'")
    assert [row["kind"] for row in found] == ["statement.made"]
    engaged = database.view("phases").rows_where("phase = ?", ["engage"])
    assert {row["body"] for row in engaged} == {"west-midlands"}
    assert {row["status"] for row in database.view("concerns").rows} == {"announced", "open", "closed"}
    database.close()


def test_where_the_folder_may_not_be_written_a_replay_answers(
    story: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", address(story))
    assert run(["state", "WMP", "--json"]) == 0
    by_model = capsys.readouterr().out
    model_beside(story.database.cache_path).unlink()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert run(["state", "WMP", "--json"]) == 0
    assert capsys.readouterr().out == by_model
    assert not model_beside(story.database.cache_path).exists()


def test_search_and_query_take_the_clocks(
    story: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(*words: str) -> list[dict[str, Any]]:
        assert run([*words, "--json"]) == 0
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        return found

    monkeypatch.setenv("FORCE_LEDGER", address(story))
    (found,) = ask("search", "detective", "academy")
    assert ask("search", "detective", "academy", "--known-at", f"#{found['position'] - 1}") == []
    assert ask("search", "detective", "academy", "--as-of", "2000") == []
    assert ask("search", "detective", "academy", "--public-at", "2000") == []
    when = "SELECT :as_of AS day, :known_at AS position, :public_at AS public, 1 AS a, 2 AS a"
    asked = ask("query", when, "--as-of", "2024-05", "--known-at", "#50", "--public-at", "2023")
    assert asked == [{"day": "2024-05-31", "position": 50, "public": "2023-12-31", "a": 1, "a_2": 2}]


ANSWERED = """
- {kind: document.registered, document: report, type: inspectorate-report, title: A report, publisher: HMICFRS,
   published: 2023-05-02}
- {kind: document.registered, document: answer, type: official-statement, title: An answer, publisher: The PCC}
- {kind: body.oversight_changed, body: kent, effective: 2012-11-22, decided_by: electorate,
   office: police-and-crime-commissioner, name: The commissioner before, documents: [answer]}
- {kind: body.oversight_changed, body: kent, effective: 2021-05-13, decided_by: electorate,
   office: police-and-crime-commissioner, name: Police and Crime Commissioner for Kent, documents: [answer]}
- {kind: response.published, body: kent, responds_to: report, effective: 2023-06-01, documents: [answer],
   decided_by: local-policing-body}
"""


def test_who_owed_a_response_is_told_after_the_model_is_closed(
    story: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", address(story))
    record_yaml(story, ANSWERED)
    assert run(["state", "kent", "--json"]) == 0
    (response,) = json.loads(capsys.readouterr().out)["responses"]
    assert response["timeliness"] == "in-time"
    assert response["owed_by"] == "Police and Crime Commissioner for Kent"
