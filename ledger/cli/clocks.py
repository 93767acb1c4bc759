"""The options of the three clocks, and `answers`, which turns a function that answers by them into a command."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.config import config_of
from ledger.cli.output import Answer, Form, Option, output_options, progress
from ledger.errors import NotVerified
from ledger.query.clocks import When, day_of, is_ahead, moment_of
from ledger.query.context import QueryContext, query_context

if TYPE_CHECKING:
    from ledger.store.reader import Reader

Parse = Callable[[str], Any]


class Parsed(click.ParamType[Any]):
    """A value that a function parses from the text. Its ValueError becomes a usage error."""

    def __init__(self, name: str, parse: Parse) -> None:
        self.name, self.parse = name, parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def pair_of(parse: Parse, text: str) -> tuple[Any, Any]:
    """The two values of A..B. Raises ValueError for any other text."""
    first, _, second = text.partition("..")
    if not (first and second):
        raise ValueError(f"'{text}' is not of the form A..B")
    return parse(first), parse(second)


DAY = Parsed("date", day_of)
MOMENT = Parsed("when", moment_of)
_AS_OF = "What was true on that day (or `today`, `yesterday`); a month or year means its last day."
_KNOWN_AT = "As this ledger knew it: at #POSITION, on a date, or at an instant (UTC)."
_PUBLIC_AT = "As the public could know it on that day, by documents published."


_option = partial(click.option, cls=Option, section="Which day, and known to whom")


def clock_options(
    command: Callable[..., Any], moment: click.ParamType[Any] = MOMENT, public: click.ParamType[Any] = DAY
) -> Callable[..., Any]:
    """Add the options of the three clocks."""
    for option in (
        _option("--public-at", type=public, metavar="DATE", help=_PUBLIC_AT),
        _option("--known-at", type=moment, metavar="WHEN", help=_KNOWN_AT),
        _option("--as-of", type=DAY, metavar="DATE", help=_AS_OF),
    ):
        command = option(command)
    return command


@contextmanager
def question(
    as_of: date | None = None, known_at: When | None = None, public_at: date | None = None
) -> Iterator[QueryContext]:
    """The context of a question to the ledger. Afterwards a note says what a reader must know about the record."""
    with query_context(config_of().place, as_of, known_at, public_at, tell=progress()) as context:
        yield context
        last = context.clocks.head.size - 1
        if is_ahead(moment := context.times.recorded_at(last)):
            what = f"#{last} was recorded at {moment:%Y-%m-%d %H:%M} UTC, which is ahead of this machine's clock"
            _note(f"{what}: one of the two clocks is wrong; see `force-ledger clock correct --help`")
        if context.is_of_later_version:
            _note(_of_later_version(context.reader, context.clocks.known.position))


def _of_later_version(reader: "Reader", position: int) -> str:
    from ledger.rules.signed import check_signed  # slow to load, and rarely needed

    try:
        check_signed(reader, [position])
    except NotVerified as error:
        return f"what was recorded under later rules is left out, and it is damage: {error}"
    what = f"a later version of force-ledger recorded #{position}"
    return f"{what}: what this version does not know is left out; use a newer one"


def _note(what: str) -> None:
    click.echo(f"Note: {what}", err=True)


def answers(asked: Callable[..., Answer]) -> Callable[..., None]:
    """Turn a function from a QueryContext to an Answer into a command, with the options of the clocks and of output."""

    @clock_options
    @output_options
    @wraps(asked)
    def command(form: Form, as_of: date | None, known_at: When | None, public_at: date | None, **given: Any) -> None:
        with question(as_of, known_at, public_at) as context:
            answer = asked(context, **given)
        form.print(answer, context.clocks)

    return command
