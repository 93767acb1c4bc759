"""System calls that fail, one in so many of those that a command makes; `make faults` tries more."""

from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import pytest

from tests.faults.calls import POSSIBLE
from tests.faults.children import FORKING, child
from tests.faults.failing import COMMANDS, FAULTS, Failing

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="system calls are made to fail on Linux, x86-64")
TRIED = {"init": 30, "append": 20, "rebuild": 120, "follow": 20, "publish": 10, "evidence": 6}
"""Of so many calls one is tried, at least."""


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_whichever_call_fails_the_command_tells_and_then_succeeds(command: str, fault: str, tmp_path: Path) -> None:
    ear, mouth = FORKING.Pipe(duplex=False)
    first = Random().randrange(TRIED[command])
    tracer = child(fail, command, fault, first, tmp_path, mouth)  # forks: not to be done beside threads
    tracer.start()
    mouth.close()
    with ear:
        found: list[tuple[str, list[str]]] = ear.recv()
    tracer.join()
    assert len(found) > 1
    assert [each for each in found if each[1]] == [], f"from call {first} on"


def fail(command: str, fault: str, first: int, folder: Path, tell: Connection) -> None:
    """Let calls fail; tell what was found."""
    tell.send(list(Failing(command, folder).each(FAULTS[fault], TRIED[command], first)))
