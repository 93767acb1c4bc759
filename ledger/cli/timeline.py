"""What was true over time: timeline, due, durations, threads, statistics."""

from datetime import date, timedelta
from typing import Any

import click

from events import WorldEvent
from ledger.cli import words
from ledger.cli.clocks import clock_options
from ledger.cli.completion import offered
from ledger.cli.output import Answer, Form, output_options
from ledger.cli.view import view
from projections.due import due as owed
from projections.durations import durations as durations_of
from projections.statistics import figures, side_by_side
from projections.threads import threads as threads_of
from projections.timeline import timeline as timeline_of

Json = dict[str, Any]


@click.command()
@click.argument("body", shell_complete=offered)
@clock_options
@output_options
@click.pass_context
def timeline(ctx: click.Context, /, body: str, form: Form, **clocks: Any) -> None:
    """What changed when for a BODY, up to a day."""
    with view(ctx, **clocks) as seen:
        history = seen.history(seen.find_body(body))
    rows = [change.to_json() for change in timeline_of(history) if change.day <= seen.clocks.as_of]
    form.print(Answer(rows, rows, words.timeline_in_words(history.name(seen.clocks.as_of), rows), str(seen.clocks)))


@click.command()
@click.argument("body", required=False, shell_complete=offered)
@clock_options
@click.option(
    "--within", metavar="DAYS", help="Only what falls due within so many days, such as 90d; overdue included."
)
@output_options
@click.pass_context
def due(ctx: click.Context, /, body: str | None, within: str | None, form: Form, **clocks: Any) -> None:
    """What is promised or owed and not on record as done: reviews, responses under section 55 of the Police Act 1996,
    recommendations with a deadline. For one BODY, or for all.

    Silence is not failure: the ledger says "nothing recorded by", never "failed".
    """
    with view(ctx, **clocks) as seen:
        registered = seen.bodies.registered
        bodies = sorted(registered) if body is None else [seen.find_body(body)]
        found = [
            item
            for slug in bodies
            for item in owed(
                seen.history(slug),
                seen.reader.referring_to(f"about:{slug}"),
                seen.clocks.as_of,
                kind=registered[slug]["type"],
            )
        ]
    horizon = seen.clocks.as_of + timedelta(days=_days(within)) if within else date.max
    rows = [item.to_json() for item in sorted(found, key=lambda item: (item.due, item.body)) if item.due <= horizon]
    form.print(Answer(rows, rows, words.due_in_words(rows), str(seen.clocks)))


@click.command()
@click.argument("body", required=False, shell_complete=offered)
@clock_options
@output_options
@click.pass_context
def durations(ctx: click.Context, /, body: str | None, form: Form, **clocks: Any) -> None:
    """How long a BODY, or each, was in Engage and its causes of concern were open, up to a day.

    Where dates are imprecise, at the least and at the most.
    """
    with view(ctx, **clocks) as seen:
        bodies = sorted(seen.bodies.registered) if body is None else [seen.find_body(body)]
        found = [time.to_json() for slug in bodies for time in durations_of(seen.history(slug), seen.clocks.as_of)]
    form.print(Answer(found, found, words.durations_in_words(found), str(seen.clocks)))


@click.command()
@click.argument("body", shell_complete=offered)
@clock_options
@output_options
@click.pass_context
def threads(ctx: click.Context, /, body: str, form: Form, **clocks: Any) -> None:
    """Matters of a BODY that came back: recurrence, escalation, a claim followed by a finding on the same subject."""
    with view(ctx, **clocks) as seen:
        history = seen.history(seen.find_body(body))
    found = [thread.to_json() for thread in threads_of(history, seen.clocks.as_of)]
    rows = [{"thread": n, **fact} for n, thread in enumerate(found, 1) for fact in thread["facts"]]
    text = words.threads_in_words(history.name(seen.clocks.as_of), found)
    form.print(Answer(found, rows, text, str(seen.clocks)))


@click.command()
@click.argument("bodies", nargs=-1, metavar="[BODY]...", shell_complete=offered)
@click.option("--metric", metavar="ID", help="Only this metric.")
@click.option(
    "--per", type=click.IntRange(min=1), metavar="N", help="Convert figures to this denominator: 1000, 100000."
)
@clock_options
@output_options
@click.pass_context
def statistics(
    ctx: click.Context, /, bodies: tuple[str, ...], metric: str | None, per: int | None, form: Form, **clocks: Any
) -> None:
    """Figures that sources quote of BODYs (of all, if none is given), side by side only where they may be compared.

    Figures by different denominators are kept apart, unless --per asks for their conversion.
    """
    with view(ctx, **clocks) as seen:
        slugs = [seen.find_body(body) for body in bodies] or sorted(seen.bodies.registered)
        entries = [entry for slug in slugs for entry in seen.history(slug).entries]
    shown = [e for e in entries if isinstance(e.event, WorldEvent) and e.event.effective.latest <= seen.clocks.as_of]
    found = [figure for figure in figures(shown, per=per) if metric in (None, figure.event.metric)]
    groups = [[figure.to_json() for figure in group] for group in side_by_side(found)]
    rows = [{"group": n, **row} for n, group in enumerate(groups, 1) for row in group]
    form.print(Answer(rows, rows, words.statistics_in_words(groups), str(seen.clocks)))


def _days(text: str) -> int:
    number = text.removesuffix("d")
    if not (number.isascii() and number.isdecimal() and len(number) < 6):
        raise click.BadParameter(f"'{text}' is not a number of days; write it like 90d", param_hint="--within")
    return int(number)
