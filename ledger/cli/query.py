"""search, query, rebuild: the read model itself."""

import sqlite3
from itertools import islice
from math import isfinite
from typing import Any

import click

from events import Entry
from events.terms import ALSO_CALLED, folded
from ledger.cli.clocks import answers
from ledger.cli.config import config_of
from ledger.cli.layout import Table
from ledger.cli.log import entry_row
from ledger.cli.output import Answer, Command, print_json, progress
from ledger.errors import Refused
from ledger.query.context import QueryContext
from ledger.readmodel.description import for_datasette
from ledger.readmodel.follow import rebuild as rebuild_model
from ledger.readmodel.place import model_beside
from ledger.readmodel.query import limited

_SEARCH = """
    SELECT rowid AS position, snippet(entries_fts, 1, '', '', ' … ', 12) AS text
    FROM entries_fts WHERE entries_fts MATCH ? ORDER BY rank
"""


@click.command(cls=Command)
@click.argument("words", nargs=-1, required=True)
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at most.")
@answers
def search(context: QueryContext, words: tuple[str, ...], limit: int) -> Answer:
    """Find the entries with all of these WORDS, the best match first.

    `special measures` finds Engage too.
    """
    term = ALSO_CALLED.get(folded(" ".join(words)))
    wanted = _matching(*words) + (f" OR {_matching(term)}" if term else "")
    with context.model() as model:
        matching = model.execute(_SEARCH, [wanted])
        found = ((entry, text) for position, text in matching for entry in context.reader.entries_at([position]))
        shown = islice(((entry, text) for entry, text in found if context.shows(entry)), limit)
        rows = [_match(entry, text, context) for entry, text in shown]
    lines = (
        f"{row['effective'] or '-':<10}  {row['kind']}  {row['matter']}"
        f"{'' if row['in_force'] else ' (no longer in force)'}  #{row['position']}\n      {row['text']}"
        for row in rows
    )
    return Answer(rows, rows, "\n".join(lines) or "No entry has these words.")


def _matching(*words: str) -> str:
    """The query of FTS5 for all of these words."""
    return "(" + " ".join('"' + word.replace('"', '""') + '"' for word in words) + ")"


def _metadata(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        print_json(for_datasette(model_beside(config_of(ctx=ctx).database.cache_path).stem))
        ctx.exit()


@click.command(cls=Command)
@click.argument("sql")
@click.option(
    "--metadata", is_flag=True, is_eager=True, expose_value=False, callback=_metadata,
    help="Print a description of the tables for Datasette, and stop.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(min=0.001), default=60.0, show_default=True, metavar="SECONDS",
    help="How long the query may take.",
)  # fmt: skip
@click.option(
    "-p", "--param", "params", type=(str, str), multiple=True, metavar="NAME VALUE",
    help="A value for :NAME in the SQL; may be repeated.",
)  # fmt: skip
@answers
def query(context: QueryContext, sql: str, timeout: float, params: tuple[tuple[str, str], ...]) -> Answer:
    """Run SQL on the read model: entries, spells, documents, phases, concerns … (`force-ledger help model`).

    It may only read: nothing is written, attached or set. It may use the clocks: :as_of and :public_at are days,
    :known_at is a position; and what --param gives.
    """
    given = {
        **context.clocks.to_json(),
        "known_at": context.clocks.known.position,
        "head": context.clocks.head.size,
        **dict(params),
    }
    with context.model(exactly=True) as model:
        try:
            with limited(model, timeout):
                cursor = model.execute(sql, given)
                names = _distinct([name for name, *_ in cursor.description or ()])
                rows = [dict(zip(names, map(_json_value, row), strict=True)) for row in cursor]
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise Refused(
                f"the query cannot be answered: {error}", hint="see `force-ledger help model` for the tables"
            ) from None
    cells = [["" if value is None else str(value) for value in row.values()] for row in rows]
    return Answer(rows, rows, [Table(names, cells)] if rows else "No rows.", names)


def _json_value(value: Any) -> Any:
    """A value of SQLite as JSON has it: bytes in hex, and no infinite number."""
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, float) and not isfinite(value) else value


@click.command(cls=Command)
def rebuild() -> None:
    """Delete the read model and build a new one from the ledger. Others can use the old one meanwhile."""
    where = config_of()
    with where.reading() as reader:
        number = rebuild_model(where.database.cache_path, reader, progress())
    click.echo(f"Rebuilt {model_beside(where.database.cache_path)} from {number} entries.")


def _match(entry: Entry, text: str, context: QueryContext) -> dict[str, Any]:
    row = entry_row(entry)
    shown = {name: row[name] for name in ("position", "effective", "kind", "matter")}
    return {
        **shown,
        "in_force": int(context.versions(entry.matter).is_in_force_or_upheld(entry.event_id)),
        "text": text,
    }


def _distinct(names: list[str]) -> list[str]:
    """The names of columns; a repeated one gets a number."""
    return [f"{name}_{names[:n].count(name) + 1}" if name in names[:n] else name for n, name in enumerate(names)]
