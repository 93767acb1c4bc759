"""What a ledger asks of a database. There are two kinds: a file (`sqlite`), and one on a server (`postgres`)."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.utils import Environment

from ledger.errors import LedgerError


class Cursor(Protocol):
    """A transaction that is open. Queries are in the SQL that both kinds know, with ``?`` for a parameter."""

    def execute(self, query: str, params: Sequence[Any] = (), /) -> Any:
        """Run a query."""

    def insert(self, table: str, rows: Iterable[Sequence[Any]], /) -> None:
        """Add whole rows to a table, in their order."""

    def fetchall(self) -> Any:
        """What the last query found."""

    def fetchone(self) -> Any:
        """The next row that it found; None after the last."""


class Database(Protocol):
    """A place for a ledger. As text (`str`) it is fit to be shown: without any password."""

    def exists(self) -> bool:
        """Whether anything has this place already."""

    def check(self) -> None:
        """Raise NotFound unless a ledger is there."""

    def create(self) -> None:
        """Make the tables of an empty ledger. Raises AlreadyThere where anything has the place."""

    def creating(self) -> "AbstractContextManager[Database]":
        """A place to make a new ledger in; here it is to be found once the block ends. Raises AlreadyThere."""

    def watching(self) -> AbstractContextManager[Callable[[float], bool]]:
        """Gives a function that waits until something was written, since it last returned or since the block began,
        and no longer than some seconds; False where the database is to be opened anew."""

    def factory(self, env: Environment, lock_timeout: int) -> InfrastructureFactory[Any]:
        """The library's factory of what works on this database."""

    def trouble(self, error: Exception) -> LedgerError:
        """What an error of the database means to a person."""

    @property
    def kept(self) -> Path:
        """The path beside which documents are kept for the ledger."""

    @property
    def cached(self) -> Path:
        """The path beside which there is what can be made anew from the ledger."""
