"""The audit of a ledger where it is: its database, and what is kept beside it."""

from collections.abc import Callable
from dataclasses import replace

from ledger.audit.report import Report
from ledger.audit.tables import LedgerFile, LedgerTables
from ledger.audit.verify import AuditOptions, audit
from ledger.evidence.folder import Evidence
from ledger.progress import Progress, no_progress
from ledger.readmodel.query import model_beside
from ledger.store.database import Database
from ledger.store.sqlite import SQLiteFile


def audit_ledger(
    database: Database,
    options: AuditOptions,
    last_signed: Callable[[str], bytes | None],
    tell: Progress = no_progress,
) -> Report:
    """Verify a ledger with its evidence and its read model; ``last_signed`` gives the last checkpoint that this machine
    signed for an origin. A ledger that somebody wrote to meanwhile is verified again."""
    brought = replace(
        options,
        evidence=Evidence(database.evidence_folder),
        model=model_beside(database.cache_path),
        last_signed=last_signed,
    )
    with _tables(database) as source:
        report = audit(source, brought, tell)
        if report.ok or not source.moved:
            return report
    with _tables(database, immutable=False) as source:
        return audit(source, brought, tell)


def _tables(database: Database, *, immutable: bool = True) -> LedgerTables:
    if isinstance(database, SQLiteFile):
        return LedgerFile(database.path, immutable=immutable)
    from ledger.audit.server import LedgerOnServer  # its driver is an extra, and slow to load
    from ledger.store.postgres import PostgresDatabase

    assert isinstance(database, PostgresDatabase)
    return LedgerOnServer(database)
