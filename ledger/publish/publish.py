"""Publish the log as static files for any web server (C2SP tlog-tiles; see ledger.log.tiles).

All files of a size are on disk before the checkpoint of that size replaces the earlier one. So after any interruption
the folder holds a log that verifies, and publishing again completes it. Files that exist are not written again. Last,
partial tiles are removed if the full one exists, and bundles that hold a withheld entry are replaced.
"""

from dataclasses import dataclass
from pathlib import Path

from ledger import atomic
from ledger.errors import NotVerified, Refused, RolledBack
from ledger.log import LogError
from ledger.log.checkpoint import BeyondTree, Checkpoint, OtherRoot, SignedCheckpoint
from ledger.log.tiles import CHECKPOINT, ENTRIES, Tile, TiledTree, decode_bundle, tiles_of
from ledger.log.tree import TILE_WIDTH, full_tile_root, leaf_hash
from ledger.progress import Progress, no_progress
from ledger.publish.checkpoints import last_signed
from ledger.replay import log_keys
from ledger.store.leaf import leaf_of
from ledger.store.reader import Reader
from ledger.store.store import Store

_FILE, _FOLDER = 0o644, 0o755  # for a web server to read


@dataclass(frozen=True)
class Published:
    """What a publication did: the checkpoint that is in place, and how many files it wrote and removed."""

    checkpoint: Checkpoint
    written: int
    removed: int


def publish(ledger: Store, folder: Path, *, full: bool = False, tell: Progress = no_progress) -> Published:
    """Bring the log in a folder up to the last signed checkpoint; with ``full``, what is there already is compared too.
    ``tell`` hears how many of the files are done.

    Raises NotFound where nothing is signed, Refused where the folder is another log's, RolledBack where it has more
    than is signed here, NotVerified where it, or the ledger, does not add up.
    """
    publication = _Publication(folder)
    publication.make(folder)
    with atomic.locked(folder / ".lock"), ledger.reading() as reader:
        note = last_signed(reader)
        new = note.checkpoint
        since = _published(reader, folder / CHECKPOINT, new)
        _check_withholdings(reader, new)
        tiles = list(tiles_of(new.size, 0 if full else since))
        for done, tile in enumerate(tiles, 1):
            publication.add(tile, _derived(reader, tile))
            tell(done, len(tiles))
        publication.settle()
        _check_root(folder, new)
        publication.replace(folder / CHECKPOINT, note.to_bytes())
        publication.settle()
        publication.tidy()
        _withhold(reader, publication)
        publication.settle()
    return Published(new, publication.written, publication.removed)


class _Publication:
    """The writing of files below a folder, each whole or not at all; their names are on disk after `settle`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = self.removed = 0
        self._unsettled: set[Path] = set()

    def make(self, folder: Path) -> None:
        """Have a folder, and those above it."""
        if not folder.is_dir():
            self.make(folder.parent)
            folder.mkdir(exist_ok=True)
            folder.chmod(_FOLDER)
            self._unsettled.add(folder.parent)

    def replace(self, path: Path, data: bytes) -> None:
        """Have these bytes under a name, whatever was there."""
        if not path.exists() or path.read_bytes() != data:
            self.make(path.parent)
            atomic.place(path, data, self.folder / ".new", _FILE)
            self._unsettled.add(path.parent)
            self.written += 1

    def add(self, tile: Tile, data: bytes) -> None:
        """Have a tile or bundle. Raises NotVerified where another is there, unless of withheld entries."""
        path = self.folder / tile.path
        if path.exists() and not _is_same_but_withheld(tile, path.read_bytes(), data):
            raise NotVerified(
                f"{path} is not what the ledger has", hint="find out which of the two was changed; nothing was replaced"
            )
        self.replace(path, data)

    def tidy(self) -> None:
        """Remove the tiles that were not full, where the full one is there."""
        for partial in [path for path in self.folder.glob("tile/**/*.p") if path.with_suffix("").is_file()]:
            for file in partial.iterdir():
                file.unlink()
                self.removed += 1
            partial.rmdir()
            self._unsettled.add(partial.parent)

    def settle(self) -> None:
        """Bring the names of what was written to disk."""
        for folder in self._unsettled:
            atomic.sync(folder)
        self._unsettled.clear()


def _published(reader: Reader, path: Path, new: Checkpoint) -> int:
    """The size of the log that is there; 0 where there is none."""
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
    """Raise Refused where an entry was withheld, and what is about to be published does not say so."""
    for _, act in reader.withholdings():
        if act.position >= new.size:
            raise Refused(
                f"#{act.position} withholds an entry, and no checkpoint has it yet",
                hint="`force-ledger checkpoint sign`",
            )


def _derived(reader: Reader, tile: Tile) -> bytes:
    """The bytes of a tile. Raises NotVerified unless they are what the entries, or the tiles below it, lead to."""
    data, numbers = reader.tile(tile), range(tile.number * TILE_WIDTH, tile.number * TILE_WIDTH + tile.width)
    if tile.level == ENTRIES:
        return data
    if tile.level == 0:
        hashes = [leaf_of(entry) for entry in reader.bytes_at(numbers)]
    else:
        hashes = [full_tile_root(reader.tile(Tile(tile.level - 1, number))) for number in numbers]
    if b"".join(hashes) != data:
        raise NotVerified(f"{tile.path} does not follow from the ledger's entries", hint="see `force-ledger verify`")
    return data


def _check_root(folder: Path, new: Checkpoint) -> None:
    """Raise NotVerified unless the tiles that are in place lead to the root that is about to be."""
    try:
        root = TiledTree(new.size, lambda tile: (folder / tile.path).read_bytes()).root(new.size)
    except (OSError, LogError) as error:
        raise NotVerified(f"the log in {folder} is not whole: {error}", hint="`force-ledger publish --full`") from None
    if root != new.root:
        raise NotVerified(f"the tiles in {folder} do not lead to the checkpoint", hint="`force-ledger publish --full`")


def _withhold(reader: Reader, publication: _Publication) -> None:
    """Let what was withheld go from every bundle that there is of it, full or not."""
    for number in sorted({gone.position // TILE_WIDTH for gone, _ in reader.withholdings()}):
        full = publication.folder / Tile(ENTRIES, number).path
        for path in (full, *full.with_name(f"{full.name}.p").glob("*")):
            if path.exists():
                width = TILE_WIDTH if path == full else int(path.name)
                publication.replace(path, reader.tile(Tile(ENTRIES, number, width)))


def _is_same_but_withheld(tile: Tile, there: bytes, ours: bytes) -> bool:
    """Whether a file is as it should be, but for entries of a bundle that were withheld since it was written."""
    if there == ours or tile.level != ENTRIES:
        return there == ours
    try:
        pairs = zip(decode_bundle(there, tile.width), decode_bundle(ours, tile.width), strict=True)
        return all(old == new or leaf_hash(old) == leaf_of(new) for old, new in pairs)
    except LogError:
        return False
