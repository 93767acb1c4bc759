"""Tables that people keep: CSV, TSV, Excel workbooks (`workbook`), rows in JSON. Every cell is text as a person sees it
in the table, with its place. No type is guessed.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from itertools import chain, repeat
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.apart import CannotRead
from ledger.errors import Place, Problem, Refused, install_extra
from ledger.intake.raw import RawBatch, other_kind

if TYPE_CHECKING:
    from ledger.intake.workbook import Sheet

_DELIMITERS = ",;\t|"
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_WORKBOOKS = (".xlsx", ".xlsm")
_MOST_CELLS = 5_000_000  # that are not empty: some 2 GB of memory
_LONGEST_LINE = 1 << 20  # characters


class Cell(NamedTuple):
    """The text of a cell, without blanks around it, and its place."""

    text: str
    place: Place


@dataclass
class Table:
    """The rows under a header, each with its cells that are not empty, by column; and what is wrong with the table."""

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Cell]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    _cells: int = 0

    def add_row(self, row: dict[str, Cell]) -> None:
        """Add a row under the header. Raises Refused for more than 5,000,000 cells."""
        self.rows.append(row)
        self._cells += len(row)
        if self._cells > _MOST_CELLS:
            place = next(iter(row.values())).place
            raise _refused(place, f"the table has more than {_MOST_CELLS:,} cells", "split it into smaller ones")

    def add(self, cells: Iterable[Cell]) -> None:
        """Add a row; the first one that is not empty is the header, unless it is a title above it: one text alone, or
        in merged cells, before a row of three and more."""
        found = [cell._replace(text=cell.text.strip()) for cell in cells]
        texts = {cell.text for cell in found if cell.text}
        if not texts:
            return
        if self._may_be_a_title() and len(texts) > 2 and not self.rows:
            place = found[0].place._replace(cell="", line=None)
            self.notices.append(Problem(f"left out above the header: '{self.columns[0]}'", place=place))
            self.columns = []
        if not self.columns:
            while not found[-1].text:
                found.pop()
            self.columns = [cell.text for cell in found]
            if self._may_be_a_title():
                return
            for n, cell in enumerate(found):
                if cell.text and cell.text in self.columns[:n]:
                    hint = "give each column a name of its own, in one row, without merged cells"
                    self.problems.append(Problem(f"two columns have the name '{cell.text}'", hint, place=cell.place))
            return
        filled = [(name, cell) for name, cell in zip(chain(self.columns, repeat("")), found, strict=False) if cell.text]
        for cell in (cell for name, cell in filled if not name):
            hint = "put quotes around a text with the separator in it, or name the column"
            self.problems.append(Problem(f"'{cell.text}' is in no column", hint, place=cell.place))
        self.add_row({name: cell for name, cell in filled if name})

    def _may_be_a_title(self) -> bool:
        return len({*self.columns}) == 1 and len(self.columns) != 2


def read(name: str, data: bytes, *, sheet: str | None = None, encoding: str | None = None) -> Table:
    """The table in a file of that name. Raises Refused for a file that is no table."""
    suffix = PurePath(name).suffix.lower()
    if suffix in _WORKBOOKS:
        return _workbook(name, data, sheet)
    if sheet:
        raise _refused(Place(name), "only a workbook has sheets", "leave --sheet out")
    if kind := other_kind(data):
        raise _refused(Place(name), f"this is {kind}", "save the table as .xlsx, or as “CSV UTF-8”")
    if suffix in (".yaml", ".yml"):
        raise _refused(Place(name), "this is no table, but YAML", "record it with `append`")
    text = _decoded(name, data, encoding)
    if suffix in (".json", ".jsonl", ".nl", ".ndjson"):
        return _json(name, text)
    return _separated(name, text, "\t" if suffix in (".tsv", ".tab") else None)


def _refused(place: Place, what: str, hint: str) -> Refused:
    return Refused(Problem(what, hint, place=place))


# Text with separators


def _decoded(name: str, data: bytes, encoding: str | None) -> str:
    encoding = encoding or _BYTE_ORDER_MARKS.get(data[:2]) or "utf-8-sig"
    try:
        return data.decode(encoding)
    except LookupError:
        raise _refused(Place(name), f"there is no encoding '{encoding}'", "write it like cp1252") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "save it as “CSV UTF-8”; or, if an old Excel saved it, give --encoding cp1252"
        known = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16"}.get(encoding, encoding)
        raise _refused(Place(name, line), f"this is not {known} text", hint) from None


def _separated(name: str, text: str, delimiter: str | None) -> Table:
    table = Table()
    if "\0" in text:
        raise _refused(Place(name), "this is no table in text", "save it as “CSV UTF-8”")
    first = text.lstrip("\r\n").partition("\n")[0]
    reader = csv.reader(_lines_of(name, text), delimiter=delimiter or max(_DELIMITERS, key=first.count), strict=True)
    begun, column = 1, cache('column "{}"'.format)  # a text for each cell would take more room than the cells
    try:
        for row in reader:
            names = table.columns or row
            table.add(
                Cell(value, Place(name, begun, cell=column(names[n] if n < len(names) else n + 1)))
                for n, value in enumerate(row)
            )
            begun = reader.line_num + 1
    except csv.Error as error:
        hint = "write a quotation mark within a quoted text twice"
        table.problems.append(Problem(f"broken CSV: {error}", hint, place=Place(name, begun)))
    return table


def _lines_of(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if len(line) > _LONGEST_LINE:
            raise _refused(Place(name, number), "the line is longer than any of a table", "check what that is")
        yield line


def _json(name: str, text: str) -> Table:
    """Rows as objects: a list of them, or one a line."""
    table, raw, hint = Table(), RawBatch(), "write a list of objects, or an object a line"
    try:
        rows = json.loads(text, parse_float=str) if text.lstrip()[:1] == "[" else _lines(text)
        for number, row in enumerate(rows, 1):
            if not isinstance(row, dict):
                raise _refused(Place(name, cell=f"row {number}"), "a row is an object", hint)
            cells = {}
            for column, value in row.items():
                place = Place(name, cell=f'row {number} "{column}"')
                if value is not None and (found := raw.texts(value, place)):
                    cells[column] = Cell(found if isinstance(found, str) else json.dumps(found), place)
            table.columns += [column for column in row if column not in table.columns]
            table.add_row(cells)
    except (ValueError, RecursionError) as error:
        raise _refused(Place(name), f"broken JSON: {error}", hint) from None
    table.problems += raw.problems
    return table


def _lines(text: str) -> Iterator[Any]:
    return (json.loads(line, parse_float=str) for line in text.split("\n") if line.strip())


# Workbooks


def _workbook(name: str, data: bytes, sheet: str | None) -> Table:
    from ledger.intake import workbook

    if not find_spec("openpyxl"):
        raise _refused(Place(name), "to read a workbook, openpyxl is needed", install_extra("excel"))
    try:
        return of_sheet(name, workbook.sheet_of(data, sheet))
    except CannotRead as error:
        raise _refused(Place(name), str(error), error.hint or "save the table alone, as CSV") from None


def of_sheet(name: str, sheet: "Sheet") -> Table:
    """The table in a sheet of the workbook of that name."""
    table = Table()
    for number, row in enumerate(sheet["rows"], 1):
        found = []
        for column, cell in zip(sheet["columns"], row, strict=True):
            place = Place(name, cell=f"[{sheet['title']}] {column}{number}")
            found.append(Cell(cell if isinstance(cell, str) else "", place))
            if not isinstance(cell, str):
                message, _, hint = cell[0].partition("; ")
                table.problems.append(Problem(message, hint, place=place))
        table.add(found)
    return table
