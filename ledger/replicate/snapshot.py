"""Snapshots: a ledger as it is at one moment. Copy, follow, backup and audit read a ledger through these.

A `Reader` of the store is a snapshot; so is a PublishedLog, in a folder or on the web. Check what you read from one.
"""

from collections.abc import Iterator, Sequence
from http.client import responses
from pathlib import Path
from typing import Protocol

from ledger import files, web
from ledger.errors import NotFound, NotVerified, Refused, Unreachable
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.note import LONGEST_NOTE
from ledger.log.tiles import CHECKPOINT, DATA, ENTRIES, LONGEST_ENTRY, Tile, TiledTree, decode_bundle, read_tile
from ledger.log.tree import HASH_SIZE, TILE_WIDTH
from ledger.store.database import Head
from ledger.store.reader import StoredEntry

_LONGEST_BUNDLE = TILE_WIDTH * (2 + LONGEST_ENTRY)
_NOT_A_LOG = "this is no published log: check the address"


class Snapshot(Protocol):
    """A ledger at one moment."""

    def head(self) -> Head:
        """Its size and root, as it states them."""

    def tree(self) -> TiledTree:
        """The tree over its entries."""

    def entries(self, first: int = 0) -> Iterator[StoredEntry]:
        """The entries from a position on, in order."""

    def notes_after(self, note: bytes | None) -> Sequence[bytes]:
        """Its signed checkpoints, the last stored one last: those after a note if it has that, else all."""


class Folder:
    """The files of a published log in a folder."""

    patience = 1.0
    """After how many seconds to look for a new checkpoint, at most."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __str__(self) -> str:
        return str(self._folder)

    def read(self, path: str, most: int) -> bytes:
        """The bytes of a file. Raises FileNotFoundError where there is none, Unreachable where it cannot be read now,
        NotVerified where it is no plain file, or has more bytes than ``most``."""
        try:
            return files.read(self._folder / path, most)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise FileNotFoundError(path) from error
        except OSError as error:
            raise Unreachable(f"{self}/{path}: {error.strerror}", hint="check the folder and the disk") from None
        except Refused as refused:
            raise NotVerified(f"{self}/{path}: {refused.problems[0].message}", hint=_NOT_A_LOG) from None


class Site:
    """The files of a published log on a web server. Raises NotFound for an address with a user or password in it."""

    patience = float("inf")

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._known: tuple[str, bytes] | None = None
        if "@" in url.split("/")[2]:
            raise NotFound("the URL of the source names a user", hint="a published log is read without a password")

    def __str__(self) -> str:
        return self._url

    def read(self, path: str, most: int) -> bytes:
        """Like Folder.read; the server sends the checkpoint only if it has changed (ETag)."""
        known = self._known if path == CHECKPOINT else None
        url, remedy = f"{self._url}/{path}", "check the address and the server, and try again"
        try:
            status, data, headers = web.ask(url, most, {"If-None-Match": known[0]} if known else {})
        except web.TooLong as error:
            raise NotVerified(f"{url}: {error}", hint=_NOT_A_LOG) from None
        except web.NoAnswer as error:
            raise Unreachable(f"{url}: {error}", hint=remedy) from None
        if status == 304 and known:
            return known[1]
        if status in (404, 410):
            raise FileNotFoundError(path)
        if status != 200:
            raise Unreachable(f"{url}: {status} {responses.get(status, '')}".rstrip(), hint=remedy)
        if path == CHECKPOINT:
            self._known = (headers["ETag"], data) if headers["ETag"] else None
        return data


Files = Folder | Site


def checkpoint_in(files: Files) -> bytes:
    """The signed checkpoint of a published log. Raises NotFound where there is none."""
    try:
        return files.read(CHECKPOINT, LONGEST_NOTE)
    except FileNotFoundError:
        raise NotFound(f"{files} has no published log", hint="name the folder that `publish` wrote") from None


class PublishedLog:
    """A log that `publish` wrote (C2SP tlog-tiles), at the size of its checkpoint; a `Snapshot`.

    Raises NotVerified where the checkpoint or another file is missing or cannot be read.
    """

    def __init__(self, files: Files, note: bytes) -> None:
        self._files, self._note = files, note
        try:
            self._checkpoint = SignedCheckpoint.parse(note).checkpoint
        except LogError as error:
            raise NotVerified(f"the checkpoint of {files}: {error}", hint="publish it again") from None

    def head(self) -> Head:
        return Head(self._checkpoint.size, self._checkpoint.root)

    def tree(self) -> TiledTree:
        return TiledTree(self._checkpoint.size, self.tile)

    def entries(self, first: int = 0) -> Iterator[StoredEntry]:
        for number in range(first // TILE_WIDTH, -(-self._checkpoint.size // TILE_WIDTH)):
            both = zip(self._bundle(ENTRIES, number), self._bundle(DATA, number), strict=True)
            for position, (envelope, salted) in enumerate(both, number * TILE_WIDTH):
                if position >= first:
                    yield StoredEntry(position, envelope, salted or None)

    def notes_after(self, note: bytes | None) -> list[bytes]:
        return [] if note == self._note else [self._note]

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile or bundle. If only the full one exists, its beginning."""
        try:
            return read_tile(tile, self._read)
        except FileNotFoundError as error:
            raise NotVerified(
                f"the log in {self._files} is not whole: {error} is missing", hint="publish it again"
            ) from None

    def _read(self, tile: Tile) -> bytes:
        return self._files.read(tile.path, _LONGEST_BUNDLE if tile.level < 0 else TILE_WIDTH * HASH_SIZE)

    def _bundle(self, level: int, number: int) -> list[bytes]:
        tile = Tile(level, number, min(TILE_WIDTH, self._checkpoint.size - number * TILE_WIDTH))
        return decode_bundle(self.tile(tile), tile.width)
