"""The evidence folder of a ledger: documents have their hashes, and quotes are found in them."""

from ledger.audit.report import Report
from ledger.errors import NotFound, NotVerified
from ledger.evidence.folder import Evidence
from ledger.evidence.quotes import QuoteStatus, check_quotes
from ledger.store.reader import Reader


def check_evidence(evidence: Evidence, reader: Reader, report: Report) -> None:
    """Check that kept documents have the hashes that they are kept by, and that quotes are found in them."""
    documents, unchecked = 0, 0
    for sha256 in evidence:
        documents += 1
        try:
            evidence.read(sha256)
        except (NotVerified, NotFound) as error:
            report.wrong("evidence", error.problems[0].message)
    quotes = check_quotes(reader, evidence)
    for checked in quotes:
        if checked.verdict.status is QuoteStatus.NOT_FOUND:
            report.wrong("evidence", checked.verdict.why, checked.position)
        elif checked.verdict.status is QuoteStatus.READ_OTHERWISE:
            report.note("evidence", f"#{checked.position}: {checked.verdict.why}")
        unchecked += checked.verdict.unchecked
    report.check("evidence", f"{documents} documents kept, {len(quotes) - unchecked} quotes found in them")
    if unchecked:
        report.note("evidence", f"{unchecked} quotes unchecked, for want of evidence")
