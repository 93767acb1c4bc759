"""explore: the read model in a browser, by Datasette."""

import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from ledger.cli.clocks import DAY, question
from ledger.cli.help import page
from ledger.cli.output import Command
from ledger.errors import LedgerError, NotFound, check_room, install_extra
from ledger.forms import json_bytes
from ledger.readmodel.description import for_datasette

_NAME = "record"
_QUESTION = re.compile(r"^## (?:\d+\. )?(.+?)\n(.*?)^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PARAMETER = re.compile(r":(as_of|body)\b")
_SETTINGS = {"sql_time_limit_ms": 20_000, "facet_time_limit_ms": 2_000, "suggest_facets": "off"}
_BUSIEST = "SELECT body FROM spells WHERE body <> '' GROUP BY body ORDER BY count(*) DESC, body LIMIT 1"


@click.command(cls=Command)
@click.option("-p", "--port", type=click.IntRange(0, 65_535), default=8001, show_default=True, help="0 takes any.")
@click.option("--open", "browser", is_flag=True, help="Open it in a browser.")
@click.option("--as-of", type=DAY, metavar="DATE", help="The day of the questions, where they are given none.")
@click.option("--get", metavar="PATH", help="Only print one page, such as /record/phases.json.")
def explore(port: int, browser: bool, as_of: date | None, get: str | None) -> None:
    """Show the read model in a browser, at 127.0.0.1: tables with facets, SQL, and the questions of `force-ledger help
    cookbook` to fill in. Needs Datasette: `force-ledger[explore]`.

    It shows a copy, as of now, which is deleted when you press Ctrl-C.
    """
    if not find_spec("datasette"):
        raise NotFound("Datasette is not installed", hint=install_extra("explore"))
    with question(as_of) as context, TemporaryDirectory(prefix="force-ledger-") as folder:
        copy = Path(folder, f"{_NAME}.db")
        with context.model(exactly=True) as model, closing(sqlite3.connect(copy)) as target:
            try:
                model.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")  # else an immutable copy would need its WAL
            except sqlite3.Error as error:
                check_room(error)
                raise
            newest = "SELECT position, recorded_at FROM entries ORDER BY position DESC LIMIT 1"
            ((last, moment),) = target.execute(newest)
            body = next((body for (body,) in target.execute(_BUSIEST)), "")
        day = context.clocks.as_of.isoformat()
        shown = f"As of #{last}, recorded {moment[:16].replace('T', ' ')} UTC"
        described = for_datasette(_NAME, queries=dict(_questions(day, body)))
        described["description"] = f"{shown}. {described['description']}"
        metadata = Path(folder, "metadata.json")
        metadata.write_bytes(json_bytes(described))
        settings = [str(word) for name, value in _SETTINGS.items() for word in ("--setting", name, value)]
        call = [sys.executable, "-m", "datasette", "serve", "-i", str(copy), "-m", str(metadata), *settings]
        call += ["--get", get] if get else ["--host", "127.0.0.1", "--port", str(port)] + ["--open"] * browser
        if not get:
            _free(port)
            click.echo(f"{shown}; questions are of {day}, unless you give another day. Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            code = subprocess.run(call, check=False).returncode
            click.get_current_context().exit(code)


def _free(port: int) -> None:
    """Raises LedgerError where another program has the port."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            raise LedgerError(
                f"port {port} cannot be used: {error.strerror}", hint="give another one: --port 0"
            ) from None


def _questions(day: str, body: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The questions of the cookbook as Datasette takes them; a parameter that is left empty has a value."""
    given = {"as_of": day, "body": body}
    for title, _, sql in _QUESTION.findall(page("cookbook")):
        filled = _PARAMETER.sub(lambda found: f"coalesce(nullif({found[0]}, ''), '{given[found[1]]}')", sql.strip())
        named = ", ".join(f"{name}: {given[name]}" for name in dict.fromkeys(_PARAMETER.findall(sql)))
        about = f"If left empty: {named}." if named else ""
        yield re.sub(r"\W+", "-", title.lower()).strip("-"), {"title": title, "description": about, "sql": filled}
