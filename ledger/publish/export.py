"""The read model as files for other programs: CSV and JSON lines, described as a Data Package (datapackage.org, 2.0);
and what is due as a calendar (RFC 5545).

The same ledger gives the same bytes, whoever made its read model and in how many steps.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from events.dates import instant
from ledger import atomic
from ledger.forms import cell, json_bytes, orjson_bytes, separated
from ledger.log.encoding import to_base64
from ledger.publish.folder import PublicFolder
from ledger.readmodel.description import Table, describe
from ledger.store.database import Head
from ledger.store.reader import Reader

_DESCRIPTOR = "datapackage.json"
_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_NUMBERED = "spell"  # the number of a spell depends on how the read model was made
_KEYS = {"entries": ["position"], "spells": ["matter", "subject", "id", "known_from", "valid_from"]}
_AFFINITIES = {"integer": "INTEGER", "boolean": "INTEGER", "any": ""}
_FOLDED = 74  # bytes in a line of a calendar, with the blank before it; 75 may be

Json = dict[str, Any]


class State(NamedTuple):
    """The ledger that a read model has: its name, its head, and when its last entry was recorded."""

    origin: str
    head: Head
    recorded_at: datetime

    @classmethod
    def of(cls, model: sqlite3.Connection, reader: Reader) -> "State":
        """The state that an open transaction on the read model sees. The reader may see more."""
        ((size,),) = model.execute("SELECT max(position) + 1 FROM entries")
        return cls(reader.origin(), Head(size, reader.tree(size).root(size)), reader.recorded_at(size - 1))

    @property
    def citation(self) -> str:
        """How to cite what was taken from it."""
        root = to_base64(self.head.root)
        size = f"{self.head.size:,} entries, the last recorded on {self.recorded_at:%-d %B %Y}"
        return f"{self.origin}: an accountability ledger for police inspection. {size}; root {root}."


def data_package(
    model: sqlite3.Connection, state: State, licence: str, copy: sqlite3.Connection | None = None
) -> Iterator[tuple[str, bytes]]:
    """The files of a Data Package, by name: each table of the read model in each form; the descriptor comes last. An
    empty database that is given as ``copy`` has the same tables then.

    The caller holds a transaction, so that all are of one state. A licence is an SPDX identifier, or an address.
    """
    resources = []
    for resource, data in _table_files(model, copy):
        resources.append(resource)
        yield resource["path"], data
    yield _DESCRIPTOR, json_bytes(_descriptor(state, resources, licence))


def _table_files(model: sqlite3.Connection, copy: sqlite3.Connection | None) -> Iterator[tuple[Json, bytes]]:
    """Each table in each form: its resource, as the descriptor lists it, and the bytes of its file."""
    for table in describe().tables:
        if table.shown.get("hidden"):
            continue
        columns = [column for column in table.columns if column.name != _NUMBERED]
        fields = [column._asdict() for column in columns]
        schema = {"fields": fields, **({"primaryKey": _KEYS[table.name]} if table.name in _KEYS else {})}
        names = [column.name for column in columns]
        rows = list(_rows(model, table, names))
        if copy:
            of = ", ".join(f"{column.name} {_AFFINITIES.get(column.type, 'TEXT')}" for column in columns)
            copy.execute(f"CREATE TABLE {table.name} ({of})")
            copy.executemany(f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(names))})", rows)
        nested = [column.type in ("array", "object") for column in columns]
        for form, data in (
            (
                "csv",
                separated([names, *([value if type(value) is str else cell(value) for value in row] for row in rows)]),
            ),
            ("jsonl", b"".join(orjson_bytes(_object(names, row, nested)) for row in rows)),
        ):
            yield _resource(table, form, data, schema), data


def _descriptor(state: State, resources: Iterable[Json], licence: str) -> Json:
    about = describe()
    web = licence and "://" in licence
    licensed = {"path": licence} if web else {"name": licence, "path": f"https://spdx.org/licenses/{licence}.html"}
    return {
        "$schema": _PROFILE,
        "name": re.sub(r"[^a-z0-9._/-]+", "-", state.origin.lower()),
        "id": state.origin,
        "title": about.title,
        "description": f"{about.description} Each row names the entries and documents that it rests on.",
        "version": str(state.head.size),
        "created": instant(state.recorded_at),
        "citation": state.citation,
        **({"licenses": [licensed]} if licence else {}),
        "resources": [resource for resource in resources if resource["bytes"]],  # Frictionless reads no empty file
    }


def calendar(model: sqlite3.Connection, origin: str, as_of: date) -> bytes:
    """What is due on a day and not on record as done, each on its last day, as iCalendar (RFC 5545)."""
    query = """
        SELECT due.*, names.name FROM due JOIN bodies AS names ON names.body = due.body
        AND names.valid_from <= :day AND :day < names.valid_to
        WHERE due.valid_from <= :day AND :day < due.valid_to ORDER BY due, due.body, subject, id, due.valid_from
    """
    cursor = model.execute(query, {"day": as_of.isoformat()})
    names = [name for name, *_ in cursor.description]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//force-ledger//force-ledger//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"X-WR-CALNAME:{_text(f'Due by {origin}, as of {as_of}')}")
    for row in cursor.fetchall():
        lines += _calendar_entry(model, dict(zip(names, row, strict=True)), origin)
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> PublicFolder:
    """Write files below a folder, each atomically and in their order. Returns the folder, which knows how many changed.
    Raises Refused for a link."""
    found = PublicFolder(folder)
    found.make(folder)
    with atomic.locked(folder / ".lock"):
        for name, data in files:
            found.replace(name, data)
        found.sync()
    return found


def _rows(model: sqlite3.Connection, table: Table, names: list[str]) -> Iterator[Sequence[Any]]:
    """The rows of a table, in one order whatever the order in the file."""
    types = {column.name: column.type for column in table.columns}
    booleans = {number for number, name in enumerate(names) if types[name] == "boolean"}
    listed = ", ".join(names)
    rows = model.execute(f"SELECT {listed} FROM {table.name} ORDER BY {listed}")
    if not booleans:
        yield from rows
        return
    for row in rows:
        yield [bool(value) if n in booleans and value is not None else value for n, value in enumerate(row)]


def _object(names: list[str], row: Sequence[Any], nested: list[bool]) -> Json:
    """A row as an object. What the read model has as JSON stays as it is."""
    return {
        name: orjson.Fragment(value) if is_json and value is not None else value
        for name, value, is_json in zip(names, row, nested, strict=True)
    }


def _resource(table: Table, form: str, data: bytes, schema: Json) -> Json:
    is_csv = form == "csv"
    return {
        "name": f"{table.name}{'' if is_csv else '-lines'}",
        "type": "table",
        "path": f"{table.name}.{form}",
        "title": table.name,
        "description": table.description,
        "format": form,
        "mediatype": "text/csv" if is_csv else "application/jsonl",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "schema": schema,
    }


def _calendar_entry(model: sqlite3.Connection, item: Json, origin: str) -> list[str]:
    last_day, possible = date.fromisoformat(item["due"]), item["certainty"] == "possible"
    entries = orjson.loads(item["entries"])
    marks = ", ".join("?" * len(entries))
    ((moment,),) = model.execute(f"SELECT max(recorded_at) FROM entries WHERE position IN ({marks})", entries)
    what = "comments on the report" if item["subject"] == "response" else item["subject"]
    matter = f"{item['body']}/{item['subject']}/{item['id']}"
    matter += f"/{item['report_on']}" if item["report_on"] not in (None, item["body"]) else ""
    told = [matter, f"Entries: {', '.join(f'#{one}' for one in entries)}"]
    told += [f"Documents: {', '.join(orjson.loads(item['cites']))}"] if item["cites"] else []
    told += ["It may have been done, or not be owed yet."] if possible else []
    return [
        "BEGIN:VEVENT",
        f"UID:{_text(told[0])}@{origin}",
        f"DTSTAMP:{datetime.fromisoformat(moment):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{last_day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{last_day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(item['name'])}\\, {what} due: {_text(item['title'])}",
        f"DESCRIPTION:{_text(chr(10).join(told))}",
        f"CATEGORIES:{item['subject']}",
        f"STATUS:{'TENTATIVE' if possible else 'CONFIRMED'}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _text(text: str) -> str:
    """A text as the value of a property."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text


def _folded(line: str) -> str:
    """A line of at most 75 bytes, and what is left in lines that begin with a blank. No character is cut."""
    if line.isascii() and len(line) <= _FOLDED:
        return line
    parts, size = [""], 0
    for character in line:
        size += len(character.encode())
        if size > _FOLDED:
            parts.append("")
            size = len(character.encode())
        parts[-1] += character
    return "\r\n ".join(parts)
