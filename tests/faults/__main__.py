"""A thousand kills, half of them on each kind of database, and every system call of every command failing in turn; what
came of it is printed. Exit 1 if anything was found wrong.

`python -m tests.faults [KILLS [STEP [START]]]`: one call in so many STEPs, with a seed of its own each time. The first
call is another each day, so that STEP days try every call. Both are printed.
"""

import os
import sys
import tempfile
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from secrets import randbelow

from tests.audit.forging import in_memory
from tests.faults.calls import POSSIBLE
from tests.faults.children import SURROUNDINGS
from tests.faults.failing import CASES, FAULTS, Failing
from tests.faults.killing import LIVES, Tally, kill
from tests.support import server


def main(kills: int = 1000, step: int = 8, start: int | None = None) -> None:
    """Do it all, on two cores."""
    seed, start = randbelow(10**6), datetime.now(UTC).toordinal() % step if start is None else start
    print(f"seed {seed}, every {step}th call from {start} on", flush=True)
    clean, calls = True, 0
    server.socket()  # before the fork: it ends with this process
    with ProcessPoolExecutor(2, get_context("fork")) as pool:
        killed: dict[str, Future[Tally]] = {
            kind: pool.submit(_kills, kind, kills // 2, seed) for kind in ("file", "server")
        }
        failed = [pool.submit(_calls, name, fault, step, start) for name, fault in CASES if POSSIBLE]
        whole = sum((future.result() for future in killed.values()), Tally())
        for kind, tally in killed.items():
            print(f"\non a {kind}\n{tally.result()}", flush=True)
        print(f"\nin all: {whole.summary}", flush=True)
        for future in failed:
            name, fault, number, wrong = future.result()
            print("\n".join([f"{name}, {fault}: {number} calls failed, {len(wrong)} wrong", *wrong]), flush=True)
            clean, calls = clean and not wrong, calls + number
    print(f"{calls:,} calls failed in turn", flush=True)
    sys.exit(not (clean and whole.clean))


def _kills(kind: str, times: int, seed: int) -> Tally:
    numbers = count()
    with in_memory(), tempfile.TemporaryDirectory() as folder:
        _surround(Path(folder))

        def place() -> Path | str:
            number = next(numbers)
            print(f"on a {kind}: {number * LIVES} of {times} kills", file=sys.stderr, flush=True)
            return server.new_schema() if kind == "server" else Path(folder, f"{number}.db")

        return kill(times, place, Path(folder), seed)


def _calls(name: str, fault: str, step: int, start: int) -> tuple[str, str, int, list[str]]:
    with in_memory(), tempfile.TemporaryDirectory() as folder:
        _surround(Path(folder))
        found = list(Failing(name, Path(folder)).each(FAULTS[fault], step, start))
    return name, fault, len(found), [f"{call}: {said}" for call, wrong in found for said in wrong]


def _surround(folder: Path) -> None:
    """Have keys and folders of our own."""
    os.environ.update({name: str(folder / name) for name in SURROUNDINGS})


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
