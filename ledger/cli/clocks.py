"""The three clocks of a question: what was true on a day, as this ledger knew it, as the public could know it."""

from binascii import b2a_base64
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from events.dates import DateError, PartialDate, instant
from ledger.errors import NotFound
from ledger.store.head import Head

if TYPE_CHECKING:
    from ledger.store.reader import Reader


class Known(NamedTuple):
    """The last entry that is taken into account."""

    position: int
    recorded_at: datetime


class Clocks(NamedTuple):
    """A day in the world, the last entry that is taken into account, the day of publication; and the ledger's head."""

    as_of: date
    known: Known
    public_at: date | None
    head: Head

    def to_json(self) -> dict[str, Any]:
        """The clocks as every JSON document carries them."""
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


def clocks_of(
    head: Head,
    recorded_at: Callable[[int], datetime],
    as_of: date | None = None,
    known_at: str | None = None,
    public_at: date | None = None,
) -> Clocks:
    """What the clocks come to in a ledger of that head, which knows when the entry at a position was recorded: as of
    today, and as it is now, where one is not given."""
    position, day = (head.size - 1, None) if known_at is None else _known(head, recorded_at, known_at)
    known = Known(position, recorded_at(position))
    return Clocks(as_of or public_at or day or _today(), known, public_at, head)


def clocks_in(
    reader: "Reader", as_of: date | None = None, known_at: str | None = None, public_at: date | None = None
) -> Clocks:
    """What the clocks come to in the ledger itself."""

    def recorded_at(position: int) -> datetime:
        (entry,) = reader.at([position])
        return entry.recorded_at

    return clocks_of(reader.head(), recorded_at, as_of, known_at, public_at)


def clock_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the three clocks."""
    for option in (
        click.option(
            "--public-at",
            type=Day(),
            metavar="DATE",
            help="As the public could know it on that day, by documents published.",
        ),
        click.option(
            "--known-at",
            metavar="WHEN",
            help="As this ledger knew it: at #POSITION, on a date, or at an instant (UTC).",
        ),
        click.option(
            "--as-of", type=Day(), metavar="DATE", help="What was true on that day; a month or year means its last day."
        ),
    ):
        command = option(command)
    return command


class Day(click.ParamType[date]):
    """A day; a partial date means its last day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return PartialDate.parse(value).latest
        except DateError as error:
            self.fail(str(error), param, ctx)


def _today() -> date:
    """The day in London, which is an hour ahead of UTC at most."""
    now = datetime.now(UTC)
    return now.date() if now.hour < 23 else now.astimezone(_london()).date()


def _london() -> tzinfo:
    from zoneinfo import ZoneInfo  # slow to load, and seldom needed

    return ZoneInfo("Europe/London")


def _known(head: Head, recorded_at: Callable[[int], datetime], known_at: str) -> tuple[int, date]:
    """The position of the last entry that was known at #POSITION, at the end of a day, or at an instant; and the day
    that is meant: the one given, or that of the entry."""
    number = known_at.removeprefix("#")
    if number.isascii() and number.isdecimal() and (number != known_at or len(number) != 4):
        if len(number) > 18 or int(number) >= head.size:
            raise NotFound(f"there is no entry #{number}", hint=f"the last one is #{head.size - 1}")
        return int(number), recorded_at(int(number)).astimezone(_london()).date()
    moment = _moment(known_at)
    first, beyond = 0, head.size  # recorded_at never goes back, so a search by halves finds it
    while first < beyond:
        middle = (first + beyond) // 2
        if recorded_at(middle) <= moment:
            first = middle + 1
        else:
            beyond = middle
    if first == 0:
        raise NotFound(f"the ledger was not yet opened at {known_at}", hint="see `force-ledger show '#0'`")
    return first - 1, moment.date()


def _moment(text: str) -> datetime:
    """The instant that is meant, by the clock of London."""
    try:
        day = PartialDate.parse(text).latest
    except DateError:
        try:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(_london())
        except (ValueError, OverflowError):
            raise click.BadParameter(
                f"'{text}' is neither #12, a date, nor an instant like 2026-11-21T09:30Z", param_hint="--known-at"
            ) from None
    return datetime.combine(day + timedelta(days=1), time(), _london()) - timedelta(microseconds=1)
