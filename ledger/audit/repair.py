"""Make again what is derived from the entries of a ledger, where only that is wrong."""

from collections.abc import Callable

from ledger.audit.report import Report
from ledger.audit.verify import AuditOptions, audit_ledger
from ledger.errors import HeadMoved, NotVerified
from ledger.progress import Progress, no_progress
from ledger.store.database import Database
from ledger.store.reader import of_later_version
from ledger.store.store import Store

_NOT_OF_ENTRIES = {"stored", "model", "evidence"}
"""The checks that the entries can pass, and these tables fail."""


def repair(
    database: Database, last_signed: Callable[[str], bytes | None], tell: Progress = no_progress
) -> tuple[bool, Report]:
    """Make the index of references, the tiles and the head again, if they are not what the entries give. Returns
    whether that was needed, and the audit afterwards.

    Raises NotVerified, and changes nothing, unless the entries pass every check; LaterVersion where a later version of
    this program has written some.
    """
    report = audit_ledger(database, AuditOptions(), last_signed, tell)
    if report.later and report.sound(report.checks.keys() - _NOT_OF_ENTRIES):
        raise of_later_version(report.later)
    if failed := [check.name for check in report.checks.values() if not check.ok and check.name not in _NOT_OF_ENTRIES]:
        raise NotVerified(
            f"the entries themselves are not whole: {', '.join(failed)}",
            hint="see `force-ledger verify`; restore a backup, or `copy` from whoever has more",
        )
    if report.sound(["stored"]):
        return False, report
    with Store(database) as ledger, ledger.rebuilding() as writer:
        if writer.rebuild_index() != (report.size, report.root):
            raise HeadMoved("somebody has recorded meanwhile", hint="repair again")
    return True, audit_ledger(database, AuditOptions(), last_signed, tell)
