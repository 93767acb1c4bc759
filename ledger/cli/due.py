"""due: what is promised or owed."""

import re
from datetime import date, timedelta

import click

from ledger.cli import words
from ledger.cli.clocks import answers
from ledger.cli.completion import offered
from ledger.cli.output import Answer, Command
from ledger.query.context import QueryContext
from projections.state import OUTSTANDING


@click.command(cls=Command)
@click.argument("body", required=False, shell_complete=offered)
@click.option("--within", metavar="DAYS", help="Only what is overdue, or due within so many days (90d).")
@click.option(
    "--overdue", is_flag=True, help="Only what is overdue: its last day is over, and nothing is recorded of it."
)
@click.option("--section", type=click.Choice([*OUTSTANDING, "response"]), help="Only what is due of this subject.")
@answers
def due(context: QueryContext, body: str | None, within: str | None, overdue: bool, section: str | None) -> Answer:
    """List what is promised or owed and not on record as done, for one BODY or all.

    These are reviews, plans and undertakings with a date, recommendations with a deadline, and responses under section
    55 of the Police Act 1996. A date that has passed is no failure: the ledger says "nothing recorded by", never
    "failed".
    """
    day = context.clocks.as_of
    horizon = day + timedelta(days=_days(within)) if within else date.max
    owed, on_record = context.due(context.find_bodies(body))
    owed = [item for item in owed if item.due <= horizon and (item.is_overdue or not overdue)]
    rows = [item.to_json() for item in owed if section in (None, item.subject)]
    full = bool(within or overdue or section)
    return Answer(rows, rows, words.due_in_words(rows, on_record, full=full))


def _days(text: str) -> int:
    number = re.sub(r"(?<=[0-9]) ?(d|days?)$", "", text.strip())
    if not (number.isascii() and number.isdecimal() and len(number) < 6):
        raise click.BadParameter(f"'{text}' is not a number of days; write it like 90d", param_hint="--within")
    return int(number)
