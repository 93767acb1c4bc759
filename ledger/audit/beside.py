"""What lies beside a ledger: the documents that are kept for it, and its read model."""

import sqlite3
from pathlib import Path

from ledger.audit.report import Report
from ledger.audit.source import Unreadable, compare_schema
from ledger.errors import NotFound, NotVerified
from ledger.evidence.kept import Evidence
from ledger.evidence.quotes import Finding, check_quotes
from ledger.model import ReadModel, asking, rebuild
from ledger.store.ledger import Reader
from projections import tables

_REMEDY = "throw it away with `rebuild`"
_MODEL = {
    "entries": "SELECT * FROM entries WHERE position < ?1",
    "spells": "SELECT known_from, matter, part, subject, value, valid_from, valid_to, "
    "CASE WHEN known_to < ?1 THEN known_to END, over, body, said, cites FROM spells WHERE known_from < ?1",
    "rectangles": "SELECT spells.known_from, matter, part, subject, value, spells.valid_from, body_from, body_to, "
    "shelf_from, shelf_to, rectangles.valid_from, rectangles.valid_to, rectangles.known_from, "
    "CASE WHEN rectangles.known_to < ?1 THEN rectangles.known_to END "
    "FROM spells LEFT JOIN rectangles USING (spell) WHERE spells.known_from < ?1",
}
"""What a read model says that has come as far as a position. The numbers of its spells are its own."""


def check_evidence(evidence: Evidence, reader: Reader, report: Report) -> None:
    """Kept documents are what they were, and quotes stand in them."""
    kept, unchecked = 0, 0
    for sha256 in evidence:
        kept += 1
        try:
            evidence.read(sha256)
        except (NotVerified, NotFound) as error:
            report.wrong("evidence", error.problems[0].message)
    quotes = check_quotes(reader, evidence)
    for checked in quotes:
        if checked.verdict.finding is Finding.NOT_FOUND:
            report.wrong("evidence", checked.verdict.why, checked.position)
        elif checked.verdict.finding is Finding.READ_OTHERWISE:
            report.note("evidence", f"#{checked.position}: {checked.verdict.why}")
        unchecked += checked.verdict.unchecked
    report.check("evidence", f"{kept} documents kept, {len(quotes) - unchecked} quotes found in them")
    if unchecked:
        report.note("evidence", f"{unchecked} quotes unchecked, for want of evidence")


def check_model(path: Path, relived: Path, reader: Reader, report: Report) -> None:
    """The read model says what a replay says, as far as it has come."""
    report.check("model", "the read model is equal to a replay")
    rebuild(relived, reader)
    try:
        with asking(path) as theirs, asking(ReadModel.beside(relived)) as ours:
            (version,) = theirs.execute("PRAGMA user_version").fetchone()
            if version != tables.VERSION:
                report.note("model", "the read model is of another version, and will be made anew")
            elif compare_schema(theirs, ours, report, "model"):
                _compare_model(theirs, ours, report)
    except (sqlite3.DatabaseError, Unreadable) as error:
        report.wrong("model", f"the read model cannot be read: {error}; {_REMEDY}")


def _compare_model(theirs: sqlite3.Connection, ours: sqlite3.Connection, report: Report) -> None:
    troubles = [trouble for (trouble,) in theirs.execute("PRAGMA integrity_check(1)") if trouble != "ok"]
    for trouble in troubles:
        report.wrong("model", f"SQLite says: {trouble}; {_REMEDY}")
    if troubles:
        return
    ((come,),) = theirs.execute("SELECT coalesce(max(position) + 1, 0) FROM entries")
    for table, query in _MODEL.items():
        for row in sorted(set(ours.execute(query, (come,))) ^ set(theirs.execute(query, (come,))), key=repr):
            at = row[0] if isinstance(row[0], int) else None
            report.wrong("model", f"its {table} are not those of a replay; {_REMEDY}", at)
