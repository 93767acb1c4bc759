"""Processes of a test's own, forked from one that has loaded everything: the start of each takes no time."""

import multiprocessing
import os
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from multiprocessing.process import BaseProcess
from typing import Any

from ledger.cli import run

SURROUNDINGS = ("FORCE_LEDGER_KEYS", "XDG_DATA_HOME", "XDG_CACHE_HOME")

if os.name == "posix":
    FORKING = multiprocessing.get_context("forkserver")
    FORKING.set_forkserver_preload(["pytest", "tests.audit.forging", "tests.faults.writer", "tests.faults.failing"])


def child(act: Callable[..., object], *args: Any) -> BaseProcess:
    """A process that does something with the keys and folders of the test that starts it; not started yet."""
    here = {name: os.environ[name] for name in SURROUNDINGS}
    return FORKING.Process(target=_surrounded, args=(here, act, args))


def told(*args: object) -> tuple[int, str]:
    """Run a command here; its exit code, and all that it prints."""
    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        code = run([str(arg) for arg in args])
    return code, printed.getvalue()


def _surrounded(here: Mapping[str, str], act: Callable[..., object], args: tuple[Any, ...]) -> None:
    os.environ.update(here)
    act(*args)
