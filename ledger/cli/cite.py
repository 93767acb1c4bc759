"""cite: the documents that an entry cites, ready for a footnote."""

from typing import Any

import click

from events import Entry
from ledger.cli import words
from ledger.cli.clocks import answers
from ledger.cli.output import Answer, Command
from ledger.errors import NotFound
from ledger.query.citations import Citations, flat_document
from ledger.query.context import QueryContext
from ledger.query.ids import find_entry, find_matter, position_of

Json = dict[str, Any]
_IN_FORCE = ("in_force", "ended_as", "ended_by", "words")
_OF_AN_ENTRY = ("position", "kind", "matter", "effective", *_IN_FORCE, "sources_differ")


@click.command(cls=Command)
@click.argument("entries", nargs=-1, required=True, metavar="ENTRY|ENTRY..ENTRY|DOCUMENT...")
@click.option("--document", "chosen", multiple=True, metavar="ID", help="Only this document of what an entry cites.")
@answers
def cite(context: QueryContext, entries: tuple[str, ...], chosen: tuple[str, ...]) -> Answer:
    """Print the documents that ENTRY ('#79', or all of '#79..#85') cites, or a DOCUMENT, as one cites them.

    That is publisher, title, date, address and place, with the position of the entry and the root of the log.
    """
    recorded = [entry for id in entries for entry in _entries(context, id)]
    citations = Citations(context, recorded)
    found = [_chosen(citations.of(entry), entry, chosen) for entry in recorded]
    log = {"log": context.reader.origin()}
    rows = [
        {**log, **{name: entry[name] for name in _OF_AN_ENTRY}, **flat_document(document)}
        for entry in found
        for document in entry["documents"]
    ]
    head = context.clocks.to_json()["head"]
    text = words.citations_in_words(found, log["log"], context.clocks.known.position, head)
    return Answer({"schema": "force-ledger/citation/v1", **log, "citations": found}, rows, text)


def _entries(context: QueryContext, id: str) -> list[Entry]:
    """The entries that an id names: one, those from one to another, or those of a matter. Of a document it is its
    registration."""
    first, _, last = map(position_of, id.partition(".."))
    if first is not None and last is not None:
        if last < first:
            raise click.BadParameter(f"#{first} is after #{last}; write #{last}..#{first}", param_hint="ENTRY..ENTRY")
        last = min(last, context.clocks.known.position)
        found = [*context.reader.entries_at(range(first, last + 1))]
    elif entry := find_entry(context.reader, id):
        found = [entry]
    else:
        matter, recorded = find_matter(context.reader, id)
        found = recorded[:1] if matter.startswith("document/") else recorded
    if shown := [entry for entry in found if context.shows(entry)]:
        return shown
    raise NotFound(f"nothing of {id} had happened by then, or was public", hint="move the clocks")


def _chosen(entry: Json, recorded: Entry, chosen: tuple[str, ...]) -> Json:
    """What an entry cites, or only these documents of it."""
    documents = [document for document in entry["documents"] if not chosen or document["document"] in chosen]
    if chosen and not documents:
        there_are = ", ".join(document["document"] for document in entry["documents"]) or "none"
        raise NotFound(f"#{recorded.position} cites no {', '.join(chosen)}", hint=f"it cites {there_are}")
    return {**entry, "matter": recorded.matter, "documents": documents}
