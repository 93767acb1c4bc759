"""correct, retract, corroborate, contradict, resolve, withhold, redact: amend an entry that is on record.

Each command is made from the class of its event, as in `record`. The target is an argument; the function with the
command's name finds the fields that have no option.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

import click

from events import Entry
from events.amendment import (
    Amendment,
    EntryContradicted,
    EntryCorrected,
    EntryCorroborated,
    EntryRetracted,
    EntryWithheld,
)
from events.terms import NOT_STATED
from ledger.cli.config import config_of
from ledger.cli.output import Command
from ledger.cli.record import given_fields, option_of
from ledger.cli.submit import batch_of_options, submit, writing_options
from ledger.errors import NotFound, Place, Problem, Refused, like
from ledger.intake import yaml
from ledger.query.ids import entry_of, find_entry, find_matter, names_a_fact
from ledger.store.reader import Reader
from projections.amendments import Versions

Json = dict[str, Any]
_WITHOUT_OPTION = ("target", "stream", "replacement")
_FIELDS = click.argument("fields", nargs=-1, required=True, metavar="FIELD=VALUE...")
_KEEP = click.option("--keep", is_flag=True, help="What is on record stands as it is.")
_OTHER_FIELDS = click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")


def amends(
    class_: type[Amendment], metavar: str = "ENTRY", **fixed: str
) -> Callable[[Callable[..., list[Json]]], click.Command]:
    """Make a command that records amendments of a class, with these fields fixed.

    The function takes a reader, the argument, and its own parameters. It returns, for each amendment, the fields that
    have no option; a field that is None is left out.
    """
    fields = {
        name: option_of(name, info)
        for name, info in class_.model_fields.items()
        if name not in (*_WITHOUT_OPTION, *fixed)
    }

    def made(amendments: Callable[..., list[Json]]) -> click.Command:
        params: list[click.Parameter] = getattr(amendments, "__click_params__", [])
        own = [str(param.name) for param in params]

        @writing_options
        @wraps(amendments)
        def command(what: str, sign_as: str | None, **given: Any) -> None:
            where = config_of(sign_as)
            with where.reading() as reader:
                found = amendments(reader, what, **{name: given.pop(name) for name in own})
            batch = batch_of_options(class_.kind, given_fields(fields, given))
            (event,) = batch.events
            trees = ({**event.tree, **fixed, **needed} for needed in found)
            given_only = ({name: value for name, value in tree.items() if value is not None} for tree in trees)
            batch.events = [replace(event, tree=batch.texts(tree, Place())) for tree in given_only]
            submit(where, batch, **given)

        made = click.command(cls=Command)(command)
        made.params = [click.Argument(["what"], metavar=metavar), *fields.values(), *made.params]
        return made

    return made


@amends(EntryCorrected)
@_FIELDS
def correct(reader: Reader, what: str, fields: tuple[str, ...]) -> list[Json]:
    """Correct ENTRY ('#12'): change these fields, and leave the others as they are now.

    FIELD= without a value removes the field. What was known before stays on record.

    A list is given whole, with the items that do not change. To correct one recommendation of a concern, give them all:
    'recommendations=[{id: 1, text: "…", deadline: within 3 months}, {id: 2, text: "…"}]'. `show ENTRY` prints them.
    """
    now = _in_force(reader, what)
    return [{"target": now.event_id, "replacement": _with_changes(now, fields)}]


@amends(EntryRetracted, "ENTRY|MATTER")
def retract(reader: Reader, what: str) -> list[Json]:
    """Retract ENTRY ('#12') with its corrections, or a whole matter such as kent/concern/custody-2024.

    All of it stays on record.
    The number of a correction retracts only that: the version before it is in force again.
    """
    entry = find_entry(reader, what)
    if entry is None:
        _, entries = find_matter(reader, what)
        targets = Versions(entries).firsts()
        if not targets:
            raise NotFound(f"nothing of {what} is in force")
        return [{"target": target.event_id} for target in targets]
    if names_a_fact(what):
        entry = Versions(reader.matter(entry.matter)).first(entry.event_id)
    return [{"target": entry.event_id}]


@amends(EntryCorroborated)
def corroborate(reader: Reader, what: str) -> list[Json]:
    """Record that another document says the same as ENTRY ('#12')."""
    return [{"target": _in_force(reader, what).event_id}]


@amends(EntryContradicted)
def contradict(reader: Reader, what: str) -> list[Json]:
    """Record that another document contradicts ENTRY ('#12'). No state changes, but readers see it."""
    return [{"target": _in_force(reader, what).event_id}]


@amends(EntryCorrected, type="conflict-resolved")
@_OTHER_FIELDS
@_KEEP
def resolve(reader: Reader, what: str, fields: tuple[str, ...], keep: bool) -> list[Json]:
    """Settle a contradiction of ENTRY ('#12'): keep what is on record, or change these fields.

    A change rests on a document: name it with --document. With --keep none is needed.

    Readers no longer say that sources differ. What contradicted the entry stays on record, with the reason.
    """
    if keep is bool(fields):
        both = ", not both" if keep else ""
        raise click.UsageError(f"Give --keep, or the fields that change (FIELD=VALUE){both}.")
    now = _in_force(reader, what)
    return [{"target": now.event_id, "replacement": _with_changes(now, fields)}]


@amends(EntryWithheld)
def withhold(reader: Reader, what: str) -> list[Json]:
    """Delete the data of ENTRY ('#12'), which was retracted or corrected, for a court order or to protect a person.

    This cannot be undone. Its matter, kind and times stay on record, so an id that names a person stays too. The ledger
    still verifies. Published logs, copies and backups have it until they are brought up to date.
    """
    entry = entry_of(reader, what)
    if Versions(reader.matter(entry.matter)).is_in_force(entry.event_id):
        raise Refused(f"#{entry.position} is in force", hint="retract or correct it first, or use `redact`")
    return [{"target": entry.event_id}]


@amends(EntryWithheld)
@_FIELDS
def redact(reader: Reader, what: str, fields: tuple[str, ...]) -> list[Json]:
    """Correct ENTRY ('#12') so that these fields no longer say what they said, and withhold its earlier versions.

    FIELD= without a value removes the field. See `withhold` for what stays on record.
    """
    now = _in_force(reader, what)
    correction = {
        "kind": EntryCorrected.kind,
        "type": "recording-error",
        "target": now.event_id,
        "replacement": _with_changes(now, fields),
        "ground": None,
    }
    recorded = reader.matter(now.matter)
    versions = Versions(recorded)
    readable = [e for e in recorded if versions.are_of_one_fact(e.event_id, now.event_id) and not e.is_withheld]
    if beside := [e.position for e in readable if e.kind in (EntryCorroborated.kind, EntryContradicted.kind)]:
        listed = ", ".join(f"#{position}" for position in beside)
        click.echo(f"Warning: {listed} corroborate or contradict it and stay: see whether they say it too", err=True)
    earlier = [e.event_id for e in readable if e.kind in (now.kind, EntryCorrected.kind)]
    return [correction, *({"target": id} for id in earlier)]


def _in_force(reader: Reader, id: str) -> Entry:
    entry = entry_of(reader, id)
    now = Versions(reader.matter(entry.matter)).now(entry.event_id) or entry
    if now.is_withheld:
        raise Refused(f"#{now.position} was retracted, and its data were withheld", hint="record what is true anew")
    return now


def _with_changes(now: Entry, fields: Sequence[str]) -> Json:
    """The replacement of an entry in which these fields, each ``FIELD=VALUE``, are changed."""
    changed: dict[str, str] = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals:
            raise click.BadParameter(f"'{field}' is not FIELD=VALUE", param_hint="FIELD=VALUE")
        if name not in type(now.event).model_fields:
            hint = like(name, type(now.event).model_fields, f"see `force-ledger template {now.kind}`", 1)
            raise Refused(Problem(f"a {now.kind} has no field '{name}'", hint, name))
        changed[name] = value
    data = now.event.data()
    left_open = data.pop("not_stated", [])
    data |= dict.fromkeys(left_open, NOT_STATED)
    for name, value in changed.items():
        if not value:
            data.pop(name, None)
            continue
        try:
            data[name] = yaml.read_value(value)
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            raise Refused(Problem(message, hint, name)) from None
    return {"kind": now.kind, **data}
