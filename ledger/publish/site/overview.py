"""The pages about the whole record: the overview, the forces, corrections, the data, how to check and to reply."""

from collections.abc import Iterator
from typing import Any

from ledger.publish.site.page import Page
from ledger.publish.site.record import Record
from projections.state import possible_values

Json = dict[str, Any]
_KINDS = {"police-force": "Police forces", "fire-and-rescue-service": "Fire and rescue services"}
_TEXTS = {
    "verify/": "Check this record", "data/": "Data", "contact/": "Report an error, or reply", "compare/": "Compare",
    "corrections/": "Corrections", "documents/": "Documents",
}  # fmt: skip


def pages(record: Record) -> Iterator[Page]:
    """All pages about the whole record."""
    yield _overview(record)
    yield _forces(record)
    for address, title in _TEXTS.items():
        yield Page(address, title, "text.html")


def _overview(record: Record) -> Page:
    page = Page("", "Police forces in special measures", "overview.html", known=record.known(record.last))
    page.data = page.rows = board = list(record.board().values())
    engaged = [row for row in board if row["phase"] == "engage"]
    possibly = [row for row in board if row not in engaged and "engage" in possible_values(row, "phase")]
    page.told = {"as_of": record.as_of, "board": board, "engaged": engaged, "possibly": possibly}
    return page


def _forces(record: Record) -> Page:
    page = Page("forces/", "Forces", "forces.html", known=record.known(record.last))
    boards = [(title, list(record.board(kind).values())) for kind, title in _KINDS.items()]
    page.told = {"as_of": record.as_of, "boards": [(title, rows) for title, rows in boards if rows]}
    return page
