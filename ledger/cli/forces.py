"""forces: the bodies that the inspectorate inspects."""

from typing import Any

import click

from ledger.cli.clocks import clock_options
from ledger.cli.completion import offered
from ledger.cli.glancing import glancing
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
    with glancing(ctx, **clocks) as seen:
        rows = [_body_row(*body) for body in sorted(seen.bodies.registered.items())]
    text = "\n".join(f"{row['body']:<20} {row['code'] or '-':<10} {row['name']}" for row in rows)
    form.print(Answer(rows, rows, text or "No bodies are registered.", str(seen.clocks)))


@forces.command("show")
@click.argument("body", shell_complete=offered)
@clock_options
@output_options
@click.pass_context
def forces_show(ctx: click.Context, /, body: str, form: Form, **clocks: Any) -> None:
    """One body, found by slug, code, name or alias."""
    with glancing(ctx, **clocks) as seen:
        slug = seen.find_body(body)
        row = _body_row(slug, seen.bodies.registered[slug])
    text = "\n".join(
        f"{name:<8} {', '.join(value) if isinstance(value, list) else value or '-'}" for name, value in row.items()
    )
    form.print(
        Answer({"schema": "force-ledger/body/v1", **row, **seen.clocks.to_json()}, [row], text, str(seen.clocks))
    )


def _body_row(body: str, said: Json) -> Json:
    """A body as it was registered."""
    as_it_is = {name: said[name] for name in ("type", "nation", "region", "aliases")}
    return {"body": body, "code": said["code"], "name": said["names"][0], **as_it_is}
