"""why and diff: what a state rests on, and what is different between two of them."""

from dataclasses import replace
from typing import Any

import click

from events import Entry, WorldEvent
from events.amendment import Amendment, EntryCorrected, EntryRetracted
from events.dates import DateError, PartialDate, instant
from ledger.cli import words
from ledger.cli.clocks import clock_options
from ledger.cli.completion import offered
from ledger.cli.config import config_of
from ledger.cli.output import Answer, Form, output_options
from ledger.cli.state import state_rows
from ledger.cli.view import seen_by, view
from projections.state import BodyOnDay, body_state
from projections.subject import NOTHING, SUBJECTS, subject_in_words
from projections.wording import PRESUMED

Json = dict[str, Any]


@click.command()
@click.argument("body", shell_complete=offered)
@clock_options
@output_options
@click.pass_context
def why(ctx: click.Context, /, body: str, form: Form, **clocks: Any) -> None:
    """Which entries put each part of the state of BODY there, and by which documents."""
    with view(ctx, **clocks) as seen:
        slug = seen.find_body(body)
        rows = state_rows(body_state(seen.parts(slug), ended=True))
        behind = {e.position: e for e in seen.reader.at(sorted({n for row in rows for n in _positions(row)}))}
    parts = [{**row, "entries": [_reason(behind[n]) for n in _positions(row)]} for row in rows]
    flat = [
        {name: part[name] for name in ("subject", "id", "value", "since")} | reason
        for part in parts
        for reason in part["entries"]
    ]
    form.print(Answer(parts, flat, words.why_in_words(parts), str(seen.clocks)))


@click.command()
@click.argument("body", shell_complete=offered)
@click.argument("between", required=False, metavar="[DATE..DATE]")
@clock_options
@output_options
@click.pass_context
def diff(ctx: click.Context, /, body: str, between: str | None, form: Form, **clocks: Any) -> None:
    """What is different in the state of BODY between two dates (2023-11-23..2023-12-22); or, with --known-at A..B
    (#46..#102, or two dates), what the ledger has learned in between."""
    known = clocks.pop("known_at")
    if (between is None) == (known is None or ".." not in known):
        raise click.UsageError("Give either two dates (2023-11-23..2023-12-22), or --known-at A..B.")
    first, second = _two(between or known, "DATE..DATE" if between else "--known-at")
    at = [{"as_of": _day(day), "known_at": known} if between else {"known_at": day} for day in (first, second)]
    where = config_of(ctx)
    with where.reading() as reader:
        later = seen_by(reader, **{**clocks, **at[1]})
        earlier = seen_by(reader, **{**clocks, "as_of": later.clocks.as_of, **at[0]})
        slug = later.find_body(body)
        was, now = (_facts(replace(seen, ledger=where.database.cached).parts(slug)) for seen in (earlier, later))
    rows = [
        {"subject": subject, "from": was.get(subject, NOTHING), "to": now.get(subject, NOTHING)}
        for subject in dict.fromkeys([*was, *now])
        if was.get(subject) != now.get(subject)
    ]
    document = {
        "schema": "force-ledger/diff/v1",
        "body": slug,
        "from": earlier.clocks.to_json(),
        **later.clocks.to_json(),
        "differences": rows,
    }
    form.print(Answer(document, rows, f"{words.diff_in_words(rows)}\nfrom {earlier.clocks}, to", str(later.clocks)))


def _facts(parts: BodyOnDay) -> dict[str, str]:
    """What is on record of each subject, in a few words: since when, and how sure that is."""
    merger = parts.one("merger")
    fates = merger.data["fates"] if merger else {}
    return {"monitoring": PRESUMED} | {
        subject_in_words(key): _told(fates.get("/".join(key), part.summary), part.data)
        for key, part in sorted(parts.by_key.items(), key=lambda item: (SUBJECTS.index(item[0][0]), item[0][1]))
    }


def _told(words: str, said: Json) -> str:
    since = said.get("until") or said.get("since")  # what is over is so since it ended
    certainty = said.get("certainty", "certain")
    known = (f"since {since}" if since else None, certainty if certainty != "certain" else None)
    qualified = ", ".join(filter(None, known))
    return f"{words} ({qualified})" if qualified else words


def _positions(row: Json) -> list[int]:
    return [int(number.removeprefix("#")) for number in row["entries"].split()]


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


def _two(text: str, hint: str) -> tuple[str, str]:
    first, dots, second = text.partition("..")
    if not (first and dots and second):
        raise click.BadParameter(f"'{text}' is not two of them, like A..B", param_hint=hint)
    return first, second


def _day(text: str) -> Any:
    try:
        return PartialDate.parse(text).latest
    except DateError as error:
        raise click.BadParameter(str(error), param_hint="DATE..DATE") from None
