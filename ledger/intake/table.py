"""Tables that people keep: CSV, TSV, Excel workbooks, rows in JSON. Every cell is text as a person sees it in the
table, with its place. No type is guessed.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.errors import Place, Problem, Refused, install_extra
from ledger.intake.raw import RawBatch

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as ExcelCell
    from openpyxl.cell.cell import MergedCell
    from openpyxl.workbook import Workbook

_DELIMITERS = ",;\t|"
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_WORKBOOKS = (".xlsx", ".xlsm")
_MOST_CELLS = 1_000_000  # of a sheet, also empty ones: a small file may name a cell at the far end


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
                if cell.text in self.columns[:n]:
                    self.problems.append(Problem("two columns have this name", "rename one", place=cell.place))
            return
        for cell in found[len(self.columns) :]:
            if cell.text:
                hint = "put quotes around a text with the separator in it, or name the column"
                self.problems.append(Problem(f"'{cell.text}' is in no column", hint, place=cell.place))
        named = zip(self.columns, found, strict=False)
        self.rows.append({name: cell for name, cell in named if cell.text and name})

    def _may_be_a_title(self) -> bool:
        return len({*self.columns}) == 1 and len(self.columns) != 2


def read(name: str, data: bytes, *, sheet: str | None = None, encoding: str | None = None) -> Table:
    """The table in a file of that name. Raises Refused for a file that is no table."""
    suffix = PurePath(name).suffix.lower()
    if suffix in _WORKBOOKS:
        return _workbook(name, data, sheet)
    if sheet:
        raise _refused(Place(name), "only a workbook has sheets", "leave --sheet out")
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
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter or max(_DELIMITERS, key=first.count), strict=True
    )
    begun = 1
    try:
        for row in reader:
            names = table.columns or row
            table.add(
                Cell(value, Place(name, begun, cell=f'column "{names[n] if n < len(names) else n + 1}"'))
                for n, value in enumerate(row)
            )
            begun = reader.line_num + 1
    except csv.Error as error:
        hint = "write a quotation mark within a quoted text twice"
        table.problems.append(Problem(f"broken CSV: {error}", hint, place=Place(name, begun)))
    return table


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
            table.rows.append(cells)
    except (ValueError, RecursionError) as error:
        raise _refused(Place(name), f"broken JSON: {error}", hint) from None
    table.problems += raw.problems
    return table


def _lines(text: str) -> Iterator[Any]:
    return (json.loads(line, parse_float=str) for line in text.split("\n") if line.strip())


# Workbooks


def _workbook(name: str, data: bytes, sheet: str | None) -> Table:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise _refused(Place(name), "to read a workbook, openpyxl is needed", install_extra("excel")) from None
    try:
        shown, formulas = (load_workbook(io.BytesIO(data), data_only=only) for only in (True, False))
    except Exception as error:  # openpyxl raises whatever the parsers below it raise
        raise _refused(Place(name), f"this is no workbook that can be read: {error}", "save it again") from None
    title = _sheet_of(name, shown, sheet)
    cells, written = shown[title], formulas[title]
    if cells.max_row * cells.max_column > _MOST_CELLS:
        what = f"the sheet {title} reaches to {cells.cell(cells.max_row, cells.max_column).coordinate}"
        raise _refused(Place(name), what, "delete what is below and beside the table, or save it as CSV")
    merged = {
        (row, column): (area.min_row, area.min_col)
        for area in cells.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    table = Table()
    for row in range(1, cells.max_row + 1):
        found = []
        for column in range(1, cells.max_column + 1):
            place = Place(name, cell=f"[{title}] {cells.cell(row, column).coordinate}")
            at = merged.get((row, column), (row, column))
            try:
                found.append(Cell(_shown(cells.cell(*at), written.cell(*at).value), place))
            except ValueError as error:
                message, _, hint = str(error).partition("; ")
                table.problems.append(Problem(message, hint, place=place))
                found.append(Cell("", place))
        table.add(found)
    return table


def _sheet_of(name: str, workbook: "Workbook", sheet: str | None) -> str:
    visible = [one.title for one in workbook.worksheets if one.sheet_state == "visible"]
    if sheet is None and len(visible) == 1:
        return visible[0]
    if sheet in workbook.sheetnames:
        return str(sheet)
    what = f"there is no sheet '{sheet}'" if sheet else "it has several sheets"
    hint = f"name one with --sheet: {', '.join(workbook.sheetnames)}"
    raise _refused(Place(name), what, hint)


def _shown(cell: "ExcelCell | MergedCell", written: Any) -> str:
    """What a person sees in a cell. A date is as precise as its format shows it: ``Dec-23`` is 2023-12."""
    value = cell.value
    if value is None and isinstance(written, str) and written.startswith("="):
        raise ValueError("a formula without a stored result; open the file in a spreadsheet program and save it")
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime() | date():
            return _date(value, str(cell.number_format))
        case float() | int():
            return _number(value, str(cell.number_format))
    if cell.data_type == "e":
        raise ValueError(f"{value} is an error of the spreadsheet; mend the formula")
    return str(value)


def _date(value: date, form: str) -> str:
    form = re.sub(r'\[[^\]]*\]|"[^"]*"|\\.', "", form.lower())
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) != (0, 0, 0):
        raise ValueError("a time of day has no place here; format the cell as a date, or as text")
    if "d" in form:
        return f"{value:%Y-%m-%d}"
    if "y" not in form:
        raise ValueError("the cell shows no year; format it as a date with a year, or as text")
    return f"{value:%Y-%m}" if "m" in form else f"{value:%Y}"


def _number(value: float, form: str) -> str:
    if "%" in form:
        return f"{round(value * 100, 10):g}%"
    return str(int(value)) if float(value).is_integer() else repr(value)
