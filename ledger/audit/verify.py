"""The audit of a ledger or of a published log: every check, in its order.

The entries' bytes are walked once (`walk`), and a ledger is rebuilt from them by the rules of their day (`rebuild`).
Everything else that is stored must be what that makes: columns, index, tiles, head, checkpoints, read model. What an
audit proves, and what it cannot, is said in docs/audit.md.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.audit import rebuild, walk
from ledger.audit.audited import Audited
from ledger.audit.database import Unreadable
from ledger.audit.evidence import check_evidence
from ledger.audit.form import Malformed
from ledger.audit.readmodel import Comparison
from ledger.audit.rebuild import Rebuilt, rebuilding
from ledger.audit.report import Report
from ledger.audit.tables import LedgerTables
from ledger.audit.walk import EntryWalk, Start
from ledger.errors import LedgerError
from ledger.evidence.folder import Evidence
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.policy import Policy
from ledger.progress import Progress, no_progress
from ledger.replay import log_keys_at
from ledger.store.reader import Reader
from projections.authority import Authority

_TO_REBUILD = ("form", "matters", "submissions")
"""The checks that must find nothing if entries are to be rebuilt."""


@dataclass(frozen=True)
class AuditOptions:
    """What an auditor brings along, and what lies beside the ledger."""

    checkpoints: dict[str, bytes] = field(default_factory=dict)
    """Signed checkpoints kept earlier, by the names that the report has for them."""
    policy: Policy | None = None
    """What the last checkpoint must satisfy."""
    since: bytes | None = None
    """A signed checkpoint of an earlier audit: the entries before it are only hashed."""
    evidence: Evidence | None = None
    model: Path | None = None
    """The read model that belongs to the ledger, if it has one."""
    last_signed: Callable[[str], bytes | None] = lambda _origin: None
    """Gives the checkpoint of the ledger of an origin that is kept beside its log key, where that is at hand."""


def audit(audited: Audited, options: AuditOptions, tell: Progress = no_progress) -> Report:
    """Audit a ledger; the report has everything that is wrong with it."""
    report = Report()
    try:
        with TemporaryDirectory(prefix="force-ledger-audit-") as folder, rebuilding(Path(folder), report) as rebuilt:
            if audited.check_outside(report, rebuilt.writer):
                _check_inside(audited, options, rebuilt, Path(folder), report, tell)
    except Unreadable as error:
        report.wrong("file", str(error), error.position)
    return report


def _check_inside(
    audited: Audited, options: AuditOptions, rebuilt: Rebuilt, folder: Path, report: Report, tell: Progress
) -> None:
    with Comparison(options.model, audited, folder) as comparison:
        start = _start(audited, options, rebuilt, report)
        if start is None:
            return
        for name in (*walk.CHECKS, *rebuild.CHECKS, "stored", "checkpoints"):
            report.check(name)
        since = start.frontier.size
        entries = EntryWalk(report, start)
        whole = True
        for submission in entries.submissions(_entries(audited, since, tell)):
            whole = whole and report.sound(_TO_REBUILD) and rebuilt.append(submission)
        report.size, report.root = entries.frontier.size, entries.frontier.root()
        for name, done in walk.CHECKS.items():
            report.check(name, done)
        if not (whole and report.sound(_TO_REBUILD)):
            return
        rebuilt.finish()
        audited.compare(rebuilt.writer, report, since)
        _check_checkpoints(audited, options, rebuilt.writer, entries.authority, report)
        if options.evidence:
            check_evidence(options.evidence, rebuilt.writer, report)
        if report.ok:
            comparison.end(rebuilt.writer, report)


def _start(audited: Audited, options: AuditOptions, rebuilt: Rebuilt, report: Report) -> Start | None:
    """Where to begin: at the first entry, or after those of an earlier audit; None if the ledger is not the one that
    was audited then."""
    if options.since is None or not isinstance(audited, LedgerTables):
        return Start()
    report.check("since")
    try:
        earlier = SignedCheckpoint.parse(options.since).checkpoint
        start = rebuilt.import_audited(audited, earlier.size)
    except (LogError, Malformed, sqlite3.Error) as error:
        report.wrong("since", str(error))
        return None
    if (start.frontier.size, start.frontier.root()) != (earlier.size, earlier.root):
        report.wrong("since", f"its first {earlier.size} entries are not those that were audited")
        return None
    report.check("since", f"the first {earlier.size} entries are those that were audited, and are not checked again")
    return start


def _entries(audited: Audited, first: int, tell: Progress) -> Iterator[bytes]:
    """The bytes of the entries from a position on. Raises Unreadable where one is missing."""
    size, expected = audited.size(), first
    try:
        for position, data in audited.snapshot.entries(first):
            if position != expected:
                raise Unreadable(f"there is no such entry, and the next is #{position}", expected)
            yield data
            expected += 1
            tell(expected, size)
    except (LedgerError, LogError) as error:
        raise Unreadable(error, expected) from None


def _check_checkpoints(
    audited: Audited, options: AuditOptions, rebuilt: Reader, authority: Authority, report: Report
) -> None:
    """Check that every signed checkpoint, stored or brought along, is this log's at its size."""
    stored = {f"checkpoint {number}": note for number, note in enumerate(audited.snapshot.notes_after(None), 1)}
    last_signed = options.last_signed(rebuilt.origin())
    beside = {"the checkpoint kept beside the keys": last_signed} if last_signed else {}
    last: SignedCheckpoint | None = None
    for name, data in (*stored.items(), *beside.items(), *options.checkpoints.items()):
        try:
            note = SignedCheckpoint.parse(data)
            note.verify(log_keys_at(authority, note.size, report.size), rebuilt.tree(report.size))
            last = note if name in stored else last
        except LogError as error:
            report.wrong("checkpoints", f"{name}: {error}")
    until = f", the last of {last.size} entries" if last else ""
    report.check("checkpoints", f"{len(stored)} signed, each of this very log{until}" if stored else "none is stored")
    if options.policy:
        _check_policy(options.policy, last, report)


def _check_policy(policy: Policy, last: SignedCheckpoint | None, report: Report) -> None:
    report.check("policy", "the last checkpoint bears the signatures that the policy asks for")
    if last is None:
        report.wrong("policy", "there is no signed checkpoint")
        return
    try:
        policy.verify(last)
    except LogError as error:
        report.wrong("policy", str(error))
