"""Where the read model of a ledger is, and how its file is replaced or deleted while others read it.

The version is in its name. So two versions of this program on one machine do not replace each other's.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

from ledger import atomic, files
from ledger.errors import Refused, Unusable
from ledger.readmodel.version import current_version

_FORGOTTEN = 30 * 86_400  # seconds since another version wrote to its read model


def model_beside(ledger: Path) -> Path:
    """The path of a ledger's read model, beside `Database.cache_path`."""
    return ledger.with_name(f"{ledger.stem}.model-{current_version():08x}.db")


def check_can_be_kept(path: Path) -> None:
    """Raise Unusable unless a read model can be made at that path."""
    folder = path.absolute().parent
    if not os.access(folder, os.W_OK):
        remedy = "name a folder for caches that can be written to in XDG_CACHE_HOME"
        raise Unusable(f"no read model can be kept in {folder}, nor in the user's cache folder", hint=remedy)


def discard(ledger: Path) -> None:
    """Delete the read models of all versions, which may have what was withheld. The next question makes another."""
    path = model_beside(ledger)
    with replacement_lock(path):
        for each in (path, *_of_other_versions(path)):
            _remove(each)


def remove_outdated(path: Path, withheld_at: int) -> None:
    """Delete the read models of other versions that are not used, or are from before the entry at a position, which
    withheld something. Call it under the lock."""
    for other in _of_other_versions(path):
        if other.stat().st_mtime < time.time() - _FORGOTTEN or _covered(other) <= withheld_at:
            _remove(other)


def replacement_lock(path: Path, *, shared: bool = False) -> AbstractContextManager[None]:
    """Lock during replacement, for all versions; otherwise the old WAL could be applied to the new file."""
    return atomic.locked(path.with_name(f".{of_any_version(path)}lock"), shared=shared)


def replace(path: Path, building: Path) -> None:
    """Rename a new read model to its final name, under the lock. Processes that have the old file open can still read
    it. The old file is removed first: if this process is killed in between, there is no file, and never a new file with
    the WAL of the old one."""
    _remove(path)
    building.replace(path)


def _remove(path: Path) -> None:
    for tail in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)


def of_any_version(path: Path) -> str:
    """The beginning of the name, without the version."""
    return path.name.rpartition("-")[0] + "-"


def _of_other_versions(path: Path) -> Iterator[Path]:
    for each in path.parent.iterdir():
        if each != path and each.name.startswith(of_any_version(path)) and each.suffix == ".db":
            yield each


def _covered(model: Path) -> int:
    """How many entries a read model of another version covers; 0 if that cannot be read."""
    query = "SELECT max(position) + 1 FROM entries"
    try:
        files.check_plain(model)
        with closing(sqlite3.connect(f"{model.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute(query).fetchone()[0])
    except (sqlite3.Error, TypeError, Refused):
        return 0
