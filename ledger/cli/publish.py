"""publish: the log as static files, for any web server."""

from pathlib import Path

import click

from ledger.cli.config import config_of
from ledger.cli.output import progress


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--full", is_flag=True, help="Compare every file that is there too, and write what is missing.")
def publish(folder: Path, full: bool) -> None:
    """Write the log to DIR, as static files that any web server can serve (C2SP tlog-tiles), up to the last checkpoint.

    Only what is new is written, the checkpoint last. DIR is the same byte for byte wherever it is written from.
    """
    from ledger.publish import publish as publishing

    with config_of().ledger() as ledger:
        done = publishing.publish(ledger, folder, full=full, tell=progress("files"))
    removed = f", {done.removed} removed" if done.removed else ""
    click.echo(f"{folder} has the {done.checkpoint.size} entries of {done.checkpoint.origin}: ", nl=False)
    click.echo(f"{done.written} files written{removed}.")
