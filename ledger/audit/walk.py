"""The entries in order, and the submissions that they make, each signed with the log before it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from events import Entry
from events.recorder import ClockCorrected, LedgerOpened
from ledger.audit.report import Report
from ledger.log import LogError
from ledger.log.encoding import to_base64
from ledger.log.key import Verifier
from ledger.log.tree import Frontier, leaf_hash
from ledger.statements import Submission
from ledger.store.data import DataCheck
from ledger.store.form import Malformed, read_entry
from ledger.store.reader import StoredEntry
from projections.authority import Authority

CHECKS = {
    "form": "every entry is canonical and well formed",
    "matters": "every entry has the next sequence of its matter, and names this ledger",
    "clock": "the time of recording never goes back, except to correct a clock",
    "submissions": "every submission is complete, and names the log before it; the number of the rules never goes down",
    "signatures": "every submission has its recorder's signature, and its approval",
}


@dataclass
class Start:
    """What is known about the entries before those that are read."""

    frontier: Frontier = field(default_factory=Frontier)
    authority: Authority = field(default_factory=lambda: Authority([]))
    last: Entry | None = None
    data: DataCheck = field(default_factory=DataCheck)


class EntryWalk:
    """Reads every entry once, and reports what is wrong with it."""

    def __init__(self, report: Report, start: Start, next_sequence: Callable[[str], int] = lambda _matter: 0) -> None:
        """``next_sequence`` gives that of a matter, after the start."""
        self._wrong = report.wrong
        self.frontier, self.authority, self.last = start.frontier, start.authority, start.last
        self._origin = start.last.ledger if start.last else None
        self._next_sequence = next_sequence
        self._sequences: dict[str, int] = {}

    def submissions(self, entries: Iterator[StoredEntry]) -> Iterator[list[Entry]]:
        """The whole submissions that these entries make."""
        open_: list[Entry] = []
        seen, unreadable = self._seen(), -1
        for stored in entries:
            position, entry = stored.position, self._read(stored)
            if entry is None:
                open_, unreadable, seen = [], position, self._seen()
                continue
            together = entry.submitted_with
            if not open_ and together.start <= unreadable:
                seen = self._seen()
                continue  # the rest of a submission with an unreadable entry; that is reported already
            if not open_ and (together.start != position or "signature" not in entry.submission):
                self._wrong("submissions", "the beginning of its submission is missing", position)
                seen, unreadable = self._seen(), position
                continue
            if open_ and (open_[0].submitted_with != together or "signature" in entry.submission):
                self._wrong(
                    "submissions", f"it is not of the submission that begins with #{open_[0].position}", position
                )
            open_.append(entry)
            if len(open_) == len(open_[0].submitted_with):
                self._check_signed(open_, seen)
                yield open_
                open_, seen = [], self._seen()
        if open_:
            first, size = open_[0].position, len(open_[0].submitted_with)
            self._wrong("submissions", f"of its {size} entries only {len(open_)} are there: the end is cut off", first)

    def _read(self, stored: StoredEntry) -> Entry | None:
        position = stored.position
        self.frontier.append(leaf_hash(stored.envelope))
        try:
            entry = read_entry(stored)
        except Malformed as error:
            self._wrong("form", str(error), position)
            return None
        expected = self._sequences.get(entry.matter)
        expected = self._next_sequence(entry.matter) if expected is None else expected
        if entry.sequence != expected:
            what = f"its sequence in {entry.matter} is {entry.sequence}, not {expected}"
            self._wrong("matters", what, position)
        self._sequences[entry.matter] = entry.sequence + 1  # one gap is reported once
        self._check_origin(entry)
        went_back = self.last and entry.recorded_at < self.last.recorded_at
        if self.last and went_back and entry.kind != ClockCorrected.kind:
            self._wrong("clock", f"its time of recording is before that of #{self.last.position}", position)
        if self.last and entry.rules < self.last.rules:
            what = f"rule set {entry.rules} checked it, and {self.last.rules} before"
            self._wrong("submissions", what, position)
        self.last = entry
        self.authority.add(entry)
        return entry

    def _check_origin(self, entry: Entry) -> None:
        if self._origin is None:
            self._origin = entry.ledger
            opened = entry.content
            if not isinstance(opened, LedgerOpened) or not _is_key_of(opened.log_key, entry.ledger):
                self._wrong("matters", "it does not open the ledger of its name, with a sound log key", entry.position)
        elif entry.ledger != self._origin:
            self._wrong("matters", f"it is of the ledger {entry.ledger}, not {self._origin}", entry.position)

    def _check_signed(self, entries: list[Entry], seen: dict[str, object]) -> None:
        submission, claimed = Submission.of(entries), entries[0].submission
        first = entries[0].position
        if claimed["root"] != submission.root:
            self._wrong("submissions", "its root is not that of its events: one was added, dropped or moved", first)
        if claimed["seen"] != seen:
            self._wrong("submissions", "the size and root that it names are not those of the log before it", first)
        if len({(e.recorded_by, e.recorded_at, e.rules) for e in entries}) > 1:
            self._wrong("signatures", "its entries name different recorders, times or rules", first)
        key = self.authority.key(submission.recorded_by)
        statement = submission.statement(claimed["rules"], claimed["seen"])
        if key is None or not statement.is_signed(key.key, claimed["signature"]):
            self._wrong("signatures", f"the signature is not that of {submission.recorded_by}", first)

    def _seen(self) -> dict[str, object]:
        return {"size": self.frontier.size, "root": to_base64(self.frontier.root())}


def _is_key_of(key: str, name: str) -> bool:
    try:
        return Verifier.parse(key).name == name
    except LogError:
        return False
