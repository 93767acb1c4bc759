"""The read model: followed by position, equal to a replay, never half an update, and thrown away without regret."""

import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from events import Entry
from ledger.cli import run
from ledger.founding import found
from ledger.model import ReadModel, followed, rebuild
from ledger.store.ledger import Ledger
from projections import tables
from projections.body import BodyHistory
from projections.timeline import labels
from tests.conftest import record_yaml

ROOT = Path(__file__).parents[1]
MENDED = sorted((ROOT / "examples" / "west-midlands-press").glob("*.yaml"))
DAYS = [
    date.fromisoformat(day)
    for day in ("2021-11-23", "2021-11-24", "2023-11-24", "2023-12-15", "2024-07-23", "2025-01-01")
]


@pytest.fixture
def story(ledger: Ledger) -> Ledger:
    """A ledger with late facts, vague dates and corrections: the press story, mended."""
    for batch in MENDED:
        record_yaml(ledger, batch.read_text("utf-8"))
    return ledger


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def contents(path: Path) -> list[list[tuple[Any, ...]]]:
    return [
        rows(path, f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4, 5, 6, 7")
        for table in ("entries", "spells", "documents")
    ]


def entries_of(ledger: Ledger, body: str) -> list[Entry]:
    with ledger.reading() as reader:
        return [*reader.matters([f"body/{body}"])[f"body/{body}"], *reader.under(f"{body}/")]


def told(path: Path, body: str, day: date, position: int) -> dict[str, str]:
    """What the model says of a body on a day, as known at a position: the query of docs/model.md."""
    found = rows(
        path,
        f"SELECT subject, value FROM spells WHERE body = '{body}' AND certain_from <= '{day}' AND '{day}' < until "
        f"AND known_from <= {position} AND (known_to IS NULL OR {position} < known_to)",
    )
    assert len(dict(found)) == len(found), "two states of one subject on one day"
    return dict(found)


def test_at_any_day_and_position_it_says_what_a_replay_says(story: Ledger) -> None:
    everything = entries_of(story, "west-midlands")
    with followed(story) as path:
        for position in range(46, max(e.position for e in everything) + 1, 7):
            history = BodyHistory.of("west-midlands", [e for e in everything if e.position <= position])
            for day in DAYS:
                replayed, modelled = labels(history, day), told(path, "west-midlands", day, position)
                assert modelled.items() <= replayed.items()
                nothing = {"not on record", "none known", "nothing recorded", "a body of its own", "Scan (presumed)"}
                assert {v for k, v in replayed.items() if k not in modelled} <= nothing


def test_followed_entry_by_entry_it_is_the_same_as_rebuilt(tmp_path: Path, ledger: Ledger) -> None:
    for batch in MENDED:
        record_yaml(ledger, batch.read_text("utf-8"))
        with followed(ledger) as path:
            pass
    followed_contents = contents(path)
    rebuild(ledger)
    assert contents(path) == followed_contents


def test_a_crash_in_the_middle_is_caught_up_at_the_next_start(story: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    with followed(story) as path:
        whole = contents(path)
    path.unlink()
    applied: Iterator[int] = iter(range(10**6))
    real = tables.apply

    def fails(*args: Any) -> None:
        if next(applied) == 600:
            raise RuntimeError("power cut")
        real(*args)

    record_many(story)
    monkeypatch.setattr(tables, "apply", fails)
    rebuilt = ReadModel.beside(story.path)
    with pytest.raises(RuntimeError, match="power cut"), followed(story):
        pass
    assert not rebuilt.exists(), "what was not finished never gets the name"
    monkeypatch.undo()
    with followed(story) as path:
        assert contents(path)[0][: len(whole[0])] == whole[0]
        assert rows(path, "SELECT count(*), max(position) FROM entries") == [(size(story), size(story) - 1)]


def test_an_update_that_fails_leaves_the_file_as_it_was(story: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    with followed(story) as path:
        before = contents(path)
    record_many(story)
    real, calls = tables.apply, iter(range(10**6))

    def fails(*args: Any) -> None:
        real(*args)
        if next(calls) == 200:
            raise RuntimeError("power cut")

    monkeypatch.setattr(tables, "apply", fails)
    with pytest.raises(RuntimeError, match="power cut"), followed(story):
        pass
    assert contents(path) == before
    monkeypatch.undo()
    with followed(story):
        assert rows(path, "SELECT count(*) FROM entries") == [(size(story),)]


def test_two_followers_at_once_take_each_entry_once(story: Ledger) -> None:
    with followed(story) as path:
        pass
    record_many(story)
    errors: list[BaseException] = []

    def follow() -> None:
        try:
            with Ledger(story.path) as own, followed(own):
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


@pytest.mark.parametrize("spoil", ["another version", "garbage", "another ledger"])
def test_a_file_of_no_use_is_made_anew(tmp_path: Path, story: Ledger, spoil: str) -> None:
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
        found(tmp_path / "other.db", origin="example.org/other")
        with Ledger(tmp_path / "other.db") as other, followed(other) as strange:
            strange.replace(path)
    with followed(story):
        assert contents(path) == whole


def test_an_entry_rewrites_only_the_rectangles_of_its_own_matter(story: Ledger) -> None:
    with followed(story) as path:
        before = set(rows(path, "SELECT rowid, known_to FROM spells WHERE matter <> 'west-midlands/monitoring'"))
    record_yaml(
        story,
        "- {kind: monitoring.engaged, body: west-midlands, effective: 2025-01-01, "
        "documents: [bbc-2021-11-24-west-midlands]}",
    )
    with followed(story):
        after = set(rows(path, "SELECT rowid, known_to FROM spells WHERE matter <> 'west-midlands/monitoring'"))
    assert after == before


def test_keeping_it_current_looks_nothing_up_without_an_index(story: Ledger) -> None:
    with followed(story) as path:
        query = "SELECT rowid, * FROM spells WHERE matter = 'x' AND known_to IS NULL"
        assert "USING INDEX" in rows(path, f"EXPLAIN QUERY PLAN {query}")[0][3]
        question = "SELECT value FROM spells WHERE body = 'x' AND known_to IS NULL AND possible_from <= '2024'"
        assert "USING INDEX" in rows(path, f"EXPLAIN QUERY PLAN {question}")[0][3]


def test_the_page_about_it_names_every_table_view_and_column(story: Ledger) -> None:
    page = (ROOT / "docs" / "model.md").read_text("utf-8")
    with followed(story) as path:
        named = rows(
            path, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'entries_fts%'"
        )
        columns = {
            c for (t,) in named if t != "tracking" for (c,) in rows(path, f"SELECT name FROM pragma_table_info('{t}')")
        }
    words = set(re.findall(r"\w+", page))
    assert {name for (name,) in named} - words == set()
    assert columns - words == set()


def test_search_and_query_answer_and_change_nothing(
    story: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", str(story.path))
    assert run(["search", "detective", "academy", "--json"]) == 0
    assert [row["kind"] for row in json.loads(capsys.readouterr().out)] == ["statement.made"]
    assert run(["search", "no-such-word-anywhere", '"']) == 0
    assert capsys.readouterr().out.startswith("No entry holds these words.\n")
    assert run(["query", "SELECT count(*) AS n FROM entries", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"n": size(story)}]
    for sql in ("DELETE FROM entries", "SELECT nonsense", "ATTACH 'x.db' AS x; SELECT 1", ""):
        assert run(["query", sql]) in (0, 3)
    assert "cannot be answered" in capsys.readouterr().err
    assert run(["rebuild"]) == 0
    assert f"from {size(story)} entries" in capsys.readouterr().out


def size(ledger: Ledger) -> int:
    with ledger.reading() as reader:
        return reader.head().size


def record_many(ledger: Ledger) -> None:
    """Some hundred entries more, so that following takes more than one transaction."""
    concern = (
        "- {{kind: concern.announced, body: kent, concern: c-{n}, title: Something, effective: 2024-01-01, "
        "documents: [bbc-2021-11-24-west-midlands]}}\n"
    )
    record_yaml(ledger, "".join(concern.format(n=n) for n in range(700)))


def test_after_a_backup_was_restored_it_holds_what_the_ledger_holds(story: Ledger, keys: Path) -> None:
    said = (
        "- {{kind: statement.made, body: kent, statement: s-{word}, stance: comments, decided_by: force, "
        "title: {word}, effective: 2024-01-01, documents: [bbc-2021-11-24-west-midlands]}}\n"
    )
    with followed(story):
        pass
    story.close()
    backup = story.path.read_bytes()
    with Ledger(story.path) as ledger:
        record_yaml(ledger, said.format(word="original"))
        with followed(ledger) as path:
            assert rows(path, "SELECT count(*) FROM entries WHERE text LIKE '%original%'") == [(1,)]
    story.path.write_bytes(backup)
    with Ledger(story.path) as ledger:
        record_yaml(ledger, said.format(word="replaced"))
        with followed(ledger) as path:
            assert rows(path, "SELECT count(*) FROM entries WHERE text LIKE '%original%'") == [(0,)]
            assert rows(path, "SELECT count(*) FROM entries WHERE text LIKE '%replaced%'") == [(1,)]


def test_a_retracted_document_is_no_longer_among_the_documents(story: Ledger) -> None:
    document = "{kind: document.registered, document: slip, type: dataset, title: A slip, publisher: Nobody}"
    position = record_yaml(story, f"- {document}").appended[0].position
    with followed(story) as path:
        assert rows(path, "SELECT count(*) FROM documents WHERE document = 'slip'") == [(1,)]
    record_yaml(story, f"- {{kind: entry.retracted, target: '#{position}', reason: Never there.}}")
    with followed(story):
        assert rows(path, "SELECT count(*) FROM documents WHERE document = 'slip'") == [(0,)]


def test_search_marks_what_no_longer_stands(
    story: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", str(story.path))
    assert run(["search", "detective", "academy", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["stands"] == 1
    record_yaml(story, f"- {{kind: entry.retracted, target: '#{found['position']}', reason: A test.}}")
    assert run(["search", "detective", "academy"]) == 0
    assert "(no longer stands)" in capsys.readouterr().out
