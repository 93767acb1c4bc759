"""practice: a throw-away copy of the ledger, to try things in."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from ledger import atomic
from ledger.cli.config import CONFIG, Config, Folder, config_of
from ledger.cli.output import Command
from ledger.errors import Problem
from ledger.record.again import practice_copy

_WOULD = {
    "FORCE_LEDGER": "commands in its folder would still read and write the ledger that it names",
    "FORCE_LEDGER_KEYS": "nothing could be recorded in the copy, whose keys are in its folder",
    "FORCE_LEDGER_RECORDER": "nothing could be recorded in the copy, whose recorder is `practice`",
}
"""The variables that must not be set in a practice copy, and what they would do there."""


@click.command(cls=Command)
@click.argument("folder", type=Folder(), default="practice")
def practice(folder: Path) -> None:
    """Make a throw-away copy of the ledger in FOLDER, with keys of its own and another name, to practise in.

    It says what the ledger says, as if all had been recorded now: only the ledger itself answers --known-at for an
    earlier day. Nothing that is done in it reaches the ledger: its name begins with practice.invalid, and no key of the
    ledger is in it. Never copy the file of a ledger for that: what the same keys record in both would make two
    histories of one name.
    """
    copy = Config(folder / "ledger.db", folder / "keys")
    with config_of().reading() as reader:
        folder.mkdir(parents=True, exist_ok=True)
        left_out, there = practice_copy(reader, copy.database, folder / "keys"), reader.head().size
    atomic.write(folder / CONFIG, b'ledger = "ledger.db"\nkeys = "keys"\n', 0o644)
    with copy.ledger() as ledger:
        with ledger.reading() as made:
            size, origin = made.head().size, made.origin()
        copy.sign_after(ledger, origin)
    warn_of_left_out(left_out)
    if size != there:
        click.echo("Warning: an entry may have another number in the copy: look it up with `log` or `show`", err=True)
    named = [name for name in _WOULD if os.environ.get(name)]
    for name in named:
        click.echo(f"Warning: {name} is set, and goes before the settings of the copy: {_WOULD[name]}", err=True)
    first = f"unset {' '.join(named)}; " if named else ""
    click.echo(f"Created {copy.place}, the ledger {origin}, with {size} entries. Go on from here: {first}cd {folder}")
    click.echo("Delete the folder when you are done.")


def warn_of_left_out(entries: Sequence[str]) -> None:
    """Warn that a new ledger lacks these entries of the one that it was made from."""
    if entries:
        what = f"left out, as the rules refuse it today: {', '.join(entries)}"
        click.echo(f"Warning: {Problem(what, 'so the new ledger says less')}", err=True)
