"""The interface of a database with a ledger: a file (`sqlite`) or a server (`postgres`)."""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ledger.errors import LedgerError

URLS = ("postgresql://", "postgres://")
"""How the URL of a database on a server begins."""
NO_LIMIT = 2**62
"""More than any position or number of rows."""


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

    def datastore(self, lock_timeout: int) -> Datastore:
        """Its connections. ``lock_timeout`` is how many seconds a writer waits for the lock."""

    def watch(self) -> AbstractContextManager[Callable[[float], bool]]:
        """Yields a function that waits, at most so many seconds, for a write since its last return or the start of the
        block. It returns False if the database must be opened again."""

    def purge(self) -> None:
        """Remove withheld bytes from where the database leaves them, once the withholding is committed."""

    def as_ledger_error(self, error: Exception) -> LedgerError:
        """The LedgerError for an error of the database."""

    @property
    def evidence_folder(self) -> Path:
        """The folder of the ledger's documents."""

    @property
    def cache_path(self) -> Path:
        """Files that can be rebuilt from the ledger are beside this path, with the same stem."""
