"""What the text of an answer is made of: lines, tables and charts.

`plain_text` is its form in a pipe; `ledger.cli.terminal` draws the same blocks on a terminal. Lines are an outline:
what is indented belongs to the line above it, and two spaces stand before the entry numbers at the end of a line.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple


class Table(NamedTuple):
    """Rows of cells under the names of their columns, if these are given; indented by so many spaces."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    indent: int = 0

    def __str__(self) -> str:
        rows = [row for row in (self.columns, *self.rows) if row]
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
        return "\n".join((" " * self.indent + line).rstrip() for line in lines)


class Bar(NamedTuple):
    """A line of a chart: a state that begins and ends on one of these days each. If it lasts, it has no end, but a day
    on which it was last known."""

    name: str
    began: tuple[date, date]
    ended: tuple[date, date] | None
    known: date
    certain: bool


class Chart(NamedTuple):
    """Bars up to a day. Only a terminal shows it: a pipe has the lines that say the same."""

    bars: Sequence[Bar]
    until: date

    def __str__(self) -> str:
        return ""


Block = str | Table | Chart
Text = str | Sequence[Block]


def plain_text(text: Text) -> str:
    """The text as it is printed in a pipe."""
    return text if isinstance(text, str) else "\n".join(str(part) for part in text if not isinstance(part, Chart))
