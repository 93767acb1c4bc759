"""init and demo: create a ledger; load and show a real record."""

import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import groupby
from pathlib import Path
from shutil import which
from typing import Any

import click

from events.dates import PartialDate
from events.frameworks import Framework, frameworks
from ledger import atomic
from ledger.cli import words
from ledger.cli.bundled import batches, bundled, enter
from ledger.cli.config import CONFIG, ENCRYPT, Config, Folder, config_of, new_passphrase
from ledger.cli.layout import Block
from ledger.cli.output import Command, progress, say
from ledger.cli.practice import warn_of_left_out
from ledger.errors import LedgerError, Problem
from ledger.log.key import Signer
from ledger.query.context import QueryContext
from ledger.record.again import record_again
from ledger.record.create import create_ledger
from ledger.record.record import Receipt
from ledger.rules.signed import check_version
from ledger.store.database import place_of
from ledger.store.reader import Reader
from ledger.store.store import Store
from projections.state import body_state

_STORY = [
    ("2019-05-02", "the PEEL assessment 2018/19 is published"),
    ("2021-11-24", "the next assessment, by another framework"),
    ("2023-11-23", "a move to Engage is decided and notified, not yet in effect"),
    ("2023-11-24", "special measures begin, four weeks before the report"),
    ("2023-12-22", "the report issues four causes of concern"),
    ("2024-07-23", "three of them are closed"),
    ("2024-09-18", "special measures end, with one concern open"),
    ("2025-12-31", "no later evidence: last known open"),
]


@click.command(cls=Command)
@click.option("--origin", metavar="NAME", help="Its name for ever; use a web address of yours: ledger.example.org/wm.")
@click.option("--recorder", default="keeper", show_default=True, metavar="NAME", help="The name of its first recorder.")
@click.option("--empty", is_flag=True, help="Do not register the 43 forces.")
@click.option("--record", is_flag=True, help="Record what is known of the forces since 2014: see `help record`.")
@click.option("--successor-of", metavar="PATH|URL", help="Record what that ledger says today, and store its evidence.")
@ENCRYPT
def init(origin: str | None, recorder: str, empty: bool, record: bool, successor_of: str | None, encrypt: bool) -> None:
    """Create a ledger: the database, the log key, a recorder's key, and the register of the 43 forces.

    --successor-of is for a ledger that cannot go on, such as one whose log key is lost (`force-ledger help
    operations`). All that it says is recorded again, with a new time of recording.
    """
    if empty and record:
        raise click.UsageError("The record is about the 43 forces: leave --empty or --record out.")
    if successor_of and (empty or record):
        raise click.UsageError("A successor has what the other ledger says: leave --empty and --record out.")
    where, old = config_of(recorder), None
    if successor_of:
        old = replace(where, place=place_of(successor_of))
        with old.reading() as reader:
            check_version(reader)
    passphrase = new_passphrase(encrypt)
    forces = not (empty or old)
    receipt = create_ledger(
        where.database, origin=origin, recorder=recorder, keys=where.keys, forces=forces, passphrase=passphrase
    )
    name, size = receipt.appended[0].ledger, receipt.head.size
    with where.ledger() as ledger:
        try:
            if old:
                size = _record_from(old, where, ledger, where.ring(name, passphrase).recorder(recorder))
            elif record:
                size = _enter(ledger, where.ring(name, passphrase).recorder(recorder)).head.size
        except (LedgerError, OSError):
            what = f"the ledger {name} is made, and the record is not in it"
            remedy = f"move {where.database} and {where.ring(name).folder} away before you run it again"
            click.echo(f"Warning: {Problem(what, remedy)}", err=True)
            raise
        where.sign_after(ledger, name, passphrase)
    click.echo(f"Created {where.database}, the ledger {name}, with {size} entries.")
    click.echo(f"Its keys are in {where.ring(name).folder}: keep a copy of them in a safe place.", err=True)


def _record_from(old: Config, new: Config, ledger: Store, signer: Signer) -> int:
    """Record in a new ledger what another says, and store its evidence; returns the number of its entries."""
    with old.reading() as reader:
        warn_of_left_out(record_again(reader, ledger, signer))
    new.evidence.add_all(old.evidence)
    with ledger.reading() as reader:
        return reader.head().size


@click.command(cls=Command)
@click.argument("folder", type=Folder(), default="force-ledger-demo")
@click.option("--small", is_flag=True, help="Load only what is about West Midlands Police, 2019 to 2024.")
def demo(folder: Path, small: bool) -> None:
    """Load the record of all forces since 2014 into a new ledger in FOLDER, and show it.

    Run it again without harm: what is on record already is skipped.
    """
    where = Config(folder / "ledger.db", folder / "keys")
    if not where.database.exists():
        folder.mkdir(parents=True, exist_ok=True)
        atomic.write(folder / CONFIG, b'ledger = "ledger.db"\nkeys = "keys"\nlicence = "Apache-2.0"\n', 0o644)
        receipt = create_ledger(where.database, origin="demo.force-ledger.local", keys=where.keys)
        click.echo(f"Created {where.database}: a ledger of {receipt.head.size} entries, with the 43 forces.\n")
    with where.ledger_and_keys() as (ledger, ring):
        receipt = _enter(ledger, ring.recorder(where.recorder), only="west-midlands" if small else None)
        where.sign_after(ledger, ring.origin)
    click.echo(f"Recorded {len(receipt.appended)} events; {len(receipt.already)} were on record.")
    blocks: list[Block] = ["\nWhat was true of West Midlands Police, day by day:\n"]
    with where.reading() as reader:
        for day, happened in _STORY:
            blocks += [f"{day}  {_in_short(_state(reader, day))}", f"            {happened}"]
        blocks += ["\nIn full, on 22 December 2023:\n", words.state_in_words(_state(reader, "2023-12-22"))]
        context = QueryContext.of(reader, date(2023, 12, 22), ledger=where.database.cache_path, tell=progress())
        blocks += ["\nThe board, on that day:\n", *words.board_in_words(context.board())]
    say(blocks, paged=False)
    called = Path(sys.argv[0])
    program = "force-ledger" if which("force-ledger") or called.name == "__main__.py" else str(called.absolute())
    click.echo(f"Go on from here:\n\n    cd {folder}")
    for command in (
        "state WMP --as-of 2023-11-23",
        "timeline west-midlands",
        "board --as-of 2024-01",
        "log west-midlands",
    ):
        click.echo(f"    {program} {command}")


def _enter(ledger: Store, signer: Signer, only: str | None = None) -> Receipt:
    """Record what comes with the program, or only one part of it, and say what is read."""
    read = []
    with bundled() as folder:
        for part, found in groupby(batches(folder), lambda item: _folder_of(item[0], folder)):
            if only not in (None, part):
                break
            own = [batch for _, batch in found]
            events = sum(len(batch.events) for batch in own)
            click.echo(f"read {part:<24}{len(own):>4} files,{events:>5} events")
            read += own
        return enter(ledger, signer, *read)


def _folder_of(file: Path, folder: Path) -> str:
    """The part of the record that a file is in: the folder next to its top."""
    first, *rest = file.resolve().relative_to(folder.resolve().parent).parts
    return rest[0] if first == folder.name else first


def _state(reader: Reader, day: str) -> dict[str, Any]:
    return body_state(QueryContext.of(reader, as_of=PartialDate.parse(day).latest).on_day("west-midlands"))


def _in_short(state: dict[str, Any]) -> str:
    """The state of a body on one line."""
    monitoring = state["monitoring"]
    phase = monitoring["phase"].capitalize() + (" (presumed)" if monitoring["certainty"] == "presumed" else "")
    if monitoring["pending"]:
        phase += f", {monitoring['pending']['phase'].capitalize()} pending"
    statuses = Counter(concern["status"] for concern in state["concerns"])
    concerns = ", ".join(f"{number} {status}" for status, number in statuses.items()) or "none recorded"
    counted: dict[str, Counter[str]] = {}
    for judgement in state["judgements"]:
        counted.setdefault(judgement["framework"], Counter())[judgement["grade"]] += 1
    counted |= {tally["framework"]: Counter(tally["counts"]) for tally in state["tallies"]}
    graded = "; ".join(_in_order(frameworks()[framework], counts) for framework, counts in counted.items())
    return f"{phase}; concerns: {concerns}; grades: {graded or 'none recorded'}"


def _in_order(framework: Framework, counts: Counter[str]) -> str:
    """How many areas have each grade, the best grade first."""
    graded = ", ".join(f"{counts[grade]} {grade.replace('-', ' ')}" for grade in framework.scale if counts[grade])
    return f"{framework.title}: {graded}"
