"""Sources: places where a ledger can be read again and again, to be copied or followed."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from ledger.errors import LedgerError
from ledger.replicate.snapshot import Files, Folder, PublishedLog, Site, Snapshot, checkpoint_in
from ledger.store.database import Database
from ledger.store.store import Store, database_of

_SITES = ("https://", "http://")


class Source(Protocol):
    """A place where a ledger can be read. Raises Unreachable where it cannot be now, NotFound where there is none."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The ledger as it is now."""

    def wait(self, seconds: float) -> None:
        """Wait until there may be more than in the last snapshot, and no longer than that."""

    def moved(self) -> bool:
        """Whether what the last snapshot read may have changed meanwhile."""

    def close(self) -> None:
        """Let go of it."""


def source_of(where: str) -> Source:
    """The source that is meant: by an http URL a site, by a folder what `publish` wrote there, else a database."""
    if where.startswith(_SITES):
        return PublishedSource(Site(where))
    if Path(where).is_dir():
        return PublishedSource(Folder(Path(where)))
    return DatabaseSource(database_of(where))


class DatabaseSource:
    """A ledger in a database; a `Source`. After any error it is opened anew."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._open = ExitStack()
        self._ledger: Store | None = None
        self._await: Callable[[float], bool]

    def __str__(self) -> str:
        return str(self.database)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
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
        if not self._await(seconds):
            self.close()

    def moved(self) -> bool:
        return False

    def close(self) -> None:
        self._ledger = None
        self._open.close()


class PublishedSource:
    """A log as `publish` wrote it; a `Source`."""

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
        """Whether it was published again: with a new checkpoint files may go, and entries may be withheld."""
        return checkpoint_in(self._files) != self._seen

    def close(self) -> None:
        """Nothing is kept open."""
