"""The pages of entries and of documents."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from events import Entry
from events.amendment import EntryCorrected
from events.event import Event
from events.frameworks import title_of
from ledger.publish.site import words
from ledger.publish.site.page import Page, joined
from ledger.publish.site.proof import page_proof
from ledger.publish.site.record import Record
from ledger.query.citations import Citations, flat_document

Json = dict[str, Any]
_TYPES = {
    "recording-error": "The error was ours.",
    "source-erratum": "The error was the source’s.",
    "conflict-resolved": "Sources differ, and one claim is preferred.",
    "precision-refined": "The date became more exact.",
}
_SHOWN_APART = (
    "documents",
    "document",
    "body",
    "effective",
    "not_stated",
    "target",
    "stream",
    "replacement",
    "reason",
    "because",
)


def of_matter(record: Record, matter: str) -> Iterator[Page]:
    """The pages of the entries of a matter."""
    entries = record.context.recorded(matter)
    citations = Citations(record.context, entries)
    for entry in entries:
        yield _entry(record, entry, citations.of(entry), entries)


def _entry(record: Record, entry: Entry, cited: Json, entries: Sequence[Entry]) -> Page:
    body, known = record.body_of(entry.matter), record.last_on_matter[entry.matter]
    crumbs = [("forces/", "Forces"), (f"forces/{body}/", record.name(body))] if body in record.bodies else []
    what, title = words.kind(entry.kind), getattr(entry.content, "title", None)
    title = ": ".join(filter(None, (what, title or (record.name(body) if body else None))))
    page = record.page(known, f"entries/{entry.position}/", title, "entry.html", *crumbs)
    clocks = record.log_at(known).to_json()
    citation = {**cited, "matter": entry.matter}
    own = {name: value for name, value in citation.items() if name != "documents"}
    page.set_data(
        "cite",
        {"schema": "force-ledger/citation/v1", **clocks, "log": record.origin, "citations": [citation]},
        [{**own, **flat_document(one)} for one in cited["documents"]] or [own],
    )
    page.variables = {
        **entry_variables(record, page, entry, cited, entries),
        "proof": page_proof(record.prover, [entry]),
    }
    return page


def entry_variables(record: Record, page: Page, entry: Entry, cited: Json, entries: Sequence[Entry]) -> Json:
    """What the template `entry_facts.html` is given of an entry, with links from a page."""
    event, target = entry.content, entry.amends and entry.amends.target
    before = next((one for one in entries if one.event_id == target), None)
    return {
        "entry": entry,
        "cited": cited,
        "reason": getattr(event, "reason", None),
        "type": _TYPES[event.type] if isinstance(event, EntryCorrected) else "",
        "target": before,
        "compared": compared(record, page, before, event) if before else [],
        "fields": [*_fields(record, page, entry)],
        "later": [one for one in entries if one.amends and one.amends.target == entry.event_id],
        "document": partial(record.document_link, page),
        "linked": partial(_linked, page),
        "why": lambda one: getattr(one.content, "reason", None) or getattr(one.content, "claim", ""),
    }


def _fields(record: Record, page: Page, entry: Entry) -> Iterator[tuple[str, object]]:
    """What an entry says, besides what its page tells apart."""
    if entry.fields is None:
        yield "what_it_says", "Its data were withheld."
        return
    fields = entry.fields
    if (id := fields.get("document")) in record.documents:
        yield "document", record.document_link(page, id, titled=True)
    yield from ((name, _value(page, fields, name)) for name in fields if name not in _SHOWN_APART)
    yield from ((name, "not stated by the source") for name in fields.get("not_stated", ()))


def _value(page: Page, fields: Json, name: str) -> object:
    """A field in words."""
    match fields[name]:
        case dict() as value if name == "counts":
            return joined((f"{words.upper(words.grade(of))}: {number}" for of, number in value.items()), "<br>")
        case dict() as value:
            return joined((f"{words.field(of)}: {_value(page, value, of)}" for of in value), "<br>")
        case list() as value if name == "addresses":
            return joined(map(outward, value), "<br>")
        case list() as value:
            return joined((_value(page, {**fields, name: one}, name) for one in value), "<br>")
        case bool() as value:
            return "yes" if value else "no"
        case str() as value if told := words.of_field(name, value):
            return told
        case str() as value if name == "area" and "framework" in fields:
            return words.area(fields["framework"], value)
        case str() as value if name == "framework":
            return title_of(value)
        case str() as value if name == "grade":
            return words.grade(value)
        case str() as value if name == "deadline":
            return words.deadline(value)
        case value:
            return value


def outward(address: str) -> object:
    """A link to a source on the web; any other address as it is."""
    web = address.startswith(("https://", "http://"))
    return Markup('<a href="{0}" rel="external">{0}</a>').format(address) if web else address


def compared(record: Record, page: Page, before: Entry, correction: Event | None) -> list[tuple[str, object, object]]:
    """Each field before a correction and now; nothing for another amendment."""
    if not isinstance(correction, EntryCorrected):
        return []
    event = before.content.replacement.event if isinstance(before.content, EntryCorrected) else before.content
    was, now = (one.data() if one else {} for one in (event, correction.replacement.event))
    names = dict.fromkeys(name for name in (*was, *now) if name not in ("body", "not_stated"))
    field = partial(_field_in_words, record, page)
    return [(name, field(was, name), field(now, name)) for name in names]


def _field_in_words(record: Record, page: Page, data: Json, name: str) -> object:
    if name not in data:
        return "not stated" if name in data.get("not_stated", ()) else "not recorded"
    if name == "documents":
        cited = [one["document"] for one in data[name]]
        return joined((record.document_link(page, id, titled=True) for id in cited), "<br>")
    return _value(page, data, name)


def _linked(page: Page, text: str) -> Markup:
    """A text with links to the entries that it names as #12."""
    first, *rest = text.split("#")
    pieces = [Markup("{}").format(first)]
    for part in rest:
        tail = part.lstrip("0123456789")
        digits = part[: len(part) - len(tail)]
        pieces.append(Markup("{}{}").format(page.entries([int(digits)]) if digits else "#", tail))
    return Markup().join(pieces)


def of_document(record: Record, id: str) -> Iterator[Page]:
    """The page of a document."""
    data, known = record.documents[id], record.last_on_document(id)
    page = record.page(known, f"documents/{id}/", data["title"], "document.html", ("documents/", "Documents"))
    rows = [record.entry_row(position) for position in record.citing.get(id, ())]
    told = {"document": id, **record.log_at(known).to_json(), **data, "cited_by": rows}
    page.set_data("site document", {"schema": "force-ledger/site-document/v1", **told}, rows)
    page.variables = {
        "data": data, "citing": rows, "in_words": record.entry_in_words, "outward": outward,
        "name_of": record.name, "names": record.bodies,
    }  # fmt: skip
    yield page
