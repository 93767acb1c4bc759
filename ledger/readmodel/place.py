"""Where the read model of a ledger is, and how its file is replaced or deleted while others read it."""

from contextlib import AbstractContextManager
from pathlib import Path

from ledger import atomic


def model_beside(ledger: Path) -> Path:
    """The path of a ledger's read model, beside `Database.cache_path`."""
    return ledger.with_name(f"{ledger.stem}.model.db")


def discard(ledger: Path) -> None:
    """Delete the read model, which may have what was withheld. The next question makes another."""
    path = model_beside(ledger)
    with replacement_lock(path):
        _remove(path)


def replacement_lock(path: Path, *, shared: bool = False) -> AbstractContextManager[None]:
    """Lock during replacement; otherwise the old WAL could be applied to the new file."""
    return atomic.locked(path.with_name(f".{path.name}.lock"), shared=shared)


def replace(path: Path, building: Path) -> None:
    """Rename a new read model to its final name, under the lock. Processes that have the old file open can still read
    it. The old file is removed first: if this process is killed in between, there is no file, and never a new file with
    the WAL of the old one."""
    _remove(path)
    building.replace(path)


def _remove(path: Path) -> None:
    for tail in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
