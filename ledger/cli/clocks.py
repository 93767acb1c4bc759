"""The clocks of a question: on which day in the world, and as known at which head of the ledger."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from events.dates import DateError, PartialDate
from events.entry import instant
from ledger.store.ledger import Head, Reader


@dataclass(frozen=True)
class Clocks:
    """A day, and what the ledger knew: its head, and the last entry up to it."""

    as_of: date
    head: Head
    recorded_at: datetime

    @classmethod
    def of(cls, reader: Reader, as_of: date | None) -> "Clocks":
        """The clocks of a question to the ledger as it is now; as of today, Europe/London, if no day is given."""
        head = reader.head()
        (last,) = reader.at([head.size - 1])
        return cls(as_of or datetime.now(ZoneInfo("Europe/London")).date(), head, last.recorded_at)

    def to_json(self) -> dict[str, Any]:
        """The clocks as every JSON document carries them."""
        return {
            "as_of": self.as_of.isoformat(),
            "known_at": {"position": self.head.size - 1, "recorded_at": instant(self.recorded_at)},
            "head": {"size": self.head.size, "root": base64.b64encode(self.head.root).decode()},
            "public_at": None,
        }

    def __str__(self) -> str:
        known = f"known at #{self.head.size - 1} ({self.recorded_at:%Y-%m-%d %H:%M} UTC)"
        return f"as of {self.as_of} · {known} · head {self.head.size} {self.head.root.hex()[:12]}"


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


def as_of_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--as-of`."""
    return click.option(
        "--as-of", type=Day(), metavar="DATE", help="What was true on that day; a month or year means its last day."
    )(command)
