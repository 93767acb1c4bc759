"""What all commands that write share: their options, reading a batch, showing it, recording it, the receipt."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic.fields import FieldInfo

from events import latest
from events.amendment import EntryWithheld
from ledger import files
from ledger.cli.config import SIGN_AS, Config
from ledger.cli.output import Option, print_json, progress, say
from ledger.errors import LedgerError, Place, Places, Problem, Refused, in_words
from ledger.evidence.quotes import read_ahead
from ledger.intake import jsonl
from ledger.intake.draft import Names, drafts_of
from ledger.intake.raw import RawBatch, RawEvent, decoded
from ledger.intake.template import is_structured
from ledger.query.clocks import clocks_at
from ledger.record import record as recording
from ledger.record.again import PRACTICE
from ledger.record.record import Draft
from ledger.statements import Approval
from projections.clock import Times

if TYPE_CHECKING:  # a program that wants JSON does not need it
    from ledger.cli.readback import ReadBack

Json = dict[str, Any]
_AFTERWARDS = (
    "Afterwards publish, copy and back up again, so that it goes there too; delete what you made of it yourself: "
    "evidence, batches, files of `approve`, older copies."
)
_SKIP = "Skip an event that was recorded and retracted, instead of refusing the batch."
SKIP_RETRACTED = click.option("--skip-retracted", is_flag=True, help=_SKIP)
_option = partial(click.option, cls=Option, section="Recording")


def writing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that writes."""
    size, file = click.IntRange(min=0), click.Path(exists=True, dir_okay=False, path_type=Path)
    approval = "A second recorder's approval, made with `approve`."
    for option in (
        _option("--json", "as_json", is_flag=True, help="Print the receipt as JSON."),
        SIGN_AS,
        _option("--approval", type=file, metavar="FILE", help=approval),
        _option("--expect-head", type=size, metavar="SIZE", help="Refuse unless the ledger has SIZE entries."),
        _option("--yes", is_flag=True, help="Do not ask on a terminal whether to record what is shown."),
        _option("--dry-run", is_flag=True, help="Show what would be recorded and change, and write nothing."),
    ):
        command = option(command)
    return command


def read_batches(files: Sequence[str]) -> RawBatch:
    """The events of all files, in order, and what is wrong with them: `drafts_of` raises it."""
    whole = RawBatch()
    for file in files:
        whole.add(_read(file))
    return whole


def read_file(file: str) -> bytes:
    """The bytes of FILE, or of standard input for ``-``. Raises BadParameter where there is none."""
    try:
        return files.read_named(file)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise click.BadParameter(f"there is no file '{file}'; check the path", param_hint="FILE") from None


def _read(file: str) -> RawBatch:
    name = "<stdin>" if file == "-" else file
    text = decoded(read_file(file), name)
    if isinstance(text, Problem):
        return RawBatch(problems=[text], is_whole=False)
    if name.endswith(".jsonl") or (name == "<stdin>" and text.lstrip()[:1] == "{"):
        return jsonl.read(text, name)
    from ledger.intake import yaml

    return yaml.read(text, name)


def batch_of_options(kind: str, given: dict[str, tuple[str, Any]]) -> RawBatch:
    """A batch of one event, from the option and the value of each field, if it has one. A structured value is YAML."""
    batch = RawBatch()
    tree: dict[str, Any] = {"kind": kind}
    places = Places()
    for name, (option, value) in given.items():
        place = places[name] = Place(option)
        if value in (None, ()):
            continue
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


def submit(
    where: Config,
    batch: RawBatch,
    *,
    dry_run: bool,
    expect_head: int | None,
    approval: Path | None,
    as_json: bool,
    yes: bool,
    skip_retracted: bool = False,
) -> None:
    """Record the events of a batch and print the receipt, after the events were shown as they were understood, and on a
    terminal the clerk has said yes; in a dry run print what the receipt would be.

    An append opens three transactions: one to read what the batch names and quotes, one to write, and one to sign the
    checkpoint. A dry run opens one.
    """
    approved, tell = None, progress("entries checked")
    if approval:
        approved = Approval.parse(files.read(approval).decode("utf-8", "replace"), str(approval))
    validated, told, warned = None, None, list[Problem]()
    with where.ledger() as ledger:
        evidence = where.evidence
        with ledger.reading() as reader:
            origin, drafts = reader.origin(), drafts_of(batch, Names(reader), evidence)
            ring = where.ring(origin)
            if not dry_run:
                ring.check_has_what_was_signed(reader)
                where.check_before_writing(reader)
                read_ahead((draft.event for draft in drafts), reader, evidence)
            if dry_run or not as_json:  # a program that records is told by the receipt alone
                from ledger.cli.readback import read_back

                validated = recording.validate(
                    reader, evidence, drafts, ring.verifier(ring.chosen(where.recorder)),
                    approval=approved, expect_head=expect_head, skip_retracted=skip_retracted, tell=tell,
                )  # fmt: skip
                told = read_back(reader, validated.appended, whole=as_json)
                warned = [*batch.notices, *validated.warnings]
        if told and told.events and not as_json:
            undecided = dry_run or (not yes and _can_ask())
            say(told.in_words("--dry-run --json" if undecided else ""), err=not dry_run)
        print_warnings(warned)
        if origin.startswith(PRACTICE):
            click.echo(f"This is a practice copy: nothing reaches {origin.removeprefix(PRACTICE)}.", err=True)
        if dry_run and validated:
            receipt = validated
        else:
            _confirm(drafts, yes=yes, ask=bool(told and told.events))
            receipt = recording.record(
                ledger, drafts, ring.recorder(where.recorder), evidence=evidence, validated=validated,
                approval=approved, expect_head=expect_head, skip_retracted=skip_retracted, tell=tell,
            )  # fmt: skip
        receipt = replace(receipt, warnings=(*batch.notices, *receipt.warnings))
        document = _receipt(receipt, told if dry_run else None)
        told_before = {*warned}
        later = [warning for warning in receipt.warnings if warning not in told_before]
        del drafts, validated, receipt  # a long batch; the checkpoint reads its entries again
        if not dry_run:
            where.sign_after(ledger, origin)
    print_warnings(later)
    if dry_run:
        click.echo("Dry run: nothing was written.", err=True)
    print_json(document) if as_json else click.echo(_in_words(document))


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _confirm(drafts: Sequence[Draft], *, yes: bool, ask: bool) -> None:
    """Ask on a terminal whether to record what was shown. Where data would be deleted, somebody has to say yes."""
    deletes = any(isinstance(draft.event, EntryWithheld) for draft in drafts)
    if deletes:
        click.echo(_AFTERWARDS, err=True)
    if yes or not (deletes or (ask and _can_ask())):
        return
    if not _can_ask():
        raise click.UsageError("Data would be deleted. This cannot be undone: give --yes.")
    what = "This deletes data for good. Record it?" if deletes else "Record this?"
    if not click.confirm(what, err=True):
        raise LedgerError("nothing was written, as you said")


def _receipt(receipt: recording.Receipt, told: "ReadBack | None") -> Json:
    """The receipt as JSON; after a dry run, with what was understood and what would change."""
    return {
        "schema": "force-ledger/receipt/v1",
        "appended": [entry.position for entry in receipt.appended],
        "already_recorded": [entry.position for entry in receipt.already],
        "warnings": [str(warning) for warning in receipt.warnings],
        "dry_run": told is not None,
        **(told.to_json() if told else {}),
        **clocks_at(receipt.head, Times(lambda _: receipt.recorded_at)).to_json(),
    }


def _in_words(document: Json) -> str:
    appended, already = document["appended"], len(document["already_recorded"])
    positions = f"#{appended[0]}-#{appended[-1]}" if len(appended) > 1 else f"#{appended[0]}" if appended else ""
    did = "Would append" if document["dry_run"] else "Appended"
    return f"{did} {len(appended)}{f' ({positions})' if positions else ''}, {already} already recorded"


def print_warnings(warnings: Sequence[Problem]) -> None:
    for warning in in_words(warnings):
        click.echo(f"Warning: {warning}", err=True)
