"""The three clocks of a question: what was true on a day, as this ledger knew it, as the public could know it."""

from binascii import b2a_base64
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from events.dates import DateError, PartialDate, instant, london_day
from ledger.errors import NotFound
from ledger.query.ids import position_of
from ledger.store.database import Head
from ledger.store.schema import without_entries
from projections.clock import TOLERANCE, Times

When = int | datetime
"""A position of the log, or an instant."""
_DAYS_AGO = {"today": 0, "yesterday": 1}
_TICK = timedelta(microseconds=1)


class Known(NamedTuple):
    """The last entry that is taken into account."""

    position: int
    recorded_at: datetime


class Clocks(NamedTuple):
    """The day of the answer, the last entry that is taken into account, and the day of publication; also the head of
    the ledger."""

    as_of: date
    known: Known
    public_at: date | None
    head: Head

    def to_json(self) -> dict[str, Any]:
        """The clocks as in every JSON document."""
        return {
            "as_of": self.as_of.isoformat(),
            "known_at": {"position": self.known.position, "recorded_at": instant(self.known.recorded_at)},
            "head": {"size": self.head.size, "root": b2a_base64(self.head.root, newline=False).decode()},
            "public_at": self.public_at.isoformat() if self.public_at else None,
        }

    def __str__(self) -> str:
        known = f"known at #{self.known.position} ({self.known.recorded_at:%Y-%m-%d %H:%M} UTC)"
        public = f" · public at {self.public_at}" if self.public_at else ""
        return f"as of {self.as_of} · {known}{public} · head {self.head.size} {self.head.root.hex()[:12]}"


def clocks_at(
    head: Head,
    times: Times,
    as_of: date | None = None,
    known_at: When | None = None,
    public_at: date | None = None,
) -> Clocks:
    """The clocks of a question to a ledger with this head.

    ``as_of`` is by default the day of ``public_at``, else of ``known_at``, else today in London; ``known_at`` the last
    entry. Raises NotFound for a ledger without entries, a time before the first entry, a day that is still to come, or
    a position after the last.
    """
    if head.size == 0:
        raise without_entries()
    position, day = head.size - 1, None
    if isinstance(known_at, int):
        position = known_at
        if not 0 <= position < head.size:
            raise NotFound(f"there is no entry #{position}", hint=f"the last one is #{head.size - 1}")
        day = london_day(times.known(position))
    elif known_at is not None:
        position = times.last_known(head.size, known_at)
        day = london_day(known_at)
        if day > max(today(), london_day(times.recorded_at(head.size - 1))):
            raise NotFound(f"{day} is still to come", hint="without --known-at the answer is what is known now")
        if position < 0:
            raise NotFound(
                f"the ledger was not yet opened at {known_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
                hint="see `force-ledger show '#0'`",
            )
    return Clocks(as_of or public_at or day or today(), Known(position, times.recorded_at(position)), public_at, head)


def is_ahead(moment: datetime) -> bool:
    """Whether a time is more than five minutes ahead of this machine's clock."""
    return moment > datetime.now(UTC) + TOLERANCE


def day_of(value: date | str | None) -> date | None:
    """A day; a partial date means its last day. Raises DateError, which is a ValueError."""
    return _days_of(value)[1] if isinstance(value, str) else value


def moment_of(value: When | date | str | None, *, start: bool = False) -> When | None:
    """A position, or an instant, in UTC if it has no zone; a day means its end in London, or now if it is today; or
    its ``start``.

    As text: ``#12``, ``12``, a date (four digits are a year), or an instant. Raises ValueError.
    """
    if isinstance(value, str):
        position = position_of(value)
        if position is not None and (len(value) != 4 or value[0] == "#"):
            return position
    wrong = f"'{value}' is no time; write #12, a date"
    try:
        days = _days_of(value) if isinstance(value, str) else value
    except DateError as error:
        days, wrong = None, f"{error}, #12"
    try:
        if days is None and isinstance(value, str):
            days = datetime.fromisoformat(value)
        if isinstance(days, datetime):
            return days.astimezone(UTC) if days.tzinfo else days.replace(tzinfo=UTC)
        if days is None or isinstance(days, int):
            return days
        first, last = days if isinstance(days, tuple) else (days, days)
        if start:
            return _midnight(first)
        return datetime.now(UTC) if first <= today() <= last else _midnight(last + timedelta(days=1)) - _TICK
    except (ValueError, OverflowError):
        raise ValueError(f"{wrong}, or an instant like 2026-11-21T09:30Z") from None


def _days_of(text: str) -> tuple[date, date]:
    """The first and the last day that a text can mean: a partial date, ``today`` or ``yesterday``."""
    if text in _DAYS_AGO:
        return (today() - timedelta(days=_DAYS_AGO[text]),) * 2
    known = PartialDate.parse(text)
    return known.earliest, known.latest


def _midnight(day: date) -> datetime:
    """The start of a day in London."""
    from zoneinfo import ZoneInfo  # slow to load, rarely needed

    return datetime.combine(day, time(), ZoneInfo("Europe/London"))


def today() -> date:
    now = datetime.now(UTC)  # London is at most an hour ahead
    return now.date() if now.hour < 23 else london_day(now)
