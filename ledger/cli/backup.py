"""backup and restore."""

from pathlib import Path

import click

from ledger.cli.config import config_of
from ledger.errors import LedgerError, NotVerified
from ledger.replicate import backup as backups

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=_FOLDER, metavar="FOLDER")
def backup(folder: Path) -> None:
    """Bring the backup of the ledger in FOLDER up to date: entries, checkpoints, the evidence that is kept here, what
    was signed last. Private keys are not in it: keep a copy of them elsewhere.

    Others may write meanwhile. A backup that was broken off is gone on with. All of it is checked, each time.
    """
    where = config_of()
    with where.ledger() as ledger:
        with ledger.reading() as reader:
            ring = where.ring(reader.origin())
        done = backups.backup(ledger, ring, folder)
    kept = f" and {len(done.evidence)} documents" if done.evidence else ""
    click.echo(f"{folder} has the {done.size} entries of {done.ledger}{kept}, root {done.root}.")


@click.command()
@click.argument("folder", type=_FOLDER, metavar="FOLDER")
def restore(folder: Path) -> None:
    """Check the backup in FOLDER, and put it where --ledger says: a path, or a URL, where nothing is yet.

    Do this on the machine where the log key is, or will be. Where nobody knows here what was signed last, nothing is
    signed before `checkpoint reconcile`.
    """
    where = config_of()
    done = backups.restore(folder, where.database, where.ring)
    click.echo(f"Restored the {done.size} entries of {done.contents.ledger} to {where.database}.")
    if done.missing_keys:
        click.echo(f"Warning: these keys are not on this machine: {', '.join(done.missing_keys)}.", err=True)
    try:
        with where.ledger() as ledger:
            last = backups.reconcile(ledger, where.ring(done.contents.ledger), [])
        click.echo(f"Reconciled: it has the {last.size} entries that were signed last on this machine.")
    except LedgerError as error:
        click.echo(f"Warning: nothing can be signed yet: {error}", err=True)
    if done.lost:
        raise NotVerified(
            f"documents of the backup are lost or have changed: {', '.join(done.lost)}; all else is restored",
            hint="keep them again with `evidence add FILE`",
        )
