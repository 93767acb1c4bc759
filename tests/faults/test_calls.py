"""System calls that fail, one in so many of those that a command makes; `make faults` tries more."""

import errno
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ledger.cli import run
from tests.faults.calls import POSSIBLE, Outcome, with_failing
from tests.faults.children import FORKING, child
from tests.faults.failing import CASES, FAULTS, Failing, Fault

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="system calls are made to fail on Linux, x86-64")
TRIED = {
    "init": 50, "append": 35, "rebuild": 120, "follow": 20, "publish": 16, "evidence": 7, "replica": 70, "copy": 40,
    "backup": 40, "restore": 40, "keys": 30, "correct": 20, "verify": 60,
}  # fmt: skip
"""Of so many calls one is tried."""


@pytest.mark.parametrize(("command", "fault"), CASES)
def test_whichever_call_fails_the_command_tells_and_then_succeeds(command: str, fault: str, tmp_path: Path) -> None:
    first = Random(f"{command}, {fault}").randrange(TRIED[command])  # `make faults` tries the others
    found = said_by(fail, command, fault, first, tmp_path)
    assert len(found) > 1
    assert [each for each in found if each[1]] == [], f"from call {first} on"


def test_a_ledger_that_may_not_be_written_is_told_as_that(tmp_path: Path) -> None:
    outcome = said_by(read_only, tmp_path)
    assert outcome.code == 1
    assert "check the disk, and the rights to its folder: SQLite writes beside it even to read" in outcome.printed


@pytest.mark.parametrize("command", ["verify", "repair", "log", "board", "backup {home}/bk", "publish {home}/out"])
def test_a_disk_that_has_no_room_even_to_read_is_told_as_that(command: str, tmp_path: Path) -> None:
    outcome = said_by(crowded, command, tmp_path)
    assert outcome.code == 1
    assert outcome.printed.count("there is no room left for") == 2, outcome.printed


def test_a_folder_of_temporary_files_that_is_full_is_named(tmp_path: Path) -> None:
    outcome = said_by(without_room_for_a_copy, tmp_path)
    assert (outcome.code, "there is no room left for temporary files in " in outcome.printed) == (1, True), outcome


def said_by(act: Callable[..., Any], *args: Any) -> Any:
    """What a process of its own says: one that traces forks, which is not to be done beside threads."""
    ear, mouth = FORKING.Pipe(duplex=False)
    tracer = child(_say, act, args, mouth)
    tracer.start()
    mouth.close()
    with ear:
        said = ear.recv()
    tracer.join()
    return said


def _say(act: Callable[..., Any], args: tuple[Any, ...], tell: Connection) -> None:
    tell.send(act(*args))


def fail(command: str, fault: str, first: int, folder: Path) -> list[tuple[str, list[str]]]:
    """Let calls fail; what was found."""
    return list(Failing(command, folder).each(FAULTS[fault], TRIED[command], first))


def crowded(command: str, folder: Path) -> Outcome:
    """What comes of two commands where files can be made, but not enlarged: the first one leaves an empty WAL."""
    failing = Failing("verify", folder)
    calls = [[*failing.command[:2], *call.format(home=failing.home).split()] for call in ("log", command)]
    full = Fault(errno.ENOSPC, True, ("unlink", "rmdir", "openat", "mkdir", "ftruncate"))
    return with_failing(lambda: min(map(run, calls)), failing.home, full.fails(0), full.error, failing.log)


def without_room_for_a_copy(folder: Path) -> Outcome:
    """What comes of `explore` where its copy of the read model cannot be written."""
    failing = Failing("verify", folder)
    call = [*failing.command[:2], "explore", "--get", "/"]
    return with_failing(
        lambda: run(call), failing.home, lambda _, call: call == "pwrite64 record.db", errno.ENOSPC, failing.log
    )


def read_only(folder: Path) -> Outcome:
    """What comes of appending where nothing can be written."""
    failing = Failing("append", folder)
    return with_failing(lambda: run(failing.command), failing.home, lambda *_: True, errno.EROFS, failing.log)
