"""Write the site of a ledger to a folder. The same ledger and day give the same bytes."""

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from ledger.log.encoding import to_base64
from ledger.progress import Progress, no_progress
from ledger.publish import export
from ledger.publish.site import bodies, entries, overview
from ledger.publish.site.feeds import sitemap
from ledger.publish.site.folder import LogState, Written, write
from ledger.publish.site.pack import linked_packs, pack, pack_inputs
from ledger.publish.site.page import NAV, Page, Shell
from ledger.publish.site.record import Record, page_days
from ledger.publish.site.site_part import File, SitePart
from ledger.query.context import QueryContext, query_context
from ledger.readmodel.version import current_version
from ledger.store.database import Head

_STATIC = ("site.css", "verify.js", "find.js")


def write_site(
    context: QueryContext,
    where: Path | str,
    folder: Path,
    shell: Shell,
    schemas: overview.Schemas,
    *,
    full: bool = False,
    tell: Progress = no_progress,
) -> Written:
    """Bring the site in a folder up to a ledger on a day; ``where`` is its file, or the URL of its server. ``schemas``
    are published with the data."""
    with context.model(exactly=True) as model:
        record = Record(context, model)
        head = context.clocks.head
        log = LogState(record.origin, head.size, to_base64(head.root), record.root_at)
        opened = _Opened(where, context.clocks.as_of, head, shell, schemas)
        return write(folder, log, _all_parts(record, shell, schemas), opened, full=full, tell=tell)


@dataclass(frozen=True)
class _Opened:
    """What another process needs to have the parts of a site of a ledger with this head. If it has grown meanwhile,
    there are none."""

    where: Path | str
    as_of: date
    head: Head
    shell: Shell
    schemas: overview.Schemas

    @contextmanager
    def __call__(self) -> Iterator[Iterable[SitePart]]:
        with query_context(self.where, self.as_of) as context, context.model(exactly=True) as model:
            same = context.clocks.head == self.head
            yield _all_parts(Record(context, model), self.shell, self.schemas) if same else ()


def _all_parts(record: Record, shell: Shell, schemas: overview.Schemas) -> Iterator[SitePart]:
    """Every part of the site. Its inputs are all that can change its files: the last entry that bears on it, the day,
    what was withheld, the settings, and the program."""
    by = f"{record.last_withheld} {_program():08x} {zlib.crc32(repr(shell).encode()):08x}"

    def of_pages(name: str, inputs: object, make: Callable[[], Iterable[Page | File]]) -> SitePart:
        return SitePart(name, f"{inputs} {by}", partial(_files, make, shell))

    yield SitePart("static", by, _static)
    yield of_pages("schemas", "", partial(overview.schemas, schemas))
    yield SitePart("data", f"{record.last} {by}", partial(_data, record, shell))
    calendar = partial(export.calendar, record.model, record.origin, record.as_of)
    yield SitePart("calendar", f"{record.last} {record.as_of} {by}", lambda: [("due.ics", calendar())])
    whole = overview.Whole(record)
    last_note = zlib.crc32(record.checkpoints[-1].to_bytes()) if record.checkpoints else 0
    yield of_pages("overview", f"{record.last} {last_note:08x} {record.as_of}", partial(overview.pages, record, whole))
    yield of_pages("about", "", partial(overview.about, shell))
    for name, last, make in overview.lists(record, whole):
        yield of_pages(name, f"{last} {record.as_of}", make)
    yield SitePart("feeds", f"{record.last} {record.as_of} {by}", partial(overview.feeds, record, whole, shell))
    if shell.base_url:
        yield SitePart("sitemap", f"{record.last} {record.as_of} {by}", partial(_sitemap, record, shell))
    for body in record.bodies:
        yield of_pages(
            f"body {body}", f"{record.last_on_body[body]} {record.as_of}", partial(bodies.pages, record, body, shell)
        )
    for matter, last in record.last_on_matter.items():
        signed = record.prover.first_signed(record.last_in_matter[matter])
        inputs = f"{last} {signed.size if signed else 0}"
        yield of_pages(f"entries {matter}", inputs, partial(entries.of_matter, record, matter))
        if packs := linked_packs(record, matter):
            end = pack_inputs(record, matter)
            inputs = f"{max(last, end)} {signed.size if (signed := record.prover.first_signed(end)) else 0}"
            yield of_pages(f"packs {matter}", inputs, partial(_packs, record, packs))
    for document in record.documents:
        yield of_pages(
            f"document {document}", record.last_on_document(document), partial(entries.of_document, record, document)
        )


def _files(make: Callable[[], Iterable[Page | File]], shell: Shell) -> Iterator[File]:
    for made in make():
        if isinstance(made, Page):
            yield from made.files(shell)
        else:
            yield made


def _data(record: Record, shell: Shell) -> Iterator[File]:
    """The whole record as data."""
    state = export.State.of(record.model, record.reader)
    with closing(sqlite3.connect(":memory:")) as tables:  # in a file SQLite would write its own version
        for name, data in export.data_package(record.model, state, shell.licence, tables):
            yield f"data/{name}", data
        tables.commit()
        yield "data/record.sqlite", tables.serialize()


def _sitemap(record: Record, shell: Shell) -> Iterator[File]:
    """The pages that a search engine should know."""
    addresses = [*NAV, *(f"documents/{document}/" for document in record.documents)]
    addresses += [f"entries/{position}/" for position in range(record.size)]
    for body in record.bodies:
        days = page_days(record.spells(body), record.as_of)
        addresses += [f"forces/{body}/", *(f"forces/{body}/{day.name}/" for day in days)]
    yield "sitemap.xml", sitemap(shell.base_url, addresses)


def _packs(record: Record, packs: Iterable[tuple[str, str]]) -> Iterator[File]:
    for address, what in packs:
        yield address, pack(record, what)


def _static() -> Iterator[File]:
    for name in _STATIC:
        file = files("ledger.publish.site").joinpath(name)
        if file.is_file():
            yield name, file.read_bytes()


@cache
def _program() -> int:
    """A checksum of all code and data of this program."""
    checksum, root = current_version(), Path(__file__).parents[3]
    for package in ("events", "projections", "ledger"):
        for file in sorted((root / package).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                checksum = zlib.crc32(file.read_bytes(), checksum)
    return checksum
