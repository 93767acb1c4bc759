"""Section 55 of the Police Act 1996: who owes a response to a report, by when, and whether it came in time."""

from collections.abc import Iterable
from datetime import timedelta

from events.dates import PartialDate
from projections.subject import NOTHING

RESPONSE_DAYS = 55
"""The last day for comments is publication + 55: 56 days beginning with the day of publication (s.55(5A))."""
FIRST_YEAR = 2017
"""Responses to earlier reports are not called due."""


def timeliness(came: PartialDate, published: PartialDate) -> str:
    """``in-time`` or ``late``; ``unknown`` if the dates allow both."""
    if came.latest <= published.earliest + timedelta(days=RESPONSE_DAYS):
        return "in-time"
    return "late" if came.earliest > published.latest + timedelta(days=RESPONSE_DAYS) else "unknown"


def owed_by(overseen: Iterable[str]) -> str:
    """Who owed a response: the holder of the office on the day of publication, in a few words; all of them, if the
    sources leave open which of several it was. (Domain rule 5.)"""
    unknown = "the local policing body (which: nothing recorded)"
    return " or ".join(unknown if office == NOTHING else office for office in sorted(overseen))
