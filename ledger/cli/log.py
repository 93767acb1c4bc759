"""log and show: the entries as they were recorded."""

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice, takewhile
from typing import Any

import click

from events import Entry, WorldEvent
from events.dates import instant
from ledger.cli import words
from ledger.cli.clocks import Parsed, answers
from ledger.cli.completion import offered
from ledger.cli.output import Answer, Command
from ledger.errors import NotFound
from ledger.query.citations import in_force
from ledger.query.clocks import When, moment_of
from ledger.query.context import QueryContext
from ledger.query.ids import find_entry, find_matter, is_event_id

Json = dict[str, Any]
_AT_ONCE = 500  # entries per read
_AT_MOST = 50
SINCE = Parsed("when", partial(moment_of, start=True))


@click.command(cls=Command)
@click.argument("body", required=False, shell_complete=offered)
@click.option("-n", "--limit", type=click.IntRange(min=1), help="How many at most: 50, or all with --since.")
@click.option("--since", type=SINCE, metavar="WHEN", help="Only what was recorded after #POSITION, or from a day on.")
@answers
def log(context: QueryContext, body: str | None, limit: int | None, since: When | None) -> Answer:
    """List entries as they were recorded, the newest first: all, or those of one BODY."""
    last_seen = context.position_before(since)
    limit = limit or (_AT_MOST if since is None else sys.maxsize)
    if body is None:
        recorded: Iterable[Entry] = _newest_first(context)
    else:
        recorded = sorted(context.entries(context.find_body(body)), key=lambda entry: -entry.position)
    shown = filter(context.shows, takewhile(lambda entry: entry.position > last_seen, recorded))
    rows = [entry_row(entry) for entry in islice(shown, limit)]
    return Answer(rows, rows, words.log_in_words(rows))


@click.command(cls=Command)
@click.argument("id")
@answers
def show(context: QueryContext, id: str) -> Answer:
    """Show everything about one entry or one matter.

    An entry is named by its number (12, or '#12' in quotes: an unquoted #12 is a comment to the shell) or its event id;
    a matter by a document's id, or as BODY/concern/ID.
    """
    entry = find_entry(context.reader, id)
    return _matter(context, id) if entry is None else _entry(context, entry)


def _entry(context: QueryContext, entry: Entry) -> Answer:
    if not context.shows(entry):
        raise NotFound(f"#{entry.position} had not happened by then, or was not public", hint="move the clocks")
    referring = [*filter(context.shows, context.reader.referring_to(entry.event_id))]
    standing = in_force(context.versions(entry.matter), entry)
    document = {
        "schema": "force-ledger/entry/v1",
        **entry_json(entry),
        **standing,
        "referred_to_by": [other.position for other in referring],
    }
    return Answer(
        document,
        [entry_row(entry)],
        words.entry_in_words(entry, _named(context, [entry]), referring, standing["words"]),
    )


def _matter(context: QueryContext, id: str) -> Answer:
    matter, recorded = find_matter(context.reader, id)
    entries = [*filter(context.shows, recorded)]
    referring = [*filter(context.shows, context.reader.referring_to(matter))]
    document = {
        "schema": "force-ledger/matter/v1",
        "matter": matter,
        "entries": [entry_json(entry) for entry in entries],
        "referred_to_by": [other.position for other in referring],
    }
    told = words.matter_in_words(matter, entries, _named(context, entries), referring)
    return Answer(document, [entry_row(entry) for entry in entries], told)


def _named(context: QueryContext, entries: Iterable[Entry]) -> dict[str, int]:
    """The positions of the entries that these name, by their event ids."""
    ids = {id for entry in entries for id in entry.refers_to() if is_event_id(id)}
    return {id: entry.position for id, entry in context.reader.by_event_id(ids).items()}


def entry_row(entry: Entry) -> Json:
    """An entry as a row of the log."""
    return {
        "position": entry.position,
        "recorded_at": instant(entry.recorded_at),
        "recorded_by": entry.recorded_by,
        "kind": entry.kind,
        "effective": entry.content.effective.text if isinstance(entry.content, WorldEvent) else None,
        "matter": entry.matter,
        "sequence": entry.sequence,
        "event_id": entry.event_id,
    }


def entry_json(entry: Entry) -> Json:
    """The row of an entry, with its data, if they were not withheld, and its submission."""
    event = entry.content
    return {
        **entry_row(entry),
        "version": event.version if event else entry.version,
        "data": entry.fields,
        "submission": entry.submission,
    }


def _newest_first(context: QueryContext) -> Iterator[Entry]:
    before = None
    while some := context.reader.latest_entries(_AT_ONCE, before):
        yield from some
        before = some[-1].position
