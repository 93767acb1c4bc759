"""The parts of a site: files that are made together. Where there are many parts, two processes make them."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cache
from hashlib import sha256
from itertools import count
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from ledger import atomic
from ledger.progress import Progress
from ledger.publish.folder import FILE_MODE

_CHUNK = 8  # parts that a process makes at once
_AHEAD = 2  # chunks that the second process has
_MANY = 50  # chunks: fewer are made before a second process has begun

File = tuple[str, bytes]
"""The path of a file below the folder, and its bytes."""


class SitePart(NamedTuple):
    """Files that are made together. They are made again only if ``inputs``, a short text, differs from last time."""

    name: str
    inputs: str
    make: Callable[[], Iterable[File]]


class Made(NamedTuple):
    """The files of a part: the hash of each, and the number under which it was staged."""

    hashes: dict[str, str]
    staged: dict[str, int]


Opened = Callable[[], AbstractContextManager[Iterable[SitePart]]]
"""What another process opens to have the same parts: it can be pickled, and one that was is equal to the first."""


def make_all(parts: Sequence[SitePart], stage: Path, opened: Opened | None, tell: Progress) -> list[Made]:
    """Make parts, their files in the folder ``stage``.

    Where there are many, a second process, which has them from ``opened``, makes some, from the last on. What it did
    not make, for whatever reason, is made here.
    """
    chunks = [parts[at : at + _CHUNK] for at in range(0, len(parts), _CHUNK)]
    found, numbers = dict[int, list[Made]](), count(0, 2)
    there = dict[int, Future[list[Made]]]()

    def made_here(number: int) -> list[Made]:
        return [_make(part, stage, numbers) for part in chunks[number]]

    with _second_process(opened if len(chunks) > _MANY else None, stage) as submit:
        here, last = 0, len(chunks)
        while here < last:
            while last - here > 1 and sum(not one.done() for one in there.values()) < _AHEAD:
                if (submitted := submit([part.name for part in chunks[last - 1]])) is None:
                    break
                last -= 1
                there[last] = submitted
            found[here] = made_here(here)
            here += 1
            tell(here + sum(one.done() for one in there.values()), len(chunks))
        for number, one in there.items():
            found[number] = made_here(number) if one.exception() else one.result()
    return [made for number in sorted(found) for made in found[number]]


def _make(part: SitePart, stage: Path, numbers: Iterator[int]) -> Made:
    made = Made({}, {})
    for name, data in part.make():
        number = next(numbers)
        path = stage / str(number)
        with atomic.naming(path), path.open("xb") as file:
            file.write(data)
        path.chmod(FILE_MODE)  # despite the umask
        made.hashes[name], made.staged[name] = sha256(data).hexdigest()[:32], number
    return made


@contextmanager
def _second_process(
    opened: Opened | None, stage: Path
) -> Iterator[Callable[[Sequence[str]], Future[list[Made]] | None]]:
    """What has a second process make the parts of these names, and returns None where there is none."""
    with ExitStack() as stack:
        pool = None
        if opened:
            with suppress(OSError, ImportError):  # this machine may not have what it takes
                pool = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))

        def submit(names: Sequence[str]) -> Future[list[Made]] | None:
            if pool and opened:
                with (
                    suppress(OSError, BrokenExecutor),
                    _without_interrupts(),
                ):  # it inherits that: Ctrl-C is for this one
                    return pool.submit(_make_there, opened, stage, names)
            return None

        yield submit


@contextmanager
def _without_interrupts() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In the second process

_open = ExitStack()


def _make_there(opened: Opened, stage: Path, names: Sequence[str]) -> list[Made]:
    parts, numbers = _there(opened)
    return [_make(parts[name], stage, numbers) for name in names]


@cache
def _there(opened: Opened) -> tuple[dict[str, SitePart], Iterator[int]]:
    Thread(target=_end_with_parent, daemon=True).start()
    return {part.name: part for part in _open.enter_context(opened())}, count(1, 2)


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(1)
