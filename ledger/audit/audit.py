"""The audit of a ledger or of a published log: every check, in its order.

The entries' bytes are walked once (`trail`), and a ledger is built from them anew, by the rules of their day
(`relive`). Whatever else there is must be what that makes: columns, index, tiles, head, checkpoints, read model. What
an audit proves, and what it cannot, is said in docs/audit.md.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from events import Entry
from ledger.audit import relive, trail
from ledger.audit.relive import Relived, reliving
from ledger.audit.report import Report
from ledger.audit.source import LedgerFile, Source
from ledger.audit.trail import Trail, log_verifier
from ledger.errors import NotVerified
from ledger.evidence.kept import Evidence
from ledger.evidence.quotes import Finding, check_quotes
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.note import SignedNote
from ledger.log.policy import Policy
from ledger.log.proof import frontier_at, root_at
from ledger.log.tree import Frontier
from ledger.model import ReadModel, asking, rebuild
from ledger.store.ledger import Reader
from ledger.store.mapper import leaf_of
from projections import tables
from projections.authority import Authority

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Asked:
    """What an auditor brings along: checkpoints kept earlier, by the name of their file; a policy; and, to go on from
    an earlier audit, the checkpoint that it ended with."""

    checkpoints: dict[str, bytes] = field(default_factory=dict)
    policy: Policy | None = None
    since: bytes | None = None
    evidence: Evidence | None = None
    model: Path | None = None
    """The read model that belongs to the ledger, if it has one."""


def audit(source: Source, asked: Asked, progress: Progress = lambda _done, _all: None) -> Report:
    """Audit a ledger; the report says everything that is wrong with it."""
    report = Report()
    if not source.look(report):
        return report
    for name, done in {**trail.CHECKS, **relive.CHECKS}.items():
        report.check(name, done)
    with (
        TemporaryDirectory(prefix="force-ledger-audit-") as folder,
        reliving(Path(folder), report) as (relived, ledger),
    ):
        start = _start(source, asked, relived, report)
        if start is None:
            return report
        since, record = start.size, _record(relived.writer)
        origin = relived.writer.origin() if since else None
        walk = Trail(report, start, record, relived.writer.next_sequence, origin)
        stands = True
        for submission in walk.submissions(_counted(source, since, progress)):
            sound = report.sound(("form", "matters", "submissions"))
            stands = stands and sound and relived.take(submission)
        report.size, report.root = walk.frontier.size, walk.frontier.root()
        if not (stands and report.sound(("form", "matters", "submissions"))):
            report.check("rules", "not re-lived from the first bad entry on; what is stored was not compared either")
        else:
            relived.finish()
            source.compare(relived.writer, report, since)
            _check_checkpoints(source, asked, relived.writer, walk.authority, report)
            if asked.evidence:
                _check_evidence(relived.writer, asked.evidence, report)
            if asked.model and asked.model.exists() and report.ok:
                _check_model(asked.model, ledger.path, relived.writer, report)
    return report


def _start(source: Source, asked: Asked, relived: Relived, report: Report) -> Frontier | None:
    """Where to begin: at the first entry, or after those that an earlier audit went through; None where the ledger is
    not the one that it went through."""
    if asked.since is None or not isinstance(source, LedgerFile):
        return Frontier()
    report.check("since", "the entries before were audited earlier, and are only compared with that checkpoint")
    try:
        earlier = Checkpoint.parse(SignedNote.parse(asked.since).text)
        relived.seed(source, earlier.size)
        frontier = frontier_at(earlier.size, relived.writer.tree(earlier.size).hash_at)
    except (LogError, ValueError, sqlite3.Error) as error:
        report.wrong("since", str(error))
        return None
    if frontier.root() != earlier.root:
        report.wrong("since", f"its first {earlier.size} entries are not those that were audited")
        return None
    for entry in _record(relived.writer):  # who may sign is not taken over on trust
        if leaf_of(entry.data) != relived.writer.tree(earlier.size).hash_at(0, entry.position):
            report.wrong("since", "its bytes are not those that were audited", entry.position)
    relived.writer.go_on_from(frontier)
    return frontier


def _record(reader: Reader) -> list[Entry]:
    return [*reader.matters(["ledger"])["ledger"], *reader.under("recorder/")]


def _counted(source: Source, first: int, progress: Progress) -> Iterator[bytes]:
    size = source.size()
    for position, data in enumerate(source.entries(first), first + 1):
        yield data
        progress(position, size)


def _check_checkpoints(source: Source, asked: Asked, reader: Reader, authority: Authority, report: Report) -> None:
    """Every signed checkpoint, stored or brought along, is the log's, and of this very log at its size."""
    stored = source.notes()
    report.check("checkpoints", f"{len(stored)} signed, each of this very log" if stored else "none was ever signed")
    last: SignedNote | None = None
    for name, data in [*((f"checkpoint {n}", note) for n, note in enumerate(stored, 1)), *asked.checkpoints.items()]:
        try:
            note = SignedNote.parse(data)
            _check_checkpoint(note, reader, authority, report)
            last = note if not name.startswith("/") and name not in asked.checkpoints else last
        except LogError as error:
            report.wrong("checkpoints", f"{name}: {error}")
    if asked.policy is None:
        return
    report.check("policy", "the last checkpoint bears the signatures that the policy asks for")
    if last is None:
        report.wrong("policy", "there is no signed checkpoint")
        return
    try:
        asked.policy.accepts(last)
    except LogError as error:
        report.wrong("policy", str(error))


def _check_checkpoint(note: SignedNote, reader: Reader, authority: Authority, report: Report) -> None:
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.size > report.size:
        raise LogError(
            f"it is of {checkpoint.size} entries, and there are {report.size}: the end was cut off, or rolled back"
        )
    if root_at(checkpoint.size, reader.tree(checkpoint.size).hash_at) != checkpoint.root:
        raise LogError(f"it is of another log of {checkpoint.size} entries: this one was rewritten, or it was forked")
    keys = [key for at in (checkpoint.size, report.size) if (key := log_verifier(authority, at))]
    opened = open_checkpoint(note, keys)
    if opened.checkpoint.origin != reader.origin():
        raise LogError(f"it is of the ledger {opened.checkpoint.origin}")


def _check_evidence(reader: Reader, evidence: Evidence, report: Report) -> None:
    """Kept documents are what they were, and quotes stand in them."""
    kept, unchecked = 0, 0
    for sha256 in evidence:
        kept += 1
        try:
            evidence.read(sha256)
        except NotVerified as error:
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


_MODEL: Sequence[tuple[str, str]] = (
    ("entries", "SELECT position, * FROM entries WHERE position < ? ORDER BY position"),
    (
        "spells",
        "SELECT known_from, matter, part, subject, value, valid_from, valid_to, "
        "CASE WHEN known_to < ?1 THEN known_to END, over, said, cites FROM spells WHERE known_from < ?1 "
        "ORDER BY matter, part, subject, known_from, valid_from",
    ),
)


def _check_model(path: Path, relived: Path, reader: Reader, report: Report) -> None:
    """The read model says what a replay says, as far as it has come."""
    report.check("model", "the read model is equal to a replay")
    rebuild(relived, reader)
    try:
        with asking(path) as theirs, asking(ReadModel.beside(relived)) as ours:
            (version,) = theirs.execute("PRAGMA user_version").fetchone()
            if version != tables.VERSION:
                report.note("model", "the read model is of another version, and will be made anew")
                return
            (come,) = theirs.execute("SELECT coalesce(max(position) + 1, 0) FROM entries").fetchone()
            for table, query in _MODEL:
                expected, found = ours.execute(query, (come,)).fetchall(), theirs.execute(query, (come,)).fetchall()
                for row in sorted(set(expected) ^ set(found), key=repr):
                    at = row[0] if isinstance(row[0], int) else None
                    report.wrong("model", f"its {table} are not those of a replay; throw it away with `rebuild`", at)
    except sqlite3.DatabaseError as error:
        report.wrong("model", f"the read model cannot be read: {error}; throw it away with `rebuild`")
