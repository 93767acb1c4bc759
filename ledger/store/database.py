"""What a ledger asks of a database. There are two kinds: a file (`sqlite`), and one on a server (`postgres`)."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ledger.errors import LedgerError

URLS = ("postgresql://", "postgres://")
"""How the URL of a database on a server begins."""
NO_LIMIT = 2**62
"""More than any position or number of rows."""


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
        """A snapshot to read; or, to ``commit``, the write lock, and all of it durable when the block ends."""

    def close(self) -> None: ...


class Database(Protocol):
    """A place for a ledger. `str` shows it without any password."""

    def exists(self) -> bool:
        """Whether this place is taken."""

    def check(self) -> None:
        """Raise NotFound unless a ledger that this program can read is there."""

    def create(self) -> None:
        """Make the tables of an empty ledger. Raises AlreadyThere where the place is taken."""

    def creating(self) -> "AbstractContextManager[Database]":
        """A place to make a new ledger in; it appears here when the block ends. Raises AlreadyThere."""

    def datastore(self, lock_timeout: int) -> Datastore:
        """Its connections. A writer waits for the lock for so many seconds."""

    def watch(self) -> AbstractContextManager[Callable[[float], bool]]:
        """Gives a function that waits for a write since it last returned, or since the block began, for at most so many
        seconds; it returns False where the database must be opened again."""

    def purge(self) -> None:
        """Remove withheld bytes from where the database leaves them, once the withholding is committed."""

    def as_ledger_error(self, error: Exception) -> LedgerError:
        """What an error of the database means to a person."""

    @property
    def evidence_folder(self) -> Path:
        """The folder of the ledger's documents."""

    @property
    def cache_path(self) -> Path:
        """Files that can be made again from the ledger are beside this path, under the same stem."""
