"""The options of the three clocks, and `answers`, which makes a command of a function that answers by them."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

import click

from ledger.cli.config import config_of
from ledger.cli.output import Answer, Form, output_options, progress
from ledger.query.clocks import When, day_of, moment_of
from ledger.query.context import query_context


class Day(click.ParamType[date]):
    """A day; a partial date means its last day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return day_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[When]):
    """When something was known: at a position, on a day, or at an instant."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return moment_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Between(click.ParamType[Any]):
    """Two values of a type, written A..B; or one, where that is allowed."""

    def __init__(self, of: click.ParamType[Any], *, or_one: bool = False) -> None:
        self.of, self.or_one = of, or_one
        self.name = of.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple) or (self.or_one and ".." not in value):
            return value if isinstance(value, tuple) else self.of.convert(value, param, ctx)
        first, _, second = value.partition("..")
        if not (first and second):
            self.fail(f"'{value}' is not two of them, like A..B", param, ctx)
        return self.of.convert(first, param, ctx), self.of.convert(second, param, ctx)


_MOMENT = Moment()
_AS_OF = "What was true on that day; a month or year means its last day."
_KNOWN_AT = "As this ledger knew it: at #POSITION, on a date, or at an instant (UTC)."
_PUBLIC_AT = "As the public could know it on that day, by documents published."


def clock_options(command: Callable[..., Any], moment: click.ParamType[Any] = _MOMENT) -> Callable[..., Any]:
    """Add the options of the three clocks."""
    for option in (
        click.option("--public-at", type=Day(), metavar="DATE", help=_PUBLIC_AT),
        click.option("--known-at", type=moment, metavar="WHEN", help=_KNOWN_AT),
        click.option("--as-of", type=Day(), metavar="DATE", help=_AS_OF),
    ):
        command = option(command)
    return command


def answers(question: Callable[..., Answer]) -> Callable[..., None]:
    """Make a command of a function from a QueryContext to an Answer, with the options of the clocks and of output."""

    @clock_options
    @output_options
    @wraps(question)
    def command(form: Form, as_of: date | None, known_at: When | None, public_at: date | None, **given: Any) -> None:
        with query_context(config_of().place, as_of, known_at, public_at, tell=progress()) as context:
            answer = question(context, **given)
        form.print(answer, context.clocks)

    return command
