"""why and diff: the basis of a state, and the differences of two states."""

from datetime import date
from functools import partial
from typing import Any

import click

from events import Entry, WorldEvent
from events.amendment import Amendment, EntryCorrected, EntryRetracted
from events.dates import instant
from ledger.cli import words
from ledger.cli.clocks import Parse, Parsed, answers, clock_options, pair_of, question
from ledger.cli.completion import offered
from ledger.cli.output import Answer, Form, output_options
from ledger.cli.state import state_rows
from ledger.query.clocks import day_of, moment_of
from ledger.query.context import QueryContext
from projections.told import differences

Json = dict[str, Any]
DAYS = Parsed("date", partial(pair_of, day_of))


@click.command()
@click.argument("body", shell_complete=offered)
@answers
def why(context: QueryContext, body: str) -> Answer:
    """Show the entries and documents that each part of the state of a BODY rests on."""
    rows = state_rows(context.state(body, ended=True))
    behind = {e.position: e for e in context.reader.entries_at({n for row in rows for n in row["entries"]})}
    parts = [{**row, "entries": [_reason(behind[n]) for n in row["entries"]]} for row in rows]
    flat = [
        {name: value for name, value in part.items() if name not in ("basis", "entries")} | reason
        for part in parts
        for reason in part["entries"]
    ]
    return Answer(parts, flat, words.why_in_words(parts))


def _one_or_two(parse: Parse, text: str) -> Any:
    return pair_of(parse, text) if ".." in text else parse(text)


@click.command()
@click.argument("asked", nargs=-1, metavar="[BODY]... [DATE..DATE]", shell_complete=offered)
@click.option("--all", "every", is_flag=True, help="Of all bodies.")
@partial(
    clock_options,
    moment=Parsed("when", partial(_one_or_two, moment_of)),
    public=Parsed("date", partial(_one_or_two, day_of)),
)
@output_options
def diff(asked: tuple[str, ...], every: bool, as_of: date | None, known_at: Any, public_at: Any, form: Form) -> None:
    """Show how the state of each BODY differs between two dates (2023-11-23..2023-12-22).

    Or, with --known-at A..B (#46..#102, or two dates), what the ledger recorded in between; or, with --public-at A..B,
    what became public in between.
    """
    names = [word for word in asked if ".." not in word]
    dates = [DAYS.convert(word, None, None) for word in asked if ".." in word]
    if bool(names) is every:
        raise click.UsageError("Name the bodies, or give --all.")
    if len(dates) + isinstance(known_at, tuple) + isinstance(public_at, tuple) != 1:
        raise click.UsageError("Give either two dates (2023-11-23..2023-12-22), --known-at A..B or --public-at A..B.")
    days = dates[0] if dates else (as_of, as_of)
    known, public = (one if isinstance(one, tuple) else (one, one) for one in (known_at, public_at))
    with question() as context:
        later = context.at(days[1], known[1], public[1])
        earlier = context.at(days[0] or later.clocks.as_of, known[0], public[0])
        bodies = [later.find_body(name) for name in names] or sorted(later.bodies.registered)
        rows = [
            {"body": body, **row}
            for body in bodies
            for row in differences(earlier.on_day(body).by_key, later.on_day(body).by_key)
        ]
    first = earlier.clocks
    document = {"schema": "force-ledger/diff/v1", "bodies": bodies, "from": first.to_json(), "differences": rows}
    text = f"{words.diff_in_words(rows, several=len(bodies) > 1)}\nfrom {first}, to"
    form.print(Answer(document, rows, text), later.clocks)


def _reason(entry: Entry) -> Json:
    event = entry.content
    cited = event.documents if isinstance(event, WorldEvent | Amendment) else ()
    return {
        "position": entry.position,
        "kind": entry.kind,
        "effective": event.effective.text if isinstance(event, WorldEvent) else None,
        "recorded_at": instant(entry.recorded_at),
        "documents": [citation.document for citation in cited],
        "reason": event.reason if isinstance(event, EntryCorrected | EntryRetracted) else None,
    }
