"""Whether stored data are those that their envelopes commit to, and none are missing without a decision."""

import re

from events.entry import commitment, event_id_of
from ledger.errors import NotVerified
from ledger.store.reader import StoredEntry

_COMMITMENT = re.compile(rb'"commitment":"([A-Za-z0-9+/]{43}=)","kind":')
_TARGET = re.compile(rb'"target":"([0-9a-f]{64})"[^{}]*\},"commitment":"[^"]*","kind":"entry.withheld"')
"""An envelope has these bytes if it has a commitment, or withholds another entry. Its texts cannot contain them: their
quotation marks are escaped."""


class DataCheck:
    """Reads entries in the order of their positions, without parsing them."""

    def __init__(self) -> None:
        self.missing: dict[str, int] = {}
        """The positions of entries without data that no decision has explained yet, by event id."""

    def read(self, stored: StoredEntry) -> None:
        """Check the next entry. Raises NotVerified for data that its envelope does not commit to."""
        found = _COMMITMENT.search(stored.envelope)
        if stored.salted is None and found:
            self.missing[event_id_of(stored.envelope)] = stored.position
        elif stored.salted is not None and commitment(stored.salted) != (found[1].decode() if found else None):
            raise _wrong(f"the data of #{stored.position} are not those that its envelope commits to")
        if act := _TARGET.search(stored.envelope):
            self.missing.pop(act[1].decode(), None)

    def finish(self) -> None:
        """Raise NotVerified if data are missing, and no entry withholds them."""
        if self.missing:
            raise _wrong(f"the data of #{min(self.missing.values())} are missing, and no entry withholds them")


def _wrong(what: str) -> NotVerified:
    return NotVerified(what, hint="see `force-ledger verify`")
