"""copy: move a ledger between a file and a server."""

import click

from ledger.copying import copy as copy_ledger
from ledger.copying import opened
from ledger.evidence.kept import Evidence
from ledger.store.ledger import Ledger, database_of


@click.command()
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
def copy(source: str, target: str) -> None:
    """Copy the ledger SOURCE to TARGET, each a PATH or URL: every byte, the same root, and the evidence kept for it.

    A copy that was broken off goes on where it stopped; one that was complete is brought up to date. Keys are not
    copied. Append to one of the two only.
    """
    here, there = database_of(source), database_of(target)
    with Ledger(here) as from_, from_.reading() as reader, opened(there) as to:
        number, head = copy_ledger(reader, to), reader.head()
    Evidence.beside(there.kept).take_over(Evidence.beside(here.kept))
    click.echo(f"Copied {number} entries to {there}, which now has {head.size}, root {head.root.hex()}.")
