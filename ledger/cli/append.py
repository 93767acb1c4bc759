"""append, check and approve, and the code that all commands that write share."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from pydantic.fields import FieldInfo

from events import latest
from ledger import files
from ledger.cli.config import SIGN_AS, Config, config_of
from ledger.cli.output import output_file, print_json, write
from ledger.errors import Place, Places, Problem, Refused, in_words
from ledger.evidence.quotes import read_ahead
from ledger.intake import jsonl
from ledger.intake.draft import Names, drafts_of
from ledger.intake.raw import RawBatch, RawEvent, decoded
from ledger.intake.template import is_structured
from ledger.query.clocks import clocks_at
from ledger.record import record as recording
from ledger.statements import Approval
from ledger.store.reader import Reader
from projections.clock import Times

Json = dict[str, Any]
_FILES = click.argument("files", nargs=-1, required=True, metavar="FILE…|-")


def writing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that writes."""
    size, file = click.IntRange(min=0), click.Path(exists=True, dir_okay=False, path_type=Path)
    approval = "A second recorder's approval, made with `approve`."
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON."),
        SIGN_AS,
        click.option("--approval", type=file, metavar="FILE", help=approval),
        click.option("--expect-head", type=size, metavar="SIZE", help="Refuse unless the ledger has SIZE entries."),
        click.option("--dry-run", is_flag=True, help="Print what would change, and write nothing."),
    ):
        command = option(command)
    return command


@click.command()
@_FILES
@writing_options
def append(files: tuple[str, ...], sign_as: str | None, **options: Any) -> None:
    """Append the events of FILEs: YAML (.yaml, .yml) or JSON lines (.jsonl), or `-` for standard input.

    All FILEs together are recorded, or nothing. An event that is on record already is skipped.
    """
    submit(config_of(sign_as), read_batches(files), **options)


@click.command()
@_FILES
@click.option("--json", "as_json", is_flag=True, help="Print problems as JSON.")
def check(files: tuple[str, ...], as_json: bool) -> None:
    """Say what `append` would object to in FILEs. Nothing is written.

    Without a ledger the form is checked, not the rules.
    """
    batch, where = read_batches(files), config_of()
    warnings, already, exists = batch.notices, 0, where.database.exists()
    if exists:
        with where.reading() as reader:
            drafts = drafts_of(batch.events, Names(reader))
            receipt = recording.validate(reader, where.evidence, drafts, None)
        warnings, already = [*warnings, *receipt.warnings], len(receipt.already)
        words = f"{len(drafts)} events can be recorded; {already} of them are on record already."
    else:
        drafts = drafts_of(batch.events, Names(None))
        words = f"{len(drafts)} events have the right form. Rules were not checked: no ledger at {where.database}."
    print_warnings(warnings)
    document = {
        "schema": "force-ledger/check/v1",
        "events": len(drafts),
        "already_recorded": already,
        "rules_checked": exists,
        "warnings": [str(warning) for warning in warnings],
    }
    print_json(document) if as_json else click.echo(words)


@click.command()
@_FILES
@SIGN_AS
@output_file("Write to a file.")
def approve(files: tuple[str, ...], sign_as: str | None, output: Path | None) -> None:
    """Approve FILEs as a second recorder (four eyes): show what `append` would change, and sign it.

    The approval is for these events alone, whenever they are appended: `append FILE… --approval APPROVAL`.
    """
    where, batch = config_of(sign_as), read_batches(files)
    with where.ledger_and_keys() as (ledger, ring):
        with ledger.reading() as reader:
            drafts = drafts_of(batch.events, Names(reader))
        receipt, approval = recording.approve(ledger, drafts, ring.recorder(where.recorder))
        with ledger.reading() as reader:
            document = _receipt(receipt, _changes(reader, receipt))
    print_warnings([*batch.notices, *receipt.warnings])
    click.echo(_in_words(document), err=True)
    write(approval.text(), output)
    click.echo(f"Approved by {approval.by}; nothing was written to the ledger.", err=True)


def submit(
    where: Config, batch: RawBatch, *, dry_run: bool, expect_head: int | None, approval: Path | None, as_json: bool
) -> None:
    """Record the events of a batch and print the receipt; in a dry run print what the receipt would be.

    An append opens three transactions: one to read what the batch names and quotes, one to write, and one to sign the
    checkpoint. A dry run opens one.
    """
    approved = None
    if approval:
        approved = Approval.parse(files.read(approval).decode("utf-8", "replace"), str(approval))
    changes: list[Json] | None = None
    with where.ledger() as ledger:
        evidence = where.evidence
        with ledger.reading() as reader:
            origin, drafts = reader.origin(), drafts_of(batch.events, Names(reader))
            if dry_run:
                key = where.verifier(origin)
                receipt = recording.validate(reader, evidence, drafts, key, approval=approved, expect_head=expect_head)
                changes = _changes(reader, receipt)
            else:
                where.ring(origin).check_has_what_was_signed(reader)
                where.check_today(reader)
                read_ahead([draft.event for draft in drafts], reader, evidence)
        if not dry_run:
            receipt = recording.record(
                ledger, drafts, where.signer(origin), approval=approved, expect_head=expect_head, evidence=evidence
            )
            where.sign_after(ledger, origin)
    receipt = replace(receipt, warnings=(*batch.notices, *receipt.warnings))
    print_warnings(receipt.warnings)
    document = _receipt(receipt, changes)
    if dry_run:
        click.echo("Dry run: nothing was written.", err=True)
    print_json(document) if as_json else click.echo(_in_words(document))


def _changes(reader: Reader, receipt: recording.Receipt) -> list[Json]:
    from ledger.cli.effects import changes

    return changes(reader, receipt.appended)


def _receipt(receipt: recording.Receipt, changes: list[Json] | None) -> Json:
    """The receipt as JSON; after a dry run, with the changes."""
    return {
        "schema": "force-ledger/receipt/v1",
        "appended": [entry.position for entry in receipt.appended],
        "already_recorded": [entry.position for entry in receipt.already],
        "warnings": [str(warning) for warning in receipt.warnings],
        "dry_run": changes is not None,
        **({} if changes is None else {"changes": changes}),
        **clocks_at(receipt.head, Times(lambda _: receipt.recorded_at)).to_json(),
    }


def _in_words(document: Json) -> str:
    appended, already = document["appended"], len(document["already_recorded"])
    positions = f"#{appended[0]}-#{appended[-1]}" if len(appended) > 1 else f"#{appended[0]}" if appended else ""
    lines = [f"{change['body']}{_days(change)}: {change['words']}" for change in document.get("changes", ())]
    if document["dry_run"] and appended and not lines:
        lines = ["No state would change, on any day."]
    did = "Would append" if document["dry_run"] else "Appended"
    count = f"{did} {len(appended)}{f' ({positions})' if positions else ''}, {already} already recorded"
    return "\n".join([*lines, count])


def _days(change: Json) -> str:
    first, last = change["first_day"], change["last_day"]
    if first == last and first:
        return f" on {first}"
    return (f" from {first}" if first else "") + (f" to {last}" if last else " on" if first else "")


def print_warnings(warnings: Sequence[Problem]) -> None:
    for warning in in_words(warnings):
        click.echo(f"Warning: {warning}", err=True)


def read_batches(files: Sequence[str]) -> RawBatch:
    """The events of all files, in order. Raises Refused with everything that is wrong with them."""
    whole = RawBatch()
    for file in files:
        read = _read(file)
        whole.events += read.events
        whole.problems += read.problems
        whole.notices += read.notices
    if whole.problems:
        raise Refused(*whole.problems)
    return whole


def _read(file: str) -> RawBatch:
    name = "<stdin>" if file == "-" else file
    try:
        text = decoded(files.read_named(file), name)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise click.BadParameter(f"there is no file '{file}'; check the path", param_hint="FILE") from None
    if isinstance(text, Problem):
        return RawBatch(problems=[text])
    if name.endswith(".jsonl") or (name == "<stdin>" and text.lstrip()[:1] == "{"):
        return jsonl.read(text, name)
    from ledger.intake import yaml

    return yaml.read(text, name)


def batch_of_options(kind: str, given: dict[str, tuple[str, Any]]) -> RawBatch:
    """A batch of one event, from the option and the value of each field. A structured value is YAML."""
    batch = RawBatch()
    tree: dict[str, Any] = {"kind": kind}
    places = Places()
    for name, (option, value) in given.items():
        place = places[name] = Place(option)
        try:
            tree[name] = batch.texts(_value_of(value, latest(kind).model_fields[name]), place, name)
        except ValueError as error:
            raise Refused(Problem(str(error), field=name, place=place)) from None
    batch.events.append(RawEvent(tree, places))
    return batch


def _value_of(value: Any, info: FieldInfo) -> Any:
    if isinstance(value, tuple):
        return [_value_of(item, info) for item in value]
    if not is_structured(info):
        return value
    from ledger.intake.yaml import read_value

    return read_value(value)
