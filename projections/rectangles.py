"""Spells as rectangles: where each lies in the R-tree of the read model, by numbers for matters, parts and days."""

import zlib

from projections.subject import SUBJECTS

VERSION = 7
"""The version of the tables of the read model; a file of another version is thrown away and made anew."""
OPEN_ENDED = 2**31 - 1
"""The position that no ledger comes to: what is known until then is known still."""
_SHELF = 2**25
"""How far a shelf reaches in the R-tree: about as far as one body is from the next. An R-tree keeps apart what is far
apart, by the lengths and products of sides: a side of no length would keep nothing apart."""


def matters_of(whose: str) -> tuple[int, int]:
    """The numbers by which the R-tree can tell the matters of a body apart, from and up to; those of a document, which
    is nobody's, are its own. Two bodies may share them, so look at `body` too."""
    first = zlib.crc32(whose.encode()) >> 17 << 15
    return first, first + 2**15


def matter_number(matter: str, body: str | None) -> int:
    """The number of a matter among those of its body; two may share one, so look at `matter` too."""
    first, _ = matters_of(body or matter)
    return first + (zlib.crc32(matter.encode()) & 2**15 - 1)


def shelf_of(part: str, *, over: bool) -> tuple[int, int]:
    """The shelf of a kind of part in the R-tree, from and up to: what still holds, and what is over, have their own."""
    first = _SHELF * (2 * SUBJECTS.index(part) + bool(over))
    return first, first + _SHELF


def shelves_of(part: str) -> tuple[int, int]:
    """Both shelves of a kind of part: they stand beside each other."""
    return shelf_of(part, over=False)[0], shelf_of(part, over=True)[1]
