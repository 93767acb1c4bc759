"""A ledger on a PostgreSQL server: what is particular to it. Every test of a ledger in general runs there too."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from events.document import DocumentRegistered
from events.terms import DocumentType
from ledger.audit.server import LedgerOnServer
from ledger.audit.sign import sign
from ledger.audit.verify import AuditOptions, audit
from ledger.cli import run
from ledger.errors import AlreadyThere, LedgerError, NotFound, Unreachable, install_extra
from ledger.evidence.folder import Evidence
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.record.record import Draft, record, validate
from ledger.store.postgres import PostgresDatabase
from ledger.store.store import Store
from tests.conftest import ORIGIN, address, key_of, now, record_events
from tests.support import server
from tests.support.golden import submissions

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.on_a_server


@contextmanager
def psql(url: str) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    """A connection of somebody who goes past us."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def letters(*names: str) -> list[DocumentRegistered]:
    """Documents that can be registered."""
    letter = DocumentType.INSPECTORATE_LETTER
    return [DocumentRegistered(document=name, type=letter, title=name, publisher="HMICFRS") for name in names]


def rows_of(url: str) -> dict[str, list[Any]]:
    """All rows of a ledger."""
    with psql(url) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2".encode()).fetchall()
            for table in ("entries", "data", "refs", "tiles", "head", "checkpoints")
        }


# The same ledger


def test_the_same_input_gives_the_same_bytes_positions_and_root_on_either(place: str, tmp_path: Path) -> None:
    (there, root), (here, same_root) = submissions(place), submissions(tmp_path / "golden.db")
    assert root == same_root
    assert [(e.position, e.envelope, e.salted) for e in there] == [(e.position, e.envelope, e.salted) for e in here]


def test_a_large_batch_comes_through_a_socket(ledger: Store) -> None:
    with ledger.reading() as reader:
        before = reader.head().size
    receipt = record_events(ledger, *letters(*(f"letter-{n}" for n in range(20_000))))
    assert [entry.position for entry in receipt.appended] == list(range(before, before + 20_000))
    with ledger.reading() as reader:
        assert reader.head() == receipt.head
        assert len(reader.matters(f"document/letter-{n}" for n in range(20_000))) == 20_000


# What goes wrong


def test_of_many_that_found_a_ledger_at_once_one_does(place: str) -> None:
    done: list[object] = []

    def begin() -> None:
        try:
            done.append(create_ledger(place).head.size)
        except LedgerError as error:
            done.append(type(error))

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done.count(46) == 1
    assert {each for each in done if each != 46} == {AlreadyThere}
    assert len(rows_of(place)["entries"]) == 46


def test_a_founding_that_failed_leaves_the_place_free(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ledger.record.create.record", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            create_ledger(place, origin=ORIGIN)
    assert not KeyRing(ORIGIN).folder.exists() or list(KeyRing(ORIGIN).folder.iterdir()) == []
    assert create_ledger(place, origin=ORIGIN).head.size == 46
    with pytest.raises(AlreadyThere, match=r"there is a ledger at .* already"):
        create_ledger(place, origin=ORIGIN)


def test_a_connection_that_is_killed_in_the_middle_leaves_nothing(ledger: Store) -> None:
    before = rows_of(address(ledger))
    drafts, evidence = [Draft(event) for event in letters("lost")], Evidence(ledger.database.evidence_folder)
    with ledger.reading() as reader:
        lost = validate(reader, evidence, drafts, key_of(ledger).verifier).appended

    def kill() -> None:
        with psql(address(ledger)) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND state = 'idle in transaction'"
            )

    def begin() -> None:
        with ledger.writing() as writer:
            writer.append(lost)
            kill()
            writer.head()

    with pytest.raises(Unreachable, match=r"cannot be reached: .*; check the address and the server, and try again"):
        begin()
    assert rows_of(address(ledger)) == before
    assert record_events(ledger, *letters("after")).appended[0].position == len(before["entries"])


def test_tables_of_somebody_else_are_left_alone(place: str) -> None:
    with psql(place) as connection:
        connection.execute("CREATE TABLE entries (whose text)")
        connection.execute("INSERT INTO entries VALUES ('theirs')")
    for attempt in (lambda: Store(place), lambda: create_ledger(place)):
        with pytest.raises((NotFound, AlreadyThere), match=r"no ledger at|holds something else: .*\"entries\""):
            attempt()
    with psql(place) as connection:
        assert connection.execute("SELECT * FROM entries").fetchall() == [("theirs",)]
        assert connection.execute("SELECT to_regclass('head')").fetchone() == (None,)


@pytest.mark.parametrize(
    ("url", "exit_code", "message"),
    [
        ("postgresql://u:s3cret@localhost:1/wm", 1, "postgresql://u@localhost:1/wm cannot be reached: .*refused"),
        ("postgresql://u:s3c@ret@localhost:1/wm", 6, "cannot be read; write it like postgresql://USER@HOST/DATABASE"),
        ("postgresql://u:s3/cret@localhost:1/wm", 6, "cannot be read"),
        ("postgresql://u:s3cret%@localhost:1/wm", 6, "cannot be read"),
        ("postgresql://u:s3cret@localhost", 6, "names no database"),
    ],
)
def test_an_address_that_is_no_use_is_told_without_its_password(
    url: str, exit_code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--ledger", url, "log"]) == exit_code
    printed = capsys.readouterr()
    assert re.search(message, printed.err)
    assert not re.search("s3|cret", printed.err + printed.out)


def test_what_is_not_there_is_told(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--ledger", server.url("no_such"), "log"]) == 6
    assert "there is no database postgresql://" in capsys.readouterr().err
    assert run(["--ledger", place, "log"]) == 6
    assert re.search(r"there is no ledger at postgresql://.*/ledgers \(schema ledger_\d+\);", capsys.readouterr().err)
    assert run(["--ledger", server.url(user="nobody"), "log"]) == 1
    assert 'role "nobody" does not exist' in capsys.readouterr().err


def test_a_database_that_does_not_hold_every_text_is_refused() -> None:
    latin = server.new_database("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(Unreachable, match="cannot hold every text; make the database with --encoding UTF8"):
        create_ledger(server.url(latin))


def test_a_wrong_password_is_told(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    with server.asking_for_passwords() as url:
        assert run(["--ledger", url.format(password="wr0ng"), "log"]) == 1
        told = capsys.readouterr().err
        assert "password authentication failed" in told
        assert "wr0ng" not in told


def test_without_the_driver_the_extra_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.modules['psycopg'] = None\n"
         "from ledger.cli import main; main(['--ledger', 'postgresql://h/d', 'log'])"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    needed = "Error: a ledger on a PostgreSQL server needs the driver psycopg; "
    assert (done.returncode, done.stderr) == (1, f"{needed}{install_extra('postgres')}\n")


# What a role may do


@dataclass(frozen=True)
class Shared:
    """A ledger in a database of its own, and its keys."""

    database: str
    keys: Path

    def by(self, role: str) -> str:
        """Its URL for somebody of a role."""
        return server.url(self.database, "wm", role)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """A database with two ledgers, with the roles that their owner, who is no superuser, sets up as docs/operations.md
    says; the keys of the first."""
    keys = tmp_path_factory.mktemp("shared")
    with psql(server.url("postgres")) as connection:
        connection.execute("CREATE ROLE wm_owner LOGIN CREATEROLE")
    database = server.new_database("OWNER wm_owner")
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (roles,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    with psql(server.url(database, user="wm_owner")) as connection, pytest.MonkeyPatch.context() as patch:
        for schema in ("wm", "another"):
            patch.setenv("FORCE_LEDGER_KEYS", str(keys if schema == "wm" else keys / "another"))
            connection.execute(f"CREATE SCHEMA {schema}".encode())
            create_ledger(server.url(database, schema, "wm_owner"), origin=ORIGIN, clock=now)
            connection.execute(re.sub(r"\bwm(?=_|\b)", schema, roles).encode())
        for role in ("reader", "writer", "signer", "keeper"):
            connection.execute(f"CREATE ROLE a_{role} LOGIN IN ROLE wm_{role}".encode())
    return Shared(database, keys)


@pytest.fixture
def own_keys(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of the shared ledger."""
    monkeypatch.setenv("FORCE_LEDGER_KEYS", str(shared.keys))


FORBIDDEN = [
    "UPDATE entries SET entry = entry",
    "DELETE FROM entries",
    "TRUNCATE entries, refs",
    "TRUNCATE head",
    "DELETE FROM refs",
    "UPDATE tiles SET root = root",
    "UPDATE checkpoints SET note = note",
    "DELETE FROM checkpoints",
    "DELETE FROM head",
    "UPDATE head SET only_one = 1",
    "INSERT INTO head VALUES (2, 0, '', '')",
    "CREATE TABLE more (x int)",
    "DROP TABLE refs",
    "ALTER TABLE entries DISABLE TRIGGER ALL",
    "DROP TRIGGER entries_are_gap_free ON entries",
    "CREATE OR REPLACE FUNCTION head_only_advances() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
    "INSERT INTO checkpoints VALUES (1, 1, 'x')",
    "SELECT * FROM another.entries",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
@pytest.mark.parametrize("role", ["a_reader", "a_writer"])
def test_a_role_may_not(shared: Shared, role: str, statement: str) -> None:
    with psql(shared.by(role)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.usefixtures("own_keys")
def test_a_writer_records_and_a_reader_reads(shared: Shared) -> None:
    with Store(shared.by("a_writer")) as ledger:
        written = record_events(ledger, *letters("by-a-writer")).head
    with Store(shared.by("a_reader")) as ledger:
        with ledger.reading() as reader:
            assert reader.head() == written
        with pytest.raises(Unreachable, match="does not allow this: permission denied"):
            record(ledger, [Draft(event) for event in letters("by-a-reader")], key_of(ledger))


@pytest.mark.usefixtures("own_keys")
def test_only_a_signer_signs(shared: Shared, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--ledger", shared.by("a_writer"), "checkpoint", "sign"]) == 1
    assert "permission denied for table checkpoints" in capsys.readouterr().err
    assert run(["--ledger", shared.by("a_signer"), "checkpoint", "sign"]) == 0


@pytest.mark.usefixtures("own_keys")
def test_only_a_keeper_withholds(shared: Shared, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(shared.by("a_writer")) as ledger:
        position = record_events(ledger, *letters("a-slip")).appended[0].position
    why = ["--reason", "A test."]
    assert run(["--ledger", shared.by("a_writer"), "retract", f"#{position}", *why]) == 0
    withhold = ["withhold", f"#{position}", "--ground", "personal-data", *why, "--yes"]
    assert run(["--ledger", shared.by("a_writer"), *withhold]) == 1
    assert "permission denied for table data" in capsys.readouterr().err
    assert run(["--ledger", shared.by("a_keeper"), *withhold]) == 0
    assert run(["--ledger", shared.by("a_reader"), "verify"]) == 0


@pytest.mark.usefixtures("own_keys")
def test_a_reader_may_take_a_backup(shared: Shared, tmp_path: Path) -> None:
    assert run(["--ledger", shared.by("a_reader"), "backup", str(tmp_path / "backup")]) == 0
    assert run(["--ledger", str(tmp_path / "backup" / "ledger.db"), "verify"]) == 0


def test_not_even_the_owner_empties_a_table(ledger: Store) -> None:
    with psql(address(ledger)) as connection:
        for tables in ("refs", "tiles", "head", "checkpoints", "data", "entries, data, refs"):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="only ever added to"):
                connection.execute(f"TRUNCATE {tables}".encode())


def test_a_trigger_is_not_led_astray_by_a_table_of_the_session(ledger: Store) -> None:
    with psql(address(ledger)) as connection:
        (schema,) = connection.execute("SELECT current_schema()").fetchone() or ("",)
        connection.execute("CREATE TEMP TABLE entries (position bigint, matter text, sequence bigint)")
        row = "(0, 'm', 0, 't', decode(repeat('00', 32), 'hex'), 'x')"
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="positions have no gaps"):
            connection.execute(f"INSERT INTO {schema}.entries VALUES {row}".encode())


# Verifying


def verified(ledger: Store, since: bytes | None = None) -> list[str]:
    """What an audit finds wrong."""
    assert isinstance(ledger.database, PostgresDatabase)
    with LedgerOnServer(ledger.database) as source:
        report = audit(source, AuditOptions(since=since))
    return [name for name, check in report.checks.items() if not check.ok]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ("DROP TRIGGER head_only_advances ON head", ["file"]),
        ("ALTER TABLE entries DISABLE TRIGGER entries_are_never_changed", ["file"]),
        ("CREATE OR REPLACE FUNCTION entries_are_never_changed() RETURNS trigger LANGUAGE plpgsql AS "
         "'BEGIN RETURN NEW; END'", ["file"]),
        ("CREATE TRIGGER more BEFORE INSERT ON refs FOR EACH ROW EXECUTE FUNCTION head_only_advances()", ["file"]),
        ("ALTER TABLE entries ADD more text", ["file"]),
        ("ALTER TABLE entries ENABLE ROW LEVEL SECURITY", ["file"]),
        ("SET session_replication_role = replica; UPDATE entries SET matter = 'x' WHERE position = 7", ["stored"]),
        ("SET session_replication_role = replica; DELETE FROM refs WHERE position = 7", ["stored"]),
        ("SET session_replication_role = replica; UPDATE head SET root = decode(repeat('00', 32), 'hex')", ["stored"]),
    ],
)  # fmt: skip
def test_verify_finds_what_was_changed_behind_it(ledger: Store, change: str, wrong: list[str]) -> None:
    assert verified(ledger) == []
    with psql(address(ledger)) as connection:
        connection.execute(change.encode())
    assert verified(ledger) == wrong


def test_verify_goes_on_from_a_checkpoint(ledger: Store) -> None:
    note = sign(ledger, KeyRing(ORIGIN)).to_bytes()
    record(ledger, [Draft(event) for event in letters("new")], key_of(ledger), clock=now)
    assert verified(ledger, note) == []
    with psql(address(ledger)) as connection:
        connection.execute(b"SET session_replication_role = replica; UPDATE entries SET entry = 'x' WHERE position = 7")
    assert {"since", "stored"} <= {*verified(ledger, note)}


# Beside it


def test_what_is_beside_it_is_found_by_its_origin(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("A letter.")
    assert run(["--ledger", place, "init", "--origin", ORIGIN]) == 0
    assert run(["--ledger", place, "evidence", "add", str(tmp_path / "letter.txt")]) == 0
    capsys.readouterr()
    assert run(["--ledger", place + "&application_name=another-address", "evidence", "list"]) == 0
    assert "stored, 9 bytes" in capsys.readouterr().out
    assert run(["--ledger", place, "rebuild"]) == 0
    assert re.search(
        r"Rebuilt .*force-ledger/[0-9a-f]{16}/ledger\.model-[0-9a-f]{8}\.db from 46", capsys.readouterr().out
    )
