"""A document that entries cite: its registration, and later revisions of it."""

from dataclasses import dataclass, field, replace

from events import Entry
from events.document import DocumentRegistered, DocumentRevised
from projections.machine import StateMachine


@dataclass(frozen=True, slots=True)
class Document:
    """A document with all its addresses and hashes, in the order of recording."""

    title: str = ""
    addresses: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()
    registered: DocumentRegistered | None = field(default=None, compare=False)
    entries: tuple[Entry, ...] = field(default=(), compare=False)


DOCUMENT: StateMachine[Document] = StateMachine(Document())


@DOCUMENT.step("document.registered", "document.revised")
def _found(state: Document, event: DocumentRegistered | DocumentRevised, entry: Entry) -> Document:
    if isinstance(event, DocumentRegistered):
        state = replace(state, title=event.title, registered=event)
    return replace(
        state,
        addresses=tuple(dict.fromkeys((*state.addresses, *event.addresses))),
        sha256=tuple(dict.fromkeys((*state.sha256, *([event.sha256] if event.sha256 else [])))),
        entries=(*state.entries, entry),
    )
