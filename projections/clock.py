"""When each entry was on record, also if the clock of a recorder was wrong.

Every entry says when it was recorded, and no entry is earlier than the one before it. If a clock ran ahead, a keeper
records a correction (`ledger.clock_corrected`) with its own, earlier time. What is before it was on record by then at
the latest. So ``known(p) = min(recorded_at(p), the times of the corrections after p)``, which never goes back.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

TOLERANCE = timedelta(minutes=5)
"""The largest difference between two clocks that are both taken to be right."""
RecordedAt = Callable[[int], datetime]
"""When the entry at a position says that it was recorded."""


class Times(NamedTuple):
    """The times of the entries of a ledger, and the positions of the corrections of a clock."""

    recorded_at: RecordedAt
    corrections: Callable[[], Sequence[int]] = tuple

    def known(self, position: int) -> datetime:
        """By when the entry at a position was on record."""
        return min(map(self.recorded_at, [position, *(at for at in self.corrections() if at > position)]))

    def last_known(self, size: int, moment: datetime) -> int:
        """The position of the last of ``size`` entries that were on record at a moment; -1 if none was."""
        starts = [0, *(at for at in self.corrections() if at < size)]  # between them, time never goes back
        for start, stop in reversed(list(pairwise([*starts, size]))):
            if self.recorded_at(start) <= moment:
                return start + bisect_right(range(start, stop), moment, key=self.recorded_at) - 1
        return -1
