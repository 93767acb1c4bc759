"""The evidence pack: all entries of a matter, and the documents that they cite, as one HTML file that checks itself."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any

from markupsafe import Markup, escape

from events import Entry
from ledger.log.encoding import to_base64
from ledger.publish.site import words
from ledger.publish.site.entries import entry_variables
from ledger.publish.site.page import Page, template
from ledger.publish.site.proof import Recorded, page_proof
from ledger.publish.site.record import Record
from ledger.query.citations import Citations
from ledger.query.ids import find_entry, find_matter

Json = dict[str, Any]


class _PackPage(Page):
    """One entry in a pack. Links lead to other entries of the pack; a link to anything else is plain text."""

    def __init__(self, anchors: Mapping[str, int], title: str) -> None:
        super().__init__("", title, "pack.html")
        self._anchors = anchors

    def link(self, address: str, text: object) -> Markup:
        if address not in self._anchors:
            return escape(text)
        return Markup('<a href="#entry-{}">{}</a>').format(self._anchors[address], text)


def pack(record: Record, id: str) -> bytes:
    """The pack of a matter; or of the fact that an entry records, with its amendments.

    It stays the same as long as nothing new bears on it. Raises NotFound where there is no such thing. What is not in a
    signed checkpoint yet has no proof, and the pack says so.
    """
    matter, own = _found(record, id)
    cited = [entry for document in _documents(own) for entry in record.context.recorded(document)]
    entries = [*own, *(entry for entry in cited if entry.matter != matter)]
    known = max(entry.position for entry in entries)
    proof = page_proof(record.prover, entries)
    anchors = {f"documents/{entry.matter.partition('/')[2]}/": entry.position for entry in reversed(cited)}
    anchors |= {f"entries/{entry.position}/": entry.position for entry in entries}
    citations = Citations(record.context, entries)

    def section(entry: Entry, text: Recorded) -> Json:
        titles = words.kind(entry.kind), getattr(entry.content, "title", None)
        page = _PackPage(anchors, ": ".join(filter(None, titles)))
        return {"page": page, "text": text, **entry_variables(record, page, entry, citations.of(entry), entries)}

    parts = [*map(section, entries, map(Recorded.of, entries))]
    style, script = (
        files("ledger.publish.site").joinpath(name).read_text("utf-8") for name in ("site.css", "verify.js")
    )
    body = record.body_of(matter)
    html = template("pack.html").render(
        title=_title(record, matter, own), name=record.name(body) if body else "", matter=matter, log=record.origin,
        own=parts[: len(own)], cited=parts[len(own) :], known=record.known(known), proof=proof,
        style=style, style_hash=_hash(style), script=script, script_hash=_hash(script),
    )  # fmt: skip
    return html.encode()


def linked_packs(record: Record, matter: str) -> list[tuple[str, str]]:
    """The packs to which pages of a matter link, those of a concern and of each entry on a force's monitoring: their
    addresses, and what `pack` is asked for."""
    body, _, rest = matter.partition("/")
    if rest.startswith("concern/"):
        return [(f"forces/{body}/concerns/{rest.removeprefix('concern/')}/evidence.html", matter)]
    if rest == "monitoring":
        return [
            (f"entries/{entry.position}/evidence.html", f"#{entry.position}")
            for entry in record.context.recorded(matter)
        ]
    return []


def pack_inputs(record: Record, matter: str) -> int:
    """The last entry that the packs of a matter have."""
    own = (entry.position for entry in record.context.recorded(matter))
    cited = {document for position in own for document in record.cited.get(position, ())}
    return max(record.last_in_matter[one] for one in (matter, *(f"document/{document}" for document in cited)))


def _found(record: Record, id: str) -> tuple[str, Sequence[Entry]]:
    """The matter that an id names, and its entries; or those of the fact that an entry records."""
    entry = find_entry(record.reader, id)
    if entry is None:
        return find_matter(record.reader, id)
    versions, id = record.context.versions(entry.matter), entry.event_id
    recorded = record.context.recorded(entry.matter)
    return entry.matter, [one for one in recorded if one == entry or versions.are_of_one_fact(one.event_id, id)]


def _documents(entries: Iterable[Entry]) -> list[str]:
    """The matters of the documents that entries cite, in the order of the entries."""
    targets = dict.fromkeys(target for entry in entries for target in entry.refers_to())
    return [target for target in targets if target.startswith("document/")]


def _title(record: Record, matter: str, own: Sequence[Entry]) -> str:
    titles = [title for entry in own if (title := (entry.fields or {}).get("title"))]
    return titles[-1] if titles else words.kind(own[0].kind)


def _hash(text: str) -> str:
    """The hash of an inline element for a Content-Security-Policy."""
    return f"sha256-{to_base64(sha256(text.encode()).digest())}"
