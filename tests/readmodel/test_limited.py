"""A query of the read model reads, and nothing else; it ends when its time is over, and with Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Told, heed_ctrl_c

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"

pytestmark = pytest.mark.in_a_file


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'other.db'",
        "VACUUM",
        "DETACH main",
        "CREATE TABLE t (x)",
        "CREATE TEMP TABLE t (x)",
        "CREATE VIRTUAL TABLE temp.t USING fts5(x)",
        "CREATE TEMP VIEW v AS SELECT 1",
        "DELETE FROM entries",
        "INSERT INTO entries SELECT * FROM entries",
        "UPDATE spells SET body = 'x'",
        "DROP TABLE spells",
        "INSERT INTO entries_fts(entries_fts) VALUES ('rebuild')",
        "ANALYZE",
        "REINDEX",
        "BEGIN",
        "SAVEPOINT x",
        "PRAGMA user_version = 7",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = ON",
        "PRAGMA wal_checkpoint",
        "PRAGMA temp_store_directory = '/'",
        "PRAGMA trusted_schema = ON",
        "SELECT * FROM pragma_journal_mode",
        "EXPLAIN ATTACH 'other.db' AS other",
    ],
)
def test_a_query_that_does_not_only_read_is_refused(told: Told, tmp_path: Path, sql: str) -> None:
    assert told("query", "SELECT 1")[0] == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    code, out, err = told("query", sql)
    assert (code, out) == (3, "")
    assert err.startswith("Error: a query may only read the tables of the read model")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("sql", ["SELECT load_extension('x')", "UPDATE sqlite_master SET sql = ''"])
def test_what_sqlite_refuses_by_itself_is_refused(told: Told, sql: str) -> None:
    code, out, err = told("query", sql)
    assert (code, out) == (3, "")
    assert err.startswith("Error: the query cannot be answered: ")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM entries WHERE position > (SELECT min(position) FROM entries)",
        "SELECT position FROM entries_fts JOIN entries ON position = entries_fts.rowid WHERE text MATCH 'keeper'",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 9) SELECT max(x) FROM c",
        "SELECT json_extract('{\"a\": 1}', '$.a'), :as_of, group_concat(kind) OVER () FROM entries",
        "SELECT name FROM pragma_table_info('spells')",
        "PRAGMA table_info(spells)",
        "SELECT sql FROM sqlite_schema",
        "EXPLAIN QUERY PLAN SELECT * FROM entries",
    ],
)
def test_a_query_that_reads_is_answered(told: Told, sql: str) -> None:
    for _ in range(2):  # of a new read model, and of an up-to-date one
        assert told("query", sql)[0] == 0


def test_a_value_is_limited_and_has_a_form_in_json(told: Told) -> None:
    code, _, err = told("query", "SELECT randomblob(900000000)")
    assert (code, err.partition(";")[0]) == (3, "Error: the query cannot be answered: string or blob too big")
    assert told("query", "SELECT 1e999 AS a, x'07' AS b", "--json", "--nl")[0] == 2
    assert told("query", "SELECT 1e999 AS a, x'07' AS b", "--nl")[1] == '{"a": "inf", "b": "07"}\n'
    assert told("query", "SELECT 1e999 AS a, x'07' AS b")[1].splitlines()[:2] == ["a    b", "inf  07"]


def test_a_query_ends_when_its_time_is_over(told: Told) -> None:
    begun = time.monotonic()
    code, out, err = told("query", ENDLESS, "--timeout", "0.2")
    assert (code, out) == (3, "")
    assert err.startswith("Error: the query took longer than 0.2 seconds; narrow it")
    assert time.monotonic() - begun < 10


@pytest.mark.skipif(os.name != "posix", reason="another system has no SIGINT for a child")
@pytest.mark.parametrize("sql", [ENDLESS, ENDLESS.replace("count(*)", "x")], ids=["in SQLite", "between rows"])
def test_a_query_ends_with_ctrl_c(told: Told, tmp_path: Path, sql: str) -> None:
    assert told("query", "SELECT 1")[0] == 0
    root = Path(__file__).resolve().parents[2]
    program = (
        "import sys; from ledger.cli import run; print('ready', flush=True); sys.exit(run(['query', sys.argv[1]]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, sql], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c,
    ) as query:  # fmt: skip
        assert query.stdout
        assert query.stdout.readline() == "ready\n"
        time.sleep(0.5)
        query.send_signal(signal.SIGINT)
        _, err = query.communicate(timeout=60)
    assert (query.returncode, err.strip()) == (130, "Interrupted; what was not acknowledged was not written.")


def test_a_query_without_rows_has_a_header(told: Told) -> None:
    sql = "SELECT position, kind AS what FROM entries WHERE position < 0"
    assert told("query", sql, "--csv")[1] == "position,what\n"
    assert told("query", sql, "--tsv")[1] == "position\twhat\n"
    assert told("query", sql, "-t")[1].split() == ["position", "what", "----------", "------"]
    assert told("query", sql, "--csv", "--no-headers")[1] == ""
    assert told("query", sql, "--json")[1] == "[]\n"
    assert told("query", sql)[1].splitlines()[0] == "No rows."
