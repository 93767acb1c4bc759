"""Limits, and what one would pick instead. What is not installed is skipped, with its reason."""

import hashlib
import importlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.workload import facts

Contender = Callable[[Path], float]


class Body(Aggregate):
    """What one would write with the library alone: an aggregate a body."""

    def __init__(self, name: str) -> None:
        self.name = name

    @staticmethod
    def create_id(name: str) -> UUID:
        """The stream of a body."""
        return uuid5(NAMESPACE_URL, name)

    @event("Said")
    def say(self, data: dict[str, Any]) -> None:
        """Take an event in."""
        self.last = data


class Missing(Exception):
    """Something that is not installed here."""


@cache
def _lines(size: int) -> list[tuple[str, bytes]]:
    """The events of the workload as JSON, each with its body."""
    return [(str(fact.get("body", "record")), json.dumps(fact).encode()) for fact in facts(size)]


def sqlite_batches(size: int) -> Contender:
    """Rows a second, 1,000 a commit, synchronous=FULL."""
    return lambda folder: _sqlite(folder, size, 1000)


def sqlite_single(number: int) -> Contender:
    """Rows a second, one a commit, synchronous=FULL."""
    return lambda folder: _sqlite(folder, number, 1)


def _sqlite(folder: Path, size: int, at_once: int) -> float:
    rows = _lines(size)
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE entries (position INTEGER PRIMARY KEY, body TEXT, entry BLOB)")
    begun = time.perf_counter()
    for first in range(0, size, at_once):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO entries (body, entry) VALUES (?, ?)", rows[first : first + at_once])
        connection.execute("COMMIT")
    took = time.perf_counter() - begun
    connection.close()
    return size / took


def sha256_of_entries(size: int) -> Contender:
    """Hashes a second, of the same bytes in memory."""

    def work(folder: Path) -> float:
        rows = _lines(size)
        begun = time.perf_counter()
        for _, data in rows:
            hashlib.sha256(b"\0" + data).digest()
        return size / (time.perf_counter() - begun)

    return work


def eventsourcing_batches(size: int) -> Contender:
    """Events a second through Application.save, 1,000 a transaction."""
    return lambda folder: _eventsourcing(folder, size, 1000)[0]


def eventsourcing_single(number: int) -> Contender:
    """Events a second through Application.save, each alone."""
    return lambda folder: _eventsourcing(folder, number, 1)[0]


def eventsourcing_fold(size: int) -> Contender:
    """Answers a second by reading one stream of all events and folding it."""

    def work(folder: Path) -> float:
        _, application, id = _eventsourcing(folder, size, 1000, streams=1)
        begun = time.perf_counter()
        state: dict[str, Any] = {}
        for said in application.events.get(id):
            state.update(getattr(said, "data", {}))
        return 1 / (time.perf_counter() - begun)

    return work


def _eventsourcing(folder: Path, size: int, at_once: int, streams: int = 0) -> tuple[float, Any, Any]:
    application: Any = Application(
        env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "es.db")}
    )
    rows = _lines(size)
    bodies: dict[str, Any] = {}
    begun = time.perf_counter()
    for first in range(0, size, at_once):
        touched = {}
        for name, data in rows[first : first + at_once]:
            name = "one" if streams else name
            body = bodies.get(name) or bodies.setdefault(name, Body(name))
            body.say(json.loads(data))
            touched[name] = body
        application.save(*touched.values())
    return size / (time.perf_counter() - begun), application, Body.create_id("one")


def git_fast_import(size: int) -> Contender:
    """Events a second, a commit each, by fast-import."""

    def work(folder: Path) -> float:
        _git(folder, "init", "-q")
        stream = b"".join(_commit(n, body, data) for n, (body, data) in enumerate(_lines(size), 1))
        begun = time.perf_counter()
        _git(folder, "fast-import", "--quiet", data=stream)
        return size / (time.perf_counter() - begun)

    return work


def git_commits(number: int) -> Contender:
    """Events a second, a commit each, by `git commit`."""

    def work(folder: Path) -> float:
        _git(folder, "init", "-q")
        begun = time.perf_counter()
        for n, (_, data) in enumerate(_lines(number)):
            (folder / f"{n}.json").write_bytes(data)
            _git(folder, "add", f"{n}.json")
            _git(folder, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", "x")
        return number / (time.perf_counter() - begun)

    return work


def git_fsck(size: int) -> Contender:
    """Events a second, by fsck."""

    def work(folder: Path) -> float:
        git_fast_import(size)(folder)
        begun = time.perf_counter()
        _git(folder, "fsck", "--no-progress")
        return size / (time.perf_counter() - begun)

    return work


def _commit(mark: int, body: str, data: bytes) -> bytes:
    head = b"commit refs/heads/main\nmark :%d\ncommitter x <x@y> %d +0000\ndata 1\nx" % (mark, mark)
    parent = b"from :%d\n" % (mark - 1) if mark > 1 else b""
    return head + b"\n" + parent + b"M 100644 inline %s/%d.json\ndata %d\n%s\n" % (body.encode(), mark, len(data), data)


def _git(folder: Path, *arguments: str, data: bytes | None = None) -> None:
    if shutil.which("git") is None:
        raise Missing("git is not installed")
    subprocess.run(["git", "-C", str(folder), *arguments], input=data, check=True, capture_output=True)


def duckdb_as_of(size: int) -> Contender:
    """Answers a second to the as-of question, over a table of events in DuckDB."""

    def work(folder: Path) -> float:
        duckdb = _module("duckdb")
        connection = duckdb.connect(str(folder / "events.duckdb"))
        connection.execute("CREATE TABLE e (position BIGINT, body TEXT, matter TEXT, effective TEXT, data TEXT)")
        rows = [
            (n, fact.get("body"), str(fact.get("concern") or fact["kind"]), fact.get("effective"), json.dumps(fact))
            for n, fact in enumerate(facts(size))
        ]
        connection.executemany("INSERT INTO e VALUES (?, ?, ?, ?, ?)", rows)
        query = (
            "SELECT matter, arg_max(data, effective) FROM e WHERE body = 'body-0' AND effective <= ? AND position <= ? "
            "GROUP BY matter"
        )
        dice = random.Random(1)
        begun = time.perf_counter()
        for _ in range(20):
            connection.execute(query, [f"20{dice.randrange(14, 24)}-06-15", dice.randrange(size // 2, size)]).fetchall()
        return 20 / (time.perf_counter() - begun)

    return work


def pymerkle_proofs(size: int) -> Contender:
    """Inclusion proofs a second, from pymerkle's tree on SQLite."""

    def work(folder: Path) -> float:
        tree = _module("pymerkle").SqliteTree(str(folder / "tree.db"), algorithm="sha256")
        tree.append_entries([data for _, data in _lines(size)], chunksize=1000)
        dice = random.Random(1)
        begun = time.perf_counter()
        for _ in range(20):
            tree.prove_inclusion(dice.randrange(1, size + 1))
        return 20 / (time.perf_counter() - begun)

    return work


def python(code: str) -> Contender:
    """Starts a second of Python with some imports."""

    def work(folder: Path) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=dict(os.environ))
        return 1 / (time.perf_counter() - begun)

    return work


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Missing(f"{name} is not installed (`make bench` installs what it can)") from None
