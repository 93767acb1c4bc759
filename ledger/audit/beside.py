"""What lies beside a ledger: the documents that are kept for it, and its read model."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ledger.audit.database import Unreadable, compare_schema, differing, opened
from ledger.audit.report import Report
from ledger.errors import NotFound, NotVerified
from ledger.evidence.kept import Evidence
from ledger.evidence.quotes import Finding, check_quotes
from ledger.model import ReadModel, asking, rebuild
from ledger.store.reader import Reader
from projections.rectangles import VERSION

_REMEDY = "throw it away with `rebuild`"
_TELLING = "matter, body, part, subject, value, over, said, cites"
_PLACE = "matter_from, matter_to, shelf_from, shelf_to, valid_from, valid_to, known_to"
_MODEL = {
    "entries": "SELECT * FROM entries ORDER BY position",
    "spells": f"SELECT known_from, {_TELLING}, {_PLACE} FROM rectangles LEFT JOIN tellings USING (telling) "
    "ORDER BY known_from, matter, part, subject, valid_from",
    "tellings": "SELECT NULL, count(*) FROM tellings WHERE telling NOT IN (SELECT telling FROM rectangles)",
}
"""All that a read model says, each first by the position that it is known from; its spells and tellings have numbers
of its own."""


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
    try:
        with closing(opened(path)) as theirs:
            (version,) = theirs.execute("PRAGMA user_version").fetchone()
            if version != VERSION:
                report.note("model", "the read model is of another version, and will be made anew")
            else:
                _check_tables(theirs, relived, reader, report)
    except (sqlite3.Error, UnicodeError, Unreadable) as error:
        report.wrong("model", f"the read model cannot be read: {error}; {_REMEDY}")
    report.check("model", "the read model is equal to a replay")


def _check_tables(theirs: sqlite3.Connection, relived: Path, reader: Reader, report: Report) -> None:
    blank = relived.with_name("blank.model.db")
    ReadModel.create(blank)
    with asking(blank) as ours:
        if not compare_schema(theirs, ours, report, "model"):
            return
    if (sound := theirs.execute("PRAGMA integrity_check(1)").fetchone()) != ("ok",):
        report.wrong("model", f"SQLite says: {sound[0]}; {_REMEDY}")
        return
    ((come,),) = theirs.execute("SELECT coalesce(max(position) + 1, 0) FROM entries")
    gone = "SELECT 1 FROM entries WHERE position >= ? AND topic LIKE 'entry.withheld@%'"
    if reader.rows(gone, (come,)):
        report.note("model", "something was withheld since the read model was made, and it will be made anew")
        return
    rebuild(relived, reader.known(max(come, 1) - 1))
    with asking(ReadModel.beside(relived)) as ours:
        for table, query in _MODEL.items():
            for row in sorted(differing(ours.execute(query), theirs.execute(query)), key=repr):
                at = row[0] if isinstance(row[0], int) else None
                report.wrong("model", f"its {table} are not those of a replay; {_REMEDY}", at)
