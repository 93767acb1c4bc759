"""What one would pick instead. What is not installed is skipped, with its reason."""

import importlib
import json
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.ours import file_of
from benchmarks.table import Contender, Missing, lasting, milliseconds
from benchmarks.workload import facts

_BEGUN = 1_500_000_000  # the first date of a commit, in seconds; git reads small numbers as something else


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


@cache
def _lines(size: int) -> list[tuple[str, bytes]]:
    """The events of the workload as JSON, each with its body."""
    return [(str(fact.get("body", "record")), json.dumps(fact).encode()) for fact in facts(size)]


def library(size: int) -> Contender:
    """Milliseconds of a whole process that does the same with the library alone: see `benchmarks.library`."""

    def work(folder: Path) -> float:
        return milliseconds([sys.executable, "-m", "benchmarks.library", str(file_of(size)), str(folder)])

    return work


def eventsourcing(size: int, at_once: int, place: Callable[[Path], dict[str, str]] | None = None) -> Contender:
    """Events a second through Application.save, so many in a transaction: in a file, or where an environment says."""

    def work(folder: Path) -> float:
        with closing(_Bodies(place(folder) if place else _in_a_file(folder))) as application:
            return application.record(_lines(size), at_once)

    return work


def eventsourcing_folds(size: int, bodies: int = 1) -> Contender:
    """Milliseconds to read the streams of so many bodies, and to fold what is of a day and before a version."""

    def work(folder: Path) -> float:
        with closing(_Bodies(_in_a_file(folder))) as application:
            application.record(_lines(size), 1000)
            begun = time.perf_counter()
            for number in range(bodies):
                application.as_of(f"body-{number}", "2020-06-15", 200)
            return 1000 * (time.perf_counter() - begun)

    return work


class _Bodies(Application[UUID]):
    """What one would write with the library alone."""

    def record(self, rows: Sequence[tuple[str, bytes]], at_once: int) -> float:
        """Take events in, so many in a transaction; events a second."""
        bodies: dict[str, Body] = {}
        begun = time.perf_counter()
        for first in range(0, len(rows), at_once):
            touched = {}
            for name, data in rows[first : first + at_once]:
                body = bodies.get(name) or bodies.setdefault(name, Body(name))
                body.say(json.loads(data))
                touched[name] = body
            self.save(*touched.values())
        return len(rows) / (time.perf_counter() - begun)

    def as_of(self, name: str, day: str, version: int) -> dict[str, Any]:
        """The last that was said of each thing by a day, as it was known at a version."""
        said: dict[str, Any] = {}
        for told in self.events.get(Body.create_id(name), lte=version):
            data = getattr(told, "data", {})
            if data.get("effective", "") <= day:
                said[str(data.get("concern") or data.get("area") or data.get("kind"))] = data
        return said


def _in_a_file(folder: Path) -> dict[str, str]:
    return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "es.db")}


def git_fast_import(size: int) -> Contender:
    """Events a second, a commit each, by fast-import."""

    def work(folder: Path) -> float:
        _git(folder, "init", "-q")
        stream = b"".join(_commit(n, body, data) for n, (body, data) in enumerate(_lines(size), 1))
        begun = time.perf_counter()
        _git(folder, "fast-import", "--quiet", data=stream)
        return size / (time.perf_counter() - begun)

    return work


def git_as_of(size: int) -> Contender:
    """Milliseconds for what was on record of one body at a date of recording: what else was true when, git cannot be
    asked."""

    def work(folder: Path) -> float:
        repository = _git_repository(size)
        begun = time.perf_counter()
        commit = _git(repository, "rev-list", "-1", f"--before={_BEGUN + size // 2}", "main").decode().strip()
        told = _git(repository, "grep", "-h", "", commit, "--", "body-0/")
        [json.loads(line) for line in told.splitlines()]
        return 1000 * (time.perf_counter() - begun)

    return work


@cache
def _git_repository(size: int) -> Path:
    folder = lasting("force-ledger-bench-git-")
    git_fast_import(size)(folder)
    return folder


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
        repository = _git_repository(size)
        begun = time.perf_counter()
        _git(repository, "fsck", "--no-progress")
        return size / (time.perf_counter() - begun)

    return work


def _commit(mark: int, body: str, data: bytes) -> bytes:
    head = b"commit refs/heads/main\nmark :%d\ncommitter x <x@y> %d +0000\ndata 1\nx" % (mark, _BEGUN + mark)
    parent = b"from :%d\n" % (mark - 1) if mark > 1 else b""
    return head + b"\n" + parent + b"M 100644 inline %s/%d.json\ndata %d\n%s\n" % (body.encode(), mark, len(data), data)


def _git(folder: Path, *arguments: str, data: bytes | None = None) -> bytes:
    if shutil.which("git") is None:
        raise Missing("git is not installed")
    return subprocess.run(["git", "-C", str(folder), *arguments], input=data, check=True, capture_output=True).stdout


def duckdb_as_of(size: int, bodies: int = 1) -> Contender:
    """Milliseconds for the as-of question about so many bodies, over a table of events in DuckDB."""

    def work(folder: Path) -> float:
        path = _duckdb_file(size)
        dice = random.Random(1)
        names = [f"body-{number}" for number in range(bodies)]
        query = (
            "SELECT body, matter, arg_max(data, effective) FROM e "
            "WHERE body IN (SELECT unnest(?)) AND effective <= ? AND position <= ? GROUP BY body, matter"
        )
        with _module("duckdb").connect(str(path), read_only=True) as connection:
            connection.execute(query, [names, "2020-06-15", size]).fetchall()
            begun = time.perf_counter()
            for _ in range(20):
                asked = [names, f"20{dice.randrange(14, 24)}-06-15", dice.randrange(size // 2, size)]
                connection.execute(query, asked).fetchall()
            return 1000 * (time.perf_counter() - begun) / 20

    return work


@cache
def _duckdb_file(size: int) -> Path:
    duckdb = _module("duckdb")
    folder = lasting("force-ledger-bench-duckdb-")
    lines = (
        {"position": n, "body": fact.get("body"), "matter": str(fact.get("concern") or fact["kind"]),
         "effective": fact.get("effective"), "data": json.dumps(fact)}
        for n, fact in enumerate(facts(size))
    )  # fmt: skip
    (folder / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    with duckdb.connect(str(folder / "events.duckdb")) as connection:
        connection.execute(
            f"CREATE TABLE e AS SELECT * FROM read_json('{folder / 'events.jsonl'}', columns = "
            "{position: 'BIGINT', body: 'TEXT', matter: 'TEXT', effective: 'TEXT', data: 'TEXT'})"
        )
    return folder / "events.duckdb"


def pymerkle_proofs(size: int) -> Contender:
    """Milliseconds for an inclusion proof from pymerkle's tree on SQLite."""

    def work(folder: Path) -> float:
        tree = _module("pymerkle").SqliteTree(str(folder / "tree.db"), algorithm="sha256")
        tree.append_entries([data for _, data in _lines(size)], chunksize=1000)
        dice = random.Random(1)
        begun = time.perf_counter()
        for _ in range(20):
            tree.prove_inclusion(dice.randrange(1, size + 1))
        return 1000 * (time.perf_counter() - begun) / 20

    return work


def umadb_single(number: int) -> Contender:
    """Events a second into UmaDB's own server, each alone."""

    def work(folder: Path) -> float:
        umadb = _module("umadb")
        with _umadb_server(folder) as url, umadb.Client(url) as client:
            begun = time.perf_counter()
            for body, data in _lines(number):
                client.append([umadb.Event(event_type="Said", data=data, tags=[body])])
            return number / (time.perf_counter() - begun)

    return work


@contextmanager
def _umadb_server(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    program = [str(Path(sys.executable).with_name("umadb")), "--listen", address, "--db-path", str(folder / "uma.db")]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            host, _, port = address.partition(":")
            for _ in range(200):
                try:
                    socket.create_connection((host, int(port))).close()
                    break
                except ConnectionRefusedError:
                    time.sleep(0.05)
            yield f"http://{address}"
        finally:
            server.terminate()


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Missing(f"{name} is not installed (`make bench` installs what it can)") from None
