"""correct, retract, corroborate, contradict, withhold: mending in the words of the trade."""

import json
import sys
from difflib import get_close_matches
from typing import Any

import click

from events import Entry
from events.amendment import Amendment
from ledger.cli.append import submit, writing_options
from ledger.cli.completion import offered
from ledger.cli.config import Config, config_of
from ledger.errors import NotFound, Place, Places, Problem, Refused
from ledger.intake import yaml
from ledger.intake.raw import RawBatch, RawEvent
from ledger.query.ids import entry_of, find_entry, find_matter
from projections.amendments import Versions

_DOCUMENT = click.option(
    "--document",
    "documents",
    multiple=True,
    metavar="ID",
    help="The documents that it rests on.",
    shell_complete=offered,
)
_NOTE = click.option("--note", metavar="TEXT", help="Anything that a reader should know.")


@click.command()
@click.argument("entry")
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=VALUE...")
@click.option(
    "--type", "type_", required=True, metavar="TYPE",
    help="recording-error (ours), source-erratum (theirs), conflict-resolved, or precision-refined.",
)  # fmt: skip
@click.option("--reason", required=True, metavar="TEXT", help="Why, in your own words.")
@_DOCUMENT
@_NOTE
@writing_options
def correct(entry: str, fields: tuple[str, ...], type_: str, **given: Any) -> None:
    """Put something else in the place of ENTRY (#12): the fields that are given, the rest as it stands now.

    FIELD= without a value leaves the field out. What was known before stays on record.
    """
    where = config_of(given.pop("sign_as"))
    now, target = _in_force(where, entry)
    changed: dict[str, str] = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals:
            raise click.BadParameter(f"'{field}' is not FIELD=VALUE", param_hint="FIELD=VALUE")
        if name not in type(now.event).model_fields:
            near = get_close_matches(name, type(now.event).model_fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"see `force-ledger template {now.kind}`"
            raise Refused(Problem(f"a {now.kind} has no field '{name}'", hint, name))
        changed[name] = value
    data = now.event.data()
    for name, value in changed.items():
        click.echo(f"#{now.position} {name}: {_shown(data.get(name))} -> {value or '(left out)'}", err=True)
    whole = {**data, **{name: yaml.read_value(value) for name, value in changed.items() if value}}
    kept = {name: value for name, value in whole.items() if changed.get(name, "kept")}
    said = {"replacement": {"kind": now.kind, **kept}}
    _submit(where, "entry.corrected", target, said, {"type": type_, **given})


@click.command()
@click.argument("what", metavar="ENTRY|MATTER")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in your own words.")
@_DOCUMENT
@_NOTE
@writing_options
def retract(what: str, **given: Any) -> None:
    """Take back ENTRY (#12), so that it no longer stands; or a whole matter, such as kent/concern/custody-2024.

    To retract a correction restores what it replaced.
    """
    where = config_of(given.pop("sign_as"))
    with where.reading() as reader:
        if find_entry(reader, what) is None:
            _, entries = find_matter(reader, what)
            targets = Versions(entries).layers()
            if not targets:
                raise NotFound(f"nothing of {what} stands any more")
        else:
            entry, target = _in_force(where, what, or_mending=True)
            targets = [target]
            if entry.replaced:
                click.echo(
                    f"this takes back the last correction of #{entry.position} and restores what it replaced; retract "
                    f"#{entry.position} again to take that back too",
                    err=True,
                )
    _submit(where, "entry.retracted", targets, {}, given)


@click.command()
@click.argument("entry")
@_DOCUMENT
@_NOTE
@writing_options
def corroborate(entry: str, **given: Any) -> None:
    """Say that another document says the same as ENTRY (#12)."""
    where = config_of(given.pop("sign_as"))
    _submit(where, "entry.corroborated", _in_force(where, entry)[1], {}, given)


@click.command()
@click.argument("entry")
@click.option("--claim", required=True, metavar="TEXT", help="What they say instead, in your own words.")
@_DOCUMENT
@_NOTE
@writing_options
def contradict(entry: str, **given: Any) -> None:
    """Say that another document says otherwise than ENTRY (#12). Nothing changes, but readers see it."""
    where = config_of(given.pop("sign_as"))
    _submit(where, "entry.contradicted", _in_force(where, entry)[1], {}, given)


@click.command()
@click.argument("entry")
@click.option("--ground", required=True, metavar="GROUND", help="court-order or personal-data.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, without repeating what is withheld.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_DOCUMENT
@_NOTE
@writing_options
def withhold(entry: str, yes: bool, **given: Any) -> None:
    """Remove the bytes of ENTRY (#12), which was retracted or corrected, for a court's order or a person's sake.

    That it was there, its event id and the hash of its leaf stay, so the ledger still verifies. It cannot be undone.
    Copies are not reached: backups, published logs and files of others must be seen to by hand.
    """
    where = config_of(given.pop("sign_as"))
    with where.reading() as reader:
        target = entry_of(reader, entry)
    if not (yes or given["dry_run"]):
        if not sys.stdin.isatty():
            raise click.UsageError("This cannot be undone: give --yes.")
        click.confirm(f"The bytes of #{target.position} ({target.kind}) will be gone for good. Go on?", abort=True)
    _submit(where, "entry.withheld", target.event_id, {}, given)


def _in_force(where: Config, id: str, *, or_mending: bool = False) -> tuple[Entry, str]:
    """What now stands in the line of an entry, and its event id. Raises NotFound where there is no such entry."""
    with where.reading() as reader:
        entry = entry_of(reader, id)
        if or_mending and isinstance(entry.event, Amendment):
            return entry, entry.event_id
        recorded = reader.matters([entry.matter])[entry.matter]
    now = Versions(recorded).now(entry.event_id) or entry
    return now, now.event_id


def _submit(where: Config, kind: str, targets: str | list[str], said: dict[str, Any], given: dict[str, Any]) -> None:
    options = {name: given.pop(name) for name in ("dry_run", "expect_head", "approval", "as_json")}
    fields = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items() if value}
    plains = RawBatch()
    for target in [targets] if isinstance(targets, str) else targets:
        tree = {"kind": kind, "target": target, **said, **fields}
        places = Places({name: Place("--document" if name == "documents" else f"--{name}") for name in fields})
        plains.events.append(RawEvent(tree, places))
    submit(where, plains, **options)


def _shown(value: Any) -> str:
    return "(nothing)" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
