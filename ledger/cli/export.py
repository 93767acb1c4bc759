"""export: the read model, and what is due, as files for other programs."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from events import kinds, latest
from ledger.cli.answers import ANSWERS, answer_schema
from ledger.cli.clocks import DAY, question
from ledger.cli.config import Folder, config_of
from ledger.cli.output import Command
from ledger.cli.template import batch_schema, event_schema
from ledger.forms import json_bytes
from ledger.publish import export as exporting


@click.command(cls=Command)
@click.argument("folder", type=Folder(), metavar="DIR")
@click.option("--ical", is_flag=True, help="Also due.ics: what is due, as a calendar.")
@click.option("--as-of", type=DAY, metavar="DATE", help="The day of the calendar; today if none is given.")
def export(folder: Path, ical: bool, as_of: date | None) -> None:
    """Write the read model to DIR: every table as CSV and JSON lines, with a description (datapackage.json) for
    Frictionless and other tools; and in schema/ the JSON Schema of every kind of event and every answer.

    The same ledger gives the same bytes. In CSV, what a spreadsheet would run as a formula has an
    apostrophe before it; JSON lines have it as it is. `licence` in force-ledger.toml says under which licence you
    publish: "CC-BY-4.0", or an address.
    """
    if as_of and not ical:
        raise click.UsageError("--as-of is the day of the calendar: give --ical too.")
    where = config_of()
    with question(as_of) as context, context.model(exactly=True) as model:
        model.execute("BEGIN")
        with where.reading() as reader:
            state = exporting.State.of(model, reader)

        def files() -> Iterator[tuple[str, bytes]]:
            yield from schema_files()
            if ical:
                yield "due.ics", exporting.calendar(model, state.origin, context.clocks.as_of)
            yield from exporting.data_package(model, state, where.licence)

        written = exporting.write(folder, files()).written
    if not where.licence:
        click.echo("Note: no licence is given; set `licence` in force-ledger.toml if others may use it", err=True)
    click.echo(f"{folder} has the {state.head.size:,} entries of {state.origin}: {written} files written.")
    if ical:
        click.echo(f"due.ics is as of {context.clocks.as_of}.")


def schema_files() -> Iterator[tuple[str, bytes]]:
    """The JSON Schema of a batch, of every kind of event and of every answer, each as a file."""
    yield "schema/batch.json", json_bytes(batch_schema())
    for kind in kinds():
        yield f"schema/events/{kind}.json", json_bytes(event_schema(latest(kind)))
    for name in ANSWERS:
        yield f"schema/answers/{name.replace(' ', '-')}.json", json_bytes(answer_schema(name))
