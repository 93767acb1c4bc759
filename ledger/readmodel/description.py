"""What the tables and views of the read model are about: `ledger/data/tables.json`, the one place that says it.

Datasette is told as much, and so is whoever gets an export.
"""

import json
import sqlite3
from contextlib import closing
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from projections import tables

Json = dict[str, Any]


class Column(NamedTuple):
    """A column: its name, its type in Table Schema (``string``, ``date``, ``array`` …), and what it means."""

    name: str
    type: str
    description: str


class Table(NamedTuple):
    """A table or view, its columns in their order, and how Datasette shows it: ``facets``, ``hidden`` …"""

    name: str
    description: str
    columns: tuple[Column, ...]
    shown: Json


class Description(NamedTuple):
    """The read model: its title, what it is, and its tables."""

    title: str
    description: str
    tables: tuple[Table, ...]


@cache
def describe() -> Description:
    """What the read model holds. A column means in every table the same, unless that table says otherwise."""
    said = json.loads(files("ledger").joinpath("data/tables.json").read_text("utf-8"))
    types = {name: of for of, names in said["types"].items() for name in names}

    def column(table: str, name: str, own: dict[str, str]) -> Column:
        of = types.get(f"{table}.{name}", types.get(name, "string"))
        return Column(name, of, own.get(name) or said["columns"][name])

    found = []
    with closing(sqlite3.connect(":memory:")) as model:
        tables.create(model)
        for table, about in said["tables"].items():
            own, description = about.pop("columns", {}), about.pop("description")
            names = [name for (name,) in model.execute("SELECT name FROM pragma_table_info(?)", [table])]
            found.append(Table(table, description, tuple(column(table, name, own) for name in names), about))
    return Description(said["title"], said["description"], tuple(found))


def for_datasette(database: str, **more: Json) -> Json:
    """The metadata of Datasette for a read model in a file of that name; ``more`` is added to what it says of it."""
    about = describe()
    shown = {
        table.name: {
            "description": table.description,
            **table.shown,
            **({"columns": {name: meaning for name, _, meaning in table.columns}} if table.columns else {}),
        }
        for table in about.tables
    }
    return {"title": about.title, "description": about.description, "databases": {database: {"tables": shown, **more}}}
