"""Rebuild the ledger from the bytes, submission by submission, each checked by the rules of its day."""

import sqlite3
from pathlib import Path

from eventsourcing.persistence import IntegrityError

from events import Entry
from events.amendment import EntryWithheld
from events.entry import ContentMissing
from ledger import rules
from ledger.audit.report import Report
from ledger.evidence.folder import Evidence
from ledger.rules.context import RuleContext
from ledger.statements import Submission
from ledger.store.data import DataCheck
from ledger.store.reader import StoredEntry, Writer, of_later_version

CHECKS = {
    "authority": "every recorder was authorised, at that position, for what they recorded",
    "rules": f"no entry breaks the rules of its day (rule set {rules.RULES})",
    "withheld": "no data are missing without a decision to withhold them, and none are left in a ledger after one",
}


class Rebuilt:
    """A ledger that is rebuilt from the audited bytes alone, in a temporary folder."""

    def __init__(
        self, writer: Writer, data: DataCheck, folder: Path, report: Report, *, withholds_at_once: bool
    ) -> None:
        """``data`` is the check of the data of the entries that it has already."""
        self.writer = writer
        self._withholds_at_once = withholds_at_once
        self._no_evidence = Evidence(folder / "no-evidence")  # quotes are a check of their own
        self._report = report
        self._data = data

    def check_withheld(self) -> None:
        """Check that the data of all that was withheld before are not here."""
        for withheld, act in self.writer.withholdings():
            self._check_removed(withheld, act)

    def append(self, entries: list[Entry]) -> bool:
        """Check a submission by the rules, and append it; returns False if the tables refuse it."""
        self._check(entries)
        for entry in entries:
            self._data.read(StoredEntry(entry.position, entry.envelope, entry.salted))
        try:
            self.writer.append(entries)
        except (sqlite3.IntegrityError, IntegrityError) as error:
            self._report.wrong("rules", f"the tables refuse it: {error}", entries[0].position)
            return False
        return True

    def _check(self, entries: list[Entry]) -> None:
        first = entries[0]
        if first.rules < 1:
            self._report.wrong("rules", "no rules have the number that it names", first.position)
        context = RuleContext(self.writer, self._no_evidence, {entry.matter for entry in entries})
        for entry in entries:
            context.add(entry)
        for at, problem in rules.wrongly_signed(Submission.of(entries), context):
            self._report.wrong("authority", problem.message, at.position if at else first.position)
        if first.is_of_later_version:
            self._report.later = self._report.later or first
            return
        for entry in entries:
            self._check_withheld(entry, context)
            self._check_rules(entry, context)

    def _check_rules(self, entry: Entry, context: RuleContext) -> None:
        try:
            for problem in rules.refusals(entry, context):
                self._report.wrong("rules", problem.message, entry.position)
        except ContentMissing as error:
            self._report.wrong("rules", f"it cannot be checked: {error}", entry.position)
        for excused in context.excused:
            what = f"#{excused.position} was checked in part: something that it depends on is withheld"
            self._report.note("rules", what)
        context.excused.clear()

    def _check_withheld(self, entry: Entry, context: RuleContext) -> None:
        if entry.kind == EntryWithheld.kind and entry.amends:
            target = next((e for e in context.recorded(entry.matter) if e.event_id == entry.amends.target), None)
            if target:
                self._check_removed(target, entry)

    def _check_removed(self, target: Entry, act: Entry) -> None:
        """Check that the data of a target are not here. A published log removes them after the decision is out."""
        here = f"#{act.position} withholds its data, and they are here"
        if target.is_withheld:
            self._report.note("withheld", f"#{target.position} is withheld (#{act.position}), and was not read")
        elif self._withholds_at_once:
            self._report.wrong("withheld", here, target.position)
        else:
            self._report.note("withheld", f"#{target.position}: {here}: if that stays so, publish again")

    def finish(self) -> None:
        """Report what is missing without a decision on record."""
        for position in self._data.missing.values():
            self._report.wrong("withheld", "its data are missing, and no entry withholds them", position)
        later = self._report.later
        for name, done in CHECKS.items():
            self._report.check(name, "" if later and name != "withheld" else done)
        if later:
            self._report.note("rules", of_later_version(later).problems[0].message)
