"""A writer killed at random moments of all that it does, and started again; after each kill the oracle.

What was acknowledged is on record once; what was begun, and not acknowledged, once or not at all, a batch whole or not
at all; `verify` is green, for the ledger with its read model and for what is published.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from ledger.errors import NotFound
from ledger.log.checkpoint import SignedCheckpoint
from ledger.store.store import Store
from tests.faults.children import FORKING, child, told
from tests.faults.writer import WORK, write

LIVES = 20
"""How often a ledger's writer is killed, before there is another ledger: to verify a small one takes no time."""


@dataclass
class Tally:
    """What came of it: how many were killed at which work, what was acknowledged, and what was found wrong."""

    killed: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    torn: int = 0
    unverified: int = 0
    said: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was found wrong."""
        return not (self.lost or self.doubled or self.torn or self.unverified or self.said)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def summary(self) -> str:
        """The figures, on one line."""
        return (
            f"{self.killed.total():,} kills, {self.acknowledged:,} acknowledged: {self.lost} lost, "
            f"{self.doubled} doubled, {self.torn} torn, {self.unverified} failed verifications"
        )

    def __str__(self) -> str:
        rows = (f"  {number:>5,} killed at {work}" for work, number in sorted(self.killed.items()))
        return "\n".join([*rows, *self.said, self.summary])


def kill(
    times: int,
    place: Callable[[], Path | str],
    folder: Path,
    seed: int,
    disaster: Callable[[], object] | None = None,
) -> Tally:
    """Kill a writer so many times, on as many ledgers as that takes; each time after a disaster, if one is given."""
    tally, chance = Tally(), Random(seed)
    typical: dict[str, float] = dict.fromkeys(("init", *WORK), 0.05)
    for number in range(0, times, LIVES):
        trial = Trial(place(), folder / f"published-{seed}-{number}", chance, typical, tally, disaster)
        for life in range(number, min(number + LIVES, times)):
            trial.live(life)
            trial.judge()
    return tally


@dataclass
class Trial:
    """One ledger, and what its writers said."""

    where: Path | str
    folder: Path
    chance: Random
    typical: dict[str, float]
    """How many seconds each work takes about: a writer is killed within that, or a little later."""
    tally: Tally
    disaster: Callable[[], object] | None = None
    acknowledged: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    unanswered: list[str] = field(default_factory=list)
    published: int = 0
    _at: str = ""
    _since: float = 0.0

    def live(self, life: int) -> None:
        """Let a writer work, and kill it within one of the first things that it does."""
        ear, mouth = FORKING.Pipe(duplex=False)
        writer = child(write, self.where, self.folder, life, list(self.unanswered), mouth)
        writer.start()
        mouth.close()
        with ear:
            first = 0 if self.chance.random() < 0.1 else self.chance.randint(1, 5)
            while first >= 0:
                first -= isinstance(self._hear(ear), tuple)
            until = time.monotonic() + self.chance.uniform(0, 1.3) * self.typical[self._at]
            while ear.poll(max(0.0, until - time.monotonic())):
                self._hear(ear)
            self._strike(writer)
            try:
                while True:
                    self._hear(ear)
            except EOFError:
                pass
        writer.join()
        self.tally.killed[self._at or "between"] += 1
        if writer.exitcode not in (0, -9):
            self.tally.said.append(f"a writer ended by itself, exit {writer.exitcode}, at {self._at}")

    def _strike(self, writer: BaseProcess) -> None:
        """Kill a writer; one on a server now and then by its connections, if it does not outlive that."""
        if self.disaster:
            self.disaster()
        elif isinstance(self.where, str) and self.chance.random() < 0.3:
            with psycopg.connect(self.where, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            writer.join(self.chance.uniform(0, 0.2))
        writer.kill()

    def _hear(self, ear: Connection) -> Any:
        """What a writer says: what it begins (work, documents), what is acknowledged (a list), or why it ends."""
        said = ear.recv()
        if isinstance(said, tuple):
            self._at, self.unanswered = said[0], said[1] or self.unanswered
            self.documents.update(said[1])
            self._since = time.monotonic()
        elif isinstance(said, list):
            self.acknowledged.update(said)
            self.tally.acknowledged += len(said)
            if self._at == "append":
                self.unanswered = []
            elif self._at == "publish":
                self.published = int(said[0].removeprefix("checkpoint "))
            self.typical[self._at] += (time.monotonic() - self._since - self.typical[self._at]) / 10
            self._at = ""
        return said

    def judge(self) -> None:
        """Hold the ledger against what was said."""
        try:
            ledger = Store(self.where)
        except NotFound:
            self.tally.lost += len(self.acknowledged)
            return
        with ledger, ledger.reading() as reader:
            found = Counter(id.hex() for (id,) in reader.rows("SELECT event_id FROM entries"))
            found.update(f"checkpoint {size}" for (size,) in reader.rows("SELECT size FROM checkpoints"))
            matters = Counter(matter for (matter,) in reader.rows("SELECT matter FROM entries"))
        if not matters:  # the tables of an `init` that did not end
            self.tally.lost += len(self.acknowledged)
            return
        documents = [matters[f"document/{document}"] for document in self.documents]
        self.tally.lost += len(self.acknowledged - found.keys())
        self.tally.doubled += sum(number > 1 for number in (*found.values(), *documents))
        self.tally.torn += len({matters[f"document/{document}"] for document in self.unanswered}) > 1
        self._verify()

    def _verify(self) -> None:
        out = self.folder / "checkpoint"
        if self.published and (size := SignedCheckpoint.parse(out.read_bytes()).size) < self.published:
            self.tally.lost += 1
            self.tally.said.append(f"published {self.published} entries, and there are {size}")
        for what in ([], [self.folder] if out.exists() else None):
            if what is not None:
                code, printed = told("--ledger", self.where, "verify", *what)
                if code:
                    self.tally.unverified += 1
                    self.tally.said.append(printed)
