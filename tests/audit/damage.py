"""Damage done to a ledger, cell by cell and byte by byte; and the law that it is held against.

The law: after any change `verify` finds something, or what the ledger exports (the bytes of its entries and its signed
checkpoints, in order) is what it was. Nothing else may come of it: no other error, no end that never comes.

`python -m tests.audit.damage` does it all: every byte of every entry and of the file. It takes some minutes.
"""

import random
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing, suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path

from ledger.errors import LaterVersion, NotFound
from tests.audit.forging import entries_of, in_memory, notes_of, tampering, verified
from tests.audit.small import build

SEED = 20261121
Damage = tuple[str, Callable[[Path], object]]
"""What is done, in words, and what does it to the file at a path."""


def escaping(original: Path, damages: Iterable[Damage], folder: Path) -> Iterator[str | None]:
    """Each damage, done to a copy: its words where it is not found and changes what is exported, else None."""
    before, whole, copy = export(original), original.read_bytes(), folder / "damaged.db"
    for words, do in damages:
        copy.write_bytes(whole)
        do(copy)
        yield None if is_found(copy) or export(copy) == before else words


def is_found(path: Path) -> bool:
    """Whether `verify` finds something (exit 5), or tells that this is no ledger, as every command does (exit 6)."""
    try:
        return not verified(path).ok
    except (NotFound, LaterVersion):
        return True


def export(path: Path) -> list[object]:
    """What a ledger gives to others."""
    return [*entries_of(path), *notes_of(path)]


def in_cells(path: Path) -> Iterator[Damage]:
    """Every cell of every table, in turn nothing, of another type, its neighbour's value, and with one bit turned."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            cursor = connection.execute(f"SELECT * FROM {table}")
            columns, rows = [column[0] for column in cursor.description], cursor.fetchall()
            for row, neighbour in zip(rows, [*rows[-1:], *rows], strict=False):
                is_it = " AND ".join(f"{name} IS {_literal(value)}" for name, value in zip(columns, row, strict=True))
                for name, value, beside in zip(columns, row, neighbour, strict=True):
                    for other in {None, 7, b"7", "7", beside, _one_bit_off(value)} - {value}:
                        yield _statement(f"UPDATE {table} SET {name} = {_literal(other)} WHERE {is_it}")


def in_rows(path: Path) -> Iterator[Damage]:
    """Every row of every table, deleted; but for the last checkpoint, whose absence shows from outside alone."""
    with closing(sqlite3.connect(path)) as connection:
        for table, key in (
            ("entries", "position"),
            ("data", "position"),
            ("refs", "target, position"),
            ("head", "size"),
            ("tiles", "level"),
        ):
            for row in connection.execute(f"SELECT {key} FROM {table}"):
                values = ", ".join(map(_literal, row))
                yield _statement(f"DELETE FROM {table} WHERE ({key}) = ({values})")
    yield _statement("DELETE FROM checkpoints WHERE number = 1")


def in_entries(path: Path, positions: Iterable[int]) -> Iterator[Damage]:
    """Every byte of these entries, one bit of it turned."""
    whole, entries = path.read_bytes(), entries_of(path)
    for position in positions:
        for stored in filter(None, entries[position]):
            at = whole.index(stored)
            yield from in_bytes(path, range(at, at + len(stored)))


def in_bytes(path: Path, at: Iterable[int]) -> Iterator[Damage]:
    """These bytes of the file, one bit of each turned."""
    whole, turn = path.read_bytes(), random.Random(SEED)
    for n in at:
        damaged = whole[:n] + bytes([whole[n] ^ 1 << turn.randrange(8)]) + whole[n + 1 :]
        yield f"byte {n} of the file", partial(Path.write_bytes, data=damaged)


def _statement(statement: str) -> Damage:
    def do(path: Path) -> None:
        with tampering(path) as connection, suppress(sqlite3.IntegrityError):  # the tables are STRICT
            connection.execute(statement)

    return statement[:200], do


def _one_bit_off(value: object) -> object:
    match value:
        case int():
            return value ^ 1
        case bytes() if value:
            return value[:-1] + bytes([value[-1] ^ 1])
        case str() if value:
            return value[:-1] + chr(ord(value[-1]) ^ 1)
    return None


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bytes():
            return f"x'{value.hex()}'"
        case int():
            return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def main() -> None:
    """Do it all, on every core, saying how far it is; exit 1 where anything escaped."""
    with in_memory(), tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor() as pool:
        path = build(Path(folder)).path
        shares = 64
        tasks = [pool.submit(_share, path, number, shares) for number in range(shares)]
        tried = 0
        escaped: list[str] = []
        for done, task in enumerate(as_completed(tasks), 1):
            tried, escaped = tried + task.result()[0], escaped + task.result()[1]
            sys.stdout.write(f"\r{done} of {shares} parts: {tried:,} damages, {len(escaped)} escaped")
            sys.stdout.flush()
    sys.stdout.write("".join(f"\n{words}" for words in escaped) + "\n")
    sys.exit(bool(escaped))


def _share(path: Path, number: int, shares: int) -> tuple[int, list[str]]:
    """One part of all damages: how many they are, and which escaped."""
    everything = chain(
        in_cells(path),
        in_rows(path),
        in_entries(path, range(len(entries_of(path)))),
        in_bytes(path, range(path.stat().st_size)),
    )
    with tempfile.TemporaryDirectory() as folder:
        found = list(escaping(path, islice(everything, number, None, shares), Path(folder)))
    return len(found), [words for words in found if words]


if __name__ == "__main__":
    main()
