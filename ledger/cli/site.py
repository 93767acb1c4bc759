"""site: the public site of a ledger, as static pages."""

from collections.abc import Iterable
from datetime import date
from functools import partial
from pathlib import Path

import click

from ledger.cli.clocks import DAY, question
from ledger.cli.config import Folder, config_of
from ledger.cli.output import Command, progress, write
from ledger.query.clocks import today


@click.command(cls=Command)
@click.argument("folder", type=Folder(), metavar="DIR")
@click.option("--as-of", type=DAY, metavar="DATE", help="The day of the site; today if none is given.")
@click.option("--full", is_flag=True, help="Make every page anew.")
@click.option("--serve", is_flag=True, help="Then show it on this machine, until Ctrl-C.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="For --serve.")
def site(folder: Path, as_of: date | None, full: bool, serve: bool, port: int) -> None:
    """Write the public site to DIR: static pages for any web server, or to open from a disk.

    If the log key is here, what is new is signed first. Only pages that changed are written. The same ledger and day
    give the same bytes.
    """
    from ledger.publish.site.page import Shell
    from ledger.publish.site.site import write_site

    where = config_of()
    with where.signed_ledger() as (_, ring):
        shell = Shell(ring.origin, **where.site, licence=where.licence)
    with question(as_of or today()) as context:
        done = write_site(context, where.place, folder, shell, _schemas, full=full, tell=progress("parts of the site"))
        day = context.clocks.as_of
    removed = f", {done.removed} removed" if done.removed else ""
    click.echo(f"{folder} has the site of {day}: {done.files:,} files, {done.written:,} written{removed}.")
    if serve:
        _serve(folder, port)


def _schemas() -> Iterable[tuple[str, bytes]]:
    from ledger.cli.export import schema_files  # only if they are made: it loads every kind of event

    return schema_files()


def _serve(folder: Path, port: int) -> None:
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=str(folder))) as server:
        click.echo(f"http://127.0.0.1:{server.server_address[1]}/ until Ctrl-C")
        server.serve_forever()


@click.command(cls=Command)
@click.argument("what")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def pack(what: str, file: Path) -> None:
    """Write the evidence on WHAT to one HTML FILE, which checks itself in a browser, without a connection.

    WHAT is a concern (BODY/concern/ID) or another matter, or one fact, such as a move to Engage, by one of its entries
    (#79). The file has all their entries, corrections too, the documents that they cite, and the proof that the log has
    them. It is the same until something new bears on it.
    """
    from ledger.publish.site.pack import pack as evidence_pack
    from ledger.publish.site.record import Record

    with config_of().signed_ledger():
        pass  # what is new is signed first, where the log key is
    with question() as context, context.model(exactly=True) as model:
        html = evidence_pack(Record(context, model), what)
    write(html, file)
    click.echo(f"{file} has the evidence on {what}: open it in a browser.")
