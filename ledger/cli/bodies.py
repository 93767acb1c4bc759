"""forces, and finding the body that a command is about."""

from typing import Any

import click

from events.body import BodyRegistered
from ledger.book import Bodies
from ledger.cli.clocks import Clocks
from ledger.cli.output import Answer, Form, output_options
from ledger.cli.setting import setting
from ledger.errors import NotFound
from ledger.store.ledger import Reader
from projections.body import BodyHistory

Json = dict[str, Any]


def find_body(reader: Reader, text: str) -> str:
    """The slug of a body. Raises NotFound with what is near."""
    try:
        return Bodies.of(reader).find(text)
    except LookupError as error:
        message, _, hint = str(error.args[0]).partition("; ")
        raise NotFound(message, hint=hint) from None


def history_of(reader: Reader, body: str) -> BodyHistory:
    """Everything on record of a body."""
    registration = f"body/{body}"
    return BodyHistory.of(body, [*reader.matters([registration])[registration], *reader.under(f"{body}/")])


@click.group()
def forces() -> None:
    """The bodies that the inspectorate inspects."""


@forces.command("list")
@output_options
@click.pass_context
def forces_list(ctx: click.Context, form: Form) -> None:
    """All registered bodies."""
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, None)
        rows = [_body_row(body) for _, body in sorted(Bodies.of(reader).registered.items())]
    text = "\n".join(f"{row['body']:<20} {row['code'] or '-':<10} {row['name']}" for row in rows)
    form.print(Answer(rows, rows, text or "No bodies are registered.", str(clocks)))


@forces.command("show")
@click.argument("body")
@output_options
@click.pass_context
def forces_show(ctx: click.Context, body: str, form: Form) -> None:
    """One body, found by slug, code, name or alias."""
    with setting(ctx).reading() as reader:
        clocks = Clocks.of(reader, None)
        row = _body_row(Bodies.of(reader).registered[find_body(reader, body)])
    text = "\n".join(
        f"{name:<8} {', '.join(value) if isinstance(value, list) else value or '-'}" for name, value in row.items()
    )
    form.print(Answer({"schema": "force-ledger/body/v1", **row, **clocks.to_json()}, [row], text, str(clocks)))


def _body_row(body: BodyRegistered) -> Json:
    named = ("body", "code", "name", "type", "nation", "region")
    return {name: getattr(body, name) for name in named} | {"aliases": list(body.aliases)}
