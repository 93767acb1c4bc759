"""Sixteen processes at once on one ledger: no gap, nothing twice, and no error that trying again would have spared."""

import os
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import AlreadyThere, HeadMoved, LedgerError
from ledger.readmodel.follow import followed
from ledger.readmodel.query import open_model
from ledger.record.create import create_ledger
from ledger.record.record import Draft, record
from ledger.store.store import Store
from tests.audit.forging import in_memory
from tests.conftest import address, key_of
from tests.faults.children import FORKING, child, told
from tests.faults.writer import letter

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are forked")
CLERKS = range(16)
TURNS = range(4)
FOUNDED = 46
"""The entries that a ledger begins with."""
Said = tuple[list[str], list[str]]
"""The matters that a clerk has recorded, and those that were on record already."""


def all_at_once(act: Callable[..., Any], where: Path | str) -> list[Any]:
    """What the clerks say, each in a process of its own, all beginning when the last is there."""
    start = FORKING.Barrier(len(CLERKS))
    ears, clerks = [], []
    for number in CLERKS:
        ear, mouth = FORKING.Pipe(duplex=False)
        clerk = child(_at_work, act, where, number, start, mouth)
        clerk.start()
        mouth.close()
        ears.append(ear)
        clerks.append(clerk)
    said = [ear.recv() for ear in ears]
    for ear, clerk in zip(ears, clerks, strict=True):
        ear.close()
        clerk.join()
    return said


def _at_work(act: Callable[..., Any], where: Path | str, number: int, start: Any, tell: Connection) -> None:
    start.wait()
    try:
        tell.send(act(where, number))
    except LedgerError as error:
        tell.send(type(error))


def conflicting_batches(where: Path | str, number: int) -> Said:
    """Record by turns what nobody else says together with what everybody does; each time look at the read model."""
    recorded: Said = ([], [])
    with Store(where) as ledger:
        for turn in TURNS:
            names = (f"own-{number}-{turn}", f"shared-{turn}", f"own-{number}-{turn}-too")
            receipt = record(ledger, [Draft(letter(name)) for name in names], key_of(ledger))
            recorded[0].extend(entry.matter for entry in receipt.appended)
            recorded[1].extend(entry.matter for entry in receipt.already)
            with ledger.reading() as reader, open_model(followed(ledger.database.cache_path, reader)) as model:
                (seen,) = model.execute("SELECT count(*) FROM entries").fetchone()
                assert seen >= reader.head().size
    return recorded


def onto_the_founding(where: Path | str, number: int) -> int:
    """Record a letter, if nothing was recorded since the founding."""
    with Store(where) as ledger:
        return record(ledger, [Draft(letter(f"own-{number}"))], key_of(ledger), expect_head=FOUNDED).head.size


def founding(where: Path | str, _: int) -> int:
    """Found the ledger."""
    return create_ledger(where, forces=False).head.size


def test_batches_that_conflict_leave_no_gap_and_nothing_twice(ledger: Store) -> None:
    said = all_at_once(conflicting_batches, address(ledger))
    assert LedgerError not in {getattr(each, "__base__", None) for each in said}, said
    recorded = Counter(matter for appended, _ in said for matter in appended)
    shared = Counter(matter for _, already in said for matter in already)
    assert set(recorded.values()) == {1}
    assert shared == {f"document/shared-{turn}": len(CLERKS) - 1 for turn in TURNS}
    with ledger.reading() as reader:
        size = reader.head().size
        stored = reader.rows("SELECT position, matter, sequence FROM entries ORDER BY position")
    assert size == FOUNDED + len(recorded)
    assert [position for position, *_ in stored] == list(range(size))
    assert {matter for _, matter, _ in stored[FOUNDED:]} == set(recorded)
    with in_memory():
        assert told("--ledger", address(ledger), "verify")[0] == 0


def test_of_many_that_expect_the_same_head_one_writes_and_the_others_are_told(ledger: Store) -> None:
    said = all_at_once(onto_the_founding, address(ledger))
    assert Counter(said) == {FOUNDED + 1: 1, HeadMoved: len(CLERKS) - 1}


def test_of_many_that_found_a_ledger_one_does_and_the_others_are_told(place: Path | str) -> None:
    said = all_at_once(founding, place)
    assert Counter(said) == {2: 1, AlreadyThere: len(CLERKS) - 1}
    assert told("--ledger", place, "verify")[0] == 0
