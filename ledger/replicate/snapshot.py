"""Where a ledger can be read, to be copied or followed: in a database, or as `publish` wrote it, in a folder or on the
web. What comes from here is believed by nobody before it is checked (see ledger.replicate.copy).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from ledger.errors import LedgerError, NotFound, NotVerified, Unreachable
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint
from ledger.log.note import LONGEST_NOTE, SignedNote
from ledger.log.tiles import CHECKPOINT, ENTRIES, LONGEST_ENTRY, Tile, TiledTree, decode_bundle, encode_bundle
from ledger.log.tree import HASH_SIZE, TILE_WIDTH
from ledger.store.database import Database
from ledger.store.head import Head
from ledger.store.store import Store, database_of

_SITES = ("https://", "http://")
_LONGEST_BUNDLE = TILE_WIDTH * (2 + LONGEST_ENTRY)
_TIMEOUT = 30  # seconds
_LOOK = 1.0  # seconds between looks at a folder


class Snapshot(Protocol):
    """A ledger as it is at one moment. A `Reader` is one."""

    def head(self) -> Head:
        """Its size and root."""

    def tree(self) -> TiledTree:
        """The tree over its entries."""

    def bytes_at(self, positions: range) -> Sequence[bytes]:
        """The bytes of the entries at consecutive positions; of those that were withheld what is left of them."""

    def notes_after(self, note: bytes | None) -> Sequence[bytes]:
        """Its signed checkpoints in the order in which they were kept, those after a known one if that is there."""


class Source(Protocol):
    """A place where a ledger can be read again and again. Raises Unreachable where it cannot be now, NotFound where
    there is none."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The ledger as it is now."""

    def wait(self, seconds: float) -> None:
        """Wait until there may be more than in the last snapshot, and no longer than that."""

    def moved(self) -> bool:
        """Whether what the last snapshot read may have changed under it."""

    def close(self) -> None:
        """Let go of it."""


def source_of(where: str) -> Source:
    """The source that is meant: by an http URL a site, by a folder what `publish` wrote there, else a database."""
    if where.startswith(_SITES):
        return PublishedSource(_Site(where))
    if Path(where).is_dir():
        return PublishedSource(_Folder(Path(where)))
    return DatabaseSource(database_of(where))


class DatabaseSource:
    """A ledger in a database; a `Source`. After any trouble it is opened anew."""

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
                self._await = self._open.enter_context(self.database.watching())
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


class _Folder:
    """The files of a published log, in a folder."""

    patience = _LOOK

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __str__(self) -> str:
        return str(self._folder)

    def read(self, path: str, most: int) -> bytes:
        """The bytes of a file. Raises FileNotFoundError where there is none, Unreachable where it cannot be read."""
        try:
            with (self._folder / path).open("rb") as file:
                data = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise FileNotFoundError(path) from error
        except OSError as error:
            raise Unreachable(f"{self}/{path}: {error.strerror}", hint="check the folder and the disk") from None
        return _whole(data, path, most)


class _Site:
    """The files of a published log, on a web server."""

    patience = float("inf")

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._known: tuple[str, bytes] | None = None
        if "@" in urlsplit(url).netloc:
            raise NotFound("the URL of the source names a user", hint="a published log is read without a password")

    def __str__(self) -> str:
        return self._url

    def read(self, path: str, most: int) -> bytes:
        """The bytes of a file, as _Folder gives them; the checkpoint is sent only where it has changed (ETag)."""
        request = Request(f"{self._url}/{path}", headers={"User-Agent": "force-ledger"})
        if path == CHECKPOINT and self._known:
            request.add_header("If-None-Match", self._known[0])
        try:
            with urlopen(request, timeout=_TIMEOUT) as response:
                data, etag = _whole(response.read(most + 1), path, most), response.headers.get("ETag")
        except HTTPError as error:
            error.close()
            if error.code == 304 and self._known:
                return self._known[1]
            if error.code in (404, 410):
                raise FileNotFoundError(path) from None
            raise self._unreachable(path, f"{error.code} {error.reason}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise self._unreachable(path, str(getattr(error, "reason", "") or error or type(error).__name__)) from None
        if path == CHECKPOINT:
            self._known = (etag, data) if etag else None
        return data

    def _unreachable(self, path: str, why: str) -> Unreachable:
        return Unreachable(f"{self._url}/{path}: {why}", hint="check the address and the server, and try again")


class PublishedSource:
    """A log as `publish` wrote it (C2SP tlog-tiles); a `Source`."""

    def __init__(self, files: _Folder | _Site) -> None:
        self._files = files
        self._seen = b""

    def __str__(self) -> str:
        return str(self._files)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        self._seen = self._checkpoint()
        try:
            yield _PublishedSnapshot(self._files, self._seen)
        except FileNotFoundError as error:
            raise NotVerified(f"the log in {self} is not whole: {error} is missing", hint="publish it anew") from None

    def wait(self, seconds: float) -> None:
        time.sleep(min(seconds, self._files.patience))

    def moved(self) -> bool:
        """Whether it was published again: files go, and entries are withheld, when the new checkpoint is there."""
        return self._checkpoint() != self._seen

    def close(self) -> None:
        """Nothing is kept open."""

    def _checkpoint(self) -> bytes:
        try:
            return self._files.read(CHECKPOINT, LONGEST_NOTE)
        except FileNotFoundError:
            raise NotFound(f"{self} holds no published log", hint="name the folder that `publish` wrote") from None


class _PublishedSnapshot:
    """A published log as its checkpoint says; a `Snapshot`."""

    def __init__(self, files: _Folder | _Site, note: bytes) -> None:
        self._files, self._note = files, note
        self._bundle = lru_cache(maxsize=8)(self._read_bundle)
        try:
            self._said = Checkpoint.parse(SignedNote.parse(note).text)
        except LogError as error:
            raise NotVerified(f"the checkpoint of {files}: {error}", hint="publish it anew") from None

    def head(self) -> Head:
        return Head(self._said.size, self._said.root)

    def tree(self) -> TiledTree:
        return TiledTree(self._said.size, self._tile)

    def bytes_at(self, positions: range) -> list[bytes]:
        found: list[bytes] = []
        for number in range(positions.start // TILE_WIDTH, -(-positions.stop // TILE_WIDTH)):
            first = number * TILE_WIDTH
            found += self._bundle(number)[max(positions.start - first, 0) : positions.stop - first]
        return found

    def notes_after(self, note: bytes | None) -> list[bytes]:
        return [] if note == self._note else [self._note]

    def _read_bundle(self, number: int) -> list[bytes]:
        tile = Tile(ENTRIES, number, min(TILE_WIDTH, self._said.size - number * TILE_WIDTH))
        return decode_bundle(self._tile(tile), tile.width)

    def _tile(self, tile: Tile) -> bytes:
        """The bytes of a tile or bundle; where one that is not full has gone, the beginning of the full one."""
        most = _LONGEST_BUNDLE if tile.level == ENTRIES else TILE_WIDTH * HASH_SIZE
        try:
            return self._files.read(tile.path, most)
        except FileNotFoundError:
            if tile.width == TILE_WIDTH:
                raise
        full = self._files.read(Tile(tile.level, tile.number).path, most)
        if tile.level == ENTRIES:
            return encode_bundle(decode_bundle(full, TILE_WIDTH)[: tile.width])
        return full[: tile.width * HASH_SIZE]


def _whole(data: bytes, path: str, most: int) -> bytes:
    if len(data) > most:
        raise NotVerified(f"{path} is longer than {most} bytes", hint="this is no published log: check the address")
    return data
