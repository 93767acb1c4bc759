"""Keep a replica of a ledger, and its read model, up to date with a source.

Each step is a copy (see ledger.replicate.copy), verified before it is committed; then the read model is updated. A
follower that was stopped or killed continues where it stopped. One that could not reach its source misses nothing: a
notification only says when to look.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ledger import atomic
from ledger.errors import LedgerError, NotFound, NotVerified, Problem, Unreachable
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.key import Verifier
from ledger.log.proof_file import ForkFile
from ledger.progress import Progress, no_progress
from ledger.publish.checkpoints import last_signed
from ledger.publish.consistency import compare
from ledger.readmodel.follow import followed
from ledger.replay import log_keys
from ledger.replicate.copy import CopyResult, copy, open_or_create
from ledger.replicate.snapshot import Snapshot
from ledger.replicate.source import Source
from ledger.store.database import Database
from ledger.store.store import Store

_SILENCE = 60.0  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 60.0  # seconds before an unreachable source is tried again


@dataclass(frozen=True)
class Follower:
    """A replica of the ledger at a source. An empty replica trusts the log key ``trusted``."""

    source: Source
    replica: Database
    trusted: Verifier | None = None
    every: float = 60.0
    tell: Progress = no_progress

    def step(self) -> CopyResult:
        """Copy what is new. Raises what `copy` and the source raise. Of refused entries nothing is stored, except the
        proof that the log signed two histories.
        """
        copied = self._copied()
        with open_or_create(self.replica) as replica, replica.reading() as reader:
            followed(replica.database.cache_path, reader, tell=self.tell)
        return copied

    def run(self, on_step: Callable[[CopyResult], None], on_outage: Callable[[LedgerError], None]) -> None:
        """Follow until an error occurs that waiting does not solve.

        ``on_step`` is called after every step, ``on_outage`` once each time that the source becomes unreachable, or is
        silent for a minute.
        """
        reached, pause = False, _FIRST_PAUSE
        while True:
            try:
                with _told_if_silent(self, on_outage) as follower:
                    copied = follower.step()
            except (Unreachable, NotFound) as error:
                if isinstance(error, NotFound) and not reached:
                    raise
                if pause == _FIRST_PAUSE:
                    on_outage(error)
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                reached, pause = True, _FIRST_PAUSE
                on_step(copied)
                self.source.wait(self.every)

    def _copied(self) -> CopyResult:
        while True:
            with self.source.snapshot() as snapshot, open_or_create(self.replica) as replica:
                try:
                    return copy(snapshot, replica, trusted=self.trusted, tell=self.tell)
                except NotVerified as error:
                    if not self.source.moved():
                        raise _with_proof(error, snapshot, replica) from None


@contextmanager
def _told_if_silent(follower: Follower, on_outage: Callable[[LedgerError], None]) -> Iterator[Follower]:
    """The follower, for one step. If a minute passes in it without progress, ``on_outage`` is called once: a network
    that drops everything gives no error for long."""
    heard, done = time.monotonic(), threading.Event()

    def tell(number: int, of: int) -> None:
        nonlocal heard
        heard = time.monotonic()
        follower.tell(number, of)

    def watch() -> None:
        while not done.wait(min(1, _SILENCE)):
            if time.monotonic() > heard + _SILENCE:
                on_outage(Unreachable(f"nothing was heard of {follower.source} for {_SILENCE:.0f} seconds"))
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield replace(follower, tell=tell)
    finally:
        done.set()


def _with_proof(error: NotVerified, snapshot: Snapshot, replica: Store) -> NotVerified:
    """The error. If the log signed two histories, the proof is written beside the replica, and the error names it."""
    try:
        with replica.reading() as reader:
            ours, theirs = last_signed(reader), SignedCheckpoint.parse(snapshot.notes_after(None)[-1])
            larger = max(reader.tree(), snapshot.tree(), key=lambda tree: tree.size)
            found = compare(ours, theirs, log_keys(reader), larger)
    except (LedgerError, ValueError):  # it is not signed, or has another root, so it proves nothing
        return error
    if not isinstance(found, ForkFile):
        return error
    path = replica.database.cache_path.with_name(f"{replica.database.cache_path.stem}.fork")
    atomic.write(path, found.to_bytes(), 0o644)
    remedy = f"{path} proves it to anybody: publish it; see `force-ledger checkpoint compare`"
    return NotVerified(*(Problem(problem.message, remedy) for problem in error.problems))
