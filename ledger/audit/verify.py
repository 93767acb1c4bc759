"""The audit of a ledger or of a published log: every check, in its order.

The entries' bytes are walked once (`trail`), and a ledger is built from them anew, by the rules of their day
(`relive`). Whatever else there is must be what that makes: columns, index, tiles, head, checkpoints, read model. What
an audit proves, and what it cannot, is said in docs/audit.md.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.audit import rebuild as relive
from ledger.audit import walk as trail
from ledger.audit.database import Unreadable
from ledger.audit.evidence import check_evidence
from ledger.audit.form import Malformed
from ledger.audit.readmodel import Comparison
from ledger.audit.rebuild import Rebuilt, rebuilding
from ledger.audit.report import Report
from ledger.audit.source import Source
from ledger.audit.tables import LedgerTables
from ledger.audit.walk import EntryWalk, Start, log_verifier
from ledger.evidence.folder import Evidence
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.note import SignedNote
from ledger.log.policy import Policy
from ledger.log.proof import root_at
from ledger.progress import Progress, no_progress
from ledger.store.reader import Reader
from projections.authority import Authority

_TO_RELIVE = ("form", "matters", "submissions")
_COMPARED = ("stored", "checkpoints")


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
    kept: Callable[[str], bytes | None] = lambda _origin: None
    """The checkpoint of the ledger of an origin that is kept beside its log key, where that is at hand."""


def audit(source: Source, asked: Asked, tell: Progress = no_progress) -> Report:
    """Audit a ledger; the report says everything that is wrong with it."""
    report = Report()
    try:
        if source.look(report):
            with TemporaryDirectory(prefix="force-ledger-audit-") as folder:
                _audit(source, asked, Path(folder), report, tell)
    except Unreadable as error:
        report.wrong("file", str(error), error.position)
    return report


def _audit(source: Source, asked: Asked, folder: Path, report: Report, tell: Progress) -> None:
    with rebuilding(folder, report) as relived, Comparison(asked.model, source, folder) as comparison:
        start = _start(source, asked, relived, report)
        if start is None:
            return
        for name in (*trail.CHECKS, *relive.CHECKS, *_COMPARED):
            report.check(name)
        since = start.frontier.size
        walk = EntryWalk(report, start)
        stands = True
        for submission in walk.submissions(_counted(source, since, tell)):
            stands = stands and report.sound(_TO_RELIVE) and relived.take(submission)
        report.size, report.root = walk.frontier.size, walk.frontier.root()
        for name, done in trail.CHECKS.items():
            report.check(name, done)
        if not (stands and report.sound(_TO_RELIVE)):
            return
        relived.finish()
        source.compare(relived.writer, report, since)
        _check_checkpoints(source, asked, relived.writer, walk.authority, report)
        if asked.evidence:
            check_evidence(asked.evidence, relived.writer, report)
        if report.ok:
            comparison.end(relived.writer, report)


def _start(source: Source, asked: Asked, relived: Rebuilt, report: Report) -> Start | None:
    """Where to begin: at the first entry, or after those that an earlier audit went through; None where the ledger is
    not the one that it went through."""
    if asked.since is None or not isinstance(source, LedgerTables):
        return Start()
    report.check("since")
    try:
        earlier = Checkpoint.parse(SignedNote.parse(asked.since).text)
        start = relived.seed(source, earlier.size)
    except (LogError, Malformed, sqlite3.Error) as error:
        report.wrong("since", str(error))
        return None
    if (start.frontier.size, start.frontier.root()) != (earlier.size, earlier.root):
        report.wrong("since", f"its first {earlier.size} entries are not those that were audited")
        return None
    report.check("since", f"the first {earlier.size} entries are those that were audited, and are not judged again")
    return start


def _counted(source: Source, first: int, tell: Progress) -> Iterator[bytes]:
    size = source.size()
    for position, data in enumerate(source.entries(first), first + 1):
        yield data
        tell(position, size)


def _check_checkpoints(source: Source, asked: Asked, reader: Reader, authority: Authority, report: Report) -> None:
    """Every signed checkpoint, stored or brought along, is the log's, and of this very log at its size."""
    stored = {f"checkpoint {number}": note for number, note in enumerate(source.notes(), 1)}
    kept = asked.kept(reader.origin())
    beside = {"the checkpoint kept beside the keys": kept} if kept else {}
    last: SignedNote | None = None
    for name, data in (*stored.items(), *beside.items(), *asked.checkpoints.items()):
        try:
            note = SignedNote.parse(data)
            _check_checkpoint(note, reader, authority, report)
            last = note if name in stored else last
        except LogError as error:
            report.wrong("checkpoints", f"{name}: {error}")
    until = f", the last of {Checkpoint.parse(last.text).size} entries" if last else ""
    report.check("checkpoints", f"{len(stored)} signed, each of this very log{until}" if stored else "none is stored")
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
