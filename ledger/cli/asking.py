"""What was true: state, board, timeline, due, durations, threads, statistics."""

from datetime import date, timedelta
from typing import Any

import click

from events import WorldEvent
from ledger.cli import words
from ledger.cli.clocks import clock_options, view
from ledger.cli.output import Answer, Form, output_options
from projections.due import due as owed
from projections.durations import durations as durations_of
from projections.state import board_row, body_state
from projections.statistics import figures, side_by_side
from projections.threads import threads as threads_of
from projections.timeline import timeline as timeline_of

Json = dict[str, Any]


@click.command()
@click.argument("body")
@clock_options
@click.option("--all", "ended", is_flag=True, help="List what no longer holds too.")
@output_options
@click.pass_context
def state(ctx: click.Context, /, body: str, ended: bool, form: Form, **clocks: Any) -> None:
    """What is true of a BODY on a day: phase, concerns, recommendations, grades.

    BODY is a slug, a code, a name or an alias.
    """
    with view(ctx, **clocks) as seen:
        found = body_state(seen.parts(seen.find_body(body)), ended=ended)
    document = {"schema": "force-ledger/state/v1", **_identity(found), **seen.clocks.to_json(), **found}
    form.print(Answer(document, state_rows(found), words.state_in_words(found), str(seen.clocks)))


@click.command()
@clock_options
@output_options
@click.pass_context
def board(ctx: click.Context, /, form: Form, **clocks: Any) -> None:
    """Every body on one day: phase, since when, open concerns, overdue recommendations."""
    with view(ctx, **clocks) as seen:
        rows = [board_row(parts) for parts in seen.board()]
    form.print(Answer(rows, rows, words.board_in_words(rows), str(seen.clocks)))


@click.command()
@click.argument("body")
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
@click.argument("body", required=False)
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
                kind=registered[slug].type,
            )
        ]
    horizon = seen.clocks.as_of + timedelta(days=_days(within)) if within else date.max
    rows = [item.to_json() for item in sorted(found, key=lambda item: (item.due, item.body)) if item.due <= horizon]
    form.print(Answer(rows, rows, words.due_in_words(rows), str(seen.clocks)))


@click.command()
@click.argument("body", required=False)
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
@click.argument("body")
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
@click.argument("bodies", nargs=-1, metavar="[BODY]...")
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
    found = [figure for figure in figures(shown, per=per) if metric in (None, figure.said.metric)]
    groups = [[figure.to_json() for figure in group] for group in side_by_side(found)]
    rows = [{"group": n, **row} for n, group in enumerate(groups, 1) for row in group]
    form.print(Answer(rows, rows, words.statistics_in_words(groups), str(seen.clocks)))


def _days(text: str) -> int:
    number = text.removesuffix("d")
    if not (number.isascii() and number.isdecimal() and len(number) < 6):
        raise click.BadParameter(f"'{text}' is not a number of days; write it like 90d", param_hint="--within")
    return int(number)


def _identity(found: Json) -> Json:
    return {"body": found["body"], "name": found["name"]}


def state_rows(found: Json) -> list[Json]:
    """The state as rows: one for each thing that is true."""
    monitoring = found["monitoring"]
    rows = [_row("monitoring", "", monitoring["phase"], monitoring)]
    rows += [_row("concern", concern["id"], concern["status"], concern) for concern in found["concerns"]]
    rows += [
        _row(f"recommendations {which}", concern["id"], concern[f"recommendations_{which}"], concern)
        for concern in found["concerns"]
        for which in ("issued", "open")
    ]
    rows += [
        _row(subject, f"{concern['id']}/{item['id']}", item[field], concern)
        for concern in found["concerns"]
        for item in concern["recommendations"]
        for subject, field in (("recommendation", "status"), ("deadline", "deadline"))
    ]
    rows += [_row("inspected", f"{j['framework']}/{j['area']}", j["inspected"], j) for j in found["judgements"]]
    rows += [_row("judgement", f"{j['framework']}/{j['area']}", j["grade"], j) for j in found["judgements"]]
    rows += [
        _row("tally", f"{tally['framework']}/{grade}", number, tally)
        for tally in found["tallies"]
        for grade, number in tally["counts"].items()
    ]
    rows += [
        _row(subject.removesuffix("s"), item["id"], item.get("value") or item.get("stance") or item["status"], item)
        for subject in ("findings", "statistics", "statements", "responses", "reviews", "plans")
        for item in found[subject]
    ]
    oversight = found["oversight"]
    if oversight["status"] == "nothing-recorded":
        return [*rows, _row("oversight", "", "nothing-recorded", {"since": None, "basis": None, "entries": []})]
    return [*rows, _row("oversight", oversight["office"], oversight["name"], oversight)]


def _behind(part: Json) -> list[int]:
    """The positions behind a part of a state, and behind what else is possible."""
    possible = (number for other in part.get("alternatives", ()) for number in other["entries"])
    return sorted({*part["entries"], *possible})


def _row(subject: str, id: str, value: Any, part: Json) -> Json:
    return {
        "subject": subject,
        "id": id,
        "value": value,
        "since": part["since"],
        "certainty": part.get("certainty", "certain"),
        "basis": part["basis"],
        "entries": words.numbers(_behind(part)),
    }
