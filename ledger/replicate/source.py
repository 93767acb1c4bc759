"""Sources: places where a ledger can be read again and again, to be copied or followed."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ledger.errors import LedgerError
from ledger.replicate.snapshot import Files, Folder, PublishedLog, Site, Snapshot, checkpoint_in
from ledger.store.database import Database, place_of
from ledger.store.store import Store, database_of


class DatabaseSource:
    """A ledger in a database. After any error it is opened again."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._open = ExitStack()
        self._ledger: Store | None = None
        self._await: Callable[[float], bool]

    def __str__(self) -> str:
        return str(self.database)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The ledger as it is now. Raises Unreachable where it cannot be read now, NotFound where there is none."""
        try:
            if self._ledger is None:
                ledger = self._open.enter_context(Store(self.database))
                self._await = self._open.enter_context(self.database.watch())
                self._ledger = ledger
            with self._ledger.reading() as reader:
                yield reader
        except LedgerError:
            self.close()
            raise

    def wait(self, seconds: float) -> None:
        """Wait until there may be more than in the last snapshot, at most so many seconds."""
        if not self._await(seconds):
            self.close()

    def moved(self) -> bool:
        """Whether what the last snapshot read may have changed meanwhile."""
        return False

    def close(self) -> None:
        self._ledger = None
        self._open.close()


class PublishedSource:
    """A published log. It has the methods of `DatabaseSource`."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._seen = b""

    def __str__(self) -> str:
        return str(self._files)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        self._seen = checkpoint_in(self._files)
        yield PublishedLog(self._files, self._seen)

    def wait(self, seconds: float) -> None:
        time.sleep(min(seconds, self._files.patience))

    def moved(self) -> bool:
        """Whether it was published again: that may remove files, and withhold entries."""
        return checkpoint_in(self._files) != self._seen

    def close(self) -> None:
        """Do nothing: no connection is open."""


Source = DatabaseSource | PublishedSource


def source_of(where: str) -> Source:
    """The published log at an http URL or in a folder, otherwise the database at that place."""
    if where.startswith(("https://", "http://")):
        return PublishedSource(Site(where))
    place = place_of(where)
    if isinstance(place, Path) and place.is_dir():
        return PublishedSource(Folder(place))
    return DatabaseSource(database_of(place))
