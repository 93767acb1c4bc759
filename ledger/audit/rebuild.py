"""Rebuild the ledger from the bytes, submission by submission, each checked by the rules of its day."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from eventsourcing.persistence import IntegrityError

from events import Entry
from events.amendment import EntryWithheld, Withheld
from ledger import rules
from ledger.audit.database import Row
from ledger.audit.form import read_entry
from ledger.audit.report import Report
from ledger.audit.tables import LedgerTables
from ledger.audit.walk import Start
from ledger.evidence.folder import Evidence
from ledger.log.tree import leaf_hash
from ledger.rules.context import RuleContext
from ledger.store.leaf import Undecided, leaf_of
from ledger.store.reader import Writer

CHECKS = {
    "rules": f"no entry breaks the rules of its day (rule set {rules.RULES})",
    "withheld": "nothing was withheld without a decision on record",
}
_ALWAYS_READ = re.compile(rb'"matter":"(ledger|recorder/)|"kind":"entry\.withheld"|^\{"matter":')
"""These bytes are in every entry on who may sign or what is withheld. A text cannot contain them: its quotation marks
are escaped."""


class Rebuilt:
    """A ledger that is rebuilt from the audited bytes alone, in a temporary folder."""

    def __init__(self, writer: Writer, folder: Path, report: Report) -> None:
        self.writer = writer
        self._no_evidence = Evidence(folder / "no-evidence")  # quotes are a check of their own
        self._report = report
        self._undecided = Undecided()

    def import_audited(self, tables: LedgerTables, size: int) -> Start:
        """Import the rows of the first entries, which an earlier audit checked. Every entry is hashed. Only those that
        say who may sign, or what is withheld, are parsed.

        Raises Malformed, or an SQLite error, for rows that no ledger has.
        """
        start = Start(next_sequence=self.writer.next_sequence)
        self.writer.import_rows("entries", self._hashed(tables.rows("entries", size), start))
        for table in ("refs", "tiles"):
            self.writer.import_rows(table, tables.rows(table, size))
        self.writer.set_head(start.frontier)
        return start

    def _hashed(self, rows: Iterable[Row], start: Start) -> Iterator[Row]:
        position, data = -1, b""
        for row in rows:
            position, *_, data = row
            leaf = leaf_hash(data)
            if _ALWAYS_READ.search(data):
                entry = read_entry(position, data)
                leaf = leaf_of(data)
                start.authority.add(entry)
                self._check_withheld(entry)
            start.frontier.append(leaf)
            yield row
        start.last = read_entry(position, data) if position >= 0 else None

    def append(self, entries: list[Entry]) -> bool:
        """Check a submission by the rules, and append it; returns False if the tables refuse it."""
        first = entries[0]
        if not 1 <= first.submission["rules"] <= rules.RULES:
            unknown = f"it was checked by rule set {first.submission['rules']}, which this version does not know"
            self._report.wrong("rules", unknown, first.position)
        context = RuleContext(self.writer, self._no_evidence, {entry.matter for entry in entries})
        for entry in entries:
            if same := next((e for e in context.recorded(entry.matter) if e.event_id == entry.event_id), None):
                self._report.wrong("rules", f"it says the same as #{same.position}", entry.position)
            context.add(entry)
        for entry in entries:
            self._check_withheld(entry)
            self._check_rules(entry, context)
        try:
            self.writer.append(entries)
        except (sqlite3.IntegrityError, IntegrityError) as error:
            self._report.wrong("rules", f"the tables refuse it: {error}", first.position)
            return False
        return True

    def _check_rules(self, entry: Entry, context: RuleContext) -> None:
        if isinstance(entry.event, Withheld):
            return
        # A decision to withhold depends only on whether its target is in force, and a stub shows that too.
        own = entry.matter if isinstance(entry.event, EntryWithheld) else None
        for problem in rules.refusals(entry, context):
            if context.read_withheld(but_in=own):
                what = f"#{entry.position} cannot be checked: something that it depends on is withheld"
                self._report.note("rules", what)
            else:
                self._report.wrong("rules", problem.message, entry.position)

    def _check_withheld(self, entry: Entry) -> None:
        if decided := self._undecided.read(entry):
            stub, intact = decided
            self._report.note("withheld", f"#{stub.position} is withheld (#{entry.position}), and was not read")
            if not intact:
                self._report.wrong("withheld", f"its stub is not the one that #{entry.position} names", stub.position)

    def finish(self) -> None:
        """Report what was withheld without a decision on record."""
        for entry in self._undecided.values():
            self._report.wrong("withheld", "its bytes were removed without a decision on record", entry.position)
        for name, done in CHECKS.items():
            self._report.check(name, done)
