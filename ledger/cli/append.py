"""append, check and approve: batches in files."""

from pathlib import Path
from typing import Any

import click

from ledger.cli.config import SIGN_AS, config_of
from ledger.cli.output import Command, output_file, print_json, say, write
from ledger.cli.submit import SKIP_RETRACTED, print_warnings, read_batches, submit, writing_options
from ledger.intake.draft import Names, drafts_of
from ledger.record import record as recording

_FILES = click.argument("files", nargs=-1, required=True, metavar="FILE…|-")


@click.command(cls=Command)
@_FILES
@SKIP_RETRACTED
@writing_options
def append(files: tuple[str, ...], sign_as: str | None, **options: Any) -> None:
    """Append the events of FILEs: YAML (.yaml, .yml) or JSON lines (.jsonl), or `-` for standard input.

    All FILEs together are recorded, or nothing. An event that is on record already is skipped.
    """
    submit(config_of(sign_as), read_batches(files), **options)


@click.command(cls=Command)
@_FILES
@click.option("--json", "as_json", is_flag=True, help="Print problems as JSON.")
def check(files: tuple[str, ...], as_json: bool) -> None:
    """Show FILEs as they are understood, and say what `append` would object to. Nothing is written.

    Without a ledger the form is checked, not the rules; bodies are the 43 forces, by any of their names.
    """
    from ledger.cli.readback import read_back, understood

    batch, where = read_batches(files), config_of()
    warnings, already, exists = batch.notices, 0, where.database.exists()
    if exists:
        with where.reading() as reader:
            drafts = drafts_of(batch, Names(reader), where.evidence)
            receipt = recording.validate(reader, where.evidence, drafts, None)
            told = read_back(reader, receipt.appended, whole=as_json)
        warnings, already = [*warnings, *receipt.warnings], len(receipt.already)
        words = f"{_events(len(drafts))} can be recorded; {already} of them are on record already."
    else:
        drafts = drafts_of(batch, names := Names(None))
        told = understood([draft.event for draft in drafts], names.bodies, whole=as_json)
        words = f"The form of {_events(len(drafts))} is right. Rules were not checked: no ledger at {where.database}."
    document = {
        "schema": "force-ledger/check/v1",
        "events": len(drafts),
        "already_recorded": already,
        "rules_checked": exists,
        "warnings": [str(warning) for warning in warnings],
        **told.to_json(),
    }
    print_warnings(warnings)
    print_json(document) if as_json else click.echo("\n".join(filter(None, (told.in_words("--json"), words))))


def _events(number: int) -> str:
    return f"{number:,} event{'' if number == 1 else 's'}"


@click.command(cls=Command)
@_FILES
@SIGN_AS
@output_file("Write to a file.")
def approve(files: tuple[str, ...], sign_as: str | None, output: Path | None) -> None:
    """Approve FILEs as a second recorder (four eyes): show what `append` would change, and sign it.

    The approval is for these events alone, whenever they are appended: `append FILE… --approval APPROVAL`.
    """
    from ledger.cli.readback import read_back

    where, batch = config_of(sign_as), read_batches(files)
    with where.ledger_and_keys() as (ledger, ring):
        with ledger.reading() as reader:
            drafts = drafts_of(batch, Names(reader), where.evidence)
        receipt, approval = recording.approve(ledger, drafts, ring.recorder(where.recorder))
        with ledger.reading() as reader:
            told = read_back(reader, receipt.appended, whole=False)
    say(told.in_words("append --dry-run --json"), err=True)
    print_warnings([*batch.notices, *receipt.warnings])
    write(approval.text(), output)
    click.echo(f"Approved by {approval.by}; nothing was written to the ledger.", err=True)
