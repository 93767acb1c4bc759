"""A page: its address, what its template is given, and its files: HTML, and the same as JSON and CSV."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined, Template
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from events.frameworks import title_of
from ledger.forms import cell, orjson_bytes, separated
from ledger.publish.site import words
from ledger.publish.site.site_part import File
from projections.shown import FULL_PHASES

Json = dict[str, Any]
NAV = {
    "": "Overview", "forces/": "Forces", "concerns/": "Concerns", "due/": "Due", "compare/": "Compare",
    "documents/": "Documents", "corrections/": "Corrections", "verify/": "Check this record", "data/": "Data",
}  # fmt: skip
_FILTERS = (
    words.day, words.days, words.published, words.number, words.count, words.spaced, words.grade, title_of,
    words.possibly, words.overdue, words.how_it_stands, words.open_concerns, words.upper, words.kind, words.field,
)  # fmt: skip


class Shell(NamedTuple):
    """What all pages of a site share: the name of the log, the settings in ``[site]``, and the licence of the data."""

    log: str
    publisher: str = ""
    contact: str = ""
    base_url: str = ""
    licence: str = ""


class Page:
    """A page at an address, which is empty or ends in a slash.

    ``variables`` are what its template is given. ``known`` says on which state of the log the page rests: that at
    ``position``.
    """

    def __init__(self, address: str, title: str, template: str, *crumbs: tuple[str, str]) -> None:
        self.address, self.title, self.template = address, title, template
        self.crumbs = [("", "Overview"), *crumbs] if address else []
        self.root = "../" * address.count("/")
        self.variables: Json = {}
        self.known = self.cite = self.feed = self.schema = ""
        self.file = "index.html"
        self.position = 0
        self.cites: Iterable[str] = ()
        self.data: Json | list[Json] | None = None
        self.rows: Sequence[Json] = ()

    def set_data(self, schema: str, data: Json | list[Json], rows: Sequence[Json] | None = None) -> None:
        """Put the same as JSON beside the page, whose JSON Schema is that of this answer, and as CSV the rows: if none
        are given, those of the JSON."""
        self.schema, self.data = schema, data
        self.rows = data if rows is None and isinstance(data, list) else rows or ()

    def href(self, address: str) -> str:
        """The relative address of another page. It names the file, so that it works from a disk too."""
        page, hash, anchor = address.partition("#")
        below = self.address and page.startswith(self.address)
        start = page.removeprefix(self.address) if below else f"{self.root}{page}"
        return f"{start}{'index.html' if not page or page.endswith('/') else ''}{hash}{anchor}"

    def link(self, address: str, text: object) -> Markup:
        """A link to another page."""
        return Markup(f'<a href="{escape(self.href(address))}">{escape(text)}</a>')

    def entries(self, positions: Iterable[int]) -> Markup:
        """Links to entries: "entry 12", "entries 12, 15"; nothing if there are none."""
        links = [self.link(f"entries/{position}/", position) for position in positions]
        return Markup(f"{'entry' if len(links) == 1 else 'entries'} ") + joined(links, ", ") if links else Markup()

    def files(self, shell: Shell) -> Iterator[File]:
        """The files of the page."""
        if self.data is not None:
            yield f"{self.address}index.json", orjson_bytes(self.data, indented=True)
            yield f"{self.address}index.csv", csv_of(self.rows)
        html = template(self.template).render(page=self, shell=shell, **self.variables)
        yield f"{self.address}{self.file}", html.encode()


def csv_of(rows: Sequence[Json]) -> bytes:
    """Rows as CSV, in which no spreadsheet runs a formula."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return separated([names, *([cell(row.get(name)) for name in names] for row in rows)])


def row(head: Sequence[object], cells: Sequence[object]) -> Markup:
    """A row of a table. On a narrow page, what heads its columns is beside each cell, and empty ones are left out."""
    own = zip(head[1:], cells[1:], strict=False)
    shown = (_cell(escape(name), escape(one)) for name, one in own)
    return Markup(f'<tr role="row"><th scope="row" role="rowheader">{escape(cells[0])}</th>{"".join(shown)}</tr>')


def _cell(name: Markup, shown: Markup) -> str:
    empty = "" if shown.strip() else ' class="none"'
    return f'<td role="cell" data-l="{name}"{empty}>{shown}</td>'


@lru_cache(maxsize=100)
def nav(root: str, current: str | None) -> Markup:
    """The links to the main pages, from below their ``root``."""
    marked = {current: ' aria-current="page"'}
    links = (f'<a href="{escape(root)}{of}index.html"{marked.get(of, "")}>{name}</a>' for of, name in NAV.items())
    return Markup("\n".join(f"<li>{link}</li>" for link in links))


def joined(parts: Iterable[object], between: str) -> Markup:
    """Texts and links in one."""
    return Markup(between).join(escape(part) for part in parts)


@cache
def template(name: str) -> Template:
    """A template of the package, in which every text is escaped."""
    return _environment().get_template(name)


class _Compiled(FileSystemBytecodeCache):
    """Keeps compiled templates where Python keeps those of modules: beside them, if it may write there."""

    def __init__(self) -> None:
        self.folder = Path(__file__).with_name("templates") / "__pycache__"
        super().__init__(str(self.folder))

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            if not sys.dont_write_bytecode:
                self.folder.mkdir(exist_ok=True)
                super().dump_bytecode(bucket)


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("ledger.publish.site"), bytecode_cache=_Compiled(), autoescape=True, auto_reload=False,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters |= {function.__name__: function for function in _FILTERS}
    found.globals |= {"row": row, "nav": nav, "NAV": NAV}
    found.globals |= {"area": words.area, "PHASES": FULL_PHASES, "MISSING": words.MISSING}
    macros = found.get_template("macros.html").module
    found.globals |= {name: getattr(macros, name) for name in ("table", "folded", "lines", "figure")}
    return found
