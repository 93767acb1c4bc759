"""Spells as rectangles: where each lies in the R-tree of the read model, by numbers for bodies, parts and days."""

import zlib
from datetime import date

from projections.part import PARTS

VERSION = 6
"""The version of the tables of the read model; a file of another version is thrown away and made anew."""
FIRST = "0000-00-00"
"""The first of all days, as the tables have it: it sorts before every other."""
STILL = 2**31 - 1
"""The position that no ledger comes to: what is known until then is known still."""
SHELF = 2**25
"""How far a shelf reaches in the R-tree: about as far as one body is from the next. An R-tree keeps apart what is far
apart, by the lengths and products of sides: a side of no length would keep nothing apart."""


def body_number(body: str | None) -> int:
    """A body as a number by which the R-tree can tell bodies apart; two may share one, so look at `body` too."""
    return zlib.crc32((body or "").encode()) >> 2


def shelf_of(part: str, *, over: bool) -> int:
    """Where the shelf begins: what still holds of each kind of part, and what is over, have their own in the R-tree."""
    return SHELF * (2 * PARTS.index(part) + bool(over))


def ordinal(day: str) -> int:
    """A day as the R-tree counts it; 0 for the first of all days."""
    return 0 if day == FIRST else date.fromisoformat(day).toordinal()
