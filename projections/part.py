"""A part of a state: what one subject of a body amounts to. How it comes about is in `projections.parts`."""

from typing import Any, NamedTuple

SubjectKey = tuple[str, str]
"""A subject: which part of a body it is, and which of those: ``("concern", "investigations-2023")``."""
STANDS = ("finding", "review", "plan", "statement", "statistic", "response")
"""What begins once, and ends at most once; see `projections.items`."""
SUBJECTS = (
    "monitoring",
    "concern",
    "grade",
    "tally",
    *STANDS,
    "withheld",
    "oversight",
    "territory",
    "merger",
    "name",
    "document",
)
"""The kinds of part that a body has, in the order in which a reader is told of them; and the documents."""
NOTHING = "nothing recorded"


class SubjectState(NamedTuple):
    """What a subject amounts to: in a few words, as JSON, whether it is over, and the documents that it cites."""

    summary: str
    data: dict[str, Any]
    over: bool = False
    cites: tuple[str, ...] = ()
