"""Publish the log as static files for any web server (C2SP tlog-tiles; see ledger.log.tiles).

All files of a size are on disk before the checkpoint of that size replaces the earlier one. So after any interruption
the log in the folder verifies, and publishing again completes it. Files that exist are not written again. Last,
partial tiles are removed if the full one exists, and data that were withheld are removed from ``data/``: by then the
decision is published.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ledger import atomic
from ledger.errors import NotVerified, Refused, RolledBack
from ledger.log import LogError
from ledger.log.checkpoint import BeyondTree, Checkpoint, OtherRoot, SignedCheckpoint
from ledger.log.tiles import CHECKPOINT, DATA, Tile, TiledTree, decode_bundle, tiles_of
from ledger.log.tree import TILE_WIDTH, full_tile_root, leaf_hash
from ledger.progress import Progress, no_progress
from ledger.publish.checkpoints import last_signed
from ledger.replay import log_keys
from ledger.store.data import DataCheck
from ledger.store.reader import Reader
from ledger.store.store import Store

_FILE, _FOLDER = 0o644, 0o755  # so that a web server can read it


@dataclass(frozen=True)
class Published:
    """The checkpoint that is published now, and how many files were written and removed."""

    checkpoint: Checkpoint
    written: int
    removed: int


def publish(ledger: Store, folder: Path, *, full: bool = False, tell: Progress = no_progress) -> Published:
    """Bring the log in a folder up to the last signed checkpoint; with ``full``, also compare the files that are there.
    ``tell`` is given how many of the tiles are done.

    Raises NotFound if nothing is signed, Refused if the folder has another log, RolledBack if it has more than is
    signed here, NotVerified if it or the ledger failed verification.
    """
    files = _Files(folder)
    files.make(folder)
    with atomic.locked(folder / ".lock"), ledger.reading() as reader:
        note = last_signed(reader)
        new = note.checkpoint
        since = _published(reader, folder / CHECKPOINT, new)
        _check_withholdings(reader, new)
        tiles = list(tiles_of(new.size, 0 if full else since))
        for done, tile in enumerate(tiles, 1):
            files.add(tile, _verified(reader, tile))
            tell(done, len(tiles))
        files.sync()
        _check_root(folder, new)
        files.replace(CHECKPOINT, note.to_bytes())
        files.sync()
        files.remove_partial_tiles()
        for data in _with_withheld(reader):
            if (folder / data.path).exists():
                files.replace(data.path, reader.tile(data))
        files.sync()
    return Published(new, files.written, files.removed)


class _Files:
    """Writes files below a folder, each atomically; their names are durable after `sync`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = self.removed = 0
        self._unsynced: set[Path] = set()

    def make(self, folder: Path) -> None:
        if not folder.is_dir():
            self.make(folder.parent)
            folder.mkdir(exist_ok=True)
            folder.chmod(_FOLDER)  # despite the umask
            self._unsynced.add(folder.parent)

    def replace(self, name: str, data: bytes) -> None:
        path = self.folder / name
        if not path.exists() or path.read_bytes() != data:
            self.make(path.parent)
            atomic.place(path, data, self.folder / ".new", _FILE)
            self._unsynced.add(path.parent)
            self.written += 1

    def add(self, tile: Tile, data: bytes) -> None:
        """Write a tile. Raises NotVerified if the file has other bytes, except data that were withheld since: they stay
        until the decision is published."""
        path = self.folder / tile.path
        if not path.exists():
            self.replace(tile.path, data)
        elif not _is_same_but_withheld(tile, path.read_bytes(), data):
            raise NotVerified(
                f"{path} is not what the ledger has", hint="find out which of the two was changed; nothing was replaced"
            )

    def remove_partial_tiles(self) -> None:
        """Remove the partial tiles of each full tile that is there."""
        for partial in [
            path
            for path in (*self.folder.glob("tile/**/*.p"), *self.folder.glob("data/**/*.p"))
            if path.with_suffix("").is_file()
        ]:
            for file in partial.iterdir():
                file.unlink()
                self.removed += 1
            partial.rmdir()
            self._unsynced.add(partial.parent)

    def sync(self) -> None:
        for folder in self._unsynced:
            atomic.sync(folder)
        self._unsynced.clear()


def _published(reader: Reader, path: Path, new: Checkpoint) -> int:
    """The size of the log that is published already, or 0."""
    try:
        old = SignedCheckpoint.parse(path.read_bytes())
        old.verify(log_keys(reader), reader.tree(new.size))
    except FileNotFoundError:
        return 0
    except BeyondTree:
        raise RolledBack(
            f"{path} is of {old.size} entries, and {new.size} are signed here: a backup took the place of the ledger",
            hint="restore the newest copy; if this is it, sign a checkpoint",
        ) from None
    except OtherRoot:
        raise NotVerified(
            f"{path} is of another history of this log", hint=f"see `force-ledger checkpoint compare {path}`"
        ) from None
    except LogError as error:
        raise Refused(f"{path} is not of this log, {new.origin}: {error}", hint="publish to another folder") from None
    return old.size


def _check_withholdings(reader: Reader, new: Checkpoint) -> None:
    """Raise Refused if the new checkpoint does not cover a withholding."""
    for _, act in reader.withholdings():
        if act.position >= new.size:
            raise Refused(
                f"#{act.position} withholds an entry, and no checkpoint has it yet",
                hint="`force-ledger checkpoint sign`",
            )


def _verified(reader: Reader, tile: Tile) -> bytes:
    """The bytes of a tile. Raises NotVerified unless they follow from the entries, or from the tiles below it."""
    data, numbers = reader.tile(tile), range(tile.number * TILE_WIDTH, tile.number * TILE_WIDTH + tile.width)
    if tile.level == DATA:
        _check_data(reader, numbers)
    if tile.level < 0:
        return data
    if tile.level == 0:
        hashes = [leaf_hash(entry) for entry in reader.bytes_at(numbers)]
    else:
        hashes = [full_tile_root(reader.tile(Tile(tile.level - 1, number))) for number in numbers]
    if b"".join(hashes) != data:
        raise NotVerified(f"{tile.path} does not follow from the ledger's entries", hint="see `force-ledger verify`")
    return data


def _check_data(reader: Reader, positions: range) -> None:
    check = DataCheck()
    try:
        for stored in islice(reader.entries(positions.start), len(positions)):
            check.read(stored)
    except ValueError as error:
        raise NotVerified(str(error), hint="see `force-ledger verify`") from None


def _check_root(folder: Path, new: Checkpoint) -> None:
    """Raise NotVerified unless the published tiles lead to the root of the new checkpoint."""
    try:
        root = TiledTree(new.size, lambda tile: (folder / tile.path).read_bytes()).root(new.size)
    except (OSError, LogError) as error:
        raise NotVerified(f"the log in {folder} is not whole: {error}", hint="`force-ledger publish --full`") from None
    if root != new.root:
        raise NotVerified(f"the tiles in {folder} do not lead to the checkpoint", hint="`force-ledger publish --full`")


def _with_withheld(reader: Reader) -> Iterator[Tile]:
    """The files, full and partial, that may have data of a withheld entry."""
    for number in sorted({withheld.position // TILE_WIDTH for withheld, _ in reader.withholdings()}):
        yield from (Tile(DATA, number, width) for width in range(1, TILE_WIDTH + 1))


def _is_same_but_withheld(tile: Tile, there: bytes, ours: bytes) -> bool:
    """Whether a file has our bytes, except data that were withheld since it was written."""
    if tile.level != DATA or there == ours:
        return there == ours
    try:
        pairs = zip(decode_bundle(there, tile.width), decode_bundle(ours, tile.width), strict=True)
        return all(old == new or not new for old, new in pairs)
    except LogError:
        return False
