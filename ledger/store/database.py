"""The interface of a database with a ledger: a file (`sqlite`) or a server (`postgres`)."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ledger.errors import LedgerError, NotFound, Problem

ADDRESS = "write it like postgresql://USER@HOST/DATABASE; in a password, @ : / % are %40 %3A %2F %25"
_URLS = ("postgresql://", "postgres://")
_MISTYPED = re.compile(
    r"""^\s*['"]?(postgres\w*:|postgres\w*[^\w/\\]*//|[a-z][a-z0-9+.:-]+:[/\\])  # a scheme; a drive has one letter
    |://|:[^/\\]*@|@[^/\\]*:
    |(^|[\s?&;/\\])(host|hostaddr|server|port|user|username|uid|password|passwd|pwd|dbname|database|service)\s*=""",
    re.IGNORECASE | re.VERBOSE,
)
NO_LIMIT = 2**62
"""More than any position or number of rows."""


def place_of(where: Path | str) -> Path | str:
    """The path of a file, or the URL of a database on a server.

    Raises NotFound for a mistyped URL, which may have a password and must become no path. The message does not show it.
    """
    if isinstance(where, str) and where.startswith(_URLS):
        return where
    if _MISTYPED.search(str(where)):
        raise NotFound("this is neither the path of a ledger nor the URL of a database", hint=ADDRESS)
    return Path(where)


def real_path(path: Path) -> Path:
    """The file that a path names, through symbolic links. SQLite's WAL and all our files are beside it."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


class Head(NamedTuple):
    """The number of entries in a ledger, and the root of the tree over them."""

    size: int
    root: bytes


class Cursor(Protocol):
    """An open transaction. Queries are in the SQL that both databases know, with ``?`` for a parameter."""

    def execute(self, query: str, params: Sequence[Any] = (), /) -> Any: ...

    def insert(self, table: str, rows: Iterable[Sequence[Any]], /) -> None:
        """Add whole rows to a table, in their order."""

    def fetchall(self) -> Any: ...

    def fetchone(self) -> Any: ...

    def server_time(self) -> datetime | None:
        """The time of the server; None for a file, which has none."""


class Datastore(Protocol):
    """The library's connections to a database, with our transactions."""

    def transaction(self, *, commit: bool) -> AbstractContextManager[Cursor]:
        """A read-only snapshot; with ``commit``, the write lock: what is written is durable when the block ends."""

    def close(self) -> None: ...


class Database(Protocol):
    """A place for a ledger. `str` shows it without a password."""

    def exists(self) -> bool:
        """Whether the place is taken."""

    def check(self) -> None:
        """Raise NotFound unless a ledger that this program can read is there."""

    def create(self) -> None:
        """Make the tables of an empty ledger. Raises AlreadyThere where the place is taken."""

    def creating(self) -> "AbstractContextManager[Database]":
        """A temporary place for a new ledger, which appears here when the block ends. Raises AlreadyThere."""

    def check_triggers(self, cursor: Cursor) -> None:
        """Raise Damaged unless every trigger that protects the tables is there. Whoever writes asks this first."""

    def without_triggers(self, cursor: Cursor) -> AbstractContextManager[None]:
        """Take the triggers out of the way within a transaction, and put ours back when the block ends."""

    def datastore(self, lock_timeout: int) -> Datastore:
        """Its connections. ``lock_timeout`` is how many seconds a writer waits for the lock."""

    def watch(self) -> AbstractContextManager[Callable[[float], bool]]:
        """Yields a function that waits, at most so many seconds, for a write since its last return or the start of the
        block. It returns False if the database must be opened again."""

    def purge(self) -> Problem | None:
        """Remove withheld bytes from where the database leaves them, once the withholding is committed. Returns where
        some are left, and what to do."""

    def as_ledger_error(self, error: Exception) -> LedgerError:
        """The LedgerError for an error of the database."""

    @property
    def evidence_folder(self) -> Path:
        """The folder of the ledger's documents."""

    @property
    def cache_path(self) -> Path:
        """Files that can be rebuilt from the ledger are beside this path, with the same stem."""
