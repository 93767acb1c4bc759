"""search, query, rebuild: the read model, for questions that the other commands do not ask."""

import json
import sqlite3
from importlib.resources import files
from typing import Any

import click

from ledger.cli.clocks import seen_by
from ledger.cli.output import Answer, Form, output_options
from ledger.cli.setting import setting
from ledger.errors import Refused
from ledger.model import ReadModel, asking, followed
from ledger.model import rebuild as rebuild_model

_SEARCH = """
    SELECT entries.position, entries.effective, entries.kind, entries.matter, entries.stands,
           snippet(entries_fts, 1, '', '', ' … ', 12) AS text
    FROM entries_fts JOIN entries ON entries.position = entries_fts.rowid
    WHERE entries_fts MATCH ? ORDER BY rank LIMIT ?
"""


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at most.")
@output_options
@click.pass_context
def search(ctx: click.Context, /, words: tuple[str, ...], limit: int, form: Form) -> None:
    """Entries whose texts hold all WORDS, the best first."""
    wanted = " ".join('"' + word.replace('"', '""') + '"' for word in words)
    rows, clocks = _rows(ctx, _SEARCH, [wanted, limit])
    lines = (
        f"#{row['position']}  {row['effective'] or '-':<10}  {row['kind']}  {row['matter']}"
        f"{'' if row['stands'] else '  (no longer stands)'}\n      {row['text']}"
        for row in rows
    )
    form.print(Answer(rows, rows, "\n".join(lines) or "No entry holds these words.", clocks))


@click.command()
@click.argument("sql", required=False)
@click.option("--metadata", is_flag=True, help="Print what Datasette shows beside the tables, and stop.")
@output_options
@click.pass_context
def query(ctx: click.Context, /, sql: str | None, metadata: bool, form: Form) -> None:
    """Read-only SQL over the read model: entries, spells, documents, phases, concerns, grades … (docs/model.md)."""
    if metadata:
        about = json.loads(files("ledger").joinpath("data/datasette.json").read_text("utf-8"))
        name = ReadModel.beside(setting(ctx).path).stem
        about["databases"] = {name: {"tables": about.pop("tables")}}
        click.echo(json.dumps(about, indent=2, ensure_ascii=False))
        return
    if sql is None:
        raise click.UsageError("Missing argument 'SQL'.")
    rows, clocks = _rows(ctx, sql, [])
    text = "\n".join("  ".join("" if value is None else str(value) for value in row.values()) for row in rows)
    form.print(Answer(rows, rows, text or "No rows.", clocks))


@click.command()
@click.pass_context
def rebuild(ctx: click.Context, /) -> None:
    """Throw the read model away and replay the ledger into a new one. Readers go on meanwhile."""
    where = setting(ctx)
    with where.reading() as reader:
        number = rebuild_model(where.path, reader)
    click.echo(f"Rebuilt {ReadModel.beside(where.path)} from {number} entries.")


def _rows(ctx: click.Context, sql: str, params: list[Any]) -> tuple[list[dict[str, Any]], str]:
    where = setting(ctx)
    with where.reading() as reader:
        path, clocks = followed(where.path, reader), str(seen_by(reader).clocks)
    with asking(path) as connection:
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql, params)], clocks
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise Refused(f"the query cannot be answered: {error}", hint="see docs/model.md for the tables") from None
