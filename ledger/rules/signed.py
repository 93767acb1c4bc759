"""Whether recorders signed what is on record: asked before the log key signs for it, or data are deleted for it.

An audit asks the same, and more (`ledger.audit`). Envelopes alone say it (`ledger.rules.signatures`).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from events import Entry
from ledger import rules
from ledger.errors import NotVerified
from ledger.evidence.folder import Evidence
from ledger.log.encoding import to_base64
from ledger.rules.context import RuleContext
from ledger.statements import Submission
from ledger.store.reader import Reader, of_later_version

_NO_EVIDENCE = Evidence(Path())
"""Who may sign does not depend on documents."""


def check_version(reader: Reader) -> Entry | None:
    """The last entry; None where there is none. Raises LaterVersion if a later version of this program recorded it:
    numbers of rules never go down, so the last entry tells. If no recorder has signed it, it is damage, whatever number
    it names, and this raises NotVerified."""
    last = reader.last()
    if last and last.is_of_later_version:
        check_signed(reader, [last.position])
        raise of_later_version(last)
    return last


def check_signed(reader: Reader, positions: Iterable[int]) -> None:
    """Raise NotVerified unless each submission with an entry at one of these ascending positions is whole, and signed,
    over the log before it, by a recorder who was allowed to record it then."""
    context, tree, done = RuleContext(reader, _NO_EVIDENCE), reader.tree(), 0
    for position in positions:
        if position < done:
            continue
        (entry,) = reader.envelopes_at(range(position, position + 1))
        first, done = entry.submitted_with.start, entry.submitted_with.stop
        entries = reader.envelopes_at(range(first, min(done, tree.size)))
        if fault := _fault(entries, entry, tree.root(first), context):
            raise NotVerified(f"#{position}: {fault}", hint="find out who wrote it; see `force-ledger verify`")


def _fault(entries: Sequence[Entry], of: Entry, root: bytes, context: RuleContext) -> str:
    """What is wrong with a submission, which has this entry, after a log of this root; empty if nothing is."""
    shared = {(entry.submitted_with, entry.recorded_by, entry.recorded_at, entry.rules) for entry in entries}
    if len(shared) != 1 or of.position not in of.submitted_with or len(entries) != of.submission["size"]:
        return "its submission is not whole"
    submission, key = Submission.of(entries), context.authority.key(of.recorded_by)
    statement = submission.statement(of.rules, {"root": to_base64(root), "size": submission.first})
    if key is None or not statement.is_signed(key.key, entries[0].submission.get("signature", "")):
        return f"the signature is not that of {of.recorded_by}"
    return next((problem.message for _, problem in rules.wrongly_signed(submission, context)), "")
