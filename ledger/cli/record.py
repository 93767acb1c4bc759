"""One command for each kind of event, made from its class: noun, verb, options and help.

Each field is an option of its name. A list is an option in the singular that may be repeated. A structured value is
written as YAML: `--recommendation '{id: 1, deadline: within 3 months}'`.
"""

import inspect
import shlex
import sys
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from events import Event, kinds, latest
from events.dates import OpenDate, PartialDate, london_day
from events.document import DocumentRegistered, DocumentRevised
from ledger import files
from ledger.apart import CannotRead
from ledger.cli.completion import offered
from ledger.cli.config import config_of
from ledger.cli.output import Command
from ledger.cli.submit import batch_of_options, submit, writing_options
from ledger.evidence.pdf import metadata_of
from ledger.intake.template import choices

_FILE_HELP = "Its file: hashed, kept as evidence, and asked for what is not given."
_FILE = click.Option(
    ["--file"], type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE", help=_FILE_HELP
)


def noun_group(noun: str) -> click.Group:
    """The commands of a noun, one for each verb."""
    of_noun = [latest(kind) for kind in kinds() if (latest(kind).command or "").startswith(f"{noun} ")]
    group = click.Group(noun, help=f"Record one event: {', '.join(_verb(class_) for class_ in of_noun)}.")
    for class_ in of_noun:
        group.add_command(command_of(class_))
    return group


def command_of(class_: type[Event]) -> click.Command:
    """The command that records an event of a class."""
    options = {name: option_of(name, info) for name, info in class_.model_fields.items()}
    file = [_FILE] if class_ in (DocumentRegistered, DocumentRevised) else []

    def write(sign_as: str | None, file: Path | None = None, **given: Any) -> None:
        where = config_of(sign_as)
        if file:
            given |= _of_file(class_, file, given)
        submit(where, batch_of_options(class_.kind, given_fields(options, given)), **given)
        if file and not given["dry_run"]:
            where.evidence.add(file)

    command = click.command(_verb(class_), cls=Command, help=inspect.getdoc(class_))(writing_options(write))
    command.params = [*options.values(), *file, *command.params]
    return command


def _of_file(class_: type[Event], file: Path, given: dict[str, Any]) -> dict[str, Any]:
    """The fields that a file gives: its hash; of a new document, once a clerk confirms them, the title and the day in
    its metadata; of one that is on record, that it is kept from today on."""
    data = files.read(file)
    fields: dict[str, Any] = {"sha256": sha256(data).hexdigest()}
    if class_ is DocumentRevised:
        kept = {"effective": london_day(datetime.now(UTC)).isoformat(), "change": "Its file is kept from now on."}
        return fields | {name: value for name, value in kept.items() if given[name] is None}
    with suppress(CannotRead):
        for name, proposed in metadata_of(data).items() if data.startswith(b"%PDF-") else ():
            if given[name] is None and sys.stdin.isatty():
                asked = f"{name} (- to leave it out)" if name == "dated" else name
                answer = click.prompt(asked, default=proposed, err=True)
                fields |= {} if answer == "-" else {name: answer}
            elif given[name] is None:
                click.echo(f"The file says: --{name} {shlex.quote(proposed)}", err=True)
    return fields


def given_fields(options: dict[str, click.Option], given: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Remove the values of these options from ``given``, and return option and value of each field."""
    return {name: (option.opts[0], given.pop(name)) for name, option in options.items()}


def option_of(name: str, info: FieldInfo) -> click.Option:
    """The option for a field of an event. The event's class refuses a missing one, and says what to write."""
    also = "  [required]" if info.is_required() else ""
    help_text = f"{info.description}{choices(info)}{also}"
    if get_origin(info.annotation) is tuple:
        return click.Option(
            [f"--{_singular(name).replace('_', '-')}", name],
            multiple=True,
            metavar="VALUE",
            help=help_text + "  [may be repeated]",
            shell_complete=offered,
        )
    names, types = [f"--{name.replace('_', '-')}", name], (info.annotation, *get_args(info.annotation))
    if Literal[True, False] in types:
        names[0] += f"/--no-{names[0][2:]}"
        return click.Option(names, default=None, help=help_text)
    metavar = "DATE" if {PartialDate, OpenDate}.intersection(types) else "N" if int in types else "TEXT"
    return click.Option(names, metavar=metavar, help=help_text, shell_complete=offered)


def _verb(class_: type[Event]) -> str:
    assert class_.command is not None
    return class_.command.split()[1]


def _singular(name: str) -> str:
    for plural, singular in (("eyes", "eyes"), ("ies", "y"), ("sses", "ss"), ("ases", "as"), ("s", "")):
        if name.endswith(plural):
            return name.removesuffix(plural) + singular
    return name
