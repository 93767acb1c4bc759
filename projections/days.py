"""When something happened, where sources leave it open: `Days`, the earliest and the latest day, and the words for it.

This module imports little, so that a query need not load the kinds of event.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from events.dates import MONTHS, OpenDate

FIRST_DAY, LAST_DAY = date.min, date.max
FROM_SOME_DAY = "from some day"
"""Stands before the days on one of which something began."""


class Days(NamedTuple):
    """The earliest and the latest day on which something can have happened, over all lawful histories. It has no
    earliest day if that is FIRST_DAY; it has not happened, on these histories, if a day is LAST_DAY."""

    earliest: date
    latest: date

    @classmethod
    def parse(cls, text: str) -> "Days":
        """From a partial date, as `span` writes it."""
        known = OpenDate.parse(text)
        return cls(known.earliest, known.latest)

    @classmethod
    def over(cls, several: Iterable["Days"]) -> "Days":
        """From the earliest of all to the latest of all."""
        several = list(several)
        if len(several) == 1:
            return several[0]
        return cls(min(days.earliest for days in several), max(days.latest for days in several))

    def by(self, day: date) -> "Days":
        """The same, of what has happened by that day."""
        return Days(self.earliest, min(self.latest, day))


ALWAYS = Days(FIRST_DAY, FIRST_DAY)
"""When a value began that nothing recorded brought about."""
NEVER = Days(LAST_DAY, LAST_DAY)
"""When a value ended that lasts."""


def span(first: date, last: date) -> str:
    """A span of days as the shortest partial date: a day, a month, a year, or first/last, where first is ``..`` for
    FIRST_DAY. Empty for ALWAYS."""
    if last == FIRST_DAY:
        return ""
    if first == last:
        return last.isoformat()
    if first == FIRST_DAY:
        return f"../{last.isoformat()}"
    if _is_whole(first, last, "year"):
        return f"{first:%Y}"
    return f"{first:%Y-%m}" if _is_whole(first, last, "month") else f"{first.isoformat()}/{last.isoformat()}"


def when(days: Days) -> str:
    """These days in words: "on 2023-11-24", "in 2019, by 27 September 2019". A bound is never told as if it were the
    day."""
    first, last = days
    if first == last:
        return f"on {last.isoformat()}"
    if first == FIRST_DAY:
        return f"by {day_in_words(last)}"
    for period, name in (("month", f"{MONTHS[first.month - 1].capitalize()} {first.year}"), ("year", f"{first.year}")):
        start, end = _whole(first, period)
        if last <= end and (first == start or last == end):
            bound = "" if (first, last) == (start, end) else f", by {day_in_words(last)}"
            return f"in {name}{bound if first == start else f', on or after {day_in_words(first)}'}"
    return f"between {day_in_words(first)} and {day_in_words(last)}"


def began(days: Days, opening: str = FROM_SOME_DAY) -> str:
    """Since when something is so, in words: "since 2023-11-24", "entered in 2019, by 27 September 2019". ``opening`` is
    what stands before days that are not one."""
    return f"since {days.latest.isoformat()}" if days.earliest == days.latest else f"{opening} {when(days)}"


def day_in_words(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1].capitalize()} {day.year}"


def _whole(day: date, period: str) -> Days:
    """The first and the last day of the month or year of a day."""
    if period == "year":
        return Days(date(day.year, 1, 1), date(day.year, 12, 31))
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1) if day < date(9999, 12, 1) else date.max
    return Days(day.replace(day=1), following - timedelta(days=1))


def _is_whole(first: date, last: date, period: str) -> bool:
    return (first, last) == _whole(first, period)
