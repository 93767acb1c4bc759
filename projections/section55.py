"""Section 55 of the Police Act 1996: who owes a response to a report, by when, and whether it came in time."""

from datetime import timedelta

from events.dates import PartialDate
from projections.subject import NOTHING

RESPONSE_DAYS = 55
"""The last day for comments is publication + 55: 56 days beginning with the day of publication (s.55(5A))."""


def timeliness(came: PartialDate | None, published: PartialDate) -> str:
    """``in-time`` or ``late``; ``unknown`` if the dates allow both."""
    if came is None:
        return "nothing-recorded"
    if came.latest <= published.earliest + timedelta(days=RESPONSE_DAYS):
        return "in-time"
    return "late" if came.earliest > published.latest + timedelta(days=RESPONSE_DAYS) else "unknown"


def owed_by(overseen: str) -> str:
    """Who owed a response: the holder of the office on the day of publication, in a few words. (Domain rule 5.)"""
    return "the local policing body (which: nothing recorded)" if overseen == NOTHING else overseen
