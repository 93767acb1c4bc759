"""The time at which a submission is recorded.

A server has a clock, which counts for all who write to it. A file has none: the machine's counts, and a person is asked
where much time has passed (`ledger.cli.config`). The times of a ledger never go back, but for `ledger.clock_corrected`,
which may be earlier than the entry before it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from events.dates import london_day
from events.recorder import ClockCorrected
from ledger.errors import ClockTrouble, Problem
from ledger.store.reader import Reader
from projections.clock import TOLERANCE

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)


def time_of_recording(reader: Reader, kinds: Sequence[str], clock: Clock | None) -> datetime:
    """The time of recording of events of these kinds, by a clock, by default that of the server or of this machine; but
    at least that of the last entry.

    Raises ClockTrouble where the clock is more than five minutes behind the last entry.
    """
    now, size = time_now(reader, clock), reader.head().size
    if size == 0 or list(kinds) == [ClockCorrected.kind]:
        return now
    last = reader.recorded_at(size - 1)
    if now < last - TOLERANCE:
        raise _behind(reader, size, now)
    return max(now, last)


def time_now(reader: Reader, clock: Clock | None) -> datetime:
    """The time of a clock; without one, that of the server, or of this machine."""
    return clock() if clock else reader.server_time() or utc_now()


def check_today(reader: Reader, today: date | None, most: timedelta) -> None:
    """Raise ClockTrouble where more time has passed since the last entry than that, unless a person says that this is
    the day; never for a server, which has a clock of its own.
    """
    size, now = reader.head().size, utc_now()
    if reader.server_time() or size == 0 or now - (last := reader.recorded_at(size - 1)) <= most:
        return
    here = london_day(now)
    if today is None:
        what = f"the last entry is of {last:%Y-%m-%d}, and this machine's clock says {here}"
        raise ClockTrouble(what, hint=f"if it is right, use `force-ledger --today {here} …`; else set it")
    if today != here:
        raise ClockTrouble(f"--today is {today}, and this machine's clock says {here}", hint="set the clock")


def differing_clock(reader: Reader) -> Problem | None:
    """A warning where this machine's clock and the server's differ by more than five minutes."""
    here, there = utc_now(), reader.server_time()
    if there is None or abs(here - there) <= TOLERANCE:
        return None
    what = f"this machine's clock says {_minute(here)}, the server's {_minute(there)}, which counts"
    return Problem(what, "set the one that is wrong")


def _behind(reader: Reader, size: int, now: datetime) -> ClockTrouble:
    first = reader.times().last_known(size, now) + 1
    keys = sorted({entry.recorded_by for entry in reader.entries_at({first, size - 1})})
    what = f"the clock says {_minute(now)} UTC, and #{size - 1} was recorded at {_minute(reader.recorded_at(size - 1))}"
    if len(keys) > 1:
        remedy = "it is likely behind, as several recorders were later: set it"
    else:
        remedy = f"if it is right, that of {keys[0]} was ahead from #{first} on: a keeper can use `clock correct`"
    return ClockTrouble(what, hint=remedy)


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
