"""why and diff: the basis of a state, and the differences of two states."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import click

from events import Entry, WorldEvent
from events.amendment import Amendment, EntryCorrected, EntryRetracted
from events.dates import instant
from ledger.cli import words
from ledger.cli.clocks import Parsed, answers, clock_options, pair_of, question
from ledger.cli.completion import offered
from ledger.cli.output import Answer, Form, numbers, output_options
from ledger.cli.state import state_rows
from ledger.query.clocks import When, day_of, moment_of
from ledger.query.context import QueryContext
from projections.days import Days, began
from projections.state import BodyOnDay, sources_differ
from projections.subject import NONE_KNOWN, NOTHING, SUBJECTS, subject_in_words
from projections.summary import PRESUMED

Json = dict[str, Any]
_PHASES = {"scan": "Scan", "engage": "Engage"}


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


def _one_or_two_moments(text: str) -> Any:
    return pair_of(moment_of, text) if ".." in text else moment_of(text)


@click.command()
@click.argument("body", shell_complete=offered)
@click.argument("between", required=False, metavar="[DATE..DATE]", type=Parsed("date", partial(pair_of, day_of)))
@partial(clock_options, moment=Parsed("when", _one_or_two_moments))
@output_options
def diff(
    body: str,
    between: tuple[date, date] | None,
    as_of: date | None,
    known_at: When | tuple[When, When] | None,
    public_at: date | None,
    form: Form,
) -> None:
    """Show how the state of a BODY differs between two dates (2023-11-23..2023-12-22).

    Or, with --known-at A..B (#46..#102, or two dates), what the ledger recorded in between.
    """
    if (between is None) is not isinstance(known_at, tuple):
        raise click.UsageError("Give either two dates (2023-11-23..2023-12-22), or --known-at A..B.")
    first, last = between or (as_of, as_of)
    known = known_at if isinstance(known_at, tuple) else (known_at, known_at)
    with question() as context:
        later = context.at(last, known[1], public_at)
        earlier = context.at(first or later.clocks.as_of, known[0], public_at)
        slug = later.find_body(body)
        days = [one.on_day(slug) for one in (earlier, later)]
    was, now = map(_facts, days)
    rows = [
        {
            "subject": subject,
            "from": was.get(subject, NOTHING),
            "to": now.get(subject, NOTHING),
            "entries": sorted({n for data in _data(days, subject) for n in data["entries"]}),
            "sources_differ": sources_differ(*_data(days, subject)),
        }
        for subject in dict.fromkeys([*was, *now])
        if was.get(subject) != now.get(subject)
    ]
    first_clocks = earlier.clocks.to_json()
    document = {"schema": "force-ledger/diff/v1", "body": slug, "from": first_clocks, "differences": rows}
    text = f"{words.diff_in_words(rows)}\nfrom {earlier.clocks}, to"
    form.print(Answer(document, rows, text), later.clocks)


def _facts(body: BodyOnDay) -> dict[str, str]:
    """The state of each subject in a few words, with its beginning and certainty."""
    return {"monitoring": PRESUMED} | {
        subject_in_words(key): _qualified(state.summary, state.data, "entered" if key[0] == "monitoring" else "begun")
        for key, state in sorted(body.by_key.items(), key=lambda item: (SUBJECTS.index(item[0][0]), item[0][1]))
    }


def _data(days: Sequence[BodyOnDay], subject: str) -> list[Json]:
    """The data of a subject on these days."""
    return [state.data for day in days for key, state in day.by_key.items() if subject_in_words(key) == subject]


def _qualified(words: str, data: Json, verb: str) -> str:
    since = data.get("until") or data.get("since")  # what has ended has its status since its end
    qualities = [began(Days.parse(since), verb)] if since else []
    if data.get("certainty") == "presumed" and "presumed" not in words:
        qualities.append("presumed")
    others = [(_PHASES.get(o["value"], o["value"]) or NONE_KNOWN, o["since"]) for o in data.get("alternatives", ())]
    qualities += [f"possibly {value}{f' {began(Days.parse(since), verb)}' if since else ''}" for value, since in others]
    qualities += [f"sources differ: {numbers(differ)}"] if (differ := sources_differ(data)) else []
    return f"{words} ({', '.join(qualities)})" if qualities else words


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
