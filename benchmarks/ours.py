"""What we do, at a size: each function gives a contender, which does the work in a folder and gives its rate."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import mkdtemp

from benchmarks.workload import ORIGIN, batches
from ledger.audit.audit import Asked, audit
from ledger.audit.tables import LedgerFile
from ledger.founding import found
from ledger.keys import KeyRing
from ledger.log.proof import inclusion_proof
from ledger.model import ReadModel, asking, followed
from ledger.model import rebuild as rebuild_model
from ledger.recording import Draft, record
from ledger.store.ledger import Ledger
from projections.body import body_of
from projections.lookup import board_of, parts_of
from projections.state import board_row, body_state

Contender = Callable[[Path], float]
_DAYS = [date(year, month, 15) for year in range(2014, 2025) for month in (1, 4, 7, 10)]


def append_batches(size: int) -> Contender:
    """Entries a second, in batches of 1,000."""
    return lambda folder: _append(folder, size, 1000)


def append_single(number: int) -> Contender:
    """Entries a second, each a submission of its own."""

    def work(folder: Path) -> float:
        return _append(folder, number, 1)

    return work


def state_of_one_body(size: int) -> Contender:
    """States of a body a second, at random days and positions, from the read model."""

    def work(folder: Path) -> float:
        path = _ledger_of(size)
        dice = random.Random(1)
        with asking(ReadModel.beside(path)) as connection:
            begun = time.perf_counter()
            for _ in range(200):
                position = dice.randrange(size // 2, size)
                body_state(parts_of(connection, "body-0", dice.choice(_DAYS), position))
            return 200 / (time.perf_counter() - begun)

    return work


def board(size: int) -> Contender:
    """Boards a second, at random days and positions, from the read model."""

    def work(folder: Path) -> float:
        path = _ledger_of(size)
        dice = random.Random(1)
        with Ledger(path) as ledger, ledger.reading() as reader:
            bodies = sorted({body for e in reader.under("body/") if (body := body_of(e.matter))})[:43]
        with asking(ReadModel.beside(path)) as connection:
            begun = time.perf_counter()
            for _ in range(20):
                position = dice.randrange(size // 2, size)
                [board_row(parts) for parts in board_of(connection, bodies, dice.choice(_DAYS), position)]
            return 20 / (time.perf_counter() - begun)

    return work


def verify(size: int) -> Contender:
    """Entries a second, every check."""

    def work(folder: Path) -> float:
        path = _ledger_of(size)
        begun = time.perf_counter()
        with LedgerFile(path) as source:
            report = audit(source, Asked(model=ReadModel.beside(path)))
        assert report.ok
        return report.size / (time.perf_counter() - begun)

    return work


def rebuild(size: int) -> Contender:
    """Entries a second."""

    def work(folder: Path) -> float:
        path = copytree(_ledger_of(size).parent, folder / "copy") / "ledger.db"
        with Ledger(path) as ledger, ledger.reading() as reader:
            begun = time.perf_counter()
            number = rebuild_model(path, reader)
            return number / (time.perf_counter() - begun)

    return work


def inclusion_proofs(size: int) -> Contender:
    """Proofs a second, of random entries."""

    def work(folder: Path) -> float:
        dice = random.Random(1)
        with Ledger(_ledger_of(size)) as ledger, ledger.reading() as reader:
            tree = reader.tree()
            begun = time.perf_counter()
            for _ in range(500):
                inclusion_proof(dice.randrange(tree.size), tree.size, tree.hash_at)
            return 500 / (time.perf_counter() - begun)

    return work


def command(arguments: list[str], ledger: Path | None = None) -> Contender:
    """Starts a second of the program."""

    def work(folder: Path) -> float:
        environment = os.environ | ({"FORCE_LEDGER": str(ledger)} if ledger else {})
        begun = time.perf_counter()
        program = [str(Path(sys.executable).with_name("force-ledger")), *arguments]
        subprocess.run(program, check=True, capture_output=True, env=environment)
        return 1 / (time.perf_counter() - begun)

    return work


def state_command(size: int) -> Contender:
    """Starts a second of `state`."""
    return lambda folder: command(["state", "body-0", "--json"], _ledger_of(size))(folder)


def _append(folder: Path, number: int, at_once: int) -> float:
    """Found a ledger, and record so many events; only the recording is timed."""
    path, keys = folder / "ledger.db", folder / "keys"
    found(path, origin=ORIGIN, keys=keys, forces=False)
    signer = KeyRing(ORIGIN, keys).recorder(None)
    took = 0.0
    with Ledger(path) as ledger:
        for batch in batches(number, at_once=at_once):
            drafts = [Draft(event) for event in batch]
            begun = time.perf_counter()
            record(ledger, drafts, signer)
            took += time.perf_counter() - begun
    return number / took


@cache
def _ledger_of(size: int) -> Path:
    """A ledger of a size with its read model, made once and only read."""
    folder = Path(mkdtemp(prefix="force-ledger-bench-"))
    _append(folder, size, 1000)
    path = folder / "ledger.db"
    with Ledger(path) as ledger, ledger.reading() as reader:
        followed(path, reader)
    return path
