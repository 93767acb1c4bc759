"""why and diff: what a state rests on, and what is different between two of them."""

from datetime import date
from functools import partial
from typing import Any

import click

from events import Entry, WorldEvent
from events.amendment import Amendment, EntryCorrected, EntryRetracted
from events.dates import instant
from ledger.cli import words
from ledger.cli.clocks import Between, Day, Moment, answers, clock_options
from ledger.cli.completion import offered
from ledger.cli.config import config_of
from ledger.cli.output import Answer, Form, output_options, progress
from ledger.cli.state import state_rows
from ledger.query.clocks import When
from ledger.query.context import QueryContext, query_context
from projections.state import BodyOnDay
from projections.subject import NOTHING, SUBJECTS, subject_in_words
from projections.summary import PRESUMED

Json = dict[str, Any]


@click.command()
@click.argument("body", shell_complete=offered)
@answers
def why(context: QueryContext, body: str) -> Answer:
    """Which entries put each part of the state of BODY there, and by which documents."""
    rows = state_rows(context.state(body, ended=True))
    behind = {e.position: e for e in context.reader.entries_at({n for row in rows for n in row["entries"]})}
    parts = [{**row, "entries": [_reason(behind[n]) for n in row["entries"]]} for row in rows]
    flat = [
        {name: part[name] for name in ("subject", "id", "value", "since")} | reason
        for part in parts
        for reason in part["entries"]
    ]
    return Answer(parts, flat, words.why_in_words(parts))


@click.command()
@click.argument("body", shell_complete=offered)
@click.argument("between", required=False, metavar="[DATE..DATE]", type=Between(Day()))
@partial(clock_options, moment=Between(Moment(), or_one=True))
@output_options
def diff(
    body: str,
    between: tuple[date, date] | None,
    as_of: date | None,
    known_at: When | tuple[When, When] | None,
    public_at: date | None,
    form: Form,
) -> None:
    """What is different in the state of BODY between two dates (2023-11-23..2023-12-22); or, with --known-at A..B
    (#46..#102, or two dates), what the ledger has learned in between."""
    if (between is None) is not isinstance(known_at, tuple):
        raise click.UsageError("Give either two dates (2023-11-23..2023-12-22), or --known-at A..B.")
    days = between or (as_of, as_of)
    known = known_at if isinstance(known_at, tuple) else (known_at, known_at)
    with query_context(config_of().place, tell=progress()) as context:
        later = context.at(days[1], known[1], public_at)
        earlier = context.at(days[0] or later.clocks.as_of, known[0], public_at)
        slug = later.find_body(body)
        was, now = (_facts(one.on_day(slug)) for one in (earlier, later))
    rows = [
        {"subject": subject, "from": was.get(subject, NOTHING), "to": now.get(subject, NOTHING)}
        for subject in dict.fromkeys([*was, *now])
        if was.get(subject) != now.get(subject)
    ]
    document = {
        "schema": "force-ledger/diff/v1",
        "body": slug,
        "from": earlier.clocks.to_json(),
        "differences": rows,
    }
    text = f"{words.diff_in_words(rows)}\nfrom {earlier.clocks}, to"
    form.print(Answer(document, rows, text), later.clocks)


def _facts(parts: BodyOnDay) -> dict[str, str]:
    """What is on record of each subject, in a few words: since when, and how sure that is."""
    merger = parts.one("merger")
    fates = merger.data["fates"] if merger else {}
    return {"monitoring": PRESUMED} | {
        subject_in_words(key): _qualified(fates.get("/".join(key), part.summary), part.data)
        for key, part in sorted(parts.by_key.items(), key=lambda item: (SUBJECTS.index(item[0][0]), item[0][1]))
    }


def _qualified(words: str, said: Json) -> str:
    since = said.get("until") or said.get("since")  # what is over is so since it ended
    certainty = said.get("certainty", "certain")
    known = (f"since {since}" if since else None, certainty if certainty != "certain" else None)
    qualified = ", ".join(filter(None, known))
    return f"{words} ({qualified})" if qualified else words


def _reason(entry: Entry) -> Json:
    """An entry as a reason: what it is, of when, recorded when, and by which documents."""
    event = entry.event
    cited = event.documents if isinstance(event, WorldEvent | Amendment) else ()
    return {
        "position": entry.position,
        "kind": entry.kind,
        "effective": event.effective.text if isinstance(event, WorldEvent) else None,
        "recorded_at": instant(entry.recorded_at),
        "documents": [citation.document for citation in cited],
        "reason": event.reason if isinstance(event, EntryCorrected | EntryRetracted) else None,
    }
