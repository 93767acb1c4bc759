"""Whether stored data are those that the bytes of their entries commit to, and none are missing without a decision."""

import re

from events.entry import commitment, event_id_of
from ledger.store.reader import StoredEntry

_COMMITMENT = re.compile(rb'"commitment":"([A-Za-z0-9+/]{43}=)","kind":')
_TARGET = re.compile(rb'"target":"([0-9a-f]{64})"[^{}]*\},"commitment":"[^"]*","kind":"entry.withheld"')
"""These bytes are in the envelope of an entry that has a commitment, or that withholds another. Texts in an envelope
cannot contain them: their quotation marks are escaped."""


class DataCheck:
    """Reads entries in the order of their positions, without parsing them."""

    def __init__(self) -> None:
        self.missing: dict[str, int] = {}
        """The positions of entries without data that no decision has explained yet, by event id."""

    def read(self, stored: StoredEntry) -> None:
        """Check the next entry. Raises ValueError for data that its bytes do not commit to."""
        found = _COMMITMENT.search(stored.envelope)
        if stored.salted is None and found:
            self.missing[event_id_of(stored.envelope)] = stored.position
        elif stored.salted is not None and commitment(stored.salted) != (found[1].decode() if found else None):
            raise ValueError(f"the data of #{stored.position} are not those that its bytes commit to")
        if act := _TARGET.search(stored.envelope):
            self.missing.pop(act[1].decode(), None)

    @property
    def trouble(self) -> str | None:
        """What is wrong after the last entry; None if nothing is."""
        if not self.missing:
            return None
        return f"the data of #{min(self.missing.values())} are missing, and no entry withholds them"
