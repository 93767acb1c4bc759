"""Limits: what the parts alone would give, without a ledger around them."""

import hashlib
import sqlite3
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks import ours
from benchmarks.table import Contender, milliseconds

APPENDING = """
import click, pydantic, eventsourcing.sqlite, eventsourcing.domain
from cryptography.hazmat.primitives.asymmetric import ed25519
class Fact(pydantic.BaseModel):
    body: str
class Body(eventsourcing.domain.Aggregate):
    pass
"""
READING = "import click, sqlite3, json"


def sqlite_rows(number: int, at_once: int) -> Contender:
    """Rows a second of the same bytes into a bare table, so many a commit, synchronous=FULL."""

    def work(folder: Path) -> float:
        rows = [(data,) for data in ours.entries_of(10_000)[:number]]
        connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE entries (position INTEGER PRIMARY KEY, entry BLOB)")
        begun = time.perf_counter()
        for first in range(0, len(rows), at_once):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO entries (entry) VALUES (?)", rows[first : first + at_once])
            connection.execute("COMMIT")
        took = time.perf_counter() - begun
        connection.close()
        return len(rows) / took

    return work


def sha256(size: int) -> Contender:
    """Hashes a second, of the same entries in memory."""

    def work(folder: Path) -> float:
        entries = ours.entries_of(size)
        begun = time.perf_counter()
        for data in entries:
            hashlib.sha256(data).digest()
        return len(entries) / (time.perf_counter() - begun)

    return work


def ed25519(number: int) -> Contender:
    """Signatures verified a second, in one process."""

    def work(folder: Path) -> float:
        key, message = Ed25519PrivateKey.generate(), b"a statement of a submission" * 8
        signature = key.sign(message)
        begun = time.perf_counter()
        for _ in range(number):
            key.public_key().verify(signature, message)
        return number / (time.perf_counter() - begun)

    return work


def python(code: str) -> Contender:
    """Milliseconds that Python takes to start and to run some code."""
    return lambda folder: milliseconds([sys.executable, "-c", code])
