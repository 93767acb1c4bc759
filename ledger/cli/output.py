"""How answers are printed: `output_options` adds the options, which are those of sqlite-utils; `Form` prints.

In a pipe the text for a person is plain; on a terminal it is drawn (`ledger.cli.layout`). For programs (JSON, CSV, …)
the clocks go to stderr, unless the document has them. `--quiet` leaves them out.
"""

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from events.characters import visible
from ledger.cli.layout import Text, plain_text
from ledger.errors import DiskFull, is_full
from ledger.forms import cell, json_bytes, separated
from ledger.progress import Progress
from ledger.query.clocks import Clocks

Row = dict[str, Any]
_QUIET = 1.0  # seconds before progress is shown


class Option(click.Option):
    """An option that `--help` lists under a heading of its own."""

    def __init__(self, *names: Any, section: str = "Options", **given: Any) -> None:
        super().__init__(*names, **given)
        self.section = section


class Command(click.Command):
    """A command whose `--help` groups its options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for param in self.get_params(ctx):
            if isinstance(param, click.Option) and (record := param.get_help_record(ctx)):
                sections.setdefault(getattr(param, "section", "Options"), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        formatter.write_text("--ledger, --quiet, --color and --no-pager go with every command: force-ledger --help.")


class Group(click.Group):
    """A group of such commands."""

    command_class = Command


class Answer(NamedTuple):
    """An answer in all its forms: the JSON document, the rows of a table, and the text for a person.

    Rows and text may be functions, which are called only if that form is asked for. ``columns`` are those of a table
    without rows.
    """

    document: Any
    rows: Sequence[Row] | Callable[[], Sequence[Row]]
    text: Text | Callable[[], Text]
    columns: Sequence[str] = ()


class Form(NamedTuple):
    """The form that was asked for."""

    json: bool
    nl: bool
    csv: bool
    tsv: bool
    table: bool
    fmt: str | None
    no_headers: bool
    no_guard: bool
    bom: bool
    columns: tuple[str, ...]
    output: Path | None

    def print(self, answer: Answer, clocks: Clocks | str = "") -> None:
        """Print an answer, or write it to the file that was named, with the clocks of the question."""
        if self.columns and (self.json or not self._is_data()):
            raise click.UsageError("-c chooses columns of a table: give --csv, --tsv, --nl or -t too.")
        if not self._is_data():
            say(answer.text() if callable(answer.text) else answer.text, clocks, self.output)
            return
        write(self._as_data(answer, clocks), self.output)
        if clocks and not (self.json and isinstance(answer.document, dict)) and not is_quiet(clocks):
            click.echo(str(clocks), err=True)

    def _is_data(self) -> bool:
        return self.json or self.nl or self.csv or self.tsv or self.table or self.fmt is not None

    def _as_data(self, answer: Answer, clocks: Clocks | str) -> str | bytes:
        """The bytes for a program, always UTF-8, or a table of tabulate."""
        if self.json:
            document = answer.document
            if isinstance(document, dict) and isinstance(clocks, Clocks):
                document = {"schema": document["schema"], **clocks.to_json(), **document}
            return json_bytes(document)
        rows = [self._chosen(row) for row in (answer.rows() if callable(answer.rows) else answer.rows)]
        if self.nl:
            return b"".join(json_bytes(row, None) for row in rows)
        names = list(dict.fromkeys(name for row in rows for name in row)) or list(self.columns or answer.columns)
        cells = [[cell(row.get(name)) for name in names] for row in rows]
        if self.csv or self.tsv:
            table = cells if self.no_headers or not names else [names, *cells]
            return b"\xef\xbb\xbf" * self.bom + separated(table, "\t" if self.tsv else ",", guard=not self.no_guard)
        from tabulate import tabulate

        headers = [] if self.no_headers else names
        return tabulate(cells, headers, tablefmt=self.fmt or "simple", disable_numparse=True) + "\n"

    def _chosen(self, row: Row) -> Row:
        if not self.columns:
            return row
        if unknown := [name for name in self.columns if name not in row]:
            raise click.UsageError(f"There is no column '{unknown[0]}'; there are {', '.join(row)}.")
        return {name: row[name] for name in self.columns}


def say(
    text: Text, clocks: Clocks | str = "", output: Path | None = None, *,
    err: bool = False, paged: bool = True, markdown: bool = False,
) -> None:  # fmt: skip
    """Print a text for a person with the clocks below it: plain, or drawn on a terminal, where a long one is paged."""
    asked, footer = _asked(), "" if is_quiet(clocks) else str(clocks)
    stream = sys.stderr if err else sys.stdout
    if output is None and stream and (stream.isatty() or asked["color"] == "always"):
        from ledger.cli import terminal

        paged = paged and not err and not asked["no_pager"]
        terminal.show(text, footer, stream, asked["color"], paged=paged, markdown=markdown)
    else:
        printed = "\n".join(filter(None, (plain_text(text), footer))) + "\n"
        click.echo(printed, nl=False, err=True) if err else write(printed, output)


def is_quiet(clocks: Clocks | str) -> bool:
    """Whether --quiet leaves this out: the clocks, and never a verdict."""
    return bool(_asked()["quiet"]) and not isinstance(clocks, str)


def _asked() -> dict[str, Any]:
    """The options of the whole program."""
    return click.get_current_context().find_root().params


_option = partial(click.option, cls=Option, section="Form of the answer")


def output_file(help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option for a file to write to; `write` writes there."""
    file = click.Path(dir_okay=False, path_type=Path)
    return _option("-o", "--output", type=file, metavar="FILE", help=help)


def write(data: str | bytes, output: Path | None) -> None:
    """Write to a file, or to stdout if there is none."""
    if output is None:
        click.echo(data, nl=False)
        return
    try:
        output.write_bytes(visible(data).encode() if isinstance(data, str) else data)
    except OSError as error:
        if is_full(error):
            raise DiskFull(output) from None
        raise click.BadParameter(f"{output}: {error.strerror}", param_hint="--output") from None


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the output options; the command gets them as ``form``."""

    @_option("--json", is_flag=True, help="One JSON document.")
    @_option("--nl", is_flag=True, help="JSON, one row a line.")
    @_option("--csv", is_flag=True, help="CSV.")
    @_option("--tsv", is_flag=True, help="TSV.")
    @_option("-t", "--table", is_flag=True, help="A plain table.")
    @_option("--fmt", metavar="FORMAT", help="A table in a format of tabulate: github, grid, html …")
    @_option("--no-headers", is_flag=True, help="Leave the headers out of CSV, TSV and tables.")
    @_option("--no-guard", is_flag=True, help="Do not put ' before what a spreadsheet would run as a formula.")
    @_option("--bom", is_flag=True, help="Begin CSV and TSV with a byte order mark, which Excel needs for UTF-8.")
    @_option("-c", "--column", "columns", multiple=True, metavar="NAME", help="Only this column; may be repeated.")
    @output_file("Write to a file instead.")
    @wraps(command)
    def with_form(*args: Any, **given: Any) -> Any:
        form = Form(**{name: given.pop(name) for name in Form._fields})
        if sum((form.json, form.nl, form.csv, form.tsv, form.table)) > 1:
            raise click.UsageError("Choose one of --json, --nl, --csv, --tsv, --table.")
        if form.fmt is not None:
            from tabulate import tabulate_formats

            if form.fmt not in tabulate_formats:
                message = f"'{form.fmt}' is not one of {', '.join(tabulate_formats)}"
                raise click.BadParameter(message, param_hint="--fmt")
        return command(*args, form=form, **given)

    return with_form


def progress(of: str = "entries") -> Progress:
    """A progress line on stderr, if the work takes longer than a second."""
    begun = last = time.monotonic()

    def tell(done: int, size: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - begun > _QUIET and (now - last > _QUIET / 4 or done == size) and sys.stderr.isatty():
            last = now
            stream = getattr(sys.stderr, "stream", sys.stderr)  # a Screen would show \r as an escape
            stream.write(f"\r{done:,} of {size:,} {of}" + ("\n" if done == size else ""))
            stream.flush()

    return tell


def print_json(document: Any, indent: int | None = 2, *, err: bool = False) -> None:
    """Print a document as JSON, on stdout or stderr."""
    click.echo(json_bytes(document, indent), nl=False, err=err)
