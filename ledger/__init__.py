"""A ledger of what the inspectorate found and decided: rules, store, log, keys, audit, intake, command line.

`Ledger` is the Python API (`ledger.api`, docs/python.md). docs/design.md says what each package holds, and the import
contracts in pyproject.toml which may import which.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ledger.api import Ledger
    from ledger.audit.report import Check, Report
    from ledger.errors import LedgerError, Problem
    from ledger.record.record import Receipt

__version__ = "0.1.0"
__all__ = ["Check", "Ledger", "LedgerError", "Problem", "Receipt", "Report"]

_PUBLIC = {
    "Check": "ledger.audit.report",
    "Ledger": "ledger.api",
    "LedgerError": "ledger.errors",
    "Problem": "ledger.errors",
    "Receipt": "ledger.record.record",
    "Report": "ledger.audit.report",
}


def __getattr__(name: str) -> Any:
    """Load public names on first use, so that the command line starts without them."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'ledger' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_PUBLIC[name]), name)
