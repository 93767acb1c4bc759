"""A sheet of an Excel workbook, read by openpyxl in a process of its own (`ledger.apart`): a small file can name merged
cells over a whole sheet, or unpack to any size.

python -m ledger.intake.workbook reads a workbook from stdin, and prints its only visible sheet, or that of a name.
"""

import io
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypedDict

from ledger import apart
from ledger.apart import CannotRead

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as ExcelCell
    from openpyxl.cell.cell import MergedCell
    from openpyxl.workbook import Workbook

_MOST_CELLS = 1_000_000  # of a sheet, also empty ones: a small file may name a cell at the far end
_MEMORY = 2 << 30  # bytes; a sheet of so many cells takes half of it


class Sheet(TypedDict):
    """The cells of a sheet, row by row from the first on: each the text that a person sees, or a list of what is wrong
    with it."""

    title: str
    columns: list[str]
    """A, B, C …"""
    rows: list[list[str | list[str]]]


def sheet_of(data: bytes, sheet: str | None, patience: float = apart.PATIENCE) -> Sheet:
    """The sheet of that name, or the only visible one. Raises CannotRead."""
    found: Sheet = apart.ask(__name__, data, *([] if sheet is None else [sheet]), patience=patience)
    return found


def read_here(data: bytes, sheet: str | None = None) -> Sheet:
    """The same in this process, which that may end."""
    from openpyxl import load_workbook
    from openpyxl.utils import get_column_letter

    try:
        shown, formulas = (load_workbook(io.BytesIO(data), data_only=only) for only in (True, False))
    except MemoryError:
        raise
    except Exception as error:  # openpyxl raises whatever the parsers below it raise
        raise CannotRead(f"this is no workbook that can be read: {error}", "save it again") from None
    title = _title_of(shown, sheet)
    cells, written = shown[title], formulas[title]
    if cells.max_row * cells.max_column > _MOST_CELLS:
        what = f"the sheet {title} reaches to {get_column_letter(cells.max_column)}{cells.max_row}"
        raise CannotRead(what, "delete what is below and beside the table, or save it as CSV")
    merged = {
        (row, column): (area.min_row, area.min_col)
        for area in cells.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }

    def text(row: int, column: int) -> str | list[str]:
        at = merged.get((row, column), (row, column))
        try:
            return _shown(cells.cell(*at), written.cell(*at).value)
        except ValueError as error:
            return [str(error)]

    columns = range(1, cells.max_column + 1)
    return Sheet(
        title=title,
        columns=[get_column_letter(column) for column in columns],
        rows=[[text(row, column) for column in columns] for row in range(1, cells.max_row + 1)],
    )


def _title_of(workbook: "Workbook", sheet: str | None) -> str:
    visible = [one.title for one in workbook.worksheets if one.sheet_state == "visible"]
    if sheet is None and len(visible) == 1:
        return visible[0]
    if sheet in workbook.sheetnames:
        return str(sheet)
    what = f"there is no sheet '{sheet}'" if sheet else "it has several sheets"
    raise CannotRead(what, f"name one with --sheet: {', '.join(workbook.sheetnames)}")


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


if __name__ == "__main__":
    apart.serve(read_here, _MEMORY)
