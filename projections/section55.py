"""Section 55 of the Police Act 1996: who owes a response to a report, by when, and whether it came in time."""

from collections.abc import Iterable
from datetime import date, timedelta

from projections.days import Days
from projections.subject import NOTHING, SubjectState

RESPONSE_DAYS = 55
"""The last day for comments is publication + 55: 56 days beginning with the day of publication (s.55(5A))."""
FIRST_YEAR = 2017
"""Responses to earlier reports are not called due."""


def timeliness(came: Days, published: Days) -> str:
    """``in-time`` or ``late``; ``unknown`` if the dates allow both."""
    if came.latest <= published.earliest + timedelta(days=RESPONSE_DAYS):
        return "in-time"
    return "late" if came.earliest > published.latest + timedelta(days=RESPONSE_DAYS) else "unknown"


def overseen(offices: Iterable[SubjectState], days: Days) -> dict[str, list[int]]:
    """Who can have overseen a body on one of these days, in a few words, each with the positions of the entries that
    contradict that. ``offices`` are the states of its oversight."""
    own = [state for state in offices if state.first <= days.latest and state.until > days.earliest]
    found = {NOTHING: list[int]()} if days.earliest < min((state.first for state in own), default=date.max) else {}
    for state in own:
        for name in (state.summary, *(other["value"] for other in state.data.get("alternatives", ()))):
            found.setdefault(name, []).extend(state.data["sources_differ"])
    return found


def owed_by(overseen: Iterable[str]) -> str:
    """Who owed a response: the holder of the office on the day of publication, in a few words; all of them, if the
    sources leave open which of several it was. (Domain rule 5.)"""
    unknown = "the local policing body (which: nothing recorded)"
    return " or ".join(unknown if office == NOTHING else office for office in sorted(overseen))
