"""Every system call by which a command changes the disk, failing in its turn.

The command fails with a documented exit code and a message, or succeeds. Then the fault is gone: the same command
succeeds, what it records is there once, and `verify` is green.
"""

import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from ledger.cli import run
from tests.faults.calls import Outcome, with_failing
from tests.faults.children import told

LETTERS = [
    f"- kind: document.registered\n  document: letter-{n}\n  type: inspectorate-letter\n  title: Letter {n}\n"
    "  publisher: HMICFRS\n"
    for n in range(260)  # so many fill a tile
]


@dataclass(frozen=True)
class Fault:
    """What goes wrong: with which error, for once or from then on, and which calls never do."""

    error: int
    for_good: bool
    spares: tuple[str, ...] = ()

    def fails(self, n: int) -> Callable[[int, str], bool]:
        """Whether a call fails, where the n-th is the first to."""
        return lambda at, call: (at >= n if self.for_good else at == n) and not call.startswith(self.spares)


FAULTS = {
    "EIO": Fault(errno.EIO, for_good=False),
    "disk full": Fault(errno.ENOSPC, True, ("unlink", "rmdir")),
    "read-only": Fault(errno.EROFS, True),  # as a file system becomes that finds itself damaged
}

COMMANDS = {
    "init": ["init", "--origin", "example.org/failing", "--empty"],
    "append": ["append", "{home}/batch.yaml"],
    "rebuild": ["rebuild"],
    "follow": ["query", "SELECT count(*) FROM entries"],
    "publish": ["publish", "{home}/published"],
    "evidence": ["evidence", "add", "{home}/letter.txt"],
    "replica": ["follow", "{home}/ledger.db", "{home}/replica.db", "--once"],
    "copy": ["copy", "{home}/ledger.db", "{home}/copy.db"],
    "backup": ["backup", "{home}/backup"],
    "restore": ["--ledger", "{home}/restored.db", "restore", "{home}/backup"],
    "keys": ["keys", "rotate", "--log"],
    "correct": ["correct", "#2", "title=Another letter", "--type", "recording-error", "--reason", "A slip."],
    "verify": ["verify"],
}

TARGETS = {
    "replica": "replica.db",
    "copy": "copy.db",
    "backup": "backup/ledger.db",
    "restore": "restored.db",
}
"""The ledgers that commands make of another."""

CASES = [(command, fault) for command in COMMANDS for fault in FAULTS if (command, fault) != ("init", "read-only")]
"""All but a founding that cannot take its keys back: the next one says that they are there, and to move them away."""


class Failing:
    """A command, the folder in which it works, and what was found wrong."""

    def __init__(self, name: str, folder: Path) -> None:
        self.home, self.before = folder / "home", folder / "before"
        self.log = folder / "printed"
        self.name = name
        self.ledger = self.home / "ledger.db"
        self.command = ["--ledger", str(self.ledger), *(arg.format(home=self.home) for arg in COMMANDS[name])]
        (self.home / "tmp").mkdir(parents=True)
        tempfile.tempdir = str(self.home / "tmp")  # whose calls fail too
        os.environ["FORCE_LEDGER_KEYS"] = str(self.home / "keys")
        self._write("batch.yaml", "".join(LETTERS if name == "append" else LETTERS[:5]))
        self._write("letter.txt", "Dear Chief Constable")
        if name != "init":
            self._must("--ledger", self.ledger, *COMMANDS["init"])
        if name == "follow":
            self._must("--ledger", self.ledger, "rebuild")
        if name not in ("init", "append", "evidence"):
            self._must("--ledger", self.ledger, "append", self.home / "batch.yaml")
        if name == "restore":
            self._must("--ledger", self.ledger, "backup", self.home / "backup")
        shutil.copytree(self.home, self.before)
        self._must(*self.command)  # once, so that everything is loaded
        self.entries = self._entries()

    def each(self, fault: Fault, step: int = 1, first: int = 0) -> Iterator[tuple[str, list[str]]]:
        """Let every call fail in its turn, or one in so many; which, and what was wrong after it."""
        for n in count(first, step):
            shutil.rmtree(self.home)
            shutil.copytree(self.before, self.home)
            outcome = with_failing(lambda: run(self.command), self.home, fault.fails(n), fault.error, self.log)
            if not outcome.failed:
                return
            yield outcome.failed[0], list(self._wrong(outcome))

    def _wrong(self, outcome: Outcome) -> Iterator[str]:
        done = self._entries()
        if outcome.code not in (0, 1) or (outcome.code and "Error: " not in outcome.printed):
            yield f"exit {outcome.code}: {outcome.printed}"
        if "for what this command writes" in outcome.printed:
            yield f"it does not say where there is no room: {outcome.printed}"
        if not outcome.code and done != self.entries:
            yield f"what was acknowledged is not there: {done} entries, not {self.entries}"
        once = {"init": not outcome.code, "correct": done == self.entries}.get(self.name, False)
        made = [self.ledger, *([self.home / TARGETS[self.name]] if self.name in TARGETS else [])]
        for again in (*([] if once else [self.command]), *(["--ledger", str(each), "verify"] for each in made)):
            if (ended := told(*again))[0]:
                yield f"after exit {outcome.code}, {outcome.printed}{again[2]}: {ended}"
        done = self._entries()
        if done != self.entries and (self.name != "keys" or done < self.entries):  # a key may have been replaced twice
            yield f"afterwards {done} entries, not {self.entries}"

    def _entries(self) -> int:
        if not self.ledger.exists():
            return 0
        with closing(sqlite3.connect(self.ledger)) as connection:
            ((number,),) = connection.execute("SELECT count(*) FROM entries")
        return int(number)

    def _must(self, *args: object) -> None:
        code, printed = told(*args)
        assert code == 0, printed

    def _write(self, name: str, text: str) -> None:
        (self.home / name).write_text(text, "utf-8")
