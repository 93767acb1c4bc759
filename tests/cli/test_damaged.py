"""No command ends with a traceback: with damaged files, where nothing can be written, in a narrow encoding."""

import io
import os
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from shutil import copytree

import pytest

from ledger.cli import run
from ledger.cli.group import NOUNS
from ledger.readmodel.place import model_beside
from ledger.record.create import create_ledger
from ledger.store import schema
from ledger.store.store import Store
from tests.conftest import ORIGIN, now, record_story, record_yaml
from tests.support.command_tree import call_of, commands

COMMANDS = {path: call_of(path, command) for path, command in commands()}
_NO_READERS = {
    "append", "backup", "completion", "copy", "demo", "edit", "explore", "follow", "frameworks", "import", "init",
    "practice", "rebuild", "restore",
    "keys create", "keys recover", "keys revoke", "keys rotate", "repair", "schema", "template", *NOUNS,
}  # fmt: skip
READERS = [
    call
    for path, call in COMMANDS.items()
    if _NO_READERS.isdisjoint((path[0], " ".join(path))) and "--reason" not in call
]
"""Every command but those that only write, or read no ledger; and `explore`, where Datasette reads a copy, slowly."""
ASKING_THE_MODEL = [call for call in READERS if call != ["verify"]]
"""All but the audit, for which `tests/audit` does the same with every cell of a read model."""
GARBAGE = ("'\x1bgarbage'", "x'ff00'", "-1", "NULL", "9e99", "'{\"a\": [1]}'")
MODEL = model_beside(Path("ledger.db")).name
TABLES = {
    "ledger.db": tuple(schema.TABLES),
    MODEL: ("entries", "spells", "tracking"),
}
TIMES = int(os.environ.get("FORCE_LEDGER_TEST_TIMES", "1"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the press story, its read model and keys, and the files that commands are given."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        create_ledger(folder / "ledger.db", origin=ORIGIN, clock=now)
        with Store(folder / "ledger.db") as ledger:
            record_story(ledger)
            record_yaml(ledger, WELSH)
            *_, gone = record_yaml(ledger, GONE).appended
        note = io.StringIO()
        assert run(["retract", f"#{gone.position}", "--reason", "r"]) == 0
        assert run(["withhold", f"#{gone.position}", "--ground", "court-order", "--reason", "r", "--yes"]) == 0
        with redirect_stdout(note):
            assert run(["board"]) == run(["checkpoint", "sign"]) == run(["publish", "out"]) == 0
        assert run(["export", "out"]) == 0
        Path("note").write_text(note.getvalue()[note.getvalue().index(ORIGIN) :].partition("out has")[0], "utf-8")
        Path("batch.jsonl").write_text('{"kind": "document.registered", "document": "d"}')
        yield folder


def test_a_ledger_of_which_only_the_tables_are_there_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store.create("empty.db").close()
    for call in READERS:
        run(["--ledger", "empty.db", *call])
        err = capsys.readouterr().err
        assert "not whole" not in err, call
        assert call[0] not in ("state", "log", "query", "evidence", "export", "prove") or "ledger is empty" in err, call


@pytest.fixture
def home(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, to be in."""
    folder = Path(copytree(whole, tmp_path / "home"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
    monkeypatch.delenv("FORCE_LEDGER", raising=False)
    monkeypatch.delenv("FORCE_LEDGER_TRACEBACK")
    return folder


def ended(call: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """How a call ended, and what it printed on stderr: the code is a documented one, with a message."""
    code, err = run(call), capsys.readouterr().err
    assert code in range(7), call
    assert "Traceback" not in err
    assert code == 0 or err or call[0] in ("doctor", "verify"), call
    return code, err


@pytest.mark.parametrize("call", COMMANDS.values(), ids=" ".join)
def test_every_command_ends_well(home: Path, capsys: pytest.CaptureFixture[str], call: list[str]) -> None:
    assert "fault of force-ledger" not in ended(call, capsys)[1]


def damage(path: Path, table: str, column: str, value: str) -> bool:
    """Put a value into every other row of a column, also where the table would refuse it; whether any changed."""
    with closing(sqlite3.connect(path)) as connection:
        schema = connection.execute("SELECT name, type, sql FROM sqlite_schema").fetchall()
        for trigger in [name for name, type, _ in schema if type == "trigger"]:
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("PRAGMA writable_schema = ON")
        loose = "replace(replace(sql, 'STRICT', ''), ') , WITHOUT', ') WITHOUT')"
        connection.execute(f"UPDATE sqlite_schema SET sql = replace({loose}, 'NOT NULL', '') WHERE type = 'table'")
        connection.commit()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        some = "" if any(name == table and "WITHOUT ROWID" in sql for name, _, sql in schema) else "WHERE rowid % 2"
        changed = 0
        with suppress(sqlite3.IntegrityError):  # a rowid takes nothing but a number
            changed = connection.execute(f"UPDATE OR IGNORE {table} SET {column} = {value} {some}").rowcount
        for sql in [sql for _, type, sql in schema if type == "trigger"]:
            connection.execute(sql)
        connection.execute("PRAGMA writable_schema = ON")
        connection.executemany(
            "UPDATE sqlite_schema SET sql = ? WHERE name = ?", [(sql, name) for name, _, sql in schema]
        )
    return changed > 0


@pytest.mark.parametrize(("name", "table"), [(name, table) for name, tables in TABLES.items() for table in tables])
def test_no_damaged_column_ends_in_a_traceback(
    home: Path, capsys: pytest.CaptureFixture[str], name: str, table: str
) -> None:
    whole = {path: path.read_bytes() for path in home.glob("ledger*db*")}
    with closing(sqlite3.connect(home / name)) as connection:
        columns = [column for (column,) in connection.execute(f"SELECT name FROM pragma_table_info('{table}')")]
    for number, column in enumerate(columns):
        for value in (GARBAGE * 2)[number % len(GARBAGE) :][:TIMES]:
            for path in home.glob("ledger*db*"):
                path.unlink()
            for path, data in whole.items():
                path.write_bytes(data)
            changed = damage(home / name, table, column, value)
            for call in READERS if name == "ledger.db" else ASKING_THE_MODEL:
                code, err = ended(call, capsys)
                assert call != ["verify"] or not changed or (code, err) == (5, ""), "an audit says what is wrong"


@pytest.mark.parametrize("name", ["ledger.db", MODEL])
@pytest.mark.parametrize("left", [0, 50, 100, 5000, 0.5, 0.99], ids=str)
def test_no_cut_file_ends_in_a_traceback(
    home: Path, capsys: pytest.CaptureFixture[str], name: str, left: float
) -> None:
    data = (home / name).read_bytes()
    for call in READERS if name == "ledger.db" else ASKING_THE_MODEL:
        (home / name).write_bytes(data[: int(left if left > 1 or not left else left * len(data))])
        code, _ = ended(call, capsys)
        assert call != ["verify"] or code in (5, 6)


# Where what is printed cannot be written

GONE = "- {kind: document.registered, document: gone, type: dataset, title: T, publisher: P}"
WELSH = """
- {kind: document.registered, document: welsh, type: dataset, title: "Adroddiad ar Heddlu Gŵyr 🏴", publisher: "Ŵ"}
- {kind: concern.issued, body: west-midlands, concern: welsh, title: Tŷ a gŵr 🙂, effective: 2025, documents: [welsh]}
"""


def printed(call: list[str], encoding: str) -> tuple[bytes, bytes]:
    """What a call prints in an encoding."""
    out, err = io.BytesIO(), io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(out, encoding)), redirect_stderr(io.TextIOWrapper(err, encoding)):
        assert run(call) in range(7)
        return out.getvalue(), err.getvalue()


def test_no_encoding_ends_in_a_traceback_or_loses_a_character(home: Path) -> None:
    for call in READERS:
        for form in ([], ["--json"]):
            out, err = printed([*call, *form], "utf-8")
            for encoding in ("ascii", "cp1252"):
                narrow_out, narrow_err = printed([*call, *form], encoding)
                assert narrow_out in (out, out.decode().encode(encoding, "backslashreplace"))
                assert narrow_err in (err, err.decode().encode(encoding, "backslashreplace"))
    assert rb"T\u0177 a g\u0175r \U0001f642" in printed(["state", "WMP"], "cp1252")[0]
    assert "Tŷ a gŵr 🙂" in printed(["state", "WMP", "--json"], "cp1252")[0].decode()


class Closed(io.StringIO):
    """A stream that takes nothing."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def write(self, text: str) -> int:
        raise self._error


@pytest.mark.parametrize(
    ("error", "code"), [(OSError(28, "No space left on device"), 1), (BrokenPipeError(32, "Broken pipe"), 0)]
)
def test_no_stream_that_takes_nothing_ends_in_a_traceback(home: Path, error: OSError, code: int) -> None:
    for call in READERS:
        with redirect_stdout(Closed(error)), redirect_stderr(Closed(error)):
            assert run(call) in {code, 1}, call
    err = io.StringIO()
    with redirect_stdout(Closed(error)), redirect_stderr(err):
        assert run(["board"]) == code
    assert err.getvalue().startswith("Error: there is no room left for what this command writes" if code else "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize(
    "call", [["board"], ["board", "--json"], ["prove", "#60"], ["--help"], ["state", "nowhere"]], ids=" ".join
)
@pytest.mark.parametrize(
    ("to", "code"),
    [
        (">/dev/full", 1),
        (">&-", 0),
        ("| true", 0),
        (">/dev/full 2>/dev/full", 1),
        ("2>/dev/full", 0),
        (">&- 2>&-", 0),
        ("<&-", 0),
    ],
)
def test_python_says_nothing_of_a_stream_that_takes_nothing(home: Path, call: list[str], to: str, code: int) -> None:
    command = f"{shlex.join([sys.executable, '-m', 'ledger', *call])} {to}; echo ${{PIPESTATUS[0]}} >code"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        ["bash", "-c", command], env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    expected = {6, 1} if call[-1] == "nowhere" else {0, 1} if to == "2>/dev/full" else {code}
    assert int((home / "code").read_text()) in expected


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("call", ["board -o", "prove #3 -o", "show #3 -o", "checkpoint compare note -o"])
def test_a_file_for_which_there_is_no_room_is_named(home: Path, call: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*call.split(), "/dev/full"]) == 1
    assert "Error: there is no room left for /dev/full; make room" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize(("call", "code"), [(["state", "WMP"], 0), (["state", "Heddlu Gŵyr"], 6), (["-h"], 0)])
def test_a_narrow_terminal_shows_everything(home: Path, encoding: str, call: list[str], code: int) -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "ledger", *call],
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": encoding}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == code
    text = (done.stdout + done.stderr).decode(encoding)
    assert "Traceback" not in text
    assert "?" not in text.replace("Did you mean", "")
    assert call[0] == "-h" or "g\\u0175r" in text or "G\\u0175yr" in text
