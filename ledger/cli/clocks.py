"""The three clocks of a question: what was true on a day, as this ledger knew it, as the public could know it.

A `View` answers by all three: its reader leaves out what was recorded later, its histories what was not public.
"""

import base64
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from events import Entry, WorldEvent
from events.dates import DateError, PartialDate
from events.document import DocumentRegistered
from events.entry import instant
from events.values import Citation
from ledger.book import Bodies, documents_of
from ledger.cli.setting import setting
from ledger.errors import NotFound
from ledger.model import asking, followed
from ledger.store.ledger import Head, Reader
from projections.body import BodyHistory
from projections.lookup import board_of, parts_of
from projections.mending import Lines, is_public, standing
from projections.state import Parts, replayed

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Clocks:
    """A day in the world, the last entry that is taken into account, the day of publication; and the ledger's head."""

    as_of: date
    known: Entry
    public_at: date | None
    head: Head

    def to_json(self) -> dict[str, Any]:
        """The clocks as every JSON document carries them."""
        return {
            "as_of": self.as_of.isoformat(),
            "known_at": {"position": self.known.position, "recorded_at": instant(self.known.recorded_at)},
            "head": {"size": self.head.size, "root": base64.b64encode(self.head.root).decode()},
            "public_at": self.public_at.isoformat() if self.public_at else None,
        }

    def __str__(self) -> str:
        known = f"known at #{self.known.position} ({self.known.recorded_at:%Y-%m-%d %H:%M} UTC)"
        public = f" · public at {self.public_at}" if self.public_at else ""
        return f"as of {self.as_of} · {known}{public} · head {self.head.size} {self.head.root.hex()[:12]}"


@dataclass(frozen=True)
class View:
    """The ledger as the clocks show it."""

    reader: Reader
    clocks: Clocks
    ledger: Path | None = None
    """The path beside which its read model is kept; without it everything is answered by replay."""

    @cached_property
    def bodies(self) -> Bodies:
        """The register of bodies."""
        return Bodies.of(self.reader)

    def find_body(self, text: str) -> str:
        """The slug of a body. Raises NotFound with what is near."""
        try:
            return self.bodies.find(text)
        except LookupError as error:
            message, _, hint = str(error.args[0]).partition("; ")
            raise NotFound(message, hint=hint) from None

    def recorded(self, body: str) -> list[Entry]:
        """Every entry about a body that was known."""
        registration = f"body/{body}"
        return [*self.reader.matters([registration])[registration], *self.reader.under(f"{body}/")]

    def history(self, body: str) -> BodyHistory:
        """What stood of a body: as known, and as public."""
        return BodyHistory.of(body, self.recorded(body), self._public)

    def parts(self, body: str) -> Parts:
        """What is on record of a body on the day: from the read model, which knows no day of publication; else by a
        replay."""
        if self._model:
            with asking(self._model) as connection:
                return parts_of(connection, body, self.clocks.as_of, self.clocks.known.position)
        history = self.history(body)
        return replayed(history, self.clocks.as_of, documents_of(self.reader, history.entries))

    def board(self) -> list[Parts]:
        """What is on record of every body on the day, as far as the board shows it."""
        bodies = sorted(self.bodies.registered)
        if self._model:
            with asking(self._model) as connection:
                return board_of(connection, bodies, self.clocks.as_of, self.clocks.known.position)
        return [self.parts(body) for body in bodies]

    def lines(self, matter: str) -> Lines:
        """What stood in a matter: as known, and as public."""
        return Lines(self.reader.matters([matter])[matter], self._public)

    def shows(self, entry: Entry) -> bool:
        """Whether what an entry says had happened, or possibly so, by the day that is asked for, and was public."""
        event = entry.event
        ahead = isinstance(event, WorldEvent) and event.effective.earliest > self.clocks.as_of
        return not ahead and is_public(entry, self._public)

    @cached_property
    def _model(self) -> Path | None:
        if self.ledger is None or self.clocks.public_at or not os.access(self.ledger.absolute().parent, os.W_OK):
            return None
        return followed(self.ledger, self.reader.known(2**62))

    @cached_property
    def _public(self) -> Callable[[Sequence[Citation]], bool] | None:
        day = self.clocks.public_at
        if day is None:
            return None
        documents = (entry.event for entry in standing(self.reader.under("document/")))
        public = {
            d.document
            for d in documents
            if isinstance(d, DocumentRegistered) and d.published and d.published.latest <= day
        }
        return lambda citations: any(citation.document in public for citation in citations)


@contextmanager
def view(
    ctx: click.Context, as_of: date | None = None, known_at: str | None = None, public_at: date | None = None
) -> Iterator[View]:
    """The ledger of this call, by these clocks."""
    where = setting(ctx)
    with where.reading() as reader:
        yield replace(seen_by(reader, as_of, known_at, public_at), ledger=where.database.cached)


def seen_by(
    reader: Reader, as_of: date | None = None, known_at: str | None = None, public_at: date | None = None
) -> View:
    """A ledger by these clocks: as of today, and as it is now, where one is not given."""
    head = reader.head()
    position, day = (head.size - 1, _today()) if known_at is None else _known(reader, head, known_at)
    (known,) = reader.at([position])
    return View(reader.known(position), Clocks(as_of or public_at or day, known, public_at, head))


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
    return datetime.now(LONDON).date()


def _known(reader: Reader, head: Head, known_at: str) -> tuple[int, date]:
    """The position of the last entry that was known at #POSITION, at the end of a day, or at an instant; and the day
    that is meant: the one given, or that of the entry."""
    number = known_at.removeprefix("#")
    if number.isascii() and number.isdecimal() and (number != known_at or len(number) != 4):
        if len(number) > 18 or int(number) >= head.size:
            raise NotFound(f"there is no entry #{number}", hint=f"the last one is #{head.size - 1}")
        return int(number), reader.at([int(number)])[0].recorded_at.astimezone(LONDON).date()
    moment = _moment(known_at)
    first, beyond = 0, head.size  # recorded_at never goes back, so a search by halves finds it
    while first < beyond:
        middle = (first + beyond) // 2
        if reader.at([middle])[0].recorded_at <= moment:
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
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(LONDON)
        except (ValueError, OverflowError):
            raise click.BadParameter(
                f"'{text}' is neither #12, a date, nor an instant like 2026-11-21T09:30Z", param_hint="--known-at"
            ) from None
    return datetime.combine(day + timedelta(days=1), time(), LONDON) - timedelta(microseconds=1)
