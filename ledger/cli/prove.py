"""prove and publish: files with which anybody can check the log, or an entry of it, without the ledger."""

from pathlib import Path

import click

from ledger.cli.completion import offered
from ledger.cli.config import Folder, config_of
from ledger.cli.output import Command, output_file, progress, write
from ledger.errors import Refused
from ledger.log.policy import Policy
from ledger.publish import check_proof as checking
from ledger.publish import prove as making
from ledger.query.context import QueryContext
from ledger.query.ids import entry_of, find_matter
from ledger.replay import log_keys


@click.command(cls=Command)
@click.argument("entry", required=False)
@click.option("--matter", metavar="MATTER", help="All entries of a matter, such as kent/concern/custody-2024.")
@click.option("--body", metavar="BODY", help="All entries of a body.", shell_complete=offered)
@click.option("--tlog", is_flag=True, help="Prove only that the entry is in the log (C2SP .tlog-proof).")
@click.option("--entry-bytes", is_flag=True, help="Write the envelope of ENTRY, which a .tlog-proof needs beside it.")
@click.option("--data-bytes", is_flag=True, help="Write the salt and data that the envelope commits to.")
@output_file("Write to a file.")
def prove(
    entry: str | None, matter: str | None, body: str | None, tlog: bool, entry_bytes: bool,
    data_bytes: bool, output: Path | None,
) -> None:  # fmt: skip
    """Make a file that proves to anybody, with the log's key alone, that ENTRY ('#12') is in the log and who signed it.

    With --matter or --body the file has all their entries, and the log's signed statement that these are all. What the
    file proves, and what not, is printed on stderr.
    """
    bare = sum((tlog, entry_bytes, data_bytes))
    if sum(map(bool, (entry, matter, body))) != 1 or (bare and not entry) or bare > 1:
        forms = "--tlog, --entry-bytes or --data-bytes"
        raise click.UsageError(f"Give ENTRY, --matter or --body; only ENTRY goes with {forms}.")
    where, words = config_of(), []
    with where.signed_ledger() as (ledger, ring), ledger.reading() as reader:
        if entry:
            found = entry_of(reader, entry)
            if entry_bytes:
                data = found.envelope
            elif data_bytes:
                if found.is_withheld:
                    raise Refused(
                        f"the data of #{found.position} were withheld", hint=f"see `show '#{found.position}'`"
                    )
                if found.salted is None:
                    raise Refused(f"#{found.position} has no data beside its envelope", hint="use --entry-bytes")
                data = found.salted
            elif tlog:
                data = making.prove_plainly(reader, found.position).to_bytes()
            else:
                data = making.prove(reader, found.position).to_bytes()
        else:
            if matter:
                whole = {"matter": find_matter(reader, matter)[0]}
            else:
                whole = {"body": QueryContext.of(reader).find_body(body or "")}
            data = making.extract(reader, ring, **whole).to_bytes()
        if not bare:
            words = checking.check(data, Policy(tuple(log_keys(reader))))
    write(data, output)
    for line in words:
        click.echo(line, err=True)


@click.command(cls=Command)
@click.argument("folder", type=Folder(), metavar="DIR")
@click.option("--full", is_flag=True, help="Check every file that is there too, and write what is missing.")
def publish(folder: Path, full: bool) -> None:
    """Write the log to DIR as static files for any web server (C2SP tlog-tiles), up to the last checkpoint.

    If the log key is here, what is new is signed first; else it says how much is not signed. Only new files are
    written, the checkpoint last. The same log gives the same bytes on every machine.
    """
    from ledger.publish import publish as publishing

    with config_of().signed_ledger() as (ledger, _):
        done = publishing.publish(ledger, folder, full=full, tell=progress("files"))
    removed = f", {done.removed} removed" if done.removed else ""
    click.echo(f"{folder} has the {done.checkpoint.size} entries of {done.checkpoint.origin}: ", nl=False)
    click.echo(f"{done.written} files written{removed}.")
