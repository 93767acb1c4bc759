"""Who says so: what an entry says and why, whether it is in force, and the documents that it cites."""

from collections.abc import Iterable, Mapping
from typing import Any

from events import Entry, WorldEvent
from events.amendment import EntryContradicted, EntryCorrected, EntryRetracted
from events.dates import instant
from events.document import DocumentRegistered, DocumentSought
from events.event import Event
from events.terms import NOT_RECORDED, NOT_STATED
from events.values import Citation
from ledger.query.context import QueryContext
from ledger.replay import documents_cited
from projections.amendments import Versions

Json = dict[str, Any]
WITHHELD = "withheld"
_AS_REGISTERED = ("type", "basis", "title", "publisher", "published", "dated", "retrieved")


class Citations:
    """The citations of these entries, as known and as public."""

    def __init__(self, context: QueryContext, entries: Iterable[Entry]) -> None:
        entries = list(entries)
        self._context = context
        self._documents = documents_cited(context.reader, entries)
        self._versions = {matter: context.versions(matter) for matter in {entry.matter for entry in entries}}
        named = {id for entry in entries for id in getattr(_content(entry), "because", ())}
        self._positions = {id: entry.position for id, entry in context.reader.by_event_id(sorted(named)).items()}

    def of(self, entry: Entry, titles: Mapping[str, str] = {}) -> Json:
        """What an entry says, why, and by which documents. ``titles`` are those of causes of concern."""
        event, said = entry.content, _content(entry)
        effective = said.effective if isinstance(said, WorldEvent | EntryContradicted | DocumentSought) else None
        now = self._versions[entry.matter].now(entry.event_id) if entry.kind != EntryContradicted.kind else None
        cited = [self._cited(entry, citation) for citation in _citations(entry)]
        if isinstance(event, EntryCorrected):  # what it replaced has the others
            cited = [document for document in cited if document["says"] == "so"] or cited
        return {
            "position": entry.position,
            "kind": entry.kind,
            "effective": effective and effective.text,
            "recorded_at": instant(entry.recorded_at),
            **in_force(self._versions[entry.matter], entry),
            "withheld": entry.is_withheld,
            "sources_differ": [other.position for other in now.contradicted] if now else [],
            "reason": said.stated("reason") if isinstance(said, WorldEvent) and hasattr(said, "reason") else None,
            "note": getattr(said, "note", None),
            "amended_because": event.reason if isinstance(event, EntryCorrected | EntryRetracted) else None,
            "claim": event.claim if isinstance(event, EntryContradicted) else None,
            "concerns": [{"id": id, "title": titles.get(id, NOT_RECORDED)} for id in getattr(said, "concerns", ())],
            "because": [self._positions[id] for id in getattr(said, "because", ()) if id in self._positions],
            "documents": cited,
        }

    def document(self, document: str) -> Json:
        """A document as it is registered."""
        registered = self._documents.get(document)
        known = registered.data if registered else self._once(document)
        missing = {name: NOT_STATED if name in known.get("not_stated", ()) else NOT_RECORDED for name in _AS_REGISTERED}
        fields = {name: known.get(name, missing[name] if known else WITHHELD) for name in _AS_REGISTERED}
        return {
            "document": document,
            **fields,
            "addresses": known.get("addresses", []),
            "copied_by": known.get("copied_by"),
            "note": known.get("note"),
        }

    def _once(self, document: str) -> Json:
        """What was registered of a document that is no longer on record; nothing if that was withheld."""
        for entry in self._context.recorded(f"document/{document}"):
            if isinstance(event := entry.content, DocumentRegistered):
                return {**event.data(), "basis": event.type.basis.value}
        return {}

    def _cited(self, entry: Entry, citation: Citation) -> Json:
        return {
            **self.document(citation.document),
            "locator": citation.locator or self._no_place(entry),
            "quote": citation.quote,
            "says": self._versions[entry.matter].says(entry, citation.document),
        }

    @staticmethod
    def _no_place(entry: Entry) -> str | None:
        if isinstance(entry.content, DocumentRegistered):
            return None  # it is the document as a whole
        return WITHHELD if entry.is_withheld else NOT_RECORDED


def flat_document(cited: Json) -> Json:
    """A document that is cited, with its addresses as text."""
    return {**cited, "addresses": " ".join(cited["addresses"])}


def in_force(versions: Versions, entry: Entry) -> Json:
    """Whether an entry is in force: what was upheld is, as long as what upheld it is. If not, what ended it, and by
    which amendment; the same in words, with the reason, and with whether its data were withheld."""
    ended, withheld = versions.ended_by(entry.event_id), versions.withholding_of(entry.event_id)
    stands = versions.is_in_force_or_upheld(entry.event_id)
    act, words = None, "in force" if stands else "carried out, and final"  # a retraction of what is no first version
    while ended:
        act = "retracted" if ended.kind == EntryRetracted.kind else _act(entry, ended.content)
        if act != "upheld" or not (later := versions.ended_by(ended.event_id)):
            break
        ended = later
    if ended:
        reason = getattr(ended.content, "reason", None)
        words = f"{act} by #{ended.position}{f', because: {reason}' if reason else ''}"
        words = words if act == "upheld" else f"no longer in force: {words}"
    words += f"; its data were withheld by #{withheld.position}" if withheld else ""
    position = ended.position if ended else None
    return {"in_force": stands, "ended_as": act, "ended_by": position, "words": words}


def _act(entry: Entry, correction: Event | None) -> str:
    """What a correction does to an entry that it takes out of force: it settles a contradiction, and upholds what it
    puts in place unchanged."""
    if entry.kind == EntryContradicted.kind:
        return "settled"
    said = _content(entry)
    kept = isinstance(correction, EntryCorrected) and said and said.data() == correction.replacement.data
    return "upheld" if kept else "corrected"


def _content(entry: Entry) -> Event | None:
    """What an entry says of the world; of a correction, what it puts in place."""
    event = entry.content
    return event.replacement.event if isinstance(event, EntryCorrected) else event


def _citations(entry: Entry) -> list[Citation]:
    """The documents that an entry cites, or the one that it registers; of a correction also those of what it puts in
    place."""
    if isinstance(entry.content, DocumentRegistered):
        return [Citation(document=entry.content.document)]
    if entry.content is None:
        return [Citation(document=document) for document in (entry.amends.documents if entry.amends else ())]
    own = getattr(entry.content, "documents", ())
    ids = {citation.document for citation in own}
    return [*own, *(it for it in getattr(_content(entry), "documents", ()) if it.document not in ids)]
