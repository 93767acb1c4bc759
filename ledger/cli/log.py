"""The record itself: log and show."""

from typing import Any

import click

from events import Entry, WorldEvent
from events.dates import instant
from ledger.cli import words
from ledger.cli.clocks import clock_options
from ledger.cli.completion import offered
from ledger.cli.output import Answer, Form, output_options
from ledger.cli.view import View, view
from ledger.errors import NotFound
from ledger.store.reader import Reader
from projections.amendments import Versions

Json = dict[str, Any]


@click.command()
@click.argument("body", required=False, shell_complete=offered)
@click.option("-n", "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@clock_options
@output_options
@click.pass_context
def log(ctx: click.Context, /, body: str | None, limit: int, form: Form, **clocks: Any) -> None:
    """Entries as they were recorded, the newest first; those of one BODY, if it is given."""
    with view(ctx, **clocks) as seen:
        if body is None:
            entries = _newest(seen, limit)
        else:
            of_body = filter(seen.shows, seen.recorded(seen.find_body(body)))
            entries = sorted(of_body, key=lambda entry: -entry.position)[:limit]
    rows = [entry_row(entry) for entry in entries]
    form.print(Answer(rows, rows, words.log_in_words(rows), str(seen.clocks)))


@click.command()
@click.argument("id")
@clock_options
@output_options
@click.pass_context
def show(ctx: click.Context, /, id: str, form: Form, **clocks: Any) -> None:
    """Everything on one entry (#12, or an event id), or one matter: a document's id, or a concern as
    BODY/concern/ID."""
    with view(ctx, **clocks) as seen:
        reader = seen.reader
        if (entry := find_entry(reader, id)) is not None:
            if not seen.shows(entry):
                raise NotFound(f"#{entry.position} had not happened by then, or was not public", hint="move the clocks")
            referring = [*filter(seen.shows, reader.referring_to(entry.event_id))]
            standing = _standing(seen.lines(entry.matter), entry)
            text = words.entry_in_words(entry, referring, standing)
            document = {
                "schema": "force-ledger/entry/v1",
                **entry_json(entry),
                "standing": standing,
                "referred_to_by": _positions(referring),
            }
            rows = [entry_row(entry)]
        else:
            matter, recorded = find_matter(seen, id)
            entries = [*filter(seen.shows, recorded)]
            referring = [*filter(seen.shows, reader.referring_to(matter))]
            text = words.matter_in_words(matter, entries, referring)
            document = {
                "schema": "force-ledger/matter/v1",
                "matter": matter,
                "entries": [entry_json(e) for e in entries],
            }
            document["referred_to_by"] = _positions(referring)
            rows = [entry_row(entry) for entry in entries]
    form.print(Answer({**document, **seen.clocks.to_json()}, rows, text, str(seen.clocks)))


def entry_row(entry: Entry) -> Json:
    """An entry as a row of the log."""
    return {
        "position": entry.position,
        "recorded_at": instant(entry.recorded_at),
        "recorded_by": entry.recorded_by,
        "kind": entry.kind,
        "effective": entry.event.effective.text if isinstance(entry.event, WorldEvent) else None,
        "matter": entry.matter,
        "sequence": entry.sequence,
        "event_id": entry.event_id,
    }


def entry_json(entry: Entry) -> Json:
    """An entry whole."""
    return {
        **entry_row(entry),
        "version": entry.event.version,
        "data": entry.event.data(),
        "submission": entry.submission,
    }


def _newest(seen: View, limit: int) -> list[Entry]:
    found: list[Entry] = []
    before = None
    while len(found) < limit and (some := seen.reader.newest(500, before)):
        found += filter(seen.shows, some)
        before = some[-1].position
    return found[:limit]


def find_entry(reader: Reader, id: str) -> Entry | None:
    number = id.removeprefix("#")
    if number.isascii() and number.isdecimal():
        found = reader.at([int(number)]) if len(number) < 19 else []
        if not found:
            raise NotFound(f"there is no entry #{number}", hint="see `force-ledger log`")
        return found[0]
    if len(id) == 64 and set(id) <= set("0123456789abcdef"):
        return reader.by_event_id([id]).get(id)
    return None


def _standing(lines: Versions, entry: Entry) -> str:
    """Whether an entry stands, in words: a mistake that was amended stays on record."""
    if lines.is_in_force(entry.event_id):
        return "stands"
    gone, now = lines.retraction_of(entry.event_id), lines.now(entry.event_id)
    if gone is not None:
        return f"no longer stands: retracted by #{gone.position}"
    return f"no longer stands: amended by #{now.amended_by[-1]}" if now and now.amended_by else "no longer stands"


def find_matter(seen: View, id: str) -> tuple[str, list[Entry]]:
    candidates = [id, f"document/{id}", f"body/{id}"]
    body, slash, rest = id.partition("/")
    if slash:
        candidates += [f"{slug}/{rest}" for slug in seen.bodies.known(body)]
    found = seen.reader.matters(candidates)
    for matter in candidates:
        if found[matter]:
            return matter, found[matter]
    raise NotFound(
        f"nothing is on record as '{id}'",
        hint="name an entry (#12), an event id, a document's id, or a concern as BODY/concern/ID",
    )


def _positions(entries: list[Entry]) -> list[int]:
    return [entry.position for entry in entries]
