"""completion: what a shell needs to complete commands, bodies, concerns and documents.

The ids come from the read model, even if it is out of date.
"""

import re
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from events.characters import visible
from ledger.cli.config import config_of
from projections.subject import ITEM_SUBJECTS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_SHELLS = ("bash", "zsh", "fish")
_MOST = 200
_ID = re.compile("[a-z0-9.-]+")
"""An id as it is recorded. Anything else in a read model would become part of what a shell runs."""
_SUBJECTS = {
    "body": "name", "bodies": "name", "into": "name", "documents": "document", "document": "document",
    "responds_to": "document", "concern": "concern", "concerns": "concern", "recurrence_of": "concern",
    "superseded_by": "concern", "finding": "finding", "recommendation": "recommendation", "review": "review",
    "plan": "plan", "statement": "statement", "statistic": "statistic",
}  # fmt: skip
"""Parameters that take an id on record, with the subject of the id."""
_WITH_SUBJECT = ("about", "sought")
"""Parameters that take the subject too: concern/ID."""
_SUBJECTS_SOUGHT = ("concern", *ITEM_SUBJECTS, "document", "monitoring")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what a SHELL needs to complete commands, bodies and documents with Tab.

    Put this in the shell's start file: `eval "$(force-ledger completion bash)"`.
    """
    from click.shell_completion import get_completion_class

    class_ = get_completion_class(shell)
    assert class_ is not None
    root = ctx.find_root()
    click.echo(class_(root.command, {}, "force-ledger", "_FORCE_LEDGER_COMPLETE").source())


def offered(ctx: click.Context, param: click.Parameter, begun: str) -> "list[CompletionItem]":
    """The ids on record that begin with a text, for a parameter; of one body, if it is given. Without a read model
    there are none. Errors are not shown during completion.
    """
    from click.shell_completion import CompletionItem

    from ledger.errors import LedgerError
    from ledger.readmodel.place import model_beside
    from ledger.readmodel.query import open_model
    from ledger.store.database import real_path
    from projections.lookup import on_record

    part, before = _SUBJECTS.get(str(param.name)), ""
    if param.name in _WITH_SUBJECT:
        subject, slash, begun = begun.partition("/")
        if not slash:
            return [CompletionItem(f"{one}/") for one in _SUBJECTS_SOUGHT if one.startswith(subject)]
        part, before = {"response": "document"}.get(subject, subject), f"{subject}/"
    found: dict[str, str] = {"exit": "from Engage"} if part == "monitoring" else {}
    with suppress(sqlite3.Error, LedgerError, LookupError):
        place = config_of(ctx=ctx).place
        if part and not found and isinstance(place, Path):
            body = None if part in ("name", "document") else ctx.params.get("body")
            with open_model(model_beside(real_path(place))) as model:
                found = on_record(model, part, begun, body, _MOST)
    items = ((id, " ".join(visible(str(title)).split())) for id, title in found.items() if _ID.fullmatch(str(id)))
    return [CompletionItem(before + id, help=title) for id, title in items]
