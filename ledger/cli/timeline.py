"""timeline, durations, threads, statistics: what was true over time."""

from typing import Any

import click

from events import Entry
from ledger.cli import words
from ledger.cli.clocks import answers
from ledger.cli.completion import offered
from ledger.cli.output import Answer, Command
from ledger.query.clocks import today
from ledger.query.context import QueryContext
from projections.durations import durations as durations_of
from projections.durations import stays_in
from projections.statistics import figures, side_by_side
from projections.threads import threads as threads_of
from projections.timeline import timeline as timeline_of


@click.command(cls=Command)
@click.argument("body", shell_complete=offered)
@answers
def timeline(context: QueryContext, body: str) -> Answer:
    """Show what changed when for a BODY, up to a day; a terminal draws the times in Engage and of open concerns."""
    slug, day = context.find_body(body), context.clocks.as_of
    spells, until = context.spells(slug), min(day, today())
    rows = [change.to_json() for change in timeline_of(spells, day)]
    times = durations_of(stays_in(spells), slug, until)
    return Answer(rows, rows, words.timeline_in_words(spells.name(day), rows, times, until))


@click.command(cls=Command)
@click.argument("body", required=False, shell_complete=offered)
@answers
def durations(context: QueryContext, body: str | None) -> Answer:
    """Show how long a BODY, or each body, was in Engage, and how long its causes of concern were open.

    If dates are imprecise, the fewest and the most days are shown.
    """
    bodies, day = context.find_bodies(body), min(context.clocks.as_of, today())
    found = [time.to_json() for time in context.durations(bodies, day)]
    rows = [{**row, "words": words.duration_in_words(row)} for row in found]
    return Answer(rows, rows, words.durations_in_words(rows))


@click.command(cls=Command)
@click.argument("body", required=False, shell_complete=offered)
@answers
def threads(context: QueryContext, body: str | None) -> Answer:
    """Show the matters of a BODY, or of each, that came back: recurrence, escalation, a claim and then a finding."""
    day, found, told = context.clocks.as_of, list[dict[str, Any]](), list[str]()
    for slug in context.find_bodies(body):
        spells = context.spells(slug)
        own = [{"body": slug, **thread.to_json()} for thread in threads_of(spells, day)]
        told += [words.threads_in_words(spells.name(day), own)] if own or body else []
        found += own
    rows = [{"thread": n, **fact} for n, thread in enumerate(found, 1) for fact in thread["facts"]]
    return Answer(found, rows, "\n".join(told) or "No matter on record came back.")


@click.command(cls=Command)
@click.argument("bodies", nargs=-1, metavar="[BODY]...", shell_complete=offered)
@click.option("--metric", metavar="ID", help="Only this metric.")
@click.option(
    "--per", type=click.IntRange(min=1), metavar="N", help="Convert figures to this denominator: 1000, 100000."
)
@answers
def statistics(context: QueryContext, bodies: tuple[str, ...], metric: str | None, per: int | None) -> Answer:
    """Show figures that sources quote of these BODYs, or of all, side by side if they may be compared.

    Figures with different denominators are in different groups; --per converts them.
    """
    day, shown, possible = context.clocks.as_of, list[Entry](), set[str]()
    for spells in map(context.spells, context.find_bodies(*bodies)):
        own = [entry for entry in (*spells.entries, *spells.possible) if spells.days(entry).earliest <= day]
        vague = (entry for entry in own if spells.days(entry).latest > day)
        possible.update(entry.event_id for entry in (*vague, *spells.possible))
        shown += own
    every = figures(shown, per=per, possible=possible)
    if metric is not None and (known := sorted({figure.event.metric for figure in every})) and metric not in known:
        raise click.BadParameter(f"no figure is of '{metric}'; there are {', '.join(known)}", param_hint="--metric")
    found = [figure for figure in every if metric in (None, figure.event.metric)]
    groups = [[figure.to_json() for figure in group] for group in side_by_side(found)]
    rows = [{"group": n, **row} for n, group in enumerate(groups, 1) for row in group]
    return Answer(rows, rows, words.statistics_in_words(groups))
