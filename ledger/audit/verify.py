"""The audit of a ledger or of a published log: every check, in its order.

The entries' bytes are read once (`walk`), and a ledger is rebuilt from them by the rules of their day (`rebuild`).
Everything else that is stored must be equal to that: columns, index, tiles, head, checkpoints, read model. What an
audit proves, and what it cannot, is in docs/audit.md.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.audit import rebuild, walk
from ledger.audit.database import Unreadable, unprotected
from ledger.audit.earlier import copy_earlier
from ledger.audit.published import PublishedFolder
from ledger.audit.readmodel import comparing
from ledger.audit.rebuild import Rebuilt
from ledger.audit.report import Report
from ledger.audit.tables import LedgerFile, LedgerTables
from ledger.audit.walk import EntryWalk, Start
from ledger.errors import DiskFull, LedgerError, NotFound, NotVerified, check_room
from ledger.evidence.folder import Evidence
from ledger.evidence.quotes import QuoteStatus, check_quotes
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.policy import Policy
from ledger.progress import Progress, no_progress
from ledger.query.clocks import is_ahead
from ledger.readmodel.place import model_beside
from ledger.replay import log_keys_at
from ledger.store.database import Database
from ledger.store.reader import Reader, StoredEntry, Writer
from ledger.store.sqlite import SQLiteFile
from ledger.store.store import Store
from projections.authority import Authority

_TO_REBUILD = ("form", "matters", "submissions")
"""Entries are rebuilt only if these checks find nothing."""

Audited = LedgerTables | PublishedFolder


@dataclass(frozen=True)
class AuditOptions:
    """What an auditor provides, and what is stored beside the ledger."""

    checkpoints: dict[str, bytes] = field(default_factory=dict)
    """Signed checkpoints from earlier, by their names in the report."""
    policy: Policy | None = None
    """The policy for the last checkpoint."""
    since: bytes | None = None
    """A signed checkpoint of an earlier audit: the entries before it are only hashed."""
    index_anew: bool = False
    """Whether the index of these earlier entries, which rules ask and nobody has signed, is made again and compared."""
    evidence: Evidence | None = None
    model: Path | None = None
    """The read model that belongs to the ledger, if it has one."""
    last_signed: Callable[[str], bytes | None] = lambda _origin: None
    """Returns the last checkpoint that this machine signed for an origin, if any."""


def audit_ledger(
    database: Database, options: AuditOptions, last_signed: Callable[[str], bytes | None], tell: Progress = no_progress
) -> Report:
    """Audit a ledger with its evidence and its read model; ``last_signed`` is that of the options."""
    evidence, model = Evidence(database.evidence_folder), model_beside(database.cache_path)
    options = replace(options, evidence=evidence, model=model, last_signed=last_signed)
    return audit_database(database, options, tell)


def audit_database(database: Database, options: AuditOptions, tell: Progress = no_progress) -> Report:
    """Audit a ledger. If somebody wrote to it meanwhile, it is audited again."""
    with _tables(database) as tables:
        report = audit(tables, options, tell)
        if report.ok or not tables.moved:
            return report
    with _tables(database, immutable=False) as tables:
        return audit(tables, options, tell)


def audit_published(folder: Path, options: AuditOptions, tell: Progress = no_progress) -> Report:
    """Audit a published log; again, whenever it was published meanwhile. Raises NotFound where there is none."""
    while True:
        published = PublishedFolder(folder)
        report = audit(published, options, tell)
        if report.ok or not published.moved:
            return report


def audit(audited: Audited, options: AuditOptions, tell: Progress = no_progress) -> Report:
    """Audit what a ledger or a published log stores; the report has everything that is wrong with it."""
    report = Report()
    try:
        with TemporaryDirectory(prefix="force-ledger-audit-") as name:
            if audited.check_outside(report):
                _check_inside(audited, options, Path(name), report, tell)
    except Unreadable as error:
        report.wrong("file", str(error), error.position)
    except (DiskFull, OSError) as error:  # of the temporary files, by whatever module
        check_room(error)
        raise
    return report


def _tables(database: Database, *, immutable: bool = True) -> LedgerTables:
    if isinstance(database, SQLiteFile):
        return LedgerFile(database.path, immutable=immutable)
    from ledger.audit.server import LedgerOnServer  # its driver is an extra, and slow to load
    from ledger.store.postgres import PostgresDatabase

    assert isinstance(database, PostgresDatabase)
    return LedgerOnServer(database)


def _check_inside(audited: Audited, options: AuditOptions, folder: Path, report: Report, tell: Progress) -> None:
    place = folder / "rebuilt.db"
    with ExitStack() as stack:
        compare_model = stack.enter_context(comparing(options.model, audited, folder, _size_of(options.since)))
        start = _start(audited, options, place, report)
        if start is None:
            return
        writer = stack.enter_context(stack.enter_context(Store(place)).writing())
        rebuilt = Rebuilt(writer, start.data, folder, report, withholds_at_once=audited.withholds_at_once)
        rebuilt.check_withheld()
        for name in (*walk.CHECKS, *rebuild.CHECKS, "stored", "checkpoints"):
            report.check(name)
        since = start.frontier.size
        entries = EntryWalk(report, start, writer.next_sequence)
        whole = True
        for submission in entries.submissions(_entries(audited, since, tell)):
            whole = whole and report.sound(_TO_REBUILD) and rebuilt.append(submission)
        report.size, report.root = entries.frontier.size, entries.frontier.root()
        for name, done in walk.CHECKS.items():
            report.check(name, done)
        if entries.last and is_ahead(entries.last.recorded_at):
            what = f"#{entries.last.position} was recorded at {entries.last.recorded_at:%Y-%m-%d %H:%M} UTC"
            report.note("clock", f"{what}, ahead of this machine's clock: one of the two is wrong")
        if not (whole and report.sound(_TO_REBUILD)):
            return
        rebuilt.finish()
        audited.compare(rebuilt.writer, report, 0 if options.index_anew else since)
        _check_checkpoints(audited, options, rebuilt.writer, entries.authority, report)
        if options.evidence:
            _check_evidence(options.evidence, rebuilt.writer, report, since)
        if report.ok:
            compare_model(rebuilt.writer, report)


def _size_of(since: bytes | None) -> int:
    """How many entries an earlier audit has checked; 0 if that cannot be told."""
    try:
        return SignedCheckpoint.parse(since).checkpoint.size if since else 0
    except LogError:
        return 0


def _start(audited: Audited, options: AuditOptions, place: Path, report: Report) -> Start | None:
    """Where to start: at the first entry, or after those of an earlier audit; None if the ledger does not continue that
    one. The ledger that is rebuilt has these entries then, at this place."""
    if options.since is None or not isinstance(audited, LedgerTables):
        SQLiteFile(place).create()
        return Start()
    report.check("since")
    try:
        earlier = SignedCheckpoint.parse(options.since).checkpoint
        start = copy_earlier(audited, earlier.size, place, report)
    except (LogError, ValueError, sqlite3.Error) as error:  # ValueError of bytes that are no entry
        check_room(error)
        report.wrong("since", str(error))
        return None
    if (start.frontier.size, start.frontier.root()) != (earlier.size, earlier.root):
        report.wrong("since", f"its first {earlier.size} entries are not those that were audited")
        return None
    if options.index_anew:
        with unprotected(place) as cursor:
            Writer(cursor).rebuild_index()
    report.check("since", f"the first {earlier.size} entries are those that were audited, and are not checked again")
    return start


def _entries(audited: Audited, first: int, tell: Progress) -> Iterator[StoredEntry]:
    """The entries from a position on. Raises Unreadable where one is missing."""
    size, expected = audited.size(), first
    try:
        for stored in audited.snapshot.entries(first):
            if stored.position != expected:
                raise Unreadable(f"there is no such entry, and the next is #{stored.position}", expected)
            yield stored
            expected += 1
            tell(expected, size)
    except DiskFull:
        raise
    except (LedgerError, LogError) as error:
        raise Unreadable(error, expected) from None


def _check_checkpoints(
    audited: Audited, options: AuditOptions, rebuilt: Reader, authority: Authority, report: Report
) -> None:
    """Check that every signed checkpoint, stored or given, is of this log."""
    last: SignedCheckpoint | None = None
    stored = 0

    def verified(name: str, data: bytes) -> SignedCheckpoint | None:
        try:
            note = SignedCheckpoint.parse(data)
            note.verify(log_keys_at(authority, note.size, report.size), rebuilt.tree(report.size))
        except LogError as error:
            report.wrong("checkpoints", f"{name}: {error}")
            return None
        return note

    for stored, data in enumerate(audited.notes(), 1):
        note = verified(f"checkpoint {stored}", data)
        if note and (last is None or note.size >= last.size):  # cosignatures of an earlier one may be stored later
            last = note
    if last_signed := options.last_signed(rebuilt.origin()):
        verified("the checkpoint beside the keys", last_signed)
    for name, data in options.checkpoints.items():
        verified(name, data)
    until = f", the last of {last.size} entries" if last else ""
    report.check("checkpoints", f"{stored} signed, each of this log{until}" if stored else "none is stored")
    if options.policy:
        _check_policy(options.policy, last, report)


def _check_policy(policy: Policy, last: SignedCheckpoint | None, report: Report) -> None:
    of = f", of {last.size:,} entries," if last else ""
    report.check("policy", f"the last checkpoint{of} has the signatures that the policy requires")
    if last is None:
        report.wrong("policy", "there is no signed checkpoint")
        return
    try:
        policy.verify(last)
    except LogError as error:
        report.wrong("policy", str(error))


def _check_evidence(evidence: Evidence, reader: Reader, report: Report, since: int) -> None:
    """Check that the documents have their hashes, and that the quotes of entries from a position on are found in
    them."""
    documents, unchecked = 0, 0
    for sha256 in evidence:
        documents += 1
        try:
            evidence.check(sha256)
        except (NotVerified, NotFound) as error:
            report.wrong("evidence", error.problems[0].message)
    quotes = check_quotes(reader, evidence, since)
    for quote in quotes:
        if quote.verdict.status is QuoteStatus.NOT_FOUND:
            report.wrong("evidence", quote.verdict.why, quote.position)
        unchecked += quote.verdict.unchecked
    report.check("evidence", f"{documents} documents, {len(quotes) - unchecked} quotes found in them")
    if unchecked:
        report.note("evidence", f"{unchecked} quotes unchecked: their document is not stored here, or cannot be read")
