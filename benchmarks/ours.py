"""What we do: each function gives a contender. The ledgers that it reads are made once and only read."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from benchmarks.table import Contender, lasting, milliseconds
from benchmarks.workload import FACTS_OF_A_BODY, ORIGIN, batches, facts, later
from ledger.audit.report import Report
from ledger.audit.sign import sign
from ledger.audit.tables import LedgerFile
from ledger.audit.verify import AuditOptions, audit
from ledger.audit.walk import CHECKS, EntryWalk, Start
from ledger.log.proof import prove_inclusion
from ledger.publish.checkpoints import check
from ledger.readmodel.follow import followed
from ledger.readmodel.place import model_beside
from ledger.readmodel.query import open_model
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.record.record import Draft, record
from ledger.store.store import Store
from projections.lookup import board_of, body_on_day
from projections.state import board_row, body_state

_DAYS = [date(year, month, 15) for year in range(2014, 2025) for month in (1, 4, 7, 10)]
_PROGRAM = str(Path(sys.executable).with_name("force-ledger"))


def append(
    number: int, at_once: int, place: Callable[[Path], Path | str] = lambda folder: folder / "ledger.db"
) -> Contender:
    """Entries a second into a new ledger, so many in each submission."""

    def work(folder: Path) -> float:
        where = place(folder)
        create_ledger(where, origin=ORIGIN, keys=folder / "keys", forces=False)
        return _recorded(where, folder / "keys", batches(number, at_once=at_once))

    return work


def append_file(size: int) -> Contender:
    """Milliseconds of the whole program to append a file of facts to a new ledger."""

    def work(folder: Path) -> float:
        create_ledger(folder / "ledger.db", origin=ORIGIN, keys=folder / "keys", forces=False)
        environment = {"FORCE_LEDGER": str(folder / "ledger.db"), "FORCE_LEDGER_KEYS": str(folder / "keys")}
        return milliseconds([_PROGRAM, "append", str(file_of(size))], **environment)

    return work


def grow(size: int) -> Contender:
    """Entries a second while a ledger grows to a size."""

    def work(folder: Path) -> float:
        begun = time.perf_counter()
        ledger_of(size)
        return size / (time.perf_counter() - begun)

    return work


def append_after(size: int, number: int, at_once: int) -> Contender:
    """Entries a second into a ledger that has grown to a size, about the bodies that it has."""

    def work(folder: Path) -> float:
        path = _copy(size, folder)
        return _recorded(path, _keys_of(size), later(size, number, at_once=at_once))

    return work


def state(size: int) -> Contender:
    """Milliseconds for the state of one body, any of those in the first half, at a random day, as known at a position
    in the second, from the read model: the median."""

    def work(folder: Path) -> float:
        dice, took = random.Random(1), []
        with open_model(model_of(size)) as connection:
            for _ in range(500):
                body, position = f"body-{dice.randrange(size // 2 // FACTS_OF_A_BODY)}", dice.randrange(size // 2, size)
                day = dice.choice(_DAYS)
                begun = time.perf_counter()
                body_state(body_on_day(connection, body, day, position))
                took.append(1000 * (time.perf_counter() - begun))
        return sorted(took)[250]

    return work


def board(size: int, bodies: int = 43) -> Contender:
    """Milliseconds for the board of so many bodies at a random day and position, from the read model."""

    def work(folder: Path) -> float:
        dice = random.Random(1)
        names = [f"body-{number}" for number in range(bodies)]
        with open_model(model_of(size)) as connection:
            begun = time.perf_counter()
            for _ in range(20):
                position = dice.randrange(size // 2, size)
                [board_row(parts) for parts in board_of(connection, names, dice.choice(_DAYS), position)]
            return 1000 * (time.perf_counter() - begun) / 20

    return work


def hashes_and_tree(size: int) -> Contender:
    """Entries a second whose bytes are read and hashed, up to the root, with their data: as of a backup."""

    def work(folder: Path) -> float:
        with Store(ledger_of(size)) as ledger, ledger.reading() as reader:
            begun = time.perf_counter()
            check(reader, [], full=True)
            return size / (time.perf_counter() - begun)

    return work


def verify(size: int, at_once: int = 1000) -> Contender:
    """Entries a second, every check of `verify`."""

    def work(folder: Path) -> float:
        path, model = ledger_of(size, at_once), model_of(size, at_once)
        begun = time.perf_counter()
        with LedgerFile(path) as source:
            report = audit(source, AuditOptions(model=model))
        took = time.perf_counter() - begun
        assert report.ok
        return report.size / took

    return work


def verify_walk(size: int) -> Contender:
    """Entries a second whose bytes, tree and signatures are checked, and nothing else."""

    def work(folder: Path) -> float:
        report, path = Report(), ledger_of(size)
        begun = time.perf_counter()
        with LedgerFile(path) as source:
            walk = EntryWalk(report, Start())
            for _ in walk.submissions(source.snapshot.entries()):
                pass
        took = time.perf_counter() - begun
        assert report.sound(CHECKS)
        return walk.frontier.size / took

    return work


def rebuild(size: int) -> Contender:
    """Entries a second of a whole `force-ledger rebuild`, less what it takes to rebuild next to nothing."""
    return lambda folder: size / (_rebuilt(size).took - _rebuilt(100).took)


def memory_of_rebuild(size: int) -> Contender:
    """The most memory that it takes, in MiB."""
    return lambda folder: _rebuilt(size).memory


def catch_up(size: int, number: int) -> Contender:
    """Milliseconds to bring the read model up to date after one append."""
    return lambda folder: _appended_and_followed(folder, size, number)[1]


def append_one(size: int, number: int) -> Contender:
    """Milliseconds for one append, in the same work."""
    return lambda folder: _appended_and_followed(folder, size, number)[0]


def inclusion_proofs(size: int) -> Contender:
    """Milliseconds for the proof of a random entry."""

    def work(folder: Path) -> float:
        dice = random.Random(1)
        with Store(ledger_of(size)) as ledger, ledger.reading() as reader:
            tree = reader.tree()
            begun = time.perf_counter()
            for _ in range(200):
                prove_inclusion(dice.randrange(tree.size), tree.size, tree.hash_at)
            return 1000 * (time.perf_counter() - begun) / 200

    return work


def command(*arguments: str, size: int = 0) -> Contender:
    """Milliseconds of the whole program; on a ledger of a size, if one is given."""

    def work(folder: Path) -> float:
        environment = {"FORCE_LEDGER": str(model_of(size) and ledger_of(size))} if size else {}
        return milliseconds([_PROGRAM, *arguments], **environment)

    return work


def demo() -> Contender:
    """Milliseconds until the record of all forces is in a new ledger, and shown."""
    return lambda folder: milliseconds([_PROGRAM, "demo", str(folder / "demo")])


def of_the_record(*arguments: str) -> Contender:
    """Milliseconds of a command on a ledger with the record of all forces."""
    return lambda folder: milliseconds([_PROGRAM, "--ledger", str(_the_record()), *arguments])


@cache
def _the_record() -> Path:
    folder = lasting("force-ledger-bench-record-")
    subprocess.run([_PROGRAM, "demo", str(folder)], check=True, capture_output=True)
    return folder / "ledger.db"


def completion(begun: str) -> Contender:
    """Milliseconds of the whole program to complete the name of a command, as bash asks for it."""
    asked = {"_FORCE_LEDGER_COMPLETE": "bash_complete", "COMP_WORDS": f"force-ledger {begun}", "COMP_CWORD": "1"}
    return lambda folder: milliseconds([_PROGRAM], **asked)


def append_command(size: int, *then: str) -> Contender:
    """Milliseconds of the whole program to append one event; or for what is asked of it then, the read model one entry
    behind."""

    def work(folder: Path) -> float:
        path = _copy(size, folder)
        shutil.copy(model_of(size), model_beside(path))
        one = next(fact for fact in facts(1000, seed=3) if fact["kind"] == "document.registered") | {"document": "new"}
        (folder / "one.jsonl").write_text(json.dumps(one) + "\n", "utf-8")
        shutil.copytree(_keys_of(size), folder / "keys")  # beside them is kept what was signed last
        environment = {"FORCE_LEDGER": str(path), "FORCE_LEDGER_KEYS": str(folder / "keys")}
        took = milliseconds([_PROGRAM, "append", str(folder / "one.jsonl")], **environment)
        return milliseconds([_PROGRAM, *then], **environment) if then else took

    return work


def bytes_on_disk(size: int) -> Contender:
    """What an entry takes in the files of the ledger and its read model."""

    def work(folder: Path) -> float:
        return (ledger_of(size).stat().st_size + model_of(size).stat().st_size) / size

    return work


def bytes_of_entries(size: int) -> Contender:
    """The bytes of an entry itself: its envelope, and its salt and data."""

    def work(folder: Path) -> float:
        with Store(ledger_of(size)) as ledger, ledger.reading() as reader:
            return sum(len(stored.envelope) + len(stored.salted or b"") for stored in reader.entries()) / size

    return work


@cache
def entries_of(size: int) -> list[bytes]:
    """The bytes of the entries of a ledger of a size."""
    with Store(ledger_of(size)) as ledger, ledger.reading() as reader:
        return reader.bytes_at(range(reader.head().size))


def ledger_of(size: int, at_once: int = 1000) -> Path:
    """A ledger of a size, and its keys in the folder beside it."""
    return _made(size, at_once)


def model_of(size: int, at_once: int = 1000) -> Path:
    """Its read model."""
    return _rebuilt(size, at_once).model


@cache
def file_of(size: int) -> Path:
    """The facts of a workload, in JSON lines."""
    path = lasting("force-ledger-bench-facts-") / "facts.jsonl"
    path.write_text("".join(json.dumps(fact) + "\n" for fact in facts(size)), "utf-8")
    return path


@cache
def _made(size: int, at_once: int) -> Path:
    folder = lasting(f"force-ledger-bench-{size}-")
    path, keys = folder / "ledger.db", folder / "keys"
    create_ledger(path, origin=ORIGIN, keys=keys, forces=False)
    _recorded(path, keys, batches(size, at_once=at_once), shown=size)
    with Store(path) as ledger:
        sign(ledger, KeyRing(ORIGIN, keys))  # as after every append: else the next one would hash all of it
    return path


def _keys_of(size: int) -> Path:
    return ledger_of(size).with_name("keys")


def _recorded(where: Path | str, keys: Path, batched: Iterable[list[Draft]], shown: int = 0) -> float:
    """Record batches; entries a second. Only the recording is timed."""
    signer = KeyRing(ORIGIN, keys).recorder(None)
    took, number = 0.0, 0
    with Store(where) as ledger:
        for drafts in batched:
            begun = time.perf_counter()
            record(ledger, drafts, signer)
            took += time.perf_counter() - begun
            number += len(drafts)
            if shown and number % 50_000 == 0:
                print(f"  a ledger of {shown:,}: {number:,} entries, {took:.0f} s", file=sys.stderr)
    return number / took


def _appended_and_followed(folder: Path, size: int, number: int) -> tuple[float, float]:
    path = _copy(size, folder)
    shutil.copy(model_of(size), model_beside(path))
    signer = KeyRing(ORIGIN, _keys_of(size)).recorder(None)
    appending = following = 0.0
    with Store(path) as ledger:
        for drafts in later(size, number, at_once=1):
            begun = time.perf_counter()
            record(ledger, drafts, signer)
            appended = time.perf_counter()
            with ledger.reading() as reader:
                followed(path, reader)
            appending += appended - begun
            following += time.perf_counter() - appended
    return 1000 * appending / number, 1000 * following / number


class _Rebuilt(NamedTuple):
    """A read model, and what it took to make it: seconds, and MiB of memory."""

    model: Path
    took: float
    memory: float


@cache
def _rebuilt(size: int, at_once: int = 1000) -> _Rebuilt:
    """Made once, as the program does it: of a million entries it takes minutes."""
    path = ledger_of(size, at_once)
    return _Rebuilt(model_beside(path), *_took("--ledger", str(path), "rebuild"))


def _took(*arguments: str, **environment: str) -> tuple[float, float]:
    """Seconds, and MiB of memory, that the program takes."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    program = [sys.executable, "-c", code, _PROGRAM, *arguments]
    begun = time.perf_counter()
    done = subprocess.run(program, check=True, capture_output=True, text=True, env=os.environ | environment)
    return time.perf_counter() - begun, int(done.stdout) / 1024


class _Site(NamedTuple):
    """The site of the record of all forces, and what it took to make it: seconds, and MiB of memory."""

    folder: Path
    took: float
    memory: float


def site_anew() -> Contender:
    """Milliseconds to make the site of the record of all forces from nothing."""
    return lambda folder: 1000 * _site().took


def site_after_one() -> Contender:
    """Milliseconds to bring that site up to date after one append."""

    def work(folder: Path) -> float:
        record = folder / "record"
        shutil.copytree(_the_record().parent, record)
        shutil.copytree(_site().folder, folder / "site")
        (folder / "one.yaml").write_text(
            "common: {body: kent, documents: [letter]}\nevents:\n- {kind: document.registered, document: letter, "
            "type: inspectorate-letter, publisher: HMICFRS, title: A letter}\n"
            "- {kind: concern.issued, concern: one, title: One, effective: 2026-03}\n",
            "utf-8",
        )
        environment = {"FORCE_LEDGER": str(record / "ledger.db"), "FORCE_LEDGER_KEYS": str(record / "keys")}
        milliseconds([_PROGRAM, "append", "--yes", str(folder / "one.yaml")], **environment)
        return milliseconds([_PROGRAM, "site", str(folder / "site")], **environment)

    return work


def site_memory() -> Contender:
    """The most memory that making this site takes, in MiB."""
    return lambda folder: _site().memory


def site_size() -> Contender:
    """The size of the files of this site, in MiB."""
    return lambda folder: sum(file.stat().st_size for file in _site().folder.rglob("*") if file.is_file()) / 2**20


@cache
def _site() -> _Site:
    folder, record = lasting("force-ledger-bench-site-"), _the_record()
    keys = str(record.with_name("keys"))
    took = _took("--ledger", str(record), "site", str(folder / "site"), FORCE_LEDGER_KEYS=keys)
    return _Site(folder / "site", *took)


def _copy(size: int, folder: Path) -> Path:
    """A ledger of a size to be written to. It is on disk: no commit has to wait for the copy."""
    path = folder / "ledger.db"
    shutil.copyfile(ledger_of(size), path)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return path
