"""How a text looks on a terminal: wrapped to its width, in a pager. Only a terminal needs this, and rich.

Bold and colour repeat what the words say. NO_COLOR and `--color never` are kept.
"""

import os
import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from datetime import date
from io import StringIO
from typing import Literal, TextIO, cast

import click
from rich.console import Console, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text as Styled

from events.characters import visible
from ledger.cli.layout import Block, Chart, Table, Text, plain_text

_WIDEST = 120
_SYSTEMS: dict[str, Literal["auto", "standard"] | None] = {"auto": "auto", "always": "standard", "never": None}
_END = re.compile(r"(?:  (?:#\d+(?: #\d+)*|sources differ: #\d+(?: #\d+)*))+$")
_LABEL = re.compile(r" *(?:\S+ ){0,4}\S+ {2,}(?=\S)")
_NUMBERS = r"(?<!\S)#\d+\b"
_WARNED = r"\bsources differ\b|\bpossibly\b"


def show(text: Text, footer: str, to: TextIO, color: str, *, paged: bool, markdown: bool = False) -> None:
    """Print a text, and below it the clocks, on the terminal."""
    stream = cast(TextIO, getattr(to, "stream", to))  # the terminal itself: a Screen would show the escapes
    encoding = stream.encoding or "utf-8"
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    drawn = StringIO()
    console = Console(file=drawn, force_terminal=True, width=width, color_system=_SYSTEMS[color], highlight=False)
    if markdown:
        console.print(Markdown(visible(plain_text(text)), hyperlinks=False))
    parts = [] if markdown else [text] if isinstance(text, str) else text
    for part in _drawn(parts, width, encoding.lower().startswith("utf")):
        console.print(part, soft_wrap=isinstance(part, Styled))
    if footer:
        console.print(Styled(textwrap.fill(footer, width), "dim"), soft_wrap=True)
    printed = drawn.getvalue().encode(encoding, "backslashreplace").decode(encoding)
    if not paged or not stream.isatty() or os.environ.get("PAGER") == "":
        stream.write(printed)
        return
    os.environ.setdefault("LESS", "FRX")  # as git sets it: less ends if the text fits the screen
    with redirect_stdout(stream), click.get_pager_file(color=True) as pager:
        pager.write(printed)


def _drawn(parts: Sequence[Block], width: int, is_unicode: bool) -> Iterator[RenderableType]:
    """The parts line by line; a line is a heading if what follows is indented."""
    whole = (visible(part).expandtabs().split("\n") if isinstance(part, str) else [part] for part in parts)
    blocks: list[Block] = [one for some in whole for one in some]
    for part, after in zip(blocks, [*blocks[1:], ""], strict=False):
        match part:
            case Table():
                yield from _table(part, width)
            case Chart():
                yield from _chart(part, width, is_unicode)
            case str():
                below = after.startswith(" ") if isinstance(after, str) else isinstance(after, Table) and after.indent
                yield _line(part, width, heading=bool(below) and part[:1].strip() != "")


def _line(line: str, width: int, *, heading: bool = False) -> Styled:
    """A line, wrapped with a hanging indent; the numbers of its entries stand at the right."""
    found = _END.search(line)
    end = found[0].strip() if found else ""
    text = line.removesuffix(found[0]) if found else line
    label = _LABEL.match(text)
    hang = len(label[0]) if label and len(label[0]) <= 2 * width // 5 else len(text) - len(text.lstrip()) + 4
    lines = textwrap.wrap(
        text, width, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False,
        drop_whitespace=True, replace_whitespace=False,
    ) or [""]  # fmt: skip
    if end and len(lines[-1]) + 2 + len(end) <= width:
        lines[-1] += end.rjust(width - len(lines[-1]))
    elif end:
        numbers = textwrap.wrap(end, width - hang)
        lines += [number.rjust(width) for number in numbers]
    return _marked(Styled("\n".join(lines), style="bold" if heading else ""))


def _table(table: Table, width: int) -> Iterator[RenderableType]:
    """The rows below the names of the columns; if that is too wide, each row as a list of its cells."""
    columns = [*zip(*(row for row in (table.columns, *table.rows) if row), strict=True)]
    widths = _widths(columns, width - table.indent)
    if table.columns and sum(widths) + 2 * len(widths) - 2 > width - table.indent:
        longest = max(map(len, table.columns))
        for row in table.rows:
            cells = zip(table.columns, row, strict=True)
            yield from (_line(visible(f"{name:<{longest}}  {' '.join(cell.split())}"), width) for name, cell in cells)
            yield Styled("")
        return
    grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=bool(table.columns), header_style="bold")
    for column, wide in zip(columns, widths, strict=True):
        grid.add_column(visible(column[0]), overflow="fold", width=wide)
    for row in table.rows:
        grid.add_row(*(_marked(Styled(visible(cell))) for cell in row))
    yield Padding(grid, (0, 0, 0, table.indent), expand=False)


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """How wide each column is: the widest gives way first, and none to less than its longest word."""
    least = [max((len(word) for cell in column for word in cell.split()), default=1) for column in columns]
    widths = [max(word, *map(len, column[1:])) for column, word in zip(columns, least, strict=True)]
    while sum(widths) + 2 * len(widths) - 2 > room and widths != least:
        widest = max((n for n in range(len(widths)) if widths[n] > least[n]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _marked(styled: Styled) -> Styled:
    styled.highlight_regex(_NUMBERS, "cyan")
    styled.highlight_regex(_WARNED, "yellow")
    return styled


def _chart(chart: Chart, width: int, is_unicode: bool) -> Iterator[Styled]:
    """The bars of a chart, one line for each name, below the years."""
    names = list(dict.fromkeys(bar.name for bar in chart.bars))
    margin = min(max(map(len, names)), 2 * width // 5) + 2
    first = date(min(day for bar in chart.bars for day in bar.began if day > date.min).year, 1, 1)
    room, days = width - margin, (chart.until - first).days + 1

    def column(day: date) -> int:
        return min(max((day - first).days, 0) * room // days, room)

    years = [" "] * room
    for year in range(first.year, chart.until.year + 1):
        at = column(date(year, 1, 1))
        if at + 4 <= room and "".join(years[max(at - 1, 0) : at + 4]).strip() == "":
            years[at : at + 4] = str(year)
    yield Styled(" " * margin + "".join(years).rstrip(), "dim")
    so, still, possibly = "█─░" if is_unicode else "#=?"
    for name in names:
        cells = [" "] * room
        for bar in (bar for bar in chart.bars if bar.name == name):
            begun, sure, ended, over = map(column, (*bar.began, *(bar.ended or (date.max, date.max))))
            known = ended if bar.ended else column(bar.known)
            cells[begun:over] = possibly * (over - begun)
            if bar.certain:
                cells[sure:ended] = still * (ended - sure)
                cells[sure:known] = so * (known - sure)
                cells[sure : sure + 1] = so
        yield Styled(f"{visible(name)[: margin - 2]:<{margin}}{''.join(cells)}".rstrip())
    yield Styled(f"{'':<{margin}}{so} so  {still} so, without later evidence  {possibly} possibly so", "dim")
