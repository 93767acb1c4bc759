"""Publish the log as static files for any web server (C2SP tlog-tiles; see ledger.log.tiles).

All files of a size are on disk before the checkpoint of that size replaces the earlier one. So after any interruption
the log in the folder verifies, and publishing again completes it. Files that exist are not written again. Last,
data that were withheld are removed from ``data/``, since by then the decision is published, and partial tiles if the
full one exists.

No link in the folder is followed, and nothing is removed that was not written here.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from ledger import atomic
from ledger.errors import NotVerified, Refused, RolledBack
from ledger.files import read
from ledger.log import LogError
from ledger.log.checkpoint import BeyondTree, Checkpoint, OtherRoot, SignedCheckpoint
from ledger.log.tiles import CHECKPOINT, DATA, Tile, TiledTree, is_same_but_withheld, read_tile, tiles_of
from ledger.log.tree import TILE_WIDTH, full_tile_root, leaf_hash
from ledger.progress import Progress, no_progress
from ledger.publish.checkpoints import last_signed
from ledger.publish.folder import PublicFolder
from ledger.replay import log_keys
from ledger.store.data import DataCheck
from ledger.store.reader import Reader
from ledger.store.store import Store

_PARTIAL = re.compile(r"(data|tile/(entries|\d+))/(x\d{3}/)*\d{3}\.p/[1-9]\d{0,2}")


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
        since = _published(reader, files, new)
        _check_withholdings(reader, new)
        tiles = list(tiles_of(new.size, 0 if full else since))
        for done, tile in enumerate(tiles, 1):
            files.add(tile, _verified(reader, tile))
            tell(done, len(tiles))
        files.sync()
        _check_root(files, new)
        files.replace(CHECKPOINT, note.to_bytes())
        files.sync()
        for data in _with_withheld(reader):
            if (folder / data.path).exists():
                files.replace(data.path, _verified(reader, data))
        files.remove_partial_tiles()
        files.sync()
    return Published(new, files.written, files.removed)


class _Files(PublicFolder):
    """Writes the tiles of a log below a folder."""

    def add(self, tile: Tile, data: bytes) -> None:
        """Write a tile. Raises NotVerified if the file has other bytes, except data that were withheld since: they stay
        until the decision is published."""
        path = self.path(tile.path)
        if not path.exists():
            self.replace(tile.path, data)
        elif not is_same_but_withheld(tile, self.read(tile.path), data):
            raise NotVerified(
                f"{path} is not what the ledger has", hint="find out which of the two was changed; nothing was replaced"
            )

    def remove_partial_tiles(self) -> None:
        """Remove the partial tiles that are the beginning of the full one."""
        for file in [file for top in ("tile", "data") for file in self.path(top).glob("**/*.p/*")]:
            name = file.relative_to(self.folder).as_posix()
            full = file.parent.with_suffix("")
            if _PARTIAL.fullmatch(name) and _is_plain(file) and _is_plain(full) and read(full).startswith(read(file)):
                self.path(name).unlink()
                self.removed += 1
                with suppress(OSError):  # it has other files
                    file.parent.rmdir()
                self._unsynced |= {file.parent, full.parent}


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _published(reader: Reader, files: _Files, new: Checkpoint) -> int:
    """The size of the log that is published already, or 0."""
    path = files.folder / CHECKPOINT
    try:
        old = SignedCheckpoint.parse(files.read(CHECKPOINT))
        old.verify(log_keys(reader), reader.tree(new.size))
    except FileNotFoundError:
        return 0
    except BeyondTree:
        raise RolledBack(
            f"{path} is of {old.size} entries, and {new.size} are signed here: a backup took the place of the ledger",
            hint=f"bring in what it lacks: `force-ledger copy {files.folder} LEDGER`; if nothing, sign a checkpoint",
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
        check = DataCheck()
        for stored in islice(reader.entries(numbers.start), tile.width):
            check.read(stored)
        for withheld, _ in reader.withholdings():
            check.missing.pop(withheld.event_id, None)
        check.finish()
    if tile.level < 0:
        return data
    if tile.level == 0:
        hashes = [leaf_hash(entry) for entry in reader.bytes_at(numbers)]
    else:
        hashes = [full_tile_root(reader.tile(Tile(tile.level - 1, number))) for number in numbers]
    if b"".join(hashes) != data:
        raise NotVerified(f"{tile.path} does not follow from the ledger's entries", hint="see `force-ledger verify`")
    return data


def _check_root(files: _Files, new: Checkpoint) -> None:
    """Raise NotVerified unless the published tiles lead to the root of the new checkpoint."""
    folder = files.folder
    try:
        root = TiledTree(new.size, partial(read_tile, read=lambda tile: files.read(tile.path))).root(new.size)
    except (FileNotFoundError, LogError) as error:
        raise NotVerified(f"the log in {folder} is not whole: {error}", hint="`force-ledger publish --full`") from None
    if root != new.root:
        raise NotVerified(f"the tiles in {folder} do not lead to the checkpoint", hint="`force-ledger publish --full`")


def _with_withheld(reader: Reader) -> Iterator[Tile]:
    """The files, full and partial, that may have data of a withheld entry."""
    for number in sorted({withheld.position // TILE_WIDTH for withheld, _ in reader.withholdings()}):
        yield from (Tile(DATA, number, width) for width in range(1, TILE_WIDTH + 1))
