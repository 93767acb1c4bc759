"""search, query, rebuild: the read model, for questions that the other commands do not ask."""

import json
import sqlite3
from importlib.resources import files
from itertools import islice
from typing import Any

import click

from events import Entry
from ledger.cli.clocks import clock_options
from ledger.cli.config import config_of
from ledger.cli.log import entry_row
from ledger.cli.output import Answer, Form, output_options, progress
from ledger.cli.view import View, view
from ledger.errors import Refused
from ledger.readmodel.follow import followed
from ledger.readmodel.follow import rebuild as rebuild_model
from ledger.readmodel.query import asking, model_beside

_SEARCH = """
    SELECT rowid AS position, snippet(entries_fts, 1, '', '', ' … ', 12) AS text
    FROM entries_fts WHERE entries_fts MATCH ? ORDER BY rank
"""


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at most.")
@clock_options
@output_options
@click.pass_context
def search(ctx: click.Context, /, words: tuple[str, ...], limit: int, form: Form, **clocks: Any) -> None:
    """Entries whose texts hold all WORDS, the best first."""
    wanted = " ".join('"' + word.replace('"', '""') + '"' for word in words)
    where = config_of(ctx).database
    with view(ctx, **clocks) as seen, asking(followed(where.cached, seen.reader, tell=progress())) as connection:
        matching = connection.execute(_SEARCH, [wanted])
        found = ((entry, text) for position, text in matching for entry in seen.reader.at([position]))
        shown = islice(((entry, text) for entry, text in found if seen.shows(entry)), limit)
        rows = [_match(entry, text, seen) for entry, text in shown]
    lines = (
        f"#{row['position']}  {row['effective'] or '-':<10}  {row['kind']}  {row['matter']}"
        f"{'' if row['stands'] else '  (no longer stands)'}\n      {row['text']}"
        for row in rows
    )
    form.print(Answer(rows, rows, "\n".join(lines) or "No entry holds these words.", str(seen.clocks)))


@click.command()
@click.argument("sql", required=False)
@click.option("--metadata", is_flag=True, help="Print what Datasette shows beside the tables, and stop.")
@clock_options
@output_options
@click.pass_context
def query(ctx: click.Context, /, sql: str | None, metadata: bool, form: Form, **clocks: Any) -> None:
    """Read-only SQL over the read model: entries, spells, documents, phases, concerns, grades … (docs/model.md).

    The SQL may use what the clocks come to: :as_of and :public_at, days, and :known_at, a position.
    """
    where = config_of(ctx).database
    if metadata:
        about = json.loads(files("ledger").joinpath("data/datasette.json").read_text("utf-8"))
        about["databases"] = {model_beside(where.cached).stem: {"tables": about.pop("tables")}}
        click.echo(json.dumps(about, indent=2, ensure_ascii=False))
        return
    if sql is None:
        raise click.UsageError("Missing argument 'SQL'.")
    with view(ctx, **clocks) as seen:
        told = seen.clocks.to_json()
        by_clock = {"as_of": told["as_of"], "known_at": told["known_at"]["position"], "public_at": told["public_at"]}
        try:
            with asking(followed(where.cached, seen.reader, exactly=True, tell=progress())) as connection:
                cursor = connection.execute(sql, by_clock)
                names = _apart([name for name, *_ in cursor.description or ()])
                rows = [dict(zip(names, row, strict=True)) for row in cursor]
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise Refused(f"the query cannot be answered: {error}", hint="see docs/model.md for the tables") from None
    text = "\n".join("  ".join("" if value is None else str(value) for value in row.values()) for row in rows)
    form.print(Answer(rows, rows, text or "No rows.", str(seen.clocks)))


@click.command()
@click.pass_context
def rebuild(ctx: click.Context, /) -> None:
    """Throw the read model away and replay the ledger into a new one. Readers go on meanwhile."""
    where = config_of(ctx)
    with where.reading() as reader:
        number = rebuild_model(where.database.cached, reader, progress())
    click.echo(f"Rebuilt {model_beside(where.database.cached)} from {number} entries.")


def _match(entry: Entry, text: str, seen: View) -> dict[str, Any]:
    row = entry_row(entry)
    kept = {name: row[name] for name in ("position", "effective", "kind", "matter")}
    return {**kept, "stands": int(seen.lines(entry.matter).is_in_force(entry.event_id)), "text": text}


def _apart(names: list[str]) -> list[str]:
    """The names of columns, a number after one that is there already."""
    return [f"{name}_{names[:n].count(name) + 1}" if name in names[:n] else name for n, name in enumerate(names)]
