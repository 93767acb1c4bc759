"""Read files that others may have made: plain files only, and never more than a number of bytes."""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from ledger.errors import Place, Problem, Refused

LARGEST = 256 * 2**20
"""Bytes, where the format gives no limit: a batch, a document, a proof of everything about a body."""


def read(path: Path, most: int = LARGEST) -> bytes:
    """The bytes of a file. Raises as `opened`, and Refused for more than ``most``."""
    with opened(path) as file:
        return _bounded(file, str(path), most)


def read_named(file: str) -> bytes:
    """The bytes of a file, or of standard input for ``-``. Raises as `read`."""
    return _bounded(sys.stdin.buffer, "<stdin>", LARGEST) if file == "-" else read(Path(file))


def opened(path: Path) -> IO[bytes]:
    """A plain file, or one that a link names, to be read. Raises what `open` raises; Refused for a pipe or a device."""
    return open(path, "rb", opener=_open_plain_file)


def check_plain(database: Path) -> None:
    """Raise Refused for a pipe or a device, in the place of a database or beside it, for which SQLite would wait.

    Nothing is opened: to close a file of SQLite drops the locks that this process has on it, and another process may
    then delete the WAL to which this one writes (sqlite.org/howtocorrupt.html, 2.2).
    """
    for tail in ("", "-journal", "-wal", "-shm"):
        path = Path(f"{database}{tail}")
        with suppress(OSError):
            _check_mode(path.stat().st_mode, path)


def _open_plain_file(path: str, flags: int) -> int:
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # to open a pipe could wait for ever
    try:
        _check_mode(os.fstat(handle).st_mode, path)
    except Refused:
        os.close(handle)
        raise
    return handle


def _check_mode(mode: int, path: Path | str) -> None:
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # of a folder, `open` says what it is
        raise Refused(Problem("it is a pipe or a device", "save what it gives to a file", place=Place(str(path))))


def _bounded(stream: IO[bytes], name: str, most: int) -> bytes:
    data = stream.read(most + 1)
    if len(data) > most:
        raise Refused(Problem(f"it has more than {most:,} bytes", "check what that is", place=Place(name)))
    return data
