"""The ledger that the bytes make: built anew, submission by submission, by the rules of its day."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eventsourcing.persistence import PersistenceError

from events import Entry
from events.withheld import Withheld
from ledger import rules
from ledger.audit.report import Report
from ledger.audit.source import LedgerFile
from ledger.book import Book
from ledger.evidence.kept import Evidence
from ledger.store.ledger import Ledger, Writer

CHECKS = {
    "rules": f"every entry keeps the rules of its day (rule set {rules.RULES})",
    "withheld": "nothing was withheld without a decision on record",
}


class Relived:
    """A ledger of our own, in a folder that is thrown away. Nothing of what is audited is trusted but its bytes."""

    def __init__(self, writer: Writer, folder: Path, report: Report) -> None:
        self.writer = writer
        self._nothing_kept = Evidence(folder / "no-evidence")  # quotes are a check of their own
        self._report = report
        self._withheld: dict[str, int] = {}

    def seed(self, source: LedgerFile, size: int) -> None:
        """Take over what an earlier audit went through: the rows of the entries before a position, as stored."""
        for table in ("entries", "refs", "tiles"):
            self.writer.take_over(table, source.rows(table, size))

    def take(self, entries: list[Entry]) -> bool:
        """Judge a submission, and let it stand; False where it cannot stand."""
        for entry in entries:
            number = entries[0].submission["rules"]
            if number > rules.RULES:
                self._report.wrong(
                    "rules", f"it was judged by rule set {number}, which this version does not know", entry.position
                )
        book = Book(self.writer, self._nothing_kept, {entry.matter for entry in entries})
        for entry in entries:
            if same := next((e for e in book.recorded(entry.matter) if e.event_id == entry.event_id), None):
                self._report.wrong("rules", f"it says the same as #{same.position}", entry.position)
            book.add(entry)
        for entry in entries:
            self._judge(entry, book)
        try:
            self.writer.append(entries)
        except (sqlite3.Error, PersistenceError) as error:
            self._report.wrong("rules", f"it cannot stand in a ledger: {error}", entries[0].position)
            return False
        return True

    def _judge(self, entry: Entry, book: Book) -> None:
        if isinstance(entry.event, Withheld):
            self._withheld[entry.event_id] = entry.position
            return
        if entry.kind == "entry.withheld":
            self._withheld.pop(getattr(entry.event, "target", ""), None)
            self._report.note("withheld", f"the bytes of an entry were withheld (#{entry.position}); it is not read")
        for problem in rules.refusals(entry, book):
            if book.met(Withheld):
                self._report.note(
                    "rules", f"#{entry.position} cannot be judged, for something that it rests on is withheld"
                )
            else:
                self._report.wrong("rules", problem.message, entry.position)

    def finish(self) -> None:
        """Say what was withheld without a decision on record."""
        for position in self._withheld.values():
            self._report.wrong("withheld", "its bytes are gone, and nothing on record says why", position)


@contextmanager
def reliving(folder: Path, report: Report) -> Iterator[tuple[Relived, Ledger]]:
    """A ledger that is built anew in a folder."""
    with Ledger.create(folder / "relived.db") as ledger, ledger.writing() as writer:
        yield Relived(writer, folder, report), ledger
