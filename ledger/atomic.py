"""Atomic, durable files: written under another name, flushed to disk, then renamed; and locks between processes."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import Busy

_PATIENCE = 30  # seconds


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write or replace a file. It is durable when this returns."""
    place(path, data, path.with_name(f".{path.name}.new"), mode)
    sync(path.parent)


def place(path: Path, data: bytes, building: Path, mode: int) -> None:
    """Write a file under the name ``building``, then rename it. The new name is durable after `sync`. A link of either
    name is replaced, and not followed."""
    building.unlink(missing_ok=True)
    try:
        with naming(path):
            with building.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            building.chmod(mode)  # despite the umask
            building.replace(path)
    finally:
        building.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add the file to an OSError that names none, as that of a write does not."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def sync(folder: Path) -> None:
    """Flush the names in a folder to disk; Windows does that by itself."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            with naming(folder):
                os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Lock a file that has no other use, exclusively or shared. The lock ends with the process at the latest.

    Raises Busy if another process holds it for 30 seconds.
    """
    until = time.monotonic() + _PATIENCE
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        while not _lock(handle, shared):
            if time.monotonic() > until:
                raise Busy(f"another process holds {path}", hint="try again in a moment")
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, shared: bool) -> bool:  # always exclusive
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(handle: int, shared: bool) -> bool:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
