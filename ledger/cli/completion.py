"""completion; and what a shell offers of what is on record: bodies, concerns, documents and the like, by the read
model as it stands, however old.
"""

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from ledger.cli.config import config_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_SHELLS = ("bash", "zsh", "fish")
_MOST = 200
_SUBJECTS = {
    "body": "name", "bodies": "name", "into": "name", "documents": "document", "document": "document",
    "responds_to": "document", "concern": "concern", "concerns": "concern", "recurrence_of": "concern",
    "superseded_by": "concern", "finding": "finding", "review": "review", "plan": "plan", "statement": "statement",
    "statistic": "statistic",
}  # fmt: skip
"""Parameters that are called after something on record, and what part of a body that is."""


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """What a SHELL needs to complete commands, and what is on record: `eval "$(force-ledger completion bash)"`."""
    from click.shell_completion import get_completion_class

    class_ = get_completion_class(shell)
    assert class_ is not None
    root = ctx.find_root()
    click.echo(class_(root.command, {}, "force-ledger", "_FORCE_LEDGER_COMPLETE").source())


def offered(ctx: click.Context, param: click.Parameter, begun: str) -> "list[CompletionItem]":
    """What is on record and may be meant by a parameter, where its id begins so: of the body, if one is given.

    Without a read model there is nothing to offer; whoever completes a word is told of no errors.
    """
    from click.shell_completion import CompletionItem

    from ledger.errors import LedgerError
    from ledger.readmodel.query import model_beside, open_model
    from projections.lookup import on_record

    part = _SUBJECTS.get(str(param.name))
    found: dict[str, str] = {}
    with suppress(sqlite3.Error, LedgerError, LookupError):
        if part and (file := config_of(ctx=ctx).file):
            body = None if part in ("name", "document") else ctx.params.get("body")
            with open_model(model_beside(file)) as model:
                found = on_record(model, part, begun, body, _MOST)
    return [CompletionItem(id, help=title) for id, title in found.items()]
