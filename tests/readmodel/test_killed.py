"""The read model when its process is killed: what was begun is caught up at the next start, nothing lost or doubled;
who reads meanwhile never sees half an update.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from ledger.readmodel.follow import followed, rebuild
from ledger.readmodel.place import model_beside
from ledger.readmodel.query import open_model
from ledger.store.store import Store
from tests.conftest import address
from tests.readmodel.test_follow import OVERLAPPING, contents, record_many

FOLLOWER = """
import sys
from ledger.readmodel import follow as model
from ledger.store.store import Store

def added(*args, real=model.tables.add):
    real(*args)
    for entry in args[1]:
        print(entry.position, flush=True)

model._AT_ONCE, model.tables.add = 40, added
with Store(sys.argv[1]) as ledger, ledger.reading() as reader:
    model.followed(ledger.database.cache_path, reader)
"""
KILLED = 5
SEES_ALL = "SELECT (SELECT count(*) FROM entries) = (SELECT max(notification_id) FROM tracking)"


def follow_until_killed(ledger: Store, entries: int) -> None:
    """Follow a ledger in a process of its own, and kill that when it has taken so many entries, not all."""
    command = [sys.executable, "-c", FOLLOWER, address(ledger)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as follower:
        assert follower.stdout is not None
        for _ in range(entries):
            assert follower.stdout.readline()
        follower.send_signal(signal.SIGKILL)
    assert follower.returncode == -signal.SIGKILL


@contextmanager
def readers(model: Path) -> Iterator[list[str]]:
    """Readers who look all the time; what they saw that should not be."""
    seen: list[str] = []
    over = threading.Event()

    def look() -> None:
        with open_model(model) as connection:
            while not over.is_set():
                connection.execute("BEGIN")
                seen.extend("half an update" for (whole,) in connection.execute(SEES_ALL) if not whole)
                seen.extend(f"two spells {twins}" for twins in connection.execute(OVERLAPPING))
                connection.rollback()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by a signal")
def test_killed_while_it_follows_it_is_caught_up(story: Store) -> None:
    chance = Random()
    model = model_of(story)
    record_many(story)
    with readers(model) as seen:
        for _ in range(KILLED):
            follow_until_killed(story, chance.randrange(1, 120))
        assert model_of(story) == model
    assert seen == []
    after = contents(model)
    anew(story)
    assert contents(model) == after


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by a signal")
def test_killed_while_it_is_made_anew_it_has_no_name_and_leaves_nothing_behind(story: Store) -> None:
    model = model_beside(story.database.cache_path)
    for entries in (1, 90):
        follow_until_killed(story, entries)
        assert not model.exists()
    assert list(model.parent.glob("*.new*"))
    model_of(story)
    assert list(model.parent.glob("*.new*")) == []


def model_of(ledger: Store) -> Path:
    with ledger.reading() as reader:
        return followed(ledger.database.cache_path, reader)


def anew(ledger: Store) -> None:
    with ledger.reading() as reader:
        rebuild(ledger.database.cache_path, reader)
