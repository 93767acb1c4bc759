"""Files that are whole or not there, and a lock that another process holds."""

import errno
import os
import stat
from pathlib import Path
from unittest.mock import Mock

import pytest

from ledger import atomic
from ledger.errors import Busy
from tests.support.crashing import stops


def test_a_file_is_what_it_was_or_what_it_is_to_be(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    for _ in stops(lambda: atomic.write(path, b"after")):
        assert path.read_bytes() in (b"before", b"after")
        path.write_bytes(b"before")
    assert path.read_bytes() == b"after"
    assert list(tmp_path.iterdir()) == [path]


def test_what_failed_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        atomic.write(tmp_path / "file", b"after")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_it_has_the_mode_that_is_asked_for(tmp_path: Path) -> None:
    atomic.write(tmp_path / "file", b"")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic, "_PATIENCE", 0)
    for _ in range(2):  # given up, it can be had again
        with (
            atomic.locked(tmp_path / "lock"),
            pytest.raises(Busy, match=r"another process holds .*lock; try again"),
            atomic.locked(tmp_path / "lock"),
        ):
            pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_an_error_of_a_write_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=str(tmp_path / "a")), atomic.naming(tmp_path / "a"):
        Path("/dev/full").write_text("no room")


@pytest.mark.skipif(os.name != "posix", reason="folders are flushed on POSIX systems")
def test_an_error_of_a_flush_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(OSError, match=str(tmp_path)):
        atomic.sync(tmp_path)
