"""forces: the bodies that the inspectorate inspects."""

from typing import Any

import click

from events.body import BodyRegistered
from ledger.cli.clocks import clock_options, view
from ledger.cli.output import Answer, Form, output_options

Json = dict[str, Any]


@click.group()
def forces() -> None:
    """The bodies that the inspectorate inspects."""


@forces.command("list")
@clock_options
@output_options
@click.pass_context
def forces_list(ctx: click.Context, /, form: Form, **clocks: Any) -> None:
    """All registered bodies."""
    with view(ctx, **clocks) as seen:
        rows = [_body_row(body) for _, body in sorted(seen.bodies.registered.items())]
    text = "\n".join(f"{row['body']:<20} {row['code'] or '-':<10} {row['name']}" for row in rows)
    form.print(Answer(rows, rows, text or "No bodies are registered.", str(seen.clocks)))


@forces.command("show")
@click.argument("body")
@clock_options
@output_options
@click.pass_context
def forces_show(ctx: click.Context, /, body: str, form: Form, **clocks: Any) -> None:
    """One body, found by slug, code, name or alias."""
    with view(ctx, **clocks) as seen:
        row = _body_row(seen.bodies.registered[seen.find_body(body)])
    text = "\n".join(
        f"{name:<8} {', '.join(value) if isinstance(value, list) else value or '-'}" for name, value in row.items()
    )
    form.print(
        Answer({"schema": "force-ledger/body/v1", **row, **seen.clocks.to_json()}, [row], text, str(seen.clocks))
    )


def _body_row(body: BodyRegistered) -> Json:
    named = ("body", "code", "name", "type", "nation", "region")
    return {name: getattr(body, name) for name in named} | {"aliases": list(body.aliases)}
