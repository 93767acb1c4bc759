"""clock: correct the times of entries that were recorded by a clock that ran ahead."""

from typing import Any

import click

from events.recorder import ClockCorrected
from ledger.cli.config import config_of
from ledger.cli.output import Group
from ledger.cli.submit import batch_of_options, submit, writing_options
from ledger.errors import MOST_SHOWN, NotFound
from ledger.record.clock import time_now
from ledger.store.reader import Reader

_AT_ONCE = 500


@click.group(cls=Group)
def clock() -> None:
    """Correct what a clock that ran ahead recorded."""


@clock.command()
@click.option("--reason", required=True, metavar="TEXT", help="How the clock went wrong, in your own words.")
@writing_options
def correct(reason: str, sign_as: str | None, **given: Any) -> None:
    """Record, as a keeper, that a clock ran ahead: this machine's clock is right.

    Entries that are later than now were on record by now at the latest. Their bytes stay; --known-at counts them from
    now on, and recording goes on. If others than you recorded them, a second recorder has to approve it: they give
    `approve` the batch that you are told, and you give --approval, with the same reason.
    """
    where = config_of(sign_as)
    with where.reading() as reader:
        now, size = time_now(reader, None), reader.head().size
        since = reader.times().last_known(size, now) + 1
        if since == size:
            raise NotFound("no entry is later than this clock says it is", hint="there is nothing to correct")
        _print_dated(reader, range(since, size))
    fields = {"since": ("", since), "reason": ("--reason", reason)}
    submit(where, batch_of_options(ClockCorrected.kind, fields), **given)


def _print_dated(reader: Reader, positions: range) -> None:
    """Say what is dated, and which of it has a day that lies ahead."""
    last, today = positions[-1], time_now(reader, None).date()
    click.echo(f"It dates #{positions[0]} to #{last}, recorded until {reader.recorded_at(last):%Y-%m-%d}.", err=True)
    ahead = 0
    for start in range(positions.start, positions.stop, _AT_ONCE):
        for entry in reader.entries_at(range(start, min(start + _AT_ONCE, positions.stop))):
            effective = getattr(entry.content, "effective", None)
            if effective and effective.latest > today:
                ahead += 1
                if ahead <= MOST_SHOWN:
                    what = f"#{entry.position} ({entry.kind}) is of {effective}, which lies ahead"
                    click.echo(f"Warning: {what}", err=True)
    if ahead > MOST_SHOWN:
        click.echo(f"Warning: and {ahead - MOST_SHOWN:,} more", err=True)
